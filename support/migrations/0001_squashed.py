import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import support.numbers
from django.conf import settings
from django.contrib.auth.management import create_permissions
from django.db import migrations, models


# Foreign keys of three columns, which Django cannot declare. Deferred, so that a transaction may write or erase a ticket
# and its events in any order. Each event starts from the status that the event before it led to:
FOLLOWS = """
    ALTER TABLE support_event ADD CONSTRAINT event_follows_the_one_before
    FOREIGN KEY (ticket_id, previous_position, from_status)
    REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED
"""
# A ticket's status is the one that its last event, number `moves`, led to:
LEADS = """
    ALTER TABLE support_ticket ADD CONSTRAINT ticket_status_is_where_its_timeline_led
    FOREIGN KEY (id, moves, status)
    REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED
"""
AGENTS = "Technical support"
PERMISSIONS = ("view_ticket", "change_ticket", "view_serviceorder")


def make_group(apps, schema_editor):
    """Agents: staff in this group work on tickets in the admin, and may do nothing else there."""
    # Django creates permissions after all migrations, and only for apps with a models module; the group needs them now.
    config = apps.get_app_config("support")
    config.models_module = True
    create_permissions(config, apps=apps, using=schema_editor.connection.alias, verbosity=0)
    config.models_module = None
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=AGENTS)
    permissions = apps.get_model("auth", "Permission").objects
    group.permissions.set(permissions.filter(content_type__app_label="support", codename__in=PERMISSIONS))


class Migration(migrations.Migration):

    initial = True

    # For databases from before the squash: Django takes these as applied.
    replaces = [
        ('support', '0001_initial'),
        ('support', '0002_timeline'),
        ('support', '0003_agents'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('contenttypes', '0002_remove_content_type_name'),
        ('movies', '0001_squashed'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Heartbeat',
            fields=[
                ('worker', models.CharField(max_length=255, primary_key=True, serialize=False)),
                ('at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='Ticket',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('next_attempt_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True)),
                ('done_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('dead_at', models.DateTimeField(blank=True, editable=False, help_text='When it was given up, after too many attempts.', null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=200)),
                ('number', models.CharField(default=support.numbers.new_number, editable=False, max_length=11, unique=True)),
                ('category', models.CharField(choices=[('playback', 'playback'), ('account', 'account'), ('billing', 'billing'), ('catalogue', 'catalogue'), ('other', 'other')], max_length=20)),
                ('subject', models.CharField(max_length=200)),
                ('message', models.TextField(max_length=10000)),
                ('status', models.CharField(choices=[('open', 'open'), ('in_progress', 'in progress'), ('waiting_for_customer', 'waiting for customer'), ('resolved', 'resolved'), ('closed', 'closed')], default='open', max_length=20)),
                ('moves', models.PositiveIntegerField(default=1, editable=False, help_text='The position of its last event, which led to its status.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('assignee', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('movie', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='movies.movie')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='customer')),
            ],
        ),
        migrations.CreateModel(
            name='ServiceOrder',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(default=support.numbers.new_number, editable=False, max_length=11, unique=True)),
                ('opened_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('ticket', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='service_order', to='support.ticket')),
            ],
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('by', models.CharField(choices=[('customer', 'customer'), ('technical_support', 'technical support'), ('system', 'system')], max_length=20)),
                ('private', models.BooleanField(default=False)),
                ('text', models.TextField(max_length=10000)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='replies', to='support.ticket')),
            ],
            options={
                'verbose_name_plural': 'replies',
            },
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('previous_position', models.GeneratedField(db_persist=True, expression=django.db.models.expressions.CombinedExpression(models.F('position'), '-', models.Value(1)), output_field=models.IntegerField())),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('by', models.CharField(choices=[('customer', 'customer'), ('technical_support', 'technical support'), ('system', 'system')], max_length=20)),
                ('from_status', models.CharField(choices=[('open', 'open'), ('in_progress', 'in progress'), ('waiting_for_customer', 'waiting for customer'), ('resolved', 'resolved'), ('closed', 'closed')], max_length=20, null=True)),
                ('to_status', models.CharField(choices=[('open', 'open'), ('in_progress', 'in progress'), ('waiting_for_customer', 'waiting for customer'), ('resolved', 'resolved'), ('closed', 'closed')], max_length=20)),
                ('agent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ticket', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='timeline', to='support.ticket')),
            ],
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('next_attempt_at'), condition=models.Q(('next_attempt_at__isnull', False)), name='ticket_pending'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('dead_at'), condition=models.Q(('dead_at__isnull', False)), name='ticket_dead'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='ticket_newest_first'),
        ),
        migrations.AddIndex(
            model_name='ticket',
            index=models.Index(models.F('status'), models.F('id'), condition=models.Q(('status__in', ('open', 'in_progress', 'waiting_for_customer'))), name='ticket_at_work'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dead_at', None), ('done_at', None)), models.Q(('dead_at', None), ('done_at__isnull', False), ('next_attempt_at', None)), models.Q(('dead_at__isnull', False), ('done_at', None), ('next_attempt_at', None)), _connector='OR'), name='ticket_pending_done_or_dead'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['open', 'in_progress', 'waiting_for_customer', 'resolved', 'closed'])), name='ticket_status'),
        ),
        migrations.AddConstraint(
            model_name='ticket',
            constraint=models.CheckConstraint(condition=models.Q(('category__in', ['playback', 'account', 'billing', 'catalogue', 'other'])), name='ticket_category'),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(models.F('ticket'), models.F('id'), name='reply_of_ticket'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('agent', None), ('by', 'technical_support'), _connector='OR'), name='reply_agent'),
        ),
        migrations.AddConstraint(
            model_name='reply',
            constraint=models.CheckConstraint(condition=models.Q(('private', False), ('by', 'technical_support'), _connector='OR'), name='reply_private'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(('agent', None), ('by', 'technical_support'), _connector='OR'), name='event_agent'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('from_status', None), ('position', 1), ('to_status', 'open')), models.Q(('from_status', 'open'), ('from_status__isnull', False), ('position__gt', 1), ('to_status__in', ('in_progress', 'waiting_for_customer', 'resolved', 'closed'))), models.Q(('from_status', 'in_progress'), ('from_status__isnull', False), ('position__gt', 1), ('to_status__in', ('waiting_for_customer', 'resolved', 'closed'))), models.Q(('from_status', 'waiting_for_customer'), ('from_status__isnull', False), ('position__gt', 1), ('to_status__in', ('in_progress', 'resolved', 'closed'))), models.Q(('from_status', 'resolved'), ('from_status__isnull', False), ('position__gt', 1), ('to_status__in', ('open', 'closed'))), models.Q(('from_status', 'closed'), ('from_status__isnull', False), ('position__gt', 1), ('to_status__in', ('open',))), _connector='OR'), name='event_allowed_move'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('ticket', 'position'), name='event_position_once'),
        ),
        migrations.AddConstraint(
            model_name='event',
            constraint=models.UniqueConstraint(fields=('ticket', 'position', 'to_status'), name='event_to_refer_to'),
        ),
        migrations.RunSQL(FOLLOWS, 'ALTER TABLE support_event DROP CONSTRAINT event_follows_the_one_before'),
        migrations.RunSQL(LEADS, 'ALTER TABLE support_ticket DROP CONSTRAINT ticket_status_is_where_its_timeline_led'),
        migrations.RunPython(make_group, migrations.RunPython.noop),
    ]

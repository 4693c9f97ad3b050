import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    # For databases from before the squash: Django takes these as applied.
    replaces = [
        ('notices', '0001_initial'),
        ('notices', '0002_outbox'),
        ('notices', '0003_outbox_constraints'),
    ]

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('key', models.CharField(help_text='What it is about; a person is told each thing once.', max_length=100)),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('link', models.CharField(blank=True, help_text='Where to read on, within this API.', max_length=200)),
                ('scheduled_at', models.DateTimeField(blank=True, help_text='When it was due, if it had a time.', null=True)),
                ('sent_at', models.DateTimeField(auto_now_add=True)),
                ('seen_at', models.DateTimeField(blank=True, null=True)),
                ('done_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('next_attempt_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True)),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dead_at', models.DateTimeField(blank=True, editable=False, help_text='When it was given up, after too many attempts.', null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=200)),
            ],
            options={
                'indexes': [models.Index(models.F('next_attempt_at'), condition=models.Q(('next_attempt_at__isnull', False)), name='notice_pending'), models.Index(models.F('dead_at'), condition=models.Q(('dead_at__isnull', False)), name='notice_dead'), models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='notice_newest_first')],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('dead_at', None), ('done_at', None)), models.Q(('dead_at', None), ('done_at__isnull', False), ('next_attempt_at', None)), models.Q(('dead_at__isnull', False), ('done_at', None), ('next_attempt_at', None)), _connector='OR'), name='notice_pending_done_or_dead'), models.UniqueConstraint(fields=('user', 'key'), name='notice_once')],
            },
        ),
    ]

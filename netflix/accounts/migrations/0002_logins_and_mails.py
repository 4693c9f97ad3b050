import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_squashed'),
        ('knox', '0009_extend_authtoken_field'),
    ]

    operations = [
        migrations.AddField(
            model_name='emailcheck',
            name='is_change',
            field=models.BooleanField(default=False),
        ),
        migrations.CreateModel(
            name='AccountMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('next_attempt_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True)),
                ('done_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('dead_at', models.DateTimeField(blank=True, editable=False, help_text='When it was given up, after too many attempts.', null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=200)),
                ('kind', models.CharField(choices=[('forgotten_password', 'Forgotten Password'), ('new_password', 'New Password'), ('new_address', 'New Address')], max_length=20)),
                ('address', models.EmailField(max_length=254)),
                ('asked_at', models.DateTimeField(auto_now_add=True)),
                ('user', models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Login',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('device', models.CharField(blank=True, help_text='The kind of device, such as Firefox on Windows.', max_length=60)),
                ('last_used_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('token', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='login', to='knox.authtoken')),
                ('user', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.AddIndex(
            model_name='accountmail',
            index=models.Index(models.F('next_attempt_at'), condition=models.Q(('next_attempt_at__isnull', False)), name='accountmail_pending'),
        ),
        migrations.AddIndex(
            model_name='accountmail',
            index=models.Index(models.F('dead_at'), condition=models.Q(('dead_at__isnull', False)), name='accountmail_dead'),
        ),
        migrations.AddConstraint(
            model_name='accountmail',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dead_at', None), ('done_at', None)), models.Q(('dead_at', None), ('done_at__isnull', False), ('next_attempt_at', None)), models.Q(('dead_at__isnull', False), ('done_at', None), ('next_attempt_at', None)), _connector='OR'), name='accountmail_pending_done_or_dead'),
        ),
        migrations.AddIndex(
            model_name='login',
            index=models.Index(models.F('user'), models.OrderBy(models.F('id'), descending=True), name='login_newest_first'),
        ),
        # Only logins and sign-ups wait for it. Made concurrently, it would wait for another `prepare`, which waits for us.
        migrations.AddIndex(
            model_name='user',
            index=models.Index(django.db.models.functions.text.Upper('email'), name='user_email'),
        ),
        # The tokens that there are already.
        migrations.RunSQL(
            """
            INSERT INTO accounts_login (user_id, token_id, device, last_used_at)
            SELECT user_id, digest, '', created FROM knox_authtoken ORDER BY created
            """,
            migrations.RunSQL.noop,
        ),
    ]

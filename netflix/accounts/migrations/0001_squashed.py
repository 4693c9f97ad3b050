import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import django.utils.timezone
import netflix.accounts.models
from django.conf import settings
from django.db import migrations, models

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):

    initial = True

    # For databases from before the squash: Django takes these as applied.
    replaces = [
        ('accounts', '0001_initial'),
        ('accounts', '0002_users'),
        ('accounts', '0003_verified_email'),
        ('accounts', '0004_hold'),
        ('accounts', '0005_signing_key'),
    ]

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
    ]

    operations = [
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('is_superuser', models.BooleanField(default=False, help_text='Designates that this user has all permissions without explicitly assigning them.', verbose_name='superuser status')),
                ('username', models.CharField(error_messages={'unique': 'A user with that username already exists.'}, help_text='Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.', max_length=150, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator()], verbose_name='username')),
                ('first_name', models.CharField(blank=True, max_length=150, verbose_name='first name')),
                ('last_name', models.CharField(blank=True, max_length=150, verbose_name='last name')),
                ('email', models.EmailField(blank=True, max_length=254, verbose_name='email address')),
                ('is_staff', models.BooleanField(default=False, help_text='Designates whether the user can log into this admin site.', verbose_name='staff status')),
                ('is_active', models.BooleanField(default=True, help_text='Designates whether this user should be treated as active. Unselect this instead of deleting accounts.', verbose_name='active')),
                ('date_joined', models.DateTimeField(default=django.utils.timezone.now, verbose_name='date joined')),
                ('verified_email', models.EmailField(blank=True, editable=False, help_text='The address that this person has shown to be theirs.', max_length=254)),
                ('groups', models.ManyToManyField(blank=True, help_text='The groups this user belongs to. A user will get all permissions granted to each of their groups.', related_name='user_set', related_query_name='user', to='auth.group', verbose_name='groups')),
                ('user_permissions', models.ManyToManyField(blank=True, help_text='Specific permissions for this user.', related_name='user_set', related_query_name='user', to='auth.permission', verbose_name='user permissions')),
            ],
            options={
                'verbose_name': 'user',
                'verbose_name_plural': 'users',
                'abstract': False,
            },
            managers=[
                ('objects', netflix.accounts.models.CaseInsensitiveUserManager()),
            ],
        ),
        migrations.CreateModel(
            name='EmailCheck',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('attempts', models.PositiveSmallIntegerField(default=0, editable=False)),
                ('next_attempt_at', models.DateTimeField(blank=True, db_default=django.db.models.functions.datetime.Now(), editable=False, null=True)),
                ('done_at', models.DateTimeField(blank=True, editable=False, null=True)),
                ('dead_at', models.DateTimeField(blank=True, editable=False, help_text='When it was given up, after too many attempts.', null=True)),
                ('last_error', models.CharField(blank=True, editable=False, max_length=200)),
                ('email', models.EmailField(max_length=254)),
                ('user', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='email_check', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='SigningKey',
            fields=[
                ('id', models.SmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=16)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('id', 1)), name='signing_key_once')],
            },
        ),
        migrations.AddConstraint(
            model_name='user',
            constraint=models.UniqueConstraint(django.db.models.functions.text.Upper('username'), name='user_name_once'),
        ),
        migrations.AddIndex(
            model_name='emailcheck',
            index=models.Index(models.F('next_attempt_at'), condition=models.Q(('next_attempt_at__isnull', False)), name='emailcheck_pending'),
        ),
        migrations.AddIndex(
            model_name='emailcheck',
            index=models.Index(models.F('dead_at'), condition=models.Q(('dead_at__isnull', False)), name='emailcheck_dead'),
        ),
        migrations.AddConstraint(
            model_name='emailcheck',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('dead_at', None), ('done_at', None)), models.Q(('dead_at', None), ('done_at__isnull', False), ('next_attempt_at', None)), models.Q(('dead_at__isnull', False), ('done_at', None), ('next_attempt_at', None)), _connector='OR'), name='emailcheck_pending_done_or_dead'),
        ),
        RunSQLFile('netflix/accounts/sql/lock_user.sql', 'daf364bade02'),
    ]

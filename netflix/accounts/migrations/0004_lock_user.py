from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_times_logged_out")]

    operations = [
        migrations.RunSQL("DROP FUNCTION IF EXISTS accounts_hold_user(bigint)", migrations.RunSQL.noop),
        RunSQLFile("netflix/accounts/sql/lock_user.sql", "b9ddfe5358a1"),
    ]

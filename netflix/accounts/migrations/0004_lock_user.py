"""The file's comment names `lock_user`, as the Python function is called now; the function itself is the same."""

from django.db import migrations

from netflix.migrating import RunSQLFile


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_times_logged_out")]

    operations = [RunSQLFile("netflix/accounts/sql/hold_user.sql", "967b6aa9588e")]

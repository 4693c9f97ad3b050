from django.db import migrations

# For functions of other contexts: as `services.hold_user`, but says whether the person is there.
_HOLD = """
    CREATE FUNCTION accounts_hold_user(person bigint) RETURNS boolean LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM FROM accounts_user WHERE id = person FOR KEY SHARE;
        RETURN FOUND;
    END $$
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_verified_email")]

    operations = [migrations.RunSQL(_HOLD, "DROP FUNCTION accounts_hold_user")]

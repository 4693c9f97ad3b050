from django.db import migrations

# Deferred, so that within a transaction a ticket and its events may be written, and erased, in any order.
FOLLOWS = """
    ALTER TABLE support_event ADD CONSTRAINT event_follows_the_one_before
    FOREIGN KEY (ticket_id, previous_position, from_status)
    REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED
"""
LEADS = """
    ALTER TABLE support_ticket ADD CONSTRAINT ticket_status_is_where_its_timeline_led
    FOREIGN KEY (id, moves, status)
    REFERENCES support_event (ticket_id, position, to_status) DEFERRABLE INITIALLY DEFERRED
"""


class Migration(migrations.Migration):
    """What Django has no word for: foreign keys of several columns, which keep tickets and timelines together."""

    dependencies = [("support", "0001_initial")]

    operations = [
        migrations.RunSQL(FOLLOWS, "ALTER TABLE support_event DROP CONSTRAINT event_follows_the_one_before"),
        migrations.RunSQL(LEADS, "ALTER TABLE support_ticket DROP CONSTRAINT ticket_status_is_where_its_timeline_led"),
    ]

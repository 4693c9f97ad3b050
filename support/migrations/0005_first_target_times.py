from django.db import migrations

# Hours to the first answer and to the solution.
DEFAULTS = {
    "playback": (4, 48),
    "account": (4, 24),
    "billing": (8, 72),
    "catalogue": (24, 168),
    "other": (24, 120),
}
# Tickets that are at work already get the same times, from when they were opened.
TARGETS_OF_TICKETS = """
    WITH targets AS (
        SELECT ticket.id,
               ticket.created_at + time.solution_hours * interval '1 hour' AS solution_due,
               time.solution_hours * interval '15 minutes' AS solution_quarter,
               CASE WHEN NOT EXISTS (
                   SELECT FROM support_reply AS reply
                    WHERE reply.ticket_id = ticket.id AND reply.by = 'technical_support' AND NOT reply.private
               ) THEN ticket.created_at + time.first_answer_hours * interval '1 hour' END AS first_answer_due,
               time.first_answer_hours * interval '15 minutes' AS first_answer_quarter
          FROM support_ticket AS ticket JOIN support_targettime AS time ON time.category = ticket.category
         WHERE ticket.status IN ('open', 'in_progress', 'waiting_for_customer')
    )
    UPDATE support_ticket AS ticket
       SET solution_due = targets.solution_due,
           solution_near = targets.solution_due - targets.solution_quarter,
           first_answer_due = targets.first_answer_due,
           first_answer_near = targets.first_answer_due - targets.first_answer_quarter
      FROM targets
     WHERE targets.id = ticket.id
"""


def make_target_times(apps, schema_editor):
    times = apps.get_model("support", "TargetTime").objects
    for category, (first_answer, solution) in DEFAULTS.items():
        times.get_or_create(
            category=category, defaults={"first_answer_hours": first_answer, "solution_hours": solution}
        )


class Migration(migrations.Migration):

    dependencies = [("support", "0004_target_times")]

    operations = [
        migrations.RunPython(make_target_times, migrations.RunPython.noop),
        migrations.RunSQL(TARGETS_OF_TICKETS, migrations.RunSQL.noop),
    ]

"""The scheduled tasks."""

from typing import Any

from celery.schedules import crontab

# Seconds after which a queued task expires: one run does the work of all that piled up while no worker ran. Far longer
# than a round of these tasks takes, or those behind the slowest would always expire.
_EXPIRES = 120


def schedule(*, relay_seconds: float, heartbeat_seconds: float) -> dict[str, Any]:
    """For Celery beat: nightly tasks, tasks that people wait for, and those of technical support."""
    return {
        "remove-expired-logins": {
            "task": "netflix.accounts.tasks.remove_expired_logins",
            "schedule": crontab(hour="4", minute="15"),
        },
        "forget-old-idempotency-keys": {
            "task": "netflix.idempotency.tasks.forget_old_idempotency_keys",
            "schedule": crontab(hour="4", minute="20"),
        },
        "sweep-uploads": {
            "task": "movies.tasks.sweep_uploads",
            "schedule": crontab(hour="4", minute="22"),
        },
        "recount-genres": {
            "task": "movies.tasks.recount_genres",
            "schedule": crontab(hour="4", minute="25"),
        },
        "rebuild-ranking": {
            "task": "ranking.tasks.rebuild_ranking",
            "schedule": crontab(hour="4", minute="30"),
        },
        "deliver-due-reminders": {
            "task": "reminder.tasks.deliver_due_reminders",
            "schedule": 10.0,  # seconds
            "options": {"expires": _EXPIRES},
        },
        "send-email-links": {
            "task": "netflix.accounts.tasks.send_email_links",
            "schedule": 10.0,
            "options": {"expires": _EXPIRES},
        },
        "send-emails": {
            "task": "netflix.notices.tasks.send_emails",
            "schedule": 10.0,
            "options": {"expires": _EXPIRES},
        },
        "start-waiting-imports": {
            "task": "movies.tasks.start_waiting_imports",
            "schedule": 10.0,
            "options": {"expires": _EXPIRES},
        },
        "relay-tickets": {
            "task": "support.tasks.relay_tickets",
            "schedule": relay_seconds,
            "options": {"expires": 30},
        },
        "technical-support-heartbeat": {
            "task": "support.tasks.heartbeat",
            "schedule": heartbeat_seconds,
            "options": {"expires": 30},
        },
    }

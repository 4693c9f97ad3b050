"""The scheduled tasks, and the queues of those that do not share the default one."""

from typing import Any

from celery.schedules import crontab

_NIGHTLY = {  # minutes after 4:00
    "netflix.accounts.tasks.remove_expired_logins": 15,
    "netflix.idempotency.tasks.forget_old_idempotency_keys": 20,
    "movies.tasks.sweep_uploads": 22,
    "support.tasks.sweep_attachments": 23,
    "movies.tasks.sweep_posters": 24,
    "movies.tasks.recount_genres": 25,
    "ranking.tasks.rebuild_ranking": 30,
}
_FREQUENT_TASKS = (
    "reminder.tasks.deliver_due_reminders",
    "netflix.accounts.tasks.send_email_links",
    "netflix.notices.tasks.send_emails",
    "movies.tasks.start_waiting_imports",
)
_FREQUENT_SECONDS = 10.0
# Seconds after which a queued task expires: one run does the work of all that piled up while no worker ran. Far longer
# than all these tasks take together, or those queued behind the slowest would always expire.
_EXPIRES, _SUPPORT_EXPIRES = 120, 30


def schedule(*, relay_seconds: float, heartbeat_seconds: float) -> dict[str, Any]:
    """For Celery beat: nightly tasks, tasks that people wait for, and those of technical support."""
    entries: dict[str, Any] = {task: {"schedule": crontab(minute, 4)} for task, minute in _NIGHTLY.items()}
    entries |= {task: _every(_FREQUENT_SECONDS, expires=_EXPIRES) for task in _FREQUENT_TASKS}
    entries["support.tasks.relay_tickets"] = _every(relay_seconds, expires=_SUPPORT_EXPIRES)
    entries["support.tasks.heartbeat"] = _every(heartbeat_seconds, expires=_SUPPORT_EXPIRES)
    return {task: {"task": task, **entry} for task, entry in entries.items()}


def routes(*, imports: str, support: str, support_clock: str) -> dict[str, dict[str, str]]:
    """Celery's task routes, to queues of these names."""
    queues = {
        "movies.tasks.import_upload": imports,
        "movies.tasks.undo_import": imports,
        "movies.tasks.recount_genres": imports,
        "ranking.tasks.rebuild_ranking": imports,
        "support.tasks.open_service_order": support,
        "support.tasks.*": support_clock,
    }
    return {task: {"queue": queue} for task, queue in queues.items()}


def _every(seconds: float, *, expires: int) -> dict[str, Any]:
    return {"schedule": seconds, "options": {"expires": expires}}

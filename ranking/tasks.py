import structlog
from celery import shared_task

from ranking import services

logger = structlog.get_logger(__name__)


@shared_task(acks_late=False)  # may exceed Redis' visibility timeout; is scheduled again anyway
def rebuild_ranking() -> None:
    """Recompute all rankings; scheduled nightly. Drift is logged: there should be none."""
    result = services.rebuild()
    if result.drift:
        logger.warning("ranking_had_drifted", rows=result.drift)

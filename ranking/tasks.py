import structlog
from celery import shared_task

from ranking import services

logger = structlog.get_logger(__name__)


@shared_task(acks_late=False)  # it may take longer than Redis waits for a late one; the next night comes by itself
def rebuild_ranking() -> None:
    """Follow the catalogue's means, and look for drift: there must be none."""
    result = services.rebuild()
    if result.drift:
        logger.warning("ranking_had_drifted", rows=result.drift)

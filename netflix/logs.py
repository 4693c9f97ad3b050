"""What a line of the logs looks like, and which lines there are."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

_STEPS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]


def logging_configuration(log_format: str, log_level: str) -> dict[str, Any]:
    """For settings.LOGGING: `log_format` is text or json. Sets structlog up on the way, which goes through logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_STEPS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "text": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processor": structlog.dev.ConsoleRenderer(
                    colors=False,
                    exception_formatter=structlog.dev.plain_traceback,  # no local variables: some are secret
                ),
                "foreign_pre_chain": _STEPS,
            },
            "json": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    structlog.processors.JSONRenderer(),
                ],
                "foreign_pre_chain": _STEPS,
            },
        },
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": log_format}},
        "root": {"handlers": ["console"], "level": log_level},
        # What the schedule sends every few seconds is no news; tasks that fail are, and what tasks do logs itself.
        "loggers": {
            # What a client sends wrong has its access line; with a traceback each, anybody could fill the disk.
            "django.security": {"level": "CRITICAL"},
        }
        | {
            name: {"level": "WARNING"}
            for name in (
                "celery.beat",
                "celery.worker.strategy",
                "celery.worker.request",
                "celery.app.trace",
                "django_structlog.celery",
            )
        },
    }


def log_as_answered(exception: Exception, log_kwargs: dict[str, Any], **_: Any) -> None:
    """For django-structlog's signal of a request that failed, which has the status 500 otherwise."""
    if is_passing_trouble(exception):
        log_kwargs["code"] = 503


def is_passing_trouble(error: BaseException | None) -> bool:
    """Whether the database is away, gave up a statement that took too long, or can only be read until a promotion.

    That is a 503, in the answer and in the log.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return error is not None and isinstance(error.__cause__, ReadOnlySqlTransaction)

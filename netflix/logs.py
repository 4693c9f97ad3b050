"""The format of log lines, and which lines are logged."""

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
    """For settings.LOGGING. `log_format` is text or json. Also configures structlog, which writes through logging."""
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
                    exception_formatter=structlog.dev.plain_traceback,  # without local variables, which may be secret
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
        "loggers": {
            # Bad requests have a line in the access log; with a traceback each, a client could fill the disk.
            "django.security": {"level": "CRITICAL"},
        }
        | {  # only failures: scheduled tasks run every few seconds
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


def log_answered_status(exception: Exception, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Receiver of django-structlog's signal for failed requests: logs 503, where it would log 500."""
    if is_temporary_failure(exception):
        log_kwargs["code"] = 503


def is_temporary_failure(error: BaseException | None) -> bool:
    """Whether the database is away, cancelled a statement for its timeout, or is read-only until a promotion.

    The status is then 503, in the response and in the log.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return error is not None and isinstance(error.__cause__, ReadOnlySqlTransaction)

"""The format of log lines, and which lines are logged."""

from typing import Any

import structlog
from django.db import InterfaceError, OperationalError
from psycopg.errors import ReadOnlySqlTransaction

_PROCESSORS: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
_FAILURES_ONLY = (  # of scheduled tasks, which run every few seconds
    "celery.beat",
    "celery.worker.strategy",
    "celery.worker.request",
    "celery.app.trace",
    "django_structlog.celery",
)


def logging_configuration(log_format: str, log_level: str) -> dict[str, Any]:
    """For settings.LOGGING. `log_format` is text or json. Also configures structlog, which writes through logging."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_PROCESSORS,
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": _json_lines() if log_format == "json" else _text_lines()},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "lines"}},
        "root": {"handlers": ["console"], "level": log_level},
        # Bad requests have a line in the access log; with a traceback each, a client could fill the disk.
        "loggers": {"django.security": {"level": "CRITICAL"}} | {name: {"level": "WARNING"} for name in _FAILURES_ONLY},
    }


def _text_lines() -> dict[str, Any]:
    # Tracebacks without local variables, which may be secret.
    renderer = structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
    return {"()": structlog.stdlib.ProcessorFormatter, "processor": renderer, "foreign_pre_chain": _PROCESSORS}


def _json_lines() -> dict[str, Any]:
    processors = [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(),
    ]
    return {"()": structlog.stdlib.ProcessorFormatter, "processors": processors, "foreign_pre_chain": _PROCESSORS}


def log_answered_status(exception: Exception, log_kwargs: dict[str, Any], **_: Any) -> None:
    """Receiver of django-structlog's signal for failed requests: logs 503, where it would log 500."""
    if is_temporary_failure(exception):
        log_kwargs["code"] = 503


def is_temporary_failure(error: BaseException | None) -> bool:
    """Whether the database is unavailable, cancelled a statement for its timeout, or is read-only until a promotion.

    The status is then 503, in the response and in the log.
    """
    if isinstance(error, OperationalError | InterfaceError):
        return True
    return error is not None and isinstance(error.__cause__, ReadOnlySqlTransaction)

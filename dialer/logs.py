"""The log for engineers: to standard error, with numbers and addresses masked.

It may be dropped; what an auditor relies on stands in the ledger.
"""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_NUMBER = re.compile(r"(?<![\w-])\+?\d{7,15}(?!\w)")
_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def mask(text: str) -> str:
    """The text without phone numbers and e-mail addresses."""
    return _NUMBER.sub("[number]", _ADDRESS.sub("[address]", text))


def set_up() -> None:
    """Send structlog's and the standard library's lines to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _mask_values,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")


def _mask_values(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return {
        key: mask(value) if isinstance(value, str) and key != "timestamp" else value
        for key, value in event.items()
    }

"""The log for engineers: to standard error, with numbers and addresses masked.

A name has no shape by which it could be known, so no line may be given one: what is bound to a key
of HIDDEN is never shown, whatever it is.

It may be dropped; what an auditor relies on stands in the ledger.
"""

from __future__ import annotations

import logging
import re
import sys

import structlog
from structlog.typing import EventDict, WrappedLogger

_NUMBER = re.compile(r"(?<![\w-])\+?\d{7,15}(?!\w)")
HIDDEN = frozenset(
    {
        "address",
        "answer",
        "answers",
        "body",
        "city",
        "consumer_name",
        "email",
        "full_name",
        "id_last4",
        "name",
        "notes",
        "number",
        "phone",
        "postal_code",
        "statement",
        "text",
        "to",
        "value",
    }
)
"""Keys under which somebody's own data might be given to the log."""

_ADDRESS = re.compile(r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+")


def mask(text: str) -> str:
    """The text without phone numbers and e-mail addresses."""
    return _NUMBER.sub("[number]", _ADDRESS.sub("[address]", text))


class MaskedFormatter(logging.Formatter):
    """Lines of the standard library's logging, tracebacks with them, masked like our own."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


def set_up() -> None:
    """Send structlog's and the standard library's lines to standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            redact,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(MaskedFormatter("%(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])


def redact(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """A processor: the event without what might be somebody's own."""
    return {key: _masked(key, value) for key, value in event.items()}


def _masked(key: str, value: object) -> object:
    if key in HIDDEN:
        return "[hidden]"
    return mask(value) if isinstance(value, str) and key != "timestamp" else value

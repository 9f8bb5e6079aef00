"""Mail to our own people, with files: it reaches no consumer, so it takes no permit.

In a permit's place stands the list of the house's own domains: mail to any other is refused.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr

_ADDRESS = re.compile(r"[A-Za-z0-9._+-]{1,64}@(?P<domain>[A-Za-z0-9.-]{1,255})")


class NotOurs(ValueError):
    """The address is not of one of the house's own domains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file that goes with a mail."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMail:
    """A mail to one of our own people. The same `message_id` is the same mail sent again."""

    message_id: str
    sender: str
    to: str
    subject: str
    text: str
    language: str
    files: tuple[File, ...] = ()


Post = Callable[[StaffMail], Awaitable[None]]
"""Hands a mail to the relay. Raises NotOurs, `messaging.transport.TransportError`."""


def need_ours(address: str, domains: Collection[str]) -> None:
    """Raise NotOurs unless this is an address of one of the domains; none are listed = none is."""
    read = _ADDRESS.fullmatch(address)
    if read is None:
        raise NotOurs(f"{address!r} is not an e-mail address")
    if read["domain"].casefold() not in {name.casefold() for name in domains}:
        known = ", ".join(sorted(domains)) or "none"
        raise NotOurs(f"{address} is not of one of the domains for reports: {known}")


def compose_staff(mail: StaffMail, now: datetime) -> bytes:
    """The mail as octets, lines ending in CRLF. Raises ValueError for a header of two lines."""
    message = EmailMessage(policy=SMTP)
    message["From"] = mail.sender
    message["To"] = mail.to
    message["Subject"] = mail.subject
    message["Date"] = now
    message["Message-ID"] = f"<{mail.message_id}@{parseaddr(mail.sender)[1].rsplit('@', 1)[1]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["Content-Language"] = mail.language
    message.set_content(mail.text)
    for file in mail.files:
        kind, _, detail = file.media_type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=detail, filename=file.name)
    return message.as_bytes()

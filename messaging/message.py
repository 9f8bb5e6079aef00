"""What is sent, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """One SMS. `to` is E.164; `text` is complete, opt-out instruction included."""

    message_id: str  # ours; receipts and replies come back to it
    to: str
    sender: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailMessage:
    """One e-mail, rendered. `unsubscribe_url` is the https address of RFC 8058's one click."""

    message_id: str
    to: str
    sender: str
    subject: str
    text: str
    html: str
    unsubscribe_url: str
    language: str


class MessageStatus(StrEnum):
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    BOUNCED = "bounced"
    EXPIRED = "expired"
    UNKNOWN = "unknown"  # sent, and nobody can say what became of it: counts as sent


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusReport:
    """A delivery receipt or bounce for a message of ours.

    `message_id` is empty where the transport does not know it, such as a receipt for a message
    that another process sent; `provider_id` then names the message as in its `Accepted`.
    """

    message_id: str
    status: MessageStatus
    at: datetime
    provider_id: str | None = None
    code: str | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InboundMessage:
    """A message from a consumer: an SMS, or an e-mail reply.

    `complaint`: the mailbox provider passed on that the consumer called our mail spam; whatever
    the text says, that is an opt-out.
    """

    channel: str  # sms, email
    sender: str
    recipient: str
    text: str
    at: datetime
    in_reply_to: str | None = None
    complaint: bool = False


MessageEvent = StatusReport | InboundMessage

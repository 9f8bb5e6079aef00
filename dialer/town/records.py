"""What the far side saw arrive: counts for the demo's summary, records for the nightly closing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter
from pydantic_core import to_jsonable_python


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCounts:
    """What arrived on the town's wires, each contact once however often it was repeated.

    `sip_invites`: distinct Call-IDs of an INVITE. `rtp_packets`: media packets of known calls.
    `smpp_submits`: texts; `smpp_parts`: their submit_sm, throttled ones not counted.
    `smtp_messages`: mail transactions that named a recipient, refused ones too. `webhooks`:
    deliveries with a good signature, each event once.
    """

    sip_invites: int = 0
    rtp_packets: int = 0
    smpp_submits: int = 0
    smpp_parts: int = 0
    sms_replies: int = 0
    sms_stops: int = 0
    smtp_messages: int = 0
    mail_bounces: int = 0
    mail_unsubscribes: int = 0
    webhooks: int = 0
    webhooks_repeated: int = 0
    webhooks_unsigned: int = 0
    webhooks_out_of_order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRecord:
    """One call as a carrier bills it. `code` is the final SIP code, None while the call rings."""

    call_id: str  # the SIP Call-ID
    number: str
    started_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    code: int | None = None
    ended_by: str | None = None  # caller, consumer
    rtp_packets: int = 0  # that arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class TextRecord:
    """One text as the SMSC took it; `state` is what its receipt says or will say."""

    smsc_ids: tuple[str, ...]  # one a part
    number: str
    sender: str
    at: datetime
    state: str  # DELIVRD, UNDELIV


@dataclass(frozen=True, slots=True, kw_only=True)
class MailRecord:
    """One mail transaction; `code` is the reply to RCPT, `message_id` is None if it was refused."""

    address: str
    at: datetime
    code: int
    message_id: str | None = None


Record = TypeVar("Record", WireCounts, CallRecord, TextRecord, MailRecord)


def to_json(record: Record) -> dict[str, Any]:
    """The record as a JSON object; instants are ISO 8601."""
    found: dict[str, Any] = to_jsonable_python(record)
    return found


def from_json(kind: type[Record], value: Any) -> Record:
    """The record back from its JSON object. Raises pydantic's ValidationError (a ValueError)."""
    return TypeAdapter(kind).validate_python(value)

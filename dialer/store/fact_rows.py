"""Facts about a person as rows, and what the ledger says of them; for one, or for an import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256

from compliance.facts import Channel, Consent, Hold
from dialer.model.consumer import name_words
from dialer.model.contact_point import PointKind
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft

FactRow = dict[str, object]

ENDING_DIGITS = 4
"""So many last digits of a number are enough to look for it."""


def digest(key: str) -> str:
    """A key of any length in the form in which it is kept."""
    return sha256(key.encode()).hexdigest()


def point_row(
    ident: str, kind: PointKind, value: str, *, now: datetime, country: str | None = None
) -> FactRow:
    """A number or address, sealed and found by its whole or, a number, by its last digits."""
    return {
        "id": ident,
        "kind": kind,
        "value": value,
        "value_key": value,
        "ending_key": value[-ENDING_DIGITS:] if kind is PointKind.PHONE else None,
        "country": country,
        "created_at": now,
    }


def word_rows(consumer_id: str, full_name: str) -> list[FactRow]:
    """The words of a name, by which its bearer is found."""
    words = sorted(name_words(full_name))
    return [{"word": word, "consumer_id": consumer_id} for word in words]


def hold_row(consumer_id: str, hold: Hold, *, source: str, now: datetime) -> FactRow:
    return {
        "id": new_id("hold"),
        "consumer_id": consumer_id,
        "kind": hold.kind,
        "received_at": hold.received_at,
        "debts": list(hold.debts),
        "scope": hold.scope,
        "starts_on": hold.starts_on,
        "ends_at": hold.ends_at,
        "in_writing": hold.in_writing,
        "detail": hold.detail,
        "resolved_at": hold.resolved_at,
        "source": source,
        "recorded_at": now,
    }


def hold_draft(row: Mapping[str, object]) -> Draft:
    body = {
        "hold": row["id"],
        "kind": row["kind"],
        "received_at": row["received_at"],
        "debts": row["debts"],
        "source": row["source"],
    }
    return Draft(kind="hold", body=body, person=str(row["consumer_id"]))


def consent_row(consumer_id: str, consent: Consent, *, source: str, now: datetime) -> FactRow:
    return {
        "id": consent.consent_id,
        "consumer_id": consumer_id,
        "channel": consent.channel,
        "given_to": consent.given_to,
        "given_at": consent.given_at,
        "basis": consent.basis,
        "debts": list(consent.debts),
        "contact_point_id": consent.contact_point,
        "opens": consent.opens,
        "closes": consent.closes,
        "valid_dates": [day.isoformat() for day in consent.valid_dates],
        "expires_at": consent.expires_at,
        "revoked_at": consent.revoked_at,
        "ended_by": consent.ended_by,
        "evidence": consent.evidence,
        "scope": consent.scope,
        "source": source,
        "recorded_at": now,
    }


def opt_out_row(
    consumer_id: str, channel: Channel, contact_point_id: str | None, *, at: datetime, source: str
) -> FactRow:
    return {
        "id": new_id("optout"),
        "consumer_id": consumer_id,
        "channel": channel,
        "contact_point_id": contact_point_id,
        "received_at": at,
        "source": source,
        "recorded_at": at,
    }


def opt_out_draft(row: Mapping[str, object]) -> Draft:
    body = {
        "opt_out": row["id"],
        "channel": row["channel"],
        "contact_point": row["contact_point_id"],
        "at": row["received_at"],
        "source": row["source"],
    }
    return Draft(kind="opt_out", body=body, person=str(row["consumer_id"]))

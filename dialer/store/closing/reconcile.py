"""Our contacts beside the far side's records: each difference is a finding. Pure.

A contact and a record belong together where they share an id. Where one side has none, or the far
side names things otherwise than we do, the same address and a time close by do; each is used once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from compliance.outcomes import Counts, classes
from dialer.store.closing.records import Record, Result

NEAR = timedelta(seconds=60)
"""How far the clocks of the two sides may differ."""

_OPEN = ("reserved", "unknown")


class Difference(StrEnum):
    """The names of findings."""

    PERMIT_WITHOUT_ATTEMPT = "permit_without_attempt"
    ATTEMPT_WITHOUT_PERMIT = "attempt_without_permit"
    ATTEMPT_LEFT_OPEN = "attempt_left_open"
    NOT_ON_RECORD = "not_on_record"  # we say it went out, the far side does not
    NOT_OURS = "not_ours"  # the far side has it, we do not
    SENT_AFTER_ALL = "sent_after_all"  # we say that nothing went out, the far side has it
    RESULT_DIFFERS = "result_differs"
    RECEIPT_MISSING = "receipt_missing"  # the far side knows the end, we do not


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One contact as we have it."""

    attempt_id: str
    ids: tuple[str, ...]  # the far side's, where it told us
    address: str
    at: datetime
    outcome: str
    sent: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One difference. `attempt_id` is None where it is not about an attempt of ours."""

    difference: Difference
    channel: str
    attempt_id: str | None
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A contact of ours and the far side's record of it."""

    contact: Contact
    record: Record


def reconcile(
    channel: str,
    contacts: Iterable[Contact],
    records: Iterable[Record],
    *,
    since: datetime,
    until: datetime,
) -> list[Finding]:
    """Every difference between the two sides of one channel in [since, until), ours first.

    Give both sides with `NEAR` more at either end, so that what crosses it is not torn apart.
    """
    pairs, ours, theirs = match(list(contacts), list(records))
    pairs = [pair for pair in pairs if since <= pair.contact.at < until]
    findings = [found for pair in pairs if (found := _compared(channel, pair)) is not None]
    findings += [
        Finding(
            difference=Difference.NOT_ON_RECORD,
            channel=channel,
            attempt_id=contact.attempt_id,
            detail=f"sent at {contact.at.isoformat()}, outcome {contact.outcome}",
        )
        for contact in ours
        if contact.sent and since <= contact.at < until
    ]
    findings += [
        Finding(
            difference=Difference.NOT_OURS,
            channel=channel,
            attempt_id=None,
            detail=f"to …{record.address[-4:]} at {record.at.isoformat()}: {record.result}",
        )
        for record in theirs
        if since <= record.at < until
    ]
    return findings


def match(
    contacts: Sequence[Contact], records: Sequence[Record]
) -> tuple[list[Pair], list[Contact], list[Record]]:
    """What belongs together, and what is left over on our side and on theirs."""
    pairs: list[Pair] = []
    by_id = {name: record for record in records for name in record.ids}
    used: set[int] = set()
    rest: list[Contact] = []
    for contact in sorted(contacts, key=lambda c: (c.at, c.attempt_id)):
        record = next((by_id[name] for name in contact.ids if name in by_id), None)
        if record is not None and id(record) not in used:
            used.add(id(record))
            pairs.append(Pair(contact=contact, record=record))
        else:
            rest.append(contact)
    by_address: dict[str, list[Record]] = defaultdict(list)
    for record in sorted(records, key=lambda r: r.at):
        if id(record) not in used:
            by_address[record.address].append(record)
    left: list[Contact] = []
    named_alike = bool(pairs)
    # Contacts that went out choose first: one that did not must not take their record.
    for contact in sorted(rest, key=lambda c: not c.sent):
        others = by_address[contact.address]
        if named_alike and contact.ids:
            others = [record for record in others if not record.ids]
        near = _nearest(contact, others)
        if near is None:
            left.append(contact)
        else:
            by_address[contact.address].remove(near)
            pairs.append(Pair(contact=contact, record=near))
    return pairs, left, [record for group in by_address.values() for record in group]


def _nearest(contact: Contact, records: Sequence[Record]) -> Record | None:
    """The first of those near enough: both sides are in order of time."""
    return next((r for r in records if abs(r.at - contact.at) <= NEAR), None)


def _compared(channel: str, pair: Pair) -> Finding | None:
    contact, result = pair.contact, pair.record.result
    difference = None
    if not contact.sent:
        difference = Difference.SENT_AFTER_ALL
    elif contact.outcome == "sent" and result in (Result.DELIVERED, Result.UNDELIVERABLE):
        difference = Difference.RECEIPT_MISSING
    elif not _agrees(contact.outcome, result):
        difference = Difference.RESULT_DIFFERS
    if difference is None:
        return None
    return Finding(
        difference=difference,
        channel=channel,
        attempt_id=contact.attempt_id,
        detail=f"we say {contact.outcome}, the far side says {result}",
    )


def _agrees(outcome: str, result: Result) -> bool:
    if outcome in _OPEN or result is Result.OPEN:
        return True  # the one side does not know, so it says nothing against the other
    picked_up = bool(classes(outcome) & (Counts.ANSWERED | Counts.MACHINE))
    match result:
        case Result.ANSWERED | Result.NOT_ANSWERED:
            return picked_up is (result is Result.ANSWERED)
        case Result.DELIVERED:
            return outcome == "delivered"
        case Result.UNDELIVERABLE:
            return outcome == "undeliverable"
        case Result.REFUSED:
            return outcome in ("bounced", "undeliverable")
    return True  # a mail that was taken may still bounce

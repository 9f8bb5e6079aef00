"""Closing a period: decisions = attempts = the far side's records. The result is an entry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Row, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import canonical
from dialer.store import tables
from dialer.store.attempts import NOT_SENT
from dialer.store.closing.reconcile import NEAR, Contact, Difference, Finding, reconcile
from dialer.store.closing.records import read_calls, read_mails, read_texts
from dialer.store.database import Database
from dialer.store.ledger_root import record_root
from dialer.store.ledger_writer import Draft, append

ENTRY_KIND = "closing"
CALLS, TEXTS, MAILS = "call", "sms", "email"
_READERS = {CALLS: read_calls, TEXTS: read_texts, MAILS: read_mails}
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Closing:
    """What was closed: counts of our side and of theirs by channel, all findings, the root."""

    since: datetime
    until: datetime
    decisions: int
    permits: int
    attempts: Mapping[str, int]  # that went out, by channel
    records: Mapping[str, int]  # of the far side, by channel; only channels that were told
    findings: tuple[Finding, ...]
    root: str


def files_of_day(folder: Path, day: date) -> dict[str, Path]:
    """The far side's files of one day that are there, by channel.

    They are named `2026-11-24.call.csv` (or `.json`), `2026-11-24.sms.json` and
    `2026-11-24.email.json`.
    """
    return {
        channel: path
        for channel in _READERS
        for path in sorted(folder.glob(f"{day.isoformat()}.{channel}.*"))
    }


async def close_day(db: Database, day: date, files: Mapping[str, Path]) -> Closing:
    """Close one day (UTC)."""
    since = datetime.combine(day, time(), UTC)
    return await close(db, since, since + _A_DAY, files)


async def close(
    db: Database, since: datetime, until: datetime, files: Mapping[str, Path]
) -> Closing:
    """Compare [since, until) with the far side's files by channel, and enter the result.

    A channel without a file is compared with our own decisions alone. Raises BadRecords.
    """
    theirs = {channel: _READERS[channel](path) for channel, path in files.items()}
    async with db.read() as conn:
        decisions = await _decisions(conn, since, until)
        around = await _attempts(conn, since - NEAR, until + NEAR)
        rows = [row for row in around if since <= row.reserved_at < until]
        findings = [*_permits(decisions, rows), *_left_open(rows, db.clock.now())]
        findings += await _without_permit(conn, since, until)
    for channel, records in theirs.items():
        contacts = [_contact(row) for row in around if row.channel == channel]
        findings += reconcile(channel, contacts, records, since=since, until=until)
    figures: dict[str, Any] = {
        "decisions": len(decisions),
        "permits": sum(decisions.values()),
        "attempts": dict(Counter(row.channel for row in rows if _sent(row))),
        "records": {
            channel: sum(since <= record.at < until for record in records)
            for channel, records in theirs.items()
        },
    }
    body = {
        "from": since,
        "to": until,
        **figures,
        "findings": dict(Counter(str(finding.difference) for finding in findings)),
        "findings_sha256": _digest(findings),
    }
    async with db.write() as conn:
        await append(db, conn, [Draft(kind=ENTRY_KIND, body=body)])
    root = await record_root(db)
    return Closing(since=since, until=until, **figures, findings=tuple(findings), root=root)


async def _decisions(conn: AsyncConnection, since: datetime, until: datetime) -> dict[str, bool]:
    table = tables.decisions
    query = select(table.c.id, table.c.allowed).where(
        table.c.decided_at >= since, table.c.decided_at < until
    )
    return {row.id: row.allowed for row in await conn.execute(query)}


async def _attempts(conn: AsyncConnection, since: datetime, until: datetime) -> Sequence[Row[Any]]:
    table, points = tables.attempts, tables.contact_points
    query = (
        select(table, points.c.value)
        .join(points, points.c.id == table.c.contact_point_id)
        .where(table.c.reserved_at >= since, table.c.reserved_at < until)
        .order_by(table.c.reserved_at, table.c.id)
    )
    return (await conn.execute(query)).all()


def _permits(decisions: Mapping[str, bool], rows: Sequence[Row[Any]]) -> list[Finding]:
    reserved = {row.id for row in rows}
    return [
        Finding(
            difference=Difference.PERMIT_WITHOUT_ATTEMPT,
            channel="",
            attempt_id=attempt,
            detail="a permit was given, but no attempt is reserved",
        )
        for attempt, allowed in decisions.items()
        if allowed and attempt not in reserved
    ]


async def _without_permit(conn: AsyncConnection, since: datetime, until: datetime) -> list[Finding]:
    table, decisions = tables.attempts, tables.decisions
    query = (
        select(table.c.id, table.c.channel)
        .outerjoin(decisions, decisions.c.id == table.c.id)
        .where(table.c.reserved_at >= since, table.c.reserved_at < until)
        .where(or_(decisions.c.id.is_(None), decisions.c.allowed == false()))
        .order_by(table.c.id)
    )
    return [
        Finding(
            difference=Difference.ATTEMPT_WITHOUT_PERMIT,
            channel=row.channel,
            attempt_id=row.id,
            detail="no decision permits it",
        )
        for row in await conn.execute(query)
    ]


def _left_open(rows: Sequence[Row[Any]], now: datetime) -> list[Finding]:
    return [
        Finding(
            difference=Difference.ATTEMPT_LEFT_OPEN,
            channel=row.channel,
            attempt_id=row.id,
            detail=f"{row.state} since {row.reserved_at.isoformat()}",
        )
        for row in rows
        if row.state != "closed" and (row.lease_until is None or row.lease_until < now)
    ]


def _contact(row: Row[Any]) -> Contact:
    provider = str(row.detail.get("provider_id") or "")
    return Contact(
        attempt_id=row.id,
        ids=tuple(provider.split()),
        address=row.value,
        at=row.active_at or row.reserved_at,
        outcome=row.outcome,
        sent=_sent(row),
    )


def _sent(row: Row[Any]) -> bool:
    """Whether we say that it went out: it was started, and is not said to have been kept back."""
    return row.active_at is not None and row.outcome != NOT_SENT


def _digest(findings: Sequence[Finding]) -> str:
    return sha256(canonical({"findings": [asdict(one) for one in findings]})).hexdigest()

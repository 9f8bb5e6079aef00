"""Reads from the store all that a proof pack holds."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.ledger import Entry
from compliance.outcomes import CLASSES, Counts
from dialer.reports.proof.evidence import (
    Abandonment,
    Evidence,
    Fact,
    Happening,
    Recording,
    Scope,
)
from dialer.store import tables
from dialer.store.ledger_root import entry_of
from dialer.store.replaying import archive_of

SHOWN = 4
FACT_ENTRIES = frozenset(
    {
        "consent",
        "consent.ended",
        "hold",
        "hold.resolved",
        "opt_out",
        "contact_point.wrong",
    }
)
"""Kinds of entries on what is known of a person: they matter whenever they were made."""

ANSWERED = [word for word, counts in CLASSES.items() if counts & Counts.ANSWERED]
UNCERTAIN = ("reserved", "unknown")


class NobodyThere(ValueError):
    """There is no such person or case."""


async def scope_of(
    conn: AsyncConnection,
    *,
    person: str | None,
    case_id: str | None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Scope:
    """The scope of a person's id, or of a case's id or the creditor's own number of it."""
    cases = tables.cases
    if case_id is not None:
        found = await conn.execute(
            select(cases.c.id, cases.c.consumer_id).where(
                (cases.c.id == case_id) | (cases.c.case_ref == case_id)
            )
        )
        row = found.first()
        if row is None:
            raise NobodyThere(f"there is no case {case_id}")
        return Scope(person_id=row.consumer_id, case_id=row.id, since=since, until=until)
    consumers = tables.consumers
    known = await conn.execute(select(consumers.c.id).where(consumers.c.id == person))
    if person is None or known.first() is None:
        raise NobodyThere(f"there is no person {person}")
    return Scope(person_id=person, since=since, until=until)


async def collect(conn: AsyncConnection, scope: Scope, *, now: datetime, by: str) -> Evidence:
    """Everything about the scope, in one state of the store."""
    consumers = tables.consumers
    person = (await conn.execute(select(consumers).where(consumers.c.id == scope.person_id))).one()
    attempts = await _attempts(conn, scope)
    decisions = await _decisions(conn, scope)
    named = {digest for row in decisions for digest in row.pack_sha256.values()}
    archive = await archive_of(conn)
    timeline = [
        *map(_attempted, attempts),
        *(_refused(row) for row in decisions if not row.allowed),
        *await _inbound(conn, scope),
        *await _dispositions(conn, scope),
    ]
    return Evidence(
        scope=scope,
        full_name=person.full_name,
        case_refs=await _case_refs(conn, scope),
        zone=await _zone(conn, scope.person_id),
        made_at=now,
        made_by=by,
        timeline=tuple(sorted(timeline, key=lambda h: (h.at, h.kind, h.id))),
        facts=await _facts(conn, scope.person_id),
        recordings=await _recordings(conn, scope),
        abandonment=await _abandonment(conn, attempts),
        decisions={row.id: row.record for row in decisions},
        packs={digest: archive[digest].text for digest in sorted(named) if digest in archive},
        entries=await _entries(conn, scope, {row.id for row in decisions}),
    )


def _within(scope: Scope, table: Any, at: ColumnElement[Any]) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [table.c.consumer_id == scope.person_id]
    if scope.case_id is not None:
        wanted.append(table.c.case_id == scope.case_id)
    if scope.since is not None:
        wanted.append(at >= scope.since)
    if scope.until is not None:
        wanted.append(at < scope.until)
    return wanted


async def _attempts(conn: AsyncConnection, scope: Scope) -> Sequence[Row[Any]]:
    table, points, campaigns = tables.attempts, tables.contact_points, tables.campaigns
    query = (
        select(table, points.c.value, campaigns.c.name.label("campaign"))
        .join(points, points.c.id == table.c.contact_point_id)
        .outerjoin(campaigns, campaigns.c.id == table.c.campaign_id)
        .where(*_within(scope, table, table.c.reserved_at))
    )
    return (await conn.execute(query)).all()


async def _decisions(conn: AsyncConnection, scope: Scope) -> Sequence[Row[Any]]:
    table, points, campaigns = tables.decisions, tables.contact_points, tables.campaigns
    query = (
        select(table, points.c.value, campaigns.c.name.label("campaign"))
        .join(points, points.c.id == table.c.contact_point_id)
        .outerjoin(campaigns, campaigns.c.id == table.c.campaign_id)
        .where(*_within(scope, table, table.c.decided_at))
        .order_by(table.c.decided_at, table.c.id)
    )
    return (await conn.execute(query)).all()


def _attempted(row: Row[Any]) -> Happening:
    return Happening(
        at=row.active_at or row.reserved_at,
        kind="attempt",
        id=row.id,
        case_id=row.case_id,
        campaign=row.campaign,
        channel=row.channel,
        address=_shortened(row.value),
        outcome=row.outcome,
        rules=(),
    )


def _refused(row: Row[Any]) -> Happening:
    return Happening(
        at=row.decided_at,
        kind="refusal",
        id=row.id,
        case_id=row.case_id,
        campaign=row.campaign,
        channel=row.channel,
        address=_shortened(row.value),
        outcome=None,
        rules=tuple(row.rules),
    )


def _shortened(address: str) -> str:
    """Enough to tell a person's numbers apart, and no more."""
    _, at, domain = address.rpartition("@")
    return f"…@{domain}" if at else f"…{address[-SHOWN:]}"


async def _inbound(conn: AsyncConnection, scope: Scope) -> list[Happening]:
    """What the consumer sent us, and contacts from before that were brought along."""
    table = tables.contact_events
    query = select(table).where(*_within(scope, table, table.c.at))
    return [
        Happening(
            at=row.at,
            kind="inbound" if row.direction == "in" else "earlier",
            id=row.id,
            case_id=row.case_id,
            campaign=None,
            channel=row.channel,
            address=None,
            outcome=row.outcome,
            rules=(),
        )
        for row in await conn.execute(query)
    ]


async def _dispositions(conn: AsyncConnection, scope: Scope) -> list[Happening]:
    table = tables.dispositions
    query = select(table).where(*_within(scope, table, table.c.at))
    return [
        Happening(
            at=row.at,
            kind="disposition",
            id=row.attempt_id or row.id,
            case_id=row.case_id,
            campaign=None,
            channel=None,
            address=None,
            outcome=row.code,
            rules=(),
        )
        for row in await conn.execute(query)
    ]


async def _case_refs(conn: AsyncConnection, scope: Scope) -> tuple[str, ...]:
    table = tables.cases
    query = select(table.c.case_ref).where(table.c.consumer_id == scope.person_id)
    if scope.case_id is not None:
        query = query.where(table.c.id == scope.case_id)
    return tuple((await conn.execute(query.order_by(table.c.case_ref))).scalars())


async def _zone(conn: AsyncConnection, person_id: str) -> str | None:
    """The one zone where the person is; None where several are possible."""
    table = tables.locations
    found = await conn.execute(
        select(table.c.tz)
        .where(table.c.consumer_id == person_id, table.c.superseded_at.is_(None))
        .distinct()
    )
    zones = [zone for zone in found.scalars() if zone is not None]
    return zones[0] if len(zones) == 1 else None


async def _facts(conn: AsyncConnection, person_id: str) -> tuple[Fact, ...]:
    async def rows(table: Any) -> Sequence[Row[Any]]:
        return (await conn.execute(select(table).where(table.c.consumer_id == person_id))).all()

    facts = [
        Fact(
            kind="consent",
            id=row.id,
            what=row.channel or "any",
            since=row.given_at,
            until=row.revoked_at or row.expires_at,
            known_at=row.recorded_at,
            evidence=row.evidence,
            source=row.source,
        )
        for row in await rows(tables.consents)
    ]
    facts += [
        Fact(
            kind="hold",
            id=row.id,
            what=row.kind,
            since=row.received_at,
            until=row.resolved_at or row.ends_at,
            known_at=row.recorded_at,
            evidence=row.detail,
            source=row.source,
        )
        for row in await rows(tables.holds)
    ]
    facts += [
        Fact(
            kind="opt_out",
            id=row.id,
            what=row.channel,
            since=row.received_at,
            until=row.lifted_at,
            known_at=row.recorded_at,
            evidence=None,
            source=row.source,
        )
        for row in await rows(tables.opt_outs)
    ]
    facts += [
        Fact(
            kind="wrong_number",
            id=row.contact_point_id,
            what=row.type or "unknown",
            since=row.wrong_since,
            until=None,
            known_at=row.wrong_since,
            evidence=None,
            source=None,
        )
        for row in await rows(tables.consumer_contact_points)
        if row.wrong_since is not None
    ]
    return tuple(sorted(facts, key=lambda fact: (fact.known_at, fact.kind, fact.id)))


async def _recordings(conn: AsyncConnection, scope: Scope) -> tuple[Recording, ...]:
    table, attempts, calls = tables.recordings, tables.attempts, tables.inbound_calls
    query = (
        select(table)
        .outerjoin(attempts, attempts.c.id == table.c.attempt_id)
        .outerjoin(calls, calls.c.id == table.c.inbound_call_id)
        .where(
            or_(
                and_(*_within(scope, attempts, attempts.c.reserved_at)),
                and_(*_within(scope, calls, calls.c.at)),
            )
        )
        .order_by(table.c.name)
    )
    return tuple(
        Recording(
            name=row.name,
            call_id=row.attempt_id or row.inbound_call_id,
            inbound=row.attempt_id is None,
            sha256=row.sha256,
            bytes=row.bytes,
            duration_ms=row.duration_ms,
            sealed_at=row.sealed_at,
            state=row.state,
            deleted_at=row.deleted_at,
        )
        for row in await conn.execute(query)
    )


async def _abandonment(
    conn: AsyncConnection, attempts: Sequence[Row[Any]]
) -> tuple[Abandonment, ...]:
    """Of every campaign that called the person, in every month in which it did."""
    touched = {
        (row.campaign_id, row.campaign, row.reserved_at.astimezone(UTC).strftime("%Y-%m"))
        for row in attempts
        if row.campaign_id is not None and row.channel == "call"
    }
    return tuple([await _month(conn, *each) for each in sorted(touched)])


async def _month(conn: AsyncConnection, campaign_id: str, name: str, month: str) -> Abandonment:
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    following = (first.year + first.month // 12, first.month % 12 + 1)
    last = datetime(*following, 1, tzinfo=UTC)
    table = tables.attempts
    words = [word for word in ANSWERED if word not in UNCERTAIN]

    def count(condition: ColumnElement[bool]) -> ColumnElement[int]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    found = await conn.execute(
        select(
            count(table.c.outcome.in_(words)).label("answered"),
            count(table.c.outcome == "abandoned").label("abandoned"),
        ).where(
            table.c.campaign_id == campaign_id,
            table.c.channel == "call",
            table.c.reserved_at >= first,
            table.c.reserved_at < last,
        )
    )
    row = found.one()
    return Abandonment(
        campaign_id=campaign_id,
        campaign=name,
        month=month,
        answered=int(row.answered),
        abandoned=int(row.abandoned),
    )


async def _entries(conn: AsyncConnection, scope: Scope, decided: set[str]) -> tuple[Entry, ...]:
    """What the ledger says of these attempts, and of the person."""
    table = tables.ledger
    query = (
        select(table)
        .where(table.c.subject == scope.person_id)
        .order_by(table.c.at, table.c.stream, table.c.seq)
    )
    rows = (await conn.execute(query)).all()
    return tuple(entry_of(row) for row in rows if _concerns(scope, decided, row))


def _concerns(scope: Scope, decided: set[str], row: Row[Any]) -> bool:
    body = json.loads(row.body)
    if "attempt" in body:
        return body["attempt"] in decided
    if scope.case_id is not None and body.get("case", scope.case_id) != scope.case_id:
        return False
    if row.kind in FACT_ENTRIES:
        return scope.until is None or row.at < scope.until
    return scope.holds(row.at)

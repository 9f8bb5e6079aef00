"""Decisions of the gate: lists of them, and one opened out to all that it was made of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports.denials import count_denials, denied_by
from dialer.store.tables import (
    campaigns,
    cases,
    consumers,
    contact_points,
    decisions,
    ledger,
    locations,
)

PAGE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRow:
    """One decision as the lists show it."""

    id: str
    at: datetime
    allowed: bool
    campaign_id: str | None
    campaign: str | None
    case_ref: str
    consumer_id: str
    consumer: str
    channel: str
    address: str
    rules: tuple[str, ...]
    binding_rule: str | None
    strength: str
    first_allowed_at: datetime | None
    unlock: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterRow:
    name: str
    before: int
    after: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingRow:
    """One rule's verdict as it was written down."""

    rule_id: str
    pack_id: str
    kind: str
    verdict: str
    strength: str
    citation: str
    confidence: str
    reason: str
    counters: tuple[CounterRow, ...]
    first_allowed_at: datetime | None
    unlock: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerPlace:
    """Where the ledger speaks of the decision."""

    stream: str
    seq: int
    entry_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionDetail:
    """One decision with every rule's finding and every input."""

    row: DecisionRow
    findings: tuple[FindingRow, ...]  # of the rules that concerned the contact
    not_applicable: tuple[str, ...]  # ids of those that did not
    inputs: Mapping[str, object]  # the request, and every fact looked at
    pack_sha256: Mapping[str, str]
    tz_version: str
    record_sha256: str
    zones: tuple[str, ...]  # where the consumer may be, now known
    ledger: LedgerPlace | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionFilter:
    """What a list of decisions is narrowed to; None = not."""

    allowed: bool | None = None
    campaign_id: str | None = None
    channel: str | None = None
    rule: str | None = None  # among those that denied
    consumer_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None  # not included
    before: tuple[datetime, str] | None = None  # the last row of the page before


async def list_decisions(
    conn: AsyncConnection, wanted: DecisionFilter, *, limit: int = PAGE
) -> list[DecisionRow]:
    """At most `limit` decisions, newest first."""
    query = (
        _query()
        .where(*_conditions(conn, wanted))
        .order_by(decisions.c.decided_at.desc(), decisions.c.id.desc())
        .limit(limit)
    )
    return [_row(row) for row in await conn.execute(query)]


async def count_decisions(conn: AsyncConnection, wanted: DecisionFilter) -> tuple[int, int]:
    """How many of these decisions are permits, and how many refusals."""
    query = (
        select(decisions.c.allowed, func.count().label("total"))
        .where(*_conditions(conn, replace(wanted, before=None)))
        .group_by(decisions.c.allowed)
    )
    totals = {row.allowed: row.total for row in await conn.execute(query)}
    return totals.get(True, 0), totals.get(False, 0)


async def refusals_by_rule(conn: AsyncConnection, *, since: datetime) -> dict[str, int]:
    """How many refusals since then each rule was a reason of, most first."""
    query = count_denials(conn).where(decisions.c.decided_at >= since)
    return {row.rule: row.total for row in await conn.execute(query)}


async def find_decision(conn: AsyncConnection, decision_id: str) -> DecisionDetail | None:
    """The decision opened out, from its own record."""
    query = _query().add_columns(
        decisions.c.record,
        decisions.c.record_sha256,
        decisions.c.pack_sha256,
        decisions.c.tz_version,
    )
    row = (await conn.execute(query.where(decisions.c.id == decision_id))).first()
    if row is None:
        return None
    record = json.loads(row.record)
    decision = record["decision"]
    return DecisionDetail(
        row=_row(row),
        findings=tuple(_finding(item) for item in decision["findings"]),
        not_applicable=tuple(decision["not_applicable"]),
        inputs={"request": record["request"], **decision["inputs"]},
        pack_sha256=row.pack_sha256,
        tz_version=row.tz_version,
        record_sha256=row.record_sha256,
        zones=await _zones(conn, row.consumer_id),
        ledger=await _ledger_place(conn, row.consumer_id, row.record_sha256),
    )


async def _zones(conn: AsyncConnection, consumer_id: str) -> tuple[str, ...]:
    query = (
        select(locations.c.tz)
        .where(
            locations.c.consumer_id == consumer_id,
            locations.c.superseded_at.is_(None),
            locations.c.tz.is_not(None),
        )
        .distinct()
        .order_by(locations.c.tz)
    )
    return tuple((await conn.execute(query)).scalars())


async def _ledger_place(
    conn: AsyncConnection, consumer_id: str, record_sha256: str
) -> LedgerPlace | None:
    query = (
        select(ledger.c.stream, ledger.c.seq, ledger.c.entry_hash)
        .where(ledger.c.subject == consumer_id, ledger.c.body.contains(record_sha256))
        .order_by(ledger.c.at)
        .limit(1)
    )
    row = (await conn.execute(query)).first()
    return LedgerPlace(stream=row.stream, seq=row.seq, entry_hash=row.entry_hash) if row else None


def _query() -> Select[Any]:
    return select(
        decisions.c.id,
        decisions.c.decided_at,
        decisions.c.allowed,
        decisions.c.campaign_id,
        campaigns.c.name.label("campaign"),
        cases.c.case_ref,
        decisions.c.consumer_id,
        consumers.c.full_name,
        decisions.c.channel,
        contact_points.c.value.label("address"),
        decisions.c.rules,
        decisions.c.binding_rule,
        decisions.c.strength,
        decisions.c.first_allowed_at,
        decisions.c.unlock,
    ).select_from(
        decisions.join(cases, cases.c.id == decisions.c.case_id)
        .join(consumers, consumers.c.id == decisions.c.consumer_id)
        .join(contact_points, contact_points.c.id == decisions.c.contact_point_id)
        .outerjoin(campaigns, campaigns.c.id == decisions.c.campaign_id)
    )


def _conditions(conn: AsyncConnection, wanted: DecisionFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    for column, value in (
        (decisions.c.allowed, wanted.allowed),
        (decisions.c.campaign_id, wanted.campaign_id),
        (decisions.c.channel, wanted.channel),
        (decisions.c.consumer_id, wanted.consumer_id),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.rule is not None:
        conditions.append(denied_by(conn, wanted.rule))
    if wanted.since is not None:
        conditions.append(decisions.c.decided_at >= wanted.since)
    if wanted.until is not None:
        conditions.append(decisions.c.decided_at < wanted.until)
    if wanted.before is not None:
        at, decision_id = wanted.before
        conditions.append(
            (decisions.c.decided_at < at)
            | ((decisions.c.decided_at == at) & (decisions.c.id < decision_id))
        )
    return conditions


def _row(row: Row[Any]) -> DecisionRow:
    return DecisionRow(
        id=row.id,
        at=row.decided_at,
        allowed=row.allowed,
        campaign_id=row.campaign_id,
        campaign=row.campaign,
        case_ref=row.case_ref,
        consumer_id=row.consumer_id,
        consumer=row.full_name,
        channel=row.channel,
        address=row.address,
        rules=tuple(row.rules),
        binding_rule=row.binding_rule,
        strength=row.strength,
        first_allowed_at=row.first_allowed_at,
        unlock=row.unlock,
    )


def _finding(item: Mapping[str, Any]) -> FindingRow:
    first = item.get("first_allowed_at")
    return FindingRow(
        rule_id=item["rule_id"],
        pack_id=item["pack_id"],
        kind=item["kind"],
        verdict=item["verdict"],
        strength=item["strength"],
        citation=item["citation"]["text"],
        confidence=item["citation"]["confidence"],
        reason=item["reason"],
        counters=tuple(
            CounterRow(name=c["name"], before=c["before"], after=c["after"], limit=c["limit"])
            for c in item.get("counters", ())
        ),
        first_allowed_at=datetime.fromisoformat(first) if first else None,
        unlock=item.get("unlock"),
    )

"""What each campaign has before it, and what it did since an instant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, case, false, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports.denials import count_denials
from dialer.store.tables import attempts, campaign_cases, campaigns, decisions

Outcomes = Mapping[str, Mapping[str, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFigures:
    """One campaign. `done` counts attempts by channel and outcome.

    `refused` counts refusals under each rule that denied them; one that two rules denied stands
    under both, so `refusals` may be less than its sum.
    """

    id: str
    name: str
    state: str
    mode: str
    creditor: str | None
    started_at: datetime | None
    channels: tuple[str, ...]  # of the strategy's steps, in order, each once
    cases: int
    due: int  # cases whose next contact is due now
    waiting: int  # cases whose next contact is due later
    finished: int
    next_due_at: datetime | None  # of the waiting ones, the first
    under_way: int  # attempts that are not closed
    done: Outcomes
    refusals: int
    refused: Mapping[str, int]

    @property
    def attempts(self) -> int:
        return sum(sum(outcomes.values()) for outcomes in self.done.values())

    def channel_total(self, channel: str) -> int:
        return sum(self.done.get(channel, {}).values())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stock:
    cases: int = 0
    due: int = 0
    waiting: int = 0
    finished: int = 0
    next_due_at: datetime | None = None


async def campaign_figures(
    conn: AsyncConnection, *, since: datetime, now: datetime, campaign_id: str | None = None
) -> list[CampaignFigures]:
    """The figures of all campaigns, running ones first, or of one."""
    order = case({"running": 0, "paused": 1, "draft": 2}, value=campaigns.c.state, else_=3)
    query = select(campaigns).order_by(order, campaigns.c.name)
    if campaign_id is not None:
        query = query.where(campaigns.c.id == campaign_id)
    rows = (await conn.execute(query)).all()
    stocks = await _stocks(conn, now, campaign_id)
    done, under_way = await _done(conn, since, campaign_id)
    refused = await _refused(conn, since, campaign_id)
    refusals = await _refusals(conn, since, campaign_id)
    figures = []
    for row in rows:
        stock = stocks.get(row.id, _Stock())
        channels = _channels(row.strategy)
        figures.append(
            CampaignFigures(
                id=row.id,
                name=row.name,
                state=row.state,
                mode=row.mode,
                creditor=row.creditor,
                started_at=row.started_at,
                channels=channels,
                cases=stock.cases,
                due=stock.due,
                waiting=stock.waiting,
                finished=stock.finished,
                next_due_at=stock.next_due_at,
                under_way=under_way.get(row.id, 0),
                done=_in_order(done.get(row.id, {}), channels),
                refusals=refusals.get(row.id, 0),
                refused=refused.get(row.id, {}),
            )
        )
    return figures


async def campaign_names(conn: AsyncConnection) -> dict[str, str]:
    """The name of each campaign by id, in the order of names."""
    query = select(campaigns.c.id, campaigns.c.name).order_by(campaigns.c.name)
    return {row.id: row.name for row in await conn.execute(query)}


def _channels(strategy: Mapping[str, object]) -> tuple[str, ...]:
    steps = strategy.get("steps")
    found: list[str] = []
    for step in steps if isinstance(steps, list) else []:
        channel = step.get("channel") if isinstance(step, dict) else None
        if isinstance(channel, str) and channel not in found:
            found.append(channel)
    return tuple(found)


def _in_order(done: Outcomes, channels: tuple[str, ...]) -> Outcomes:
    """The channels as the strategy has them, then those that it no longer has."""
    known = [channel for channel in channels if channel in done]
    return {channel: done[channel] for channel in dict.fromkeys([*known, *done])}


async def _stocks(
    conn: AsyncConnection, now: datetime, campaign_id: str | None
) -> dict[str, _Stock]:
    table = campaign_cases
    is_due = and_(table.c.state == "due", table.c.next_at <= now)
    is_waiting = and_(table.c.state == "due", table.c.next_at > now)
    query = select(
        table.c.campaign_id,
        func.count().label("cases"),
        _count(is_due).label("due"),
        _count(is_waiting).label("waiting"),
        _count(table.c.state == "done").label("finished"),
        func.min(case((is_waiting, table.c.next_at))).label("next_due_at"),
    ).group_by(table.c.campaign_id)
    if campaign_id is not None:
        query = query.where(table.c.campaign_id == campaign_id)
    return {
        row.campaign_id: _Stock(
            cases=row.cases,
            due=row.due,
            waiting=row.waiting,
            finished=row.finished,
            next_due_at=row.next_due_at,
        )
        for row in await conn.execute(query)
    }


async def _done(
    conn: AsyncConnection, since: datetime, campaign_id: str | None
) -> tuple[dict[str, dict[str, dict[str, int]]], dict[str, int]]:
    table = attempts
    query = (
        select(
            table.c.campaign_id,
            table.c.channel,
            table.c.outcome,
            func.count().label("total"),
            _count(table.c.state != "closed").label("under_way"),
        )
        .where(table.c.reserved_at >= since, _of(table.c.campaign_id, campaign_id))
        .group_by(table.c.campaign_id, table.c.channel, table.c.outcome)
        .order_by(func.count().desc(), table.c.outcome)
    )
    done: dict[str, dict[str, dict[str, int]]] = defaultdict(lambda: defaultdict(dict))
    under_way: dict[str, int] = defaultdict(int)
    for row in await conn.execute(query):
        done[row.campaign_id][row.channel][row.outcome] = row.total
        under_way[row.campaign_id] += row.under_way
    return done, under_way


async def _refusals(
    conn: AsyncConnection, since: datetime, campaign_id: str | None
) -> dict[str, int]:
    table = decisions
    query = (
        select(table.c.campaign_id, func.count().label("total"))
        .where(
            table.c.allowed == false(),
            table.c.decided_at >= since,
            _of(table.c.campaign_id, campaign_id),
        )
        .group_by(table.c.campaign_id)
    )
    return {row.campaign_id: row.total for row in await conn.execute(query)}


async def _refused(
    conn: AsyncConnection, since: datetime, campaign_id: str | None
) -> dict[str, dict[str, int]]:
    table = decisions
    query = count_denials(conn, table.c.campaign_id).where(
        table.c.decided_at >= since, _of(table.c.campaign_id, campaign_id)
    )
    refused: dict[str, dict[str, int]] = defaultdict(dict)
    for row in await conn.execute(query):
        refused[row.campaign_id][row.rule] = row.total
    return refused


def _of(column: ColumnElement[str], campaign_id: str | None) -> ColumnElement[bool]:
    return column.is_not(None) if campaign_id is None else column == campaign_id


def _count(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

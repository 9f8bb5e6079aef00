"""Figures of a period for superiors: per agent, campaign and creditor, and by age of the debt.

Days are those of the period's zone, UTC where none is said. Money is in minor units, a currency a
row. What was paid counts on the day on which the creditor received it, less what was taken back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.outcomes import CLASSES, Counts
from dialer.model.debt import bucket, grown
from dialer.model.promise import PromiseState
from dialer.reports.scope import EVERYTHING, Scope, Within, within
from dialer.reports.spreadsheet import Cell
from dialer.store import campaigns as campaigns_store
from dialer.store import tables
from dialer.store.attempts import NOT_SENT
from dialer.store.casework_tables import complaints, payment_lines, payments, plans

_SILENT = tuple(
    outcome for outcome, counts in CLASSES.items() if not counts & Counts.EFFECTIVE_CONVERSATION
)
"""What is no talk; an outcome outside the list is one, as everywhere."""

_OUTCOME = tables.attempts.c.outcome
_SENT = func.count(case((_OUTCOME != NOT_SENT, 1)))
_SPOKEN = func.count(case((_OUTCOME.not_in((*_SILENT, NOT_SENT)), 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of the report."""

    name: str
    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date
    zone: tzinfo = UTC

    def has(self, column: Any) -> ColumnElement[bool]:
        """Whether an instant lies within."""
        start = datetime.combine(self.first, time(), self.zone)
        end = datetime.combine(self.last + timedelta(days=1), time(), self.zone)
        return and_(column >= start, column < end)

    def has_day(self, column: Any) -> ColumnElement[bool]:
        """Whether a date lies within."""
        return and_(column >= self.first, column <= self.last)


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The whole report of a period. `campaign` is the name of the scope's campaign."""

    sheets: tuple[Sheet, ...]
    period: Period
    scope: Scope
    campaign: str | None


async def figures(
    conn: AsyncConnection, period: Period, now: datetime, scope: Scope = EVERYTHING
) -> Figures:
    """The report with what it is about. Raises LookupError as `period_report` does."""
    named = None if scope.campaign is None else await campaigns_store.load(conn, scope.campaign)
    return Figures(
        sheets=await period_report(conn, period, now, scope),
        period=period,
        scope=scope,
        campaign=None if named is None else named.name,
    )


async def period_report(
    conn: AsyncConnection, period: Period, now: datetime, scope: Scope = EVERYTHING
) -> tuple[Sheet, ...]:
    """All tables of the period for the cases of the scope, from one state of the store.

    Raises LookupError for a scope whose campaign is not there.
    """
    cases = await within(conn, scope)
    return (
        await _agents(conn, period, cases),
        await _campaigns(conn, period, cases),
        await _hours(conn, period, cases),
        await _creditors(conn, period, cases),
        await _ages(conn, now, cases),
    )


async def hand_over(conn: AsyncConnection, agent: str) -> Sheet:
    """What an agent who leaves has open: promises, plans, and complaints to follow."""
    made, cases = tables.promises, tables.cases
    rows: list[tuple[Cell, ...]] = [
        (row.case_ref, "promise", row.due_on.isoformat(), row.amount_minor, row.currency)
        for row in await conn.execute(
            select(made, cases.c.case_ref)
            .join(cases, cases.c.id == made.c.case_id)
            .where(made.c.by == agent, made.c.state == PromiseState.OPEN)
        )
    ]
    rows += [
        (row.case_ref, f"plan, {row.state}", None, None, None)
        for row in await conn.execute(
            select(plans, cases.c.case_ref)
            .join(cases, cases.c.id == plans.c.case_id)
            .where(plans.c.by == agent, plans.c.state.in_(("proposed", "agreed", "behind")))
        )
    ]
    rows += [
        (row.case_ref, f"complaint, {row.category}", row.due_on.isoformat(), None, None)
        for row in await conn.execute(
            select(complaints, cases.c.case_ref)
            .join(cases, cases.c.id == complaints.c.case_id)
            .where(complaints.c.by == agent, complaints.c.state == "open")
        )
    ]
    header = ("case", "what", "due_on", "amount_minor", "currency")
    return _sheet("Hand-over", header, sorted(rows, key=lambda row: (str(row[2]), str(row[0]))))


async def _agents(conn: AsyncConnection, period: Period, cases: Within) -> Sheet:
    made = tables.promises
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    rows = await conn.execute(
        select(made.c.by, made.c.state, func.count().label("n"))
        .where(period.has(made.c.created_at), made.c.by.is_not(None), cases.has(made.c.case_id))
        .group_by(made.c.by, made.c.state)
    )
    for row in rows:
        found[row.by][f"promise.{row.state}"] += row.n
    for table, at, kind in (
        (plans, plans.c.agreed_at, "plans"),
        (tables.dispositions, tables.dispositions.c.at, "dispositions"),
    ):
        query = select(table.c.by, func.count().label("n")).where(
            period.has(at), table.c.by.is_not(None), cases.has(table.c.case_id)
        )
        for row in await conn.execute(query.group_by(table.c.by)):
            found[row.by][kind] += row.n
    query = select(complaints.c.about, func.count().label("n")).where(
        period.has(complaints.c.received_at),
        complaints.c.about.is_not(None),
        cases.has(complaints.c.case_id),
    )
    for row in await conn.execute(query.group_by(complaints.c.about)):
        found[row.about]["complaints"] += row.n
    header = (
        "agent",
        "dispositions",
        "promises",
        "kept",
        "partly_kept",
        "broken",
        "kept_rate",
        "plans_agreed",
        "complaints_about",
    )
    return _sheet("Agents", header, (_agent(name, n) for name, n in sorted(found.items())))


def _agent(name: str, counted: dict[str, int]) -> tuple[Cell, ...]:
    promises = sum(n for kind, n in counted.items() if kind.startswith("promise."))
    kept = counted["promise.kept"]
    judged = kept + counted["promise.partly_kept"] + counted["promise.broken"]
    return (
        name,
        counted["dispositions"],
        promises,
        kept,
        counted["promise.partly_kept"],
        counted["promise.broken"],
        _rate(kept, judged),
        counted["plans"],
        counted["complaints"],
    )


async def _campaigns(conn: AsyncConnection, period: Period, within: Within) -> Sheet:
    tries, campaigns, placed = tables.attempts, tables.campaigns, tables.campaign_cases
    names = {
        row.id: row.name
        for row in await conn.execute(select(campaigns.c.id, campaigns.c.name))
        if within.shows(row.id)
    }
    stock = await conn.execute(
        select(placed.c.campaign_id, func.count().label("n"))
        .where(within.has(placed.c.case_id))
        .group_by(placed.c.campaign_id)
    )
    cases = {row.campaign_id: row.n for row in stock}
    counted: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    worked = await conn.execute(
        select(
            tries.c.campaign_id,
            _SENT.label("contacts"),
            _SPOKEN.label("right_party"),
            func.count(func.distinct(tries.c.case_id)).label("worked"),
        )
        .where(
            period.has(tries.c.reserved_at),
            tries.c.campaign_id.is_not(None),
            within.has(tries.c.case_id),
        )
        .group_by(tries.c.campaign_id)
    )
    for row in worked:
        counted[row.campaign_id] |= {
            "contacts": row.contacts,
            "right_party": row.right_party,
            "worked": row.worked,
        }
    made = tables.promises
    promised = await conn.execute(
        select(tries.c.campaign_id, func.count().label("n"))
        .join(tries, tries.c.id == made.c.attempt_id)
        .where(
            period.has(made.c.created_at),
            tries.c.campaign_id.is_not(None),
            within.has(made.c.case_id),
        )
        .group_by(tries.c.campaign_id)
    )
    for row in promised:
        counted[row.campaign_id]["promises"] += row.n
    header = (
        "campaign",
        "cases",
        "worked",
        "penetration",
        "contacts",
        "right_party",
        "promises",
        "promise_rate",
    )
    rows = [
        (
            name,
            cases.get(ident, 0),
            counted[ident]["worked"],
            _rate(counted[ident]["worked"], cases.get(ident, 0)),
            counted[ident]["contacts"],
            counted[ident]["right_party"],
            counted[ident]["promises"],
            _rate(counted[ident]["promises"], counted[ident]["right_party"]),
        )
        for ident, name in sorted(names.items(), key=lambda item: item[1])
    ]
    return _sheet("Campaigns", header, rows)


async def _hours(conn: AsyncConnection, period: Period, cases: Within) -> Sheet:
    """At which hour of the day (UTC) somebody is reached."""
    tries = tables.attempts
    hour = func.extract("hour", tries.c.reserved_at)
    if conn.dialect.name == "postgresql":
        hour = func.extract("hour", func.timezone("UTC", tries.c.reserved_at))
    query = (
        select(hour.label("hour"), _SENT.label("calls"), _SPOKEN.label("spoke"))
        .where(
            period.has(tries.c.reserved_at),
            tries.c.channel == "call",
            tries.c.outcome != NOT_SENT,
            cases.has(tries.c.case_id),
        )
        .group_by(hour)
        .order_by(hour)
    )
    rows = [
        (int(row.hour), row.calls, row.spoke, _rate(row.spoke, row.calls))
        for row in await conn.execute(query)
    ]
    return _sheet("Best hours", ("hour_utc", "calls", "right_party", "rate"), rows)


async def _creditors(conn: AsyncConnection, period: Period, cases: Within) -> Sheet:
    debts, lines = tables.debts, payment_lines
    owed = await conn.execute(
        select(
            debts.c.creditor,
            debts.c.currency,
            debts.c.status,
            func.count().label("n"),
            func.sum(debts.c.balance_minor).label("balance"),
        )
        .where(cases.has_debt(debts))
        .group_by(debts.c.creditor, debts.c.currency, debts.c.status)
    )
    found: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in owed:
        key = (row.creditor or "", row.currency or "")
        found[key][row.status] += row.n
        if row.status == "open":
            found[key]["balance"] += int(row.balance or 0)
    paid = await conn.execute(
        select(debts.c.creditor, payments.c.currency, func.sum(lines.c.amount_minor).label("sum"))
        .join(lines, lines.c.debt_id == debts.c.id)
        .join(payments, payments.c.id == lines.c.payment_id)
        .where(
            period.has_day(payments.c.received_on),
            payments.c.reversed_on.is_(None),
            cases.has_debt(debts),
        )
        .group_by(debts.c.creditor, payments.c.currency)
    )
    for row in paid:
        found[(row.creditor or "", row.currency or "")]["collected"] += int(row.sum or 0)
    header = (
        "creditor",
        "currency",
        "open",
        "paid",
        "cure_rate",
        "balance_minor",
        "collected_minor",
    )
    rows = [
        (
            creditor,
            currency,
            n["open"],
            n["paid"],
            _rate(n["paid"], n["open"] + n["paid"]),
            n["balance"],
            n["collected"],
        )
        for (creditor, currency), n in sorted(found.items())
    ]
    return _sheet("Creditors", header, rows)


async def _ages(conn: AsyncConnection, now: datetime, cases: Within) -> Sheet:
    """How the open debts are spread by age today; two reports side by side show what rolled."""
    debts = tables.debts
    found: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    told = (debts.c.days_past_due, debts.c.as_of, debts.c.currency)
    query = select(*told, func.count().label("n"), func.sum(debts.c.balance_minor).label("owed"))
    query = query.where(debts.c.status == "open", cases.has_debt(debts)).group_by(*told)
    for row in await conn.execute(query):
        age = bucket(grown(row.days_past_due, row.as_of, now)) or "unknown"
        place = found[(age, row.currency or "")]
        place[0] += row.n
        place[1] += int(row.owed or 0)
    rows = [(age, currency, n, balance) for (age, currency), (n, balance) in sorted(found.items())]
    return _sheet("Ages", ("bucket", "currency", "debts", "balance_minor"), rows)


def _sheet(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Sheet:
    return Sheet(name=name, header=tuple(header), rows=tuple(tuple(row) for row in rows))


def _rate(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None

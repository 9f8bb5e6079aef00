"""A portfolio at work: a case on one page, the next due cases, an import, figures of a month."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from datetime import timedelta

from sqlalchemy import select

from compliance import packs
from compliance.facts import Channel
from dialer.bench.importing import write_cases
from dialer.bench.people import ACTOR, LEASE, NOON, new_campaign
from dialer.bench.portfolio import fill
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.stores import KEYS, open_stores
from dialer.bench.timing import Laps, watch
from dialer.casework.terms import shipped
from dialer.engine.next_moment import next_moments
from dialer.reports.case_view import case_view
from dialer.reports.superiors import Period, hand_over, period_report
from dialer.store import tables
from dialer.store.claims import claim_due
from dialer.store.database import Database, open_database
from dialer.store.importing.cases import CaseOptions, import_cases
from scheduler.clock import SystemClock

AIM_MS = 50.0
CLAIM = 1_000
ROUNDS = 5
MONTH = timedelta(days=30)


async def run(
    *, cases: int = 10_000, attempts_each: int = 5, rows: int = 1_000, views: int = 300
) -> Result:
    """Measure on a portfolio of this size, on each kind of store; `rows` are then imported."""
    found: list[Row] = []
    async with open_stores() as stores:
        file = stores.folder / "more.csv"
        write_cases(file, rows)
        for kind in stores.kinds:
            url = await stores.fresh(kind)
            async with open_database(url, KEYS, clock=SystemClock(NOON), writer="bench") as db:
                campaign = await new_campaign(db)
                with watch() as filled:
                    written = await fill(db, campaign, cases, attempts_each)
                size = {"store": kind, "cases": cases}
                found.append({
                    **size, "what": "plain rows written (bare)",
                    "per_s": written / filled.seconds, "took_s": filled.seconds,
                })  # fmt: skip
                found += await _views(db, size, cases, views)
                found.append(await _claims(db, size, campaign, min(CLAIM, cases // 10)))
                with watch() as imported:
                    report = await import_cases(db, file, CaseOptions(fresh_placement=True))
                if report.good != rows:
                    raise BenchFailed(f"{report.bad} rows are bad: {report.problems[:1]}")
                found.append({
                    **size, "what": "import of a case file",
                    "per_s": rows / imported.seconds, "took_s": imported.seconds,
                })  # fmt: skip
                found += await _reports(db, size)
    return Result(
        name="cases",
        about=f"{cases} cases with {attempts_each} attempts each",
        rows=found,
        left_out=stores.left_out,
    )


async def _views(db: Database, size: Row, cases: int, count: int) -> list[Row]:
    """A case on one page and its next lawful moments, beside one read of its row."""
    rng = random.Random(cases)
    chosen = [f"case-{rng.randrange(cases):08d}" for _ in range(count)]
    allowance = shipped()["US"].allowance
    views, moments, bare = Laps(), Laps(), Laps()
    catalogue = packs.shipped()
    for case_id in chosen:
        with views.lap():
            async with db.read() as conn:
                view = await case_view(
                    conn, case_id, now=NOON, sensitive=False, allowance=allowance
                )
        if view is None or not view.history:
            raise BenchFailed(f"{case_id} shows nothing")
        with moments.lap():
            await next_moments(
                db, catalogue, view.consumer_id, list(Channel), actor=ACTOR, now=NOON
            )
        with bare.lap():
            async with db.read() as conn:
                await conn.execute(select(tables.cases).where(tables.cases.c.id == case_id))
    baseline = bare.percentile_ms(0.5)
    return [
        {**size, "what": "case view", "p50_ms": views.percentile_ms(0.5),
         "p99_ms": views.percentile_ms(0.99), "aim_ms": AIM_MS,
         "ratio": views.percentile_ms(0.5) / baseline},
        {**size, "what": "its next lawful moments", "p50_ms": moments.percentile_ms(0.5),
         "p99_ms": moments.percentile_ms(0.99), "ratio": moments.percentile_ms(0.5) / baseline},
        {**size, "what": "one row of it (bare)", "p50_ms": baseline,
         "p99_ms": bare.percentile_ms(0.99)},
    ]  # fmt: skip


async def _claims(db: Database, size: Row, campaign: str, limit: int) -> Row:
    laps = Laps()
    for number in range(ROUNDS):
        with laps.lap():
            claimed = await claim_due(
                db,
                campaign,
                channel=Channel.CALL,
                owner=f"bench-{number}",
                now=NOON + timedelta(hours=1),
                limit=limit,
                lease=LEASE,
            )
        if len(claimed) != limit:
            raise BenchFailed(f"{len(claimed)} of {limit} cases were claimed")
    return {**size, "what": f"claim of the next {limit}", "p50_ms": laps.percentile_ms(0.5),
            "p99_ms": laps.percentile_ms(0.99), "aim_ms": AIM_MS}  # fmt: skip


async def _reports(db: Database, size: Row) -> list[Row]:
    today = NOON.date()

    async def of(first_day_ago: timedelta) -> None:
        async with db.read() as conn:
            sheets = await period_report(
                conn, Period(first=today - first_day_ago, last=today), NOON
            )
        if not all(sheet.rows for sheet in sheets if sheet.name in ("Campaigns", "Ages")):
            raise BenchFailed("a report has no figures")

    async def leaving() -> None:
        async with db.read() as conn:
            await hand_over(conn, "agent-1")

    works: list[tuple[str, Callable[[], Awaitable[None]]]] = [
        ("report of a day", lambda: of(timedelta())),
        ("report of 30 days", lambda: of(MONTH)),
        ("hand-over of an agent", leaving),
    ]
    rows: list[Row] = []
    for what, work in works:
        with watch() as taken:
            await work()
        rows.append({**size, "what": what, "took_s": taken.seconds})
    return rows

"""Leasing the next due cases: the cost must not grow with the campaign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from compliance.facts import Channel
from dialer.bench.people import LEASE, LONG_AGO, NOON, new_campaign
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.stores import KEYS, open_stores
from dialer.bench.timing import Laps
from dialer.store import tables
from dialer.store.bulk import insert_many
from dialer.store.claims import claim_due
from dialer.store.database import Database, open_database
from dialer.store.work import WorkState
from scheduler.clock import SystemClock

AIM_MS = 50.0
ROUNDS = 5
_AT_ONCE = 20_000


async def run(*, sizes: Sequence[int] = (10_000, 1_000_000), limit: int = 1000) -> Result:
    """Claim from a small and from a large campaign, every case of which is due."""
    rows: list[Row] = []
    async with open_stores() as stores:
        for kind in stores.kinds:
            smallest: float | None = None
            for size in sizes:
                url = await stores.fresh(kind)
                async with open_database(url, KEYS, clock=SystemClock(NOON), writer="bench") as db:
                    campaign = await new_campaign(db)
                    await _fill(db, campaign, size)
                    laps = await _claim(db, campaign, limit, min(ROUNDS, size // limit))
                median = laps.percentile_ms(0.5)
                smallest = smallest or median
                rows.append(
                    {
                        "store": kind,
                        "cases": size,
                        "claimed": limit,
                        "p50_ms": median,
                        "worst_ms": laps.percentile_ms(1.0),
                        "ratio_to_smallest": median / smallest,
                        "aim_ms": AIM_MS,
                    }
                )
    return Result(
        name="claim",
        about=f"the next {limit} due cases leased, in one transaction",
        rows=rows,
        left_out=stores.left_out,
    )


async def _claim(db: Database, campaign: str, limit: int, rounds: int) -> Laps:
    laps = Laps()
    for number in range(rounds):
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
    return laps


async def _fill(db: Database, campaign: str, size: int) -> None:
    stamps = {"created_at": NOON, "updated_at": NOON}
    person = {"id": "person-1", "full_name": "Otto Abendroth", "name_key": "otto abendroth"}
    async with db.write() as conn:
        await insert_many(conn, tables.consumers, [{**person, **stamps}])
    for start in range(0, size, _AT_ONCE):
        names = [f"case-{number:08d}" for number in range(start, min(size, start + _AT_ONCE))]
        async with db.write() as conn:
            await insert_many(
                conn,
                tables.cases,
                [
                    {"id": name, "case_ref": name, "consumer_id": "person-1", **stamps}
                    for name in names
                ],
            )
            await insert_many(
                conn,
                tables.campaign_cases,
                [
                    {
                        "campaign_id": campaign,
                        "case_id": name,
                        "placed_at": LONG_AGO,
                        "position": number,
                        "state": WorkState.DUE,
                        "next_channel": "call",
                        "next_at": NOON - timedelta(seconds=number % 5000),
                        "updated_at": NOON,
                    }
                    for number, name in enumerate(names, start)
                ],
            )
    if db.engine.dialect.name == "postgresql":
        async with db.write() as conn:
            await conn.exec_driver_sql("analyze")

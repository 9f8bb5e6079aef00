"""The reports' SQL on a real SQLite file and on a real PostgreSQL, against a plain recount."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialer.reports.attempts import AttemptFilter, find_attempt, list_attempts
from dialer.reports.campaign_figures import campaign_figures
from dialer.reports.decisions import (
    DecisionFilter,
    find_decision,
    list_decisions,
    refusals_by_rule,
)
from dialer.reports.ledger_state import ledger_state
from dialer.reports.people import find_people
from dialer.reports.person_history import person_history
from dialer.reports.pulse import pulse
from dialer.store import tables
from dialer.store.database import Database, migrate, open_database
from scheduler.clock import ManualClock
from tests.dialer.web.sample import fill
from tests.keys import KEYS

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)
MORNING = NOON - timedelta(minutes=40)
ALL = 1000


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.peer("postgres"))])
async def db(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A store with a morning's work in it."""
    if request.param == "postgres":
        url = str(request.getfixturevalue("postgres_url"))
    else:
        url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with open_database(url, KEYS, clock=ManualClock(NOON)) as database:
        await fill(database)
        yield database


async def test_reports_agree_with_a_recount(db: Database) -> None:
    async with db.read() as conn:
        attempts = (await conn.execute(tables.attempts.select())).all()
        decisions = (await conn.execute(tables.decisions.select())).all()
        cases = (await conn.execute(tables.campaign_cases.select())).all()
        figures = await campaign_figures(conn, since=MORNING, now=NOON)
        by_rule = await refusals_by_rule(conn, since=MORNING)
        minutes = await pulse(conn, now=NOON)
        listed = await list_attempts(conn, AttemptFilter(since=MORNING), limit=ALL)
        denied = await list_decisions(
            conn, DecisionFilter(allowed=False, rule="US-REGF-7IN7"), limit=ALL
        )
        state = await ledger_state(conn)

    assert [f.state for f in figures] == ["running", "running", "paused", "draft"]
    for f in figures:
        own = [a for a in attempts if a.campaign_id == f.id and a.reserved_at >= MORNING]
        assert {
            (channel, outcome): n for channel, per in f.done.items() for outcome, n in per.items()
        } == Counter((a.channel, a.outcome) for a in own)
        assert f.attempts == len(own)
        refused = [
            d
            for d in decisions
            if d.campaign_id == f.id and not d.allowed and d.decided_at >= MORNING
        ]
        assert f.refusals == len(refused)
        assert f.refused == Counter(rule for d in refused for rule in d.rules)
        stock = [c for c in cases if c.campaign_id == f.id]
        assert f.cases == len(stock)
        assert f.due == sum(c.state == "due" and c.next_at <= NOON for c in stock)
        assert tuple(f.done) == tuple(c for c in f.channels if c in f.done)

    recent = [d for d in decisions if not d.allowed and d.decided_at >= MORNING]
    assert by_rule == Counter(rule for d in recent for rule in d.rules)
    assert list(by_rule.values()) == sorted(by_rule.values(), reverse=True)
    hour = NOON - timedelta(minutes=59)
    assert [m.at for m in minutes] == [hour + n * timedelta(minutes=1) for n in range(60)]
    assert sum(m.call + m.sms + m.email for m in minutes) == sum(
        a.reserved_at >= hour for a in attempts
    )
    assert sum(m.refused for m in minutes) == sum(
        not d.allowed and d.decided_at >= hour for d in decisions
    )
    assert [a.at for a in listed] == sorted(
        (a.reserved_at for a in attempts if a.reserved_at >= MORNING), reverse=True
    )
    assert {d.id for d in denied} == {
        d.id for d in decisions if not d.allowed and "US-REGF-7IN7" in d.rules
    }
    assert state.entries == sum(state.kinds.values()) > len(decisions)


async def test_lists_narrow_by_every_filter_and_go_on_from_the_last_row(db: Database) -> None:
    async with db.read() as conn:
        whole = await list_attempts(conn, AttemptFilter(), limit=ALL)
        some = whole[10]
        for narrowed in (
            AttemptFilter(campaign_id=some.campaign_id),
            AttemptFilter(channel=some.channel),
            AttemptFilter(outcome=some.outcome),
            AttemptFilter(consumer_id=some.consumer_id),
            AttemptFilter(since=some.at),
            AttemptFilter(until=some.at + timedelta(microseconds=1)),
        ):
            rows = await list_attempts(conn, narrowed, limit=ALL)
            assert some in rows
            assert len(rows) < len(whole)
        rest = await list_attempts(conn, AttemptFilter(before=(some.at, some.id)), limit=ALL)
        assert rest == whole[11:]
        assert await find_attempt(conn, some.id) == some
        assert await find_attempt(conn, "nobody") is None


async def test_a_decision_is_read_from_its_own_record(db: Database) -> None:
    async with db.read() as conn:
        (row, *_) = await list_decisions(conn, DecisionFilter(rule="US-REGF-7IN7"))
        detail = await find_decision(conn, row.id)
        assert await find_decision(conn, "nobody") is None
    assert detail is not None
    assert detail.row == row
    assert {f.rule_id for f in detail.findings if f.verdict == "deny"} == set(row.rules)
    frequency = next(f for f in detail.findings if f.rule_id == "US-REGF-7IN7")
    (counter,) = frequency.counters
    assert (counter.before, counter.after, counter.limit) == (7, 8, 7)
    assert frequency.first_allowed_at is not None
    assert detail.not_applicable
    assert detail.zones
    assert detail.ledger is not None
    assert detail.ledger.stream == db.writer


async def test_people_are_found_and_their_history_is_whole(db: Database) -> None:
    async with db.read() as conn:
        for words in ("quickwater", "FW-24000", "consumer_0000", "(212) 555-0100"):
            assert "consumer_0000" in {p.id for p in await find_people(conn, words)}, words
        for words in ("", "%", "_", "555", "nobody at all"):
            assert await find_people(conn, words) == [], words
        history = await person_history(conn, "consumer_0000")
        assert history is not None
        later = await person_history(conn, "consumer_0000", since=history.happenings[0].at)
        assert await person_history(conn, "nobody") is None
        attempts = await list_attempts(conn, AttemptFilter(consumer_id="consumer_0000"))
        refusals = await list_decisions(
            conn, DecisionFilter(consumer_id="consumer_0000", allowed=False)
        )
    assert {h.id for h in history.happenings} == {r.id for r in [*attempts, *refusals]}
    assert [h.at for h in history.happenings] == sorted(
        (h.at for h in history.happenings), reverse=True
    )
    assert history.zones == ("America/New_York",)
    assert [p.value for p in history.points] == ["+12125550100", "consumer0@mail.example"]
    assert later is not None
    assert len(later.happenings) == 1

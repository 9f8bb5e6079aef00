"""What we learn later changes the list of past attempts, and nothing that was written then."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta

import pytest

from compliance import packs
from compliance.facts import Channel, Consent, Hold, HoldKind
from compliance.permit import Permit
from dialer.engine.cutover import cutover
from dialer.reports.pressure import find_pressure
from dialer.store import attempts, consumers
from dialer.store.attempts import Outcome
from dialer.store.database import Database, migrate, open_database
from dialer.store.exposure import find_exposure
from dialer.store.gate import open_gate
from dialer.store.replaying import replay
from scheduler.clock import ManualClock
from tests.dialer.audit.conftest import START, Worked
from tests.dialer.store.people import LEASE, Somebody, add_somebody, call
from tests.keys import KEYS

HOURS = timedelta(hours=1)


@pytest.fixture
async def shop(sqlite_url: str) -> AsyncIterator[tuple[Database, ManualClock]]:
    clock = ManualClock(START)
    await migrate(sqlite_url, KEYS)
    async with open_database(sqlite_url, KEYS, clock=clock) as db:
        yield db, clock


BOOK = {name: packs.shipped()[name] for name in ("core", "us.fed", "us.regf")}


async def reach(db: Database, one: Somebody, outcome: str = "no_answer") -> Permit:
    """One call that the gate permits, with its outcome."""
    async with open_gate(db, BOOK) as gate:
        answer = await gate.admit(call(one))
    assert isinstance(answer, Permit)
    now = db.clock.now()
    await attempts.activate(db, answer.attempt_id, now=now, lease=LEASE)
    await attempts.settle(db, answer.attempt_id, Outcome(outcome=outcome, at=now))
    return answer


async def test_nothing_learned_later_exposes_nothing(worked_anywhere: Worked) -> None:
    found = await find_exposure(worked_anywhere.db)
    assert (found.exposed, found.uncounted) == ((), ())


async def test_a_death_learned_later_exposes_what_came_after_it(
    shop: tuple[Database, ManualClock],
) -> None:
    db, clock = shop
    one = await add_somebody(db)
    before = await reach(db, one)
    await clock.advance(2 * 86400)
    after = await reach(db, one)
    await clock.advance(86400)
    hold = Hold(
        kind=HoldKind.CEASE,
        received_at=clock.now(),
        starts_on=date(2026, 11, 26),
        in_writing=True,
    )
    await consumers.add_hold(db, one.person, hold, source="letter", now=clock.now())
    found = await find_exposure(db)
    (exposed,) = found.exposed
    assert exposed.attempt_id == after.attempt_id != before.attempt_id
    assert [(cause.kind, cause.what) for cause in exposed.causes] == [("hold", "cease")]
    assert exposed.rules
    assert (await find_exposure(db, until=after.decided_at)).exposed == ()
    done = await replay(db)
    assert done.identical == done.decisions == 2, "history stays as it was known"


async def test_a_wrong_number_exposes_the_calls_since_the_last_talk(
    shop: tuple[Database, ManualClock],
) -> None:
    db, clock = shop
    one = await add_somebody(db)
    talked = await reach(db, one, "conversation")
    await clock.advance(8 * 86400)
    rang = await reach(db, one)
    await clock.advance(3600)
    await consumers.mark_wrong(db, one.person, one.point, at=clock.now(), source="agent")
    found = await find_exposure(db)
    assert found.uncounted == (rang.attempt_id,)
    assert [exposed.attempt_id for exposed in found.exposed] == [rang.attempt_id]
    assert talked.attempt_id not in found.uncounted


async def test_a_withdrawal_and_a_revoked_consent_learned_later(
    shop: tuple[Database, ManualClock],
) -> None:
    db, clock = shop
    one = await add_somebody(db)
    consent = Consent(
        consent_id="consent_1", channel=Channel.CALL, given_to="collector", given_at=START
    )
    await consumers.add_consent(db, one.person, consent, source="agent", now=clock.now())
    await clock.advance(3600)
    rang = await reach(db, one)
    await clock.advance(3600)
    await consumers.revoke_consent(
        db, "consent_1", at=START + HOURS / 2, ended_by="letter of that day"
    )
    found = await find_exposure(db)
    assert found.exposed == (), "the call did not need the consent"
    async with db.write() as conn:
        await conn.exec_driver_sql(
            "insert into opt_outs (id, consumer_id, channel, received_at, source, recorded_at) "
            f"values ('o1', '{one.person}', 'call', '{_text(START + HOURS / 2)}', 'letter', "
            f"'{_text(clock.now())}')"
        )
    (exposed,) = (await find_exposure(db)).exposed
    assert exposed.attempt_id == rang.attempt_id
    assert {cause.kind for cause in exposed.causes} == {"opt_out", "consent_ended"}


async def test_signs_of_pressure_name_person_and_contacts(worked_anywhere: Worked) -> None:
    db, clock = worked_anywhere.db, worked_anywhere.clock
    async with db.read() as conn:
        daily = await find_pressure(conn, since=START, until=clock.now())
    assert {(sign.person_id, sign.sign) for sign in daily} == {
        (person, "many_in_a_day")
        for person in (worked_anywhere.one.person, worked_anywhere.other.person)
    }
    next_day = clock.now() + 10 * HOURS
    one = await add_somebody(db, number="+12125550125")
    await clock.advance(86400 - 10 * 3600)
    first = await reach(db, one)
    await clock.advance(120)
    second = await reach(db, one)
    async with db.read() as conn:
        (sign,) = await find_pressure(conn, since=next_day, until=clock.now() + HOURS)
    assert (sign.person_id, sign.sign) == (one.person, "rapid_redial")
    assert sign.contacts == (first.attempt_id, second.attempt_id)


async def test_the_cut_over_says_who_may_be_called_on_day_one(
    shop: tuple[Database, ManualClock],
) -> None:
    db, _ = shop
    known = await add_somebody(db)
    unknown = await add_somebody(db, number="+12125550124", known_from=None)
    nowhere = await add_somebody(db, number="+12125550125", tz=None)
    found = await cutover(db, BOOK, actor="third_party_collector", at=START)
    calls = {s.case_id: s for s in found.standings if s.channel is Channel.CALL}
    assert calls[known.case].first_allowed_at == START
    assert calls[unknown.case].first_allowed_at is None
    assert calls[unknown.case].held_by == "US-REGF-7IN7"
    assert not calls[unknown.case].history_known
    assert calls[nowhere.case].held_by == "RF-ZONE-UNKNOWN"
    assert found.contactable()["call"] == 1
    assert found.unknown_history() == 1
    assert "email" not in found.contactable(), "nobody has a mail address"
    night = await cutover(db, BOOK, actor="third_party_collector", at=START + 12 * HOURS)
    standing = next(s for s in night.standings if s.case_id == known.case)
    assert standing.first_allowed_at == datetime(2026, 11, 25, 13, 0, tzinfo=UTC)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")

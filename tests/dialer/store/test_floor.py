"""What the agents' floor keeps: phones, callbacks, dispositions, counts and pacers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance.facts import Channel, Consent
from dialer.model.disposition import Code
from dialer.store import abandonment, agent_phones, callbacks, dispositions, pacers, tables
from dialer.store.attempts import Outcome, activate, settle
from dialer.store.callbacks import NewCallback
from dialer.store.database import Database
from dialer.store.dispositions import AlreadyDisposed, Appointment, Disposition
from dialer.store.floor_tables import callbacks as callback_table
from dialer.store.gate import open_gate
from dialer.store.pacers import PacerState
from tests.dialer.store.people import Somebody, add_campaign, add_somebody, call, catalogue

LEASE = timedelta(minutes=2)


async def talked(db: Database, one: Somebody, outcome: str = "conversation") -> str:
    """A call to this person that has ended; its attempt."""
    now = db.clock.now()
    candidate = call(one)
    async with open_gate(db, catalogue()) as gate:
        await gate.admit(candidate)
    attempt = candidate.request.attempt_id
    await activate(db, attempt, now=now, lease=LEASE)
    await settle(db, attempt, Outcome(outcome=outcome, at=now))
    return attempt


def said(one: Somebody, attempt: str, code: Code, **more: object) -> Disposition:
    assert one.campaign is not None
    facts: dict[str, object] = {"debts": (one.debt,), "notes": "", "by": "ada", **more}
    return Disposition(
        attempt_id=attempt,
        case_id=one.case,
        campaign_id=one.campaign,
        code=code,
        **facts,
    )


async def test_a_new_phone_takes_the_place_of_the_old_one(db: Database) -> None:
    now = db.clock.now()
    first = await agent_phones.issue(db, "ada", now=now, by="ada")
    second = await agent_phones.issue(db, "ada", now=now, by="ada")
    async with db.read() as conn:
        known = await agent_phones.list_all(conn)
    assert known == {"ada": second}
    assert (first.name, first.salt) != (second.name, second.salt)


async def test_a_case_has_one_open_callback_which_is_made_once(db: Database) -> None:
    one = await add_somebody(db, campaign=await add_campaign(db))
    now = db.clock.now()
    assert one.campaign is not None
    new = NewCallback(
        case_id=one.case,
        consumer_id=one.person,
        campaign_id=one.campaign,
        at=now + timedelta(hours=1),
        source="asked",
    )
    async with db.write() as conn:
        await callbacks.note(conn, new, now)
        last = await callbacks.note(conn, new, now)
    async with db.read() as conn:
        found = await callbacks.open_of(conn, one.campaign, one.case)
    assert found is not None
    assert found.id == last
    await callbacks.begin(db, last, "attempt-1", now=now)
    async with db.read() as conn:
        assert await callbacks.open_of(conn, one.campaign, one.case) is None
    await callbacks.reopen(db, last)
    async with db.read() as conn:
        assert await callbacks.open_of(conn, one.campaign, one.case) == found


async def test_a_disposition_is_whole_or_not_at_all(db: Database) -> None:
    one = await add_somebody(db, campaign=await add_campaign(db))
    attempt, now = await talked(db, one), db.clock.now()
    consent = Consent(
        consent_id="consent-1", channel=Channel.CALL, given_to="collector", given_at=now
    )
    wanted = Appointment(at=now + timedelta(days=1), agent="ada", consent=consent)
    await dispositions.dispose(db, said(one, attempt, Code.CALLBACK, callback=wanted), now=now)
    with pytest.raises(AlreadyDisposed):
        await dispositions.dispose(db, said(one, attempt, Code.OPT_OUT), now=now)
    async with db.read() as conn:
        kept = (await conn.execute(select(callback_table))).one()
        assert (kept.case_id, kept.agent, kept.state) == (one.case, "ada", "open")
        assert (await conn.execute(select(tables.opt_outs))).all() == []
        row = (await conn.execute(select(tables.attempts))).one()
    assert (row.outcome, row.debts) == ("conversation", [one.debt])


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (Code.WRONG_NUMBER, "wrong_number"),
        (Code.OPT_OUT, "conversation_refused"),
        (Code.VOICEMAIL, "voicemail_no_message"),
    ],
)
async def test_what_an_agent_says_corrects_the_attempt(
    db: Database, code: Code, outcome: str
) -> None:
    one = await add_somebody(db, campaign=await add_campaign(db))
    attempt = await talked(db, one)
    await dispositions.dispose(db, said(one, attempt, code, debts=()), now=db.clock.now())
    async with db.read() as conn:
        row = (await conn.execute(select(tables.attempts))).one()
        point = (await conn.execute(select(tables.consumer_contact_points))).one()
        stops = (await conn.execute(select(tables.opt_outs.c.channel))).scalars().all()
    assert row.outcome == outcome
    assert (point.wrong_since is not None) is (code is Code.WRONG_NUMBER)
    assert stops == (["call"] if code is Code.OPT_OUT else [])


async def test_answers_are_counted_by_campaign_and_period(db: Database) -> None:
    campaign = await add_campaign(db)
    now = db.clock.now()
    for n, outcome in enumerate(["conversation", "abandoned", "voicemail_message", "busy"]):
        one = await add_somebody(db, number=f"+1212555011{n}", campaign=campaign)
        await talked(db, one, outcome)
    async with db.read() as conn:
        counted = await abandonment.answers(conn, campaign, now - timedelta(days=1))
        later = await abandonment.answers(conn, campaign, now + timedelta(days=1))
        places = await abandonment.countries(conn, campaign)
    assert (counted.live, counted.abandoned, counted.hung_up) == (2, 1, 1)
    assert (later.live, later.abandoned, later.hung_up) == (0, 0, 0)
    assert places == {"US"}


async def test_what_a_pacer_learned_is_kept(db: Database) -> None:
    campaign, now = await add_campaign(db), db.clock.now()
    for number in (1, 2):
        state = PacerState(
            mode="predictive", shift_began_at=now, state={"seen": number}, saved_at=now
        )
        await pacers.save(db, {campaign: state})
    async with db.read() as conn:
        assert await pacers.load(conn, campaign) == state
        assert await pacers.load(conn, "another") is None

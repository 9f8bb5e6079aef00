"""A sample of detection's mistakes: drawn at random, noted once, counted by the budget."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import insert

from dialer.store import relistening, tables
from dialer.store.database import Database
from dialer.store.relistening import AlreadyHeard, Heard
from tests.dialer.store.people import add_campaign, add_somebody
from tests.dialer.store.test_floor import talked


async def test_calls_hung_up_as_machines_are_heard_again_once(db: Database) -> None:
    campaign, now = await add_campaign(db), db.clock.now()
    since, chance = now - timedelta(days=1), random.Random(3)
    one = await add_somebody(db, campaign=campaign)
    machine = await talked(db, one, "voicemail_no_message")
    other = await add_somebody(db, number="+12125550188", campaign=campaign)
    person = await talked(db, other, "conversation")
    async with db.read() as conn:
        assert await relistening.draw(conn, campaign, since, chance) is None  # not recorded
    async with db.write() as conn:
        row = {"attempt_id": machine, "consumer_id": one.person, "name": "r-1", "sha256": "0" * 64}
        more = {"bytes": 9, "key_id": "k", "duration_ms": 900, "sealed_at": now}
        await conn.execute(insert(tables.recordings), {**row, **more, "state": "sealed"})
    async with db.read() as conn:
        drawn = await relistening.draw(conn, campaign, since, chance)
    assert drawn is not None
    assert (drawn.attempt_id, drawn.recording) == (machine, "r-1")
    await relistening.note(db, machine, "person", now=now, by="quinn")
    with pytest.raises(AlreadyHeard):
        await relistening.note(db, machine, "machine", now=now, by="quinn")
    with pytest.raises(LookupError, match="no call that was hung up"):
        await relistening.note(db, person, "machine", now=now, by="quinn")
    with pytest.raises(ValueError, match="person or machine"):
        await relistening.note(db, machine, "dog", now=now, by="quinn")
    async with db.read() as conn:
        assert await relistening.draw(conn, campaign, since, chance) is None
        assert await relistening.heard(conn, campaign, since) == Heard(listened=1, persons=1)
        assert (await relistening.heard(conn, campaign, now + timedelta(1))).listened == 0

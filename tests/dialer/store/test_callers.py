"""Whom a number names: one person, or nobody."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import update

from dialer.store import tables
from dialer.store.database import Database
from dialer.store.inbound import Caller, Unmatched, caller
from tests.dialer.store.people import add_campaign, add_somebody

NUMBER = "+12125550123"


async def test_a_number_names_its_one_person_with_the_case_and_its_campaigns(db: Database) -> None:
    campaign = await add_campaign(db)
    one = await add_somebody(db, number=NUMBER, campaign=campaign)
    async with db.read() as conn:
        assert await caller(conn, NUMBER) == Caller(
            consumer_id=one.person,
            case_id=one.case,
            contact_point_id=one.point,
            campaigns=(campaign,),
        )
        assert await caller(conn, "+12125550199") == Unmatched(why="unknown")


@pytest.mark.parametrize(
    "changed", [{"wrong_since": datetime(2026, 1, 1, tzinfo=UTC)}, {"valid": False}]
)
async def test_a_number_that_is_not_theirs_any_more_names_nobody(
    db: Database, changed: dict[str, Any]
) -> None:
    one = await add_somebody(db, number=NUMBER)
    owned = tables.consumer_contact_points
    async with db.write() as conn:
        await conn.execute(update(owned).where(owned.c.consumer_id == one.person).values(**changed))
    async with db.read() as conn:
        assert await caller(conn, NUMBER) == Unmatched(why="unknown")


async def test_of_several_it_is_the_one_who_is_known_to_have_called(db: Database) -> None:
    one = await add_somebody(db, number=NUMBER)
    other = await add_somebody(db, number=NUMBER, point=one.point)
    async with db.read() as conn:
        assert await caller(conn, NUMBER) == Unmatched(why="several")
        found = await caller(conn, NUMBER, person=other.person)
    assert isinstance(found, Caller)
    assert found.case_id == other.case

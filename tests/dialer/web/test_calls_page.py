"""The list of calls that came in: the team's, strangers', and whose a call was."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace

import httpx
import pytest
from sqlalchemy import select, update

from dialer.engine.caller_wishes import CallerWishes
from dialer.store import campaigns, inbound_calls, recordings, roster, tables
from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from dialer.store.inbound_calls import Arrived, Over
from dialer.web.app import create_app
from dialer.web.services import Services
from recordings.vault import SealedRecording
from tests.dialer.store.people import ACTOR, Somebody, add_campaign, add_somebody, catalogue
from tests.dialer.web.conftest import client_of

NUMBER = "+12125550123"


async def a_call(db: Database, ident: str, outcome: str, one: Somebody | None = None) -> None:
    """A call that has ended, of a person or of a stranger."""
    arrived = Arrived(
        call_id=ident,
        worker="w",
        number=NUMBER,
        matched="number" if one else "unknown",
        consumer_id=one.person if one else None,
        case_id=one.case if one else None,
        campaign_id=one.campaign if one else None,
        duties={},
    )
    await inbound_calls.arrived(db, arrived)
    await inbound_calls.over(
        db, Over(call_id=ident, outcome=outcome, message_ms=0, message_length_ms=9000, todo=True)
    )


@pytest.fixture
async def clients(services: Services, db: Database) -> AsyncIterator[dict[Role, httpx.AsyncClient]]:
    wishes = CallerWishes(db=db, catalogue=catalogue(), actor=ACTOR)
    app = create_app(replace(services, wishes=wishes))
    found = {}
    for role in Role:
        async with db.write() as conn:
            token = await create_token(conn, name=role, role=role, now=db.clock.now())
        found[role] = client_of(app)
        found[role].headers.update({"Authorization": f"Bearer {token}", "Accept": "text/html"})
    yield found
    for client in found.values():
        await client.aclose()
    await app.state.looks.written()


async def test_a_supervisor_finds_a_strangers_case_and_the_callback_is_booked(
    clients: dict[Role, httpx.AsyncClient], db: Database
) -> None:
    one = await add_somebody(db, campaign=await add_campaign(db), number=NUMBER)
    async with db.write() as conn:
        await conn.execute(update(tables.consumers).values(country="US"))
    await a_call(db, "in-1", "callback")
    supervisor = clients[Role.SUPERVISOR]
    text = (await supervisor.get("/calls?which=unmatched")).text
    row = text.split('id="in-1"')[1].split("</tr>")[0]
    assert "nobody has this number" in row
    assert "Wants to be called back" in row
    assert not re.search(r"\+1\d{10}", row)
    wrong = await supervisor.post("/calls/in-1/case", data={"case": "nobody"})
    assert wrong.status_code == 404
    assert 'role="alert"' in wrong.text
    assert (
        await clients[Role.AGENT].post("/calls/in-1/case", data={"case": "x"})
    ).status_code == 403
    given = await supervisor.post("/calls/in-1/case", data={"case": one.case})
    assert given.status_code == 303
    row = (await supervisor.get("/calls")).text.split('id="in-1"')[1].split("</tr>")[0]
    assert one.case in row
    assert "assigned by hand" in row
    assert "2026-11-24" in row  # the hour of the callback
    page = await supervisor.get(f"/cases/{one.case}?purpose=a%20callback")
    assert "Calls from the consumer" in page.text
    async with db.read() as conn:
        told = (await conn.execute(select(tables.ledger.c.kind))).scalars().all()
    assert {"inbound.call", "inbound.assigned", "callback"} <= set(told)


async def test_an_agent_sees_the_calls_of_their_teams_and_says_that_one_is_done(
    clients: dict[Role, httpx.AsyncClient], db: Database
) -> None:
    ours, theirs = await add_campaign(db, "ours"), await add_campaign(db, "theirs")
    async with db.read() as conn:
        known = await campaigns.load(conn, theirs)
    await campaigns.configure(
        db, theirs, replace(known.settings, team="other"), now=db.clock.now(), by="morgan"
    )
    await roster.assign(db, Role.AGENT, teams=["us"], skills=[], now=db.clock.now(), by="morgan")
    await a_call(db, "in-1", "message", await add_somebody(db, campaign=ours, number=NUMBER))
    one = await add_somebody(db, campaign=theirs, number="+12125550124")
    await a_call(db, "in-2", "message", one)
    await a_call(db, "in-3", "message")
    agent = clients[Role.AGENT]
    text = (await agent.get("/calls")).text
    assert re.findall(r'<tr id="(in-\d)">', text) == ["in-1"]
    assert "1 calls that came in" in (await agent.get("/work")).text
    assert (await agent.post("/calls/in-2/done")).status_code == 404
    assert (await agent.post("/calls/in-1/done")).status_code == 303
    assert "in-1" not in (await agent.get("/calls")).text
    # A message to the team is heard by who works its cases, another team's is not.
    for call in ("in-1", "in-2", "in-3"):
        sealed = SealedRecording(
            name=call,
            sha256="0" * 64,
            bytes=1,
            duration_s=9.0,
            sealed_at=db.clock.now(),
            key_id="k",
        )
        await recordings.keep(db, sealed, call_id=call)
    opened = [(await agent.get(f"/recordings/in-{n}")).status_code for n in (1, 2, 3)]
    assert opened == [200, 403, 403]
    again = await agent.post("/calls/in-1/done")
    assert again.status_code == 409
    listed = await clients[Role.AUDITOR].get(
        "/api/v1/inbound-calls?which=all", headers={"Accept": "application/json"}
    )
    assert {call["id"]: call["todo"] for call in listed.json()} == {
        "in-1": "done",
        "in-2": "open",
        "in-3": "open",
    }
    assert {call["number"] for call in listed.json()} == {NUMBER}

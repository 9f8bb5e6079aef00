"""An agent's desk by API and WebSocket, on a floor with real calls."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedError

from dialer.feed.in_process import InProcessFeed
from dialer.model.agent import AgentState
from dialer.store.accounts import Role, open_session
from dialer.web.app import create_app
from dialer.web.auth import CSRF_HEADER, SESSION_COOKIE
from dialer.web.services import FloorServices
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.telephony.far_side import answers
from tests.dialer.telephony.sipp import until
from tests.dialer.web.conftest import Outside, make_services
from tests.dialer.web.sample import add_account
from tests.dialer.web.serving import served


@dataclass
class Console:
    """A console on a real server over a floor."""

    address: str
    scene: Scene

    async def enter(self, name: str, role: Role) -> httpx.AsyncClient:
        """A client with a session of its own."""
        account = await add_account(self.scene.db, name, role)
        async with self.scene.db.write() as conn:
            secret = await open_session(conn, account_id=account, now=self.scene.clock.now())
        client = httpx.AsyncClient(base_url=self.address, timeout=20.0)
        client.cookies.set(SESSION_COOKIE, secret)
        client.headers[CSRF_HEADER] = csrf_of(secret)
        return client

    def live(self, client: httpx.AsyncClient, origin: str | None = None) -> connect:
        host = self.address.removeprefix("http://")
        cookie = f"{SESSION_COOKIE}={client.cookies[SESSION_COOKIE]}"
        return connect(
            f"ws://{host}/api/v1/desk/live",
            additional_headers={"Cookie": cookie},
            origin=origin or self.address,
        )


def csrf_of(secret: str) -> str:
    """What a page of ours repeats in its unsafe requests."""
    return sha256(f"csrf:{secret}".encode()).hexdigest()


@asynccontextmanager
async def console(folder: Path, *agents: str) -> AsyncIterator[Console]:
    phones = dict.fromkeys(agents or ("ada",), answers)
    async with scene(folder, consumers=answers, agents=phones) as s:
        feed = s.feed
        assert isinstance(feed, InProcessFeed)
        services = make_services(s.db, feed, s.clock, Outside())
        floor = FloorServices(
            desk=s.desk,
            disposal=s.disposal,
            boards=s.loop.boards,
            registrar="127.0.0.1:5060",
        )
        services = replace(services, floor=floor, waiting=lambda: s.loop.waiting)
        app = create_app(services)
        async with served(app) as address:
            yield Console(address=address, scene=s)
        await app.state.looks.written()


async def told(socket: ClientConnection, state: str) -> dict[str, Any]:
    """The first desk in that state that the page is told of."""
    async with asyncio.timeout(20):
        while True:
            desk: dict[str, Any] = json.loads(await socket.recv())
            if desk["state"] == state:
                return desk


async def test_a_page_that_is_lost_finds_the_call_again_and_notes_what_came_of_it(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as c:
        [one] = await c.scene.campaign("progressive", 1)
        ada = await c.enter("ada", Role.AGENT)
        async with c.live(ada) as page:
            assert (await told(page, "offline"))["phone"]
            assert (await ada.post("/api/v1/desk/log-in", json={})).json()["calling"]
            await told(page, "on_break")
            assert (await ada.post("/api/v1/desk/ready")).status_code == 200
            call = (await told(page, "on_call"))["call"]
        assert call["case_id"] == one.case
        case = (await ada.get("/api/v1/desk/case")).json()
        assert (case["full_name"], case["debts"], case["history"]) == ("Otto Abendroth", [], [])
        right = {"answers": {"full_name": "Otto Abendroth", "id_last4": "4321"}}
        path = f"/api/v1/cases/{one.case}/identity"
        assert (await ada.post(path, json=right)).json()["verified"]
        case = (await ada.get("/api/v1/desk/case")).json()
        assert case["debts"][0]["owed_minor"] == 20_000

        async with c.live(ada) as page:
            assert (await told(page, "on_call"))["call"] == call
            held = await ada.post("/api/v1/desk/call/hold", json={"on": True})
            assert held.json()["call"]["held"]
            await ada.post("/api/v1/desk/call/hang-up")
            await told(page, "wrap_up")
            day = c.scene.clock.now() + timedelta(days=1)
            said = {
                "call_id": call["call_id"],
                "code": "promise",
                "debts": [one.debt],
                "promise": {"amount_minor": 30_000, "currency": "USD", "due_on": str(day.date())},
                "callback": {"at": day.isoformat()},
            }
            too_much = await ada.post("/api/v1/desk/disposition", json=said)
            assert too_much.status_code == 409
            assert "more than the balance" in too_much.json()["detail"]
            said["promise"] = {**said["promise"], "amount_minor": 20_000}
            assert (await ada.post("/api/v1/desk/disposition", json=said)).status_code == 200
            await told(page, "ready")
        assert await c.scene.rows("promises", "amount_minor", "by") == [(20_000, "ada")]
        assert await c.scene.rows("callbacks", "at", "agent") == [(day, None)]
        await ada.aclose()


async def test_another_sites_page_and_other_roles_get_no_desk(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        ada = await c.enter("ada", Role.AGENT)
        for origin, client in (
            ("http://elsewhere.example", ada),
            (None, await c.enter("avery", Role.AUDITOR)),
        ):
            async with c.live(client, origin) as page:
                try:
                    await page.recv()
                except ConnectionClosedError as error:
                    assert error.rcvd is not None
                    assert error.rcvd.code == 4401
        assert (await ada.get("/api/v1/floor")).status_code == 403
        await ada.aclose()


async def test_a_supervisor_sees_the_floor_and_changes_the_pace_live(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.scene.campaign("progressive", 1)
        morgan = await c.enter("morgan", Role.SUPERVISOR)
        await c.scene.desk.log_in("ada")
        await c.scene.reaches("ada", AgentState.ON_BREAK)
        async with asyncio.timeout(10):
            while True:
                floor = (await morgan.get("/api/v1/floor")).json()
                if floor["campaigns"] and "break" in floor["campaigns"][0]["why"]:
                    break
        [board] = floor["campaigns"]
        assert board["why"] == "call: every agent is on a break"
        assert board["agents"]["paused"] == 1
        assert board["budget"]["cap"] == 0.03
        assert [a["agent"] for a in floor["agents"]] == ["ada"]
        where = f"/api/v1/campaigns/{board['campaign_id']}/pacing"
        changed = await morgan.put(where, json={"mode": "power", "lines": 7, "ratio": 1.5})
        assert changed.status_code == 200
        async with asyncio.timeout(10):
            while floor["campaigns"][0]["mode"] != "power":
                floor = (await morgan.get("/api/v1/floor")).json()
        assert floor["campaigns"][0]["settings"] == {"ratio": 1.5}
        body = {"reason": "shift-end", "told": "The shift is over."}
        assert (await morgan.post("/api/v1/floor/agents/ada/log-out", json=body)).is_success
        await until(lambda: not c.scene.engine.stats().live_legs)
        assert c.scene.desk.view("ada").agent.told == "The shift is over."
        await morgan.aclose()


async def test_the_desks_pages_speak_both_languages_and_take_the_form(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        [one] = await c.scene.campaign("progressive", 1)
        ada = await c.enter("ada", Role.AGENT)
        page = {"Accept": "text/html"}
        desk = await ada.get("/desk", headers=page)
        assert "Take the break" in desk.text
        chinese = await ada.get("/desk", headers={**page, "Accept-Language": "zh-CN"})
        assert "坐席工作台" in chinese.text
        assert (await ada.get("/desk/case", headers=page)).status_code == 204
        await c.scene.at_work("ada")
        await c.scene.reaches("ada", AgentState.ON_CALL)
        case = (await ada.get("/desk/case", headers=page)).text
        assert "Otto Abendroth" in case
        assert "US-REGF-3P" in case
        assert "$200.00" not in case
        wrong = await ada.post("/desk/identity", data={"full_name": "Olga", "id_last4": "4321"})
        assert "The answers do not fit" in wrong.text
        assert "$200.00" not in wrong.text
        await c.scene.clock.sleep(0.01)
        right = {"full_name": "Otto Abendroth", "id_last4": "4321"}
        assert "$200.00" in (await ada.post("/desk/identity", data=right)).text
        await ada.post("/api/v1/desk/call/hang-up")
        await c.scene.reaches("ada", AgentState.WRAP_UP)
        screen = c.scene.desk.view("ada").screen
        assert screen is not None
        form = {"call_id": screen.errand.call_id, "code": "callback", "debts": one.debt}
        night = {**form, "callback_at": "2026-11-25T03:00"}
        assert "US-REGF-HOURS" in (await ada.post("/desk/disposition", data=night)).text
        noon = {**form, "callback_at": "2026-11-25T12:00", "own": "on"}
        assert "Noted." in (await ada.post("/desk/disposition", data=noon)).text
        assert await c.scene.rows("callbacks", "at", "agent") == [
            (datetime(2026, 11, 25, 17, 0, tzinfo=UTC), "ada")
        ]
        morgan = await c.enter("morgan", Role.SUPERVISOR)
        floor = await morgan.get("/floor", headers=page)
        assert "Budget left" in floor.text
        [board] = c.scene.loop.boards()
        where = f"/floor/{board.campaign_id}/pacing"
        await morgan.post(where, data={"mode": "predictive", "lines": "4"})
        async with asyncio.timeout(10):
            while c.scene.loop.boards()[0].mode != "predictive":
                await c.scene.clock.sleep(0.05)
        assert c.scene.loop.boards()[0].lines == 4
        assert "Predictive" in (await morgan.get("/floor/figures", headers=page)).text
        await ada.aclose()
        await morgan.aclose()

"""An invented agent at work: a browser's requests, a phone on the desk, and a way with people."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import httpx

from scheduler.clock import Clock

_LOOKS_EVERY_S = 1.0
_TALK_S, _TALK_SIGMA = 25.0, 0.5
_NOTES_S = (4.0, 10.0)
_PROMISED_SHARE = 0.1
_HEARD_NOTHING_S = 2.0

_SAYS: Mapping[str, tuple[int, str]] = {
    "promise": (30, "Pays when the salary comes."),
    "right_party": (25, "Was told the balance; wants to look at the statement first."),
    "callback": (20, "Was driving, asked to be called again."),
    "refused": (15, "Out of work since the summer; nothing to offer now."),
    "third_party": (10, "Somebody else in the house; nothing was said about the debt."),
}
"""How often a talk ends so, and what is noted."""


class Refused(Exception):
    """The service answered with a problem document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """An agent's account, and whether somebody invented works at it; else a visitor may."""

    name: str
    password: str
    works: bool


class Desk:
    """The pages and the API as one signed-in agent meets them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client

    async def sign_in(self, seat: Seat) -> None:
        """Fill in the form of the log-in page. Raises httpx.HTTPError, Refused."""
        page = await self._client.get("/login")
        form = {"csrf_token": _form_token(page), "name": seat.name, "password": seat.password}
        answer = await self._client.post("/login", data=form, follow_redirects=True)
        self._client.headers["x-csrf-token"] = _form_token(answer)

    async def get(self, path: str) -> Any:
        return _document(await self._client.get(f"/api/v1{path}"))

    async def post(self, path: str, body: object = None) -> Any:
        return _document(await self._client.post(f"/api/v1{path}", json=body))


def _document(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise Refused(answer.text)
    return answer.json()


def _form_token(page: httpx.Response) -> str:
    _, _, rest = page.text.partition('name="csrf_token" value="')
    return rest.partition('"')[0]


class Clerk:
    """Works at one desk. `known` has by case what the consumer answers when asked who they are."""

    def __init__(
        self, desk: Desk, clock: Clock, rng: Random, known: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._desk, self._clock, self._rng, self._known = desk, clock, rng, known
        self._talked = 0.0

    async def work(self) -> None:
        """Log in, take calls, note what came of them; until cancelled."""
        while True:
            await self._clock.sleep(_LOOKS_EVERY_S)
            with suppress(httpx.HTTPError, Refused):
                await self._look()

    async def _look(self) -> None:
        now = await self._desk.get("/desk")
        call = now["call"]
        if now["state"] == "offline" and not now["calling"]:
            await self._desk.post("/desk/log-in", {})
        elif now["state"] == "on_break":
            await self._desk.post("/desk/ready")
        elif call is not None and call["guest"]:
            return  # a colleague asked; they lead the talk
        elif call is not None and not call["ended"]:
            await self._talk(call)
        elif call is not None:
            await self._clock.sleep(self._rng.uniform(*_NOTES_S))
            await self._note(call)

    async def _talk(self, call: Mapping[str, Any]) -> None:
        began = self._clock.now()
        case = await self._desk.get("/desk/case")
        answers = self._known.get(case["case_ref"], {})
        await self._desk.post(f"/cases/{case['id']}/identity", {"answers": answers})
        lasts = self._clock.now() + timedelta(
            seconds=self._rng.lognormvariate(math.log(_TALK_S), _TALK_SIGMA)
        )
        while self._clock.now() < lasts:
            await self._clock.sleep(_LOOKS_EVERY_S)
            now = await self._desk.get("/desk")
            if now["call"] is None or now["call"]["ended"]:
                break
        else:
            await self._desk.post("/desk/call/hang-up")
        self._talked = (self._clock.now() - began).total_seconds()

    async def _note(self, call: Mapping[str, Any]) -> None:
        case = await self._desk.get("/desk/case")
        talked, self._talked = self._talked, 0.0
        gone = {"code": "hung_up", "debts": []}
        said = self._said(case) if talked > _HEARD_NOTHING_S else gone
        try:
            await self._desk.post("/desk/disposition", {"call_id": call["call_id"], **said})
        except Refused:  # what was agreed is not lawful or not possible: only the talk is noted
            plain = {"call_id": call["call_id"], "code": "right_party", "debts": said["debts"]}
            await self._desk.post("/desk/disposition", plain)

    def _said(self, case: Mapping[str, Any]) -> dict[str, Any]:
        debts = [debt for debt in case["debts"] if debt["owed_minor"]]
        codes = list(_SAYS)
        (code,) = self._rng.choices(codes, [share for share, _ in _SAYS.values()])
        if not debts and code == "promise":
            code = "right_party"
        said: dict[str, Any] = {
            "code": code,
            "notes": _SAYS[code][1],
            "debts": [debt["id"] for debt in debts],
        }
        today = self._clock.now()
        if code == "promise":
            said["promise"] = {
                "amount_minor": max(100, round(debts[0]["owed_minor"] * _PROMISED_SHARE)),
                "currency": debts[0]["currency"],
                "due_on": (today + timedelta(days=self._rng.randint(3, 14))).date().isoformat(),
                "debt_id": debts[0]["id"],
            }
        if code == "callback":
            said["callback"] = {"at": _callback_at(case, today).isoformat()}
        if code == "third_party":
            said["debts"] = []
        return said


def _callback_at(case: Mapping[str, Any], now: datetime) -> datetime:
    """Two hours from now, or the next lawful moment if that is later."""
    wished = now + timedelta(hours=2)
    told = (case["next_call"] or {}).get("first_allowed_at")
    lawful = datetime.fromisoformat(told).astimezone(UTC) if told else wished
    return max(wished, lawful)


async def at_work(clerks: Mapping[str, Clerk]) -> None:
    """All of them, until cancelled."""
    async with asyncio.TaskGroup() as group:
        for name, clerk in clerks.items():
            group.create_task(clerk.work(), name=f"clerk {name}")

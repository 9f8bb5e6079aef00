"""Live events over a real HTTP connection: resume, roles, and the end of the stream."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from fastapi import FastAPI

from dialer.feed.feed import GAP, FeedEvent
from dialer.feed.in_process import InProcessFeed
from dialer.store.accounts import Role, create_token, revoke_token
from dialer.store.database import Database
from dialer.web import events
from scheduler.clock import ManualClock
from tests.dialer.web.serving import served


@pytest.fixture
async def server(app: FastAPI) -> AsyncIterator[str]:
    """The app on a real server; its address."""
    async with served(app, within=5.0) as address:
        yield address


@pytest.fixture
async def token(db: Database) -> str:
    return await token_for(db, Role.SUPERVISOR)


async def token_for(db: Database, role: Role) -> str:
    async with db.write() as conn:
        return await create_token(conn, name=role, role=role, now=db.clock.now())


@asynccontextmanager
async def listen(
    server: str, token: str, *, topics: str = "", after: str | None = None
) -> AsyncIterator[AsyncIterator[dict[str, str]]]:
    headers = {"Authorization": f"Bearer {token}"}
    if after is not None:
        headers["Last-Event-ID"] = after
    async with (
        asyncio.timeout(10),
        httpx.AsyncClient(base_url=server) as client,
        client.stream("GET", "/events", params={"topics": topics}, headers=headers) as answer,
    ):
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        lines = answer.aiter_lines()
        assert (await anext(lines)).startswith("retry:")
        assert await anext(lines) == ""
        yield frames(lines)


async def frames(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, str]]:
    """Events as a browser reads them: a line that begins with a colon is a comment."""
    frame: dict[str, str] = {}
    async for line in lines:
        if line.startswith(":"):
            continue
        if line:
            name, _, value = line.partition(":")
            frame[name] = value.strip()
        elif frame:
            yield frame
            frame = {}


def event(topic: str, clock: ManualClock, **data: object) -> FeedEvent:
    return FeedEvent(topic=topic, at=clock.now(), data=data)


async def test_events_arrive_with_ids_words_and_without_the_person(
    server: str, token: str, feed: InProcessFeed, clock: ManualClock
) -> None:
    async with listen(server, token) as stream:
        await feed.publish(
            event("attempt", clock, attempt_id="a1", state="active", phone="+12125550100", name="X")
        )
        frame = await anext(stream)
    assert frame["event"] == "attempt"
    assert json.loads(frame["data"]) == {
        "at": clock.now().isoformat(),
        "attempt_id": "a1",
        "state": "active",
    }


async def test_a_browser_that_comes_back_misses_nothing(
    server: str, token: str, feed: InProcessFeed, clock: ManualClock
) -> None:
    async with listen(server, token, topics="attempt") as stream:
        await feed.publish(event("attempt", clock, attempt_id="a1"))
        last = (await anext(stream))["id"]
    await feed.publish(event("attempt", clock, attempt_id="a2"))
    await feed.publish(event("campaign", clock, campaign_id="c1"))
    async with listen(server, token, topics="attempt", after=last) as stream:
        assert json.loads((await anext(stream))["data"])["attempt_id"] == "a2"
        await feed.publish(event("attempt", clock, attempt_id="a3"))
        assert json.loads((await anext(stream))["data"])["attempt_id"] == "a3"
    async with listen(server, token, topics="attempt", after="long-ago") as stream:
        assert (await anext(stream))["event"] == GAP


async def test_a_role_hears_only_what_it_may_see(
    server: str, db: Database, feed: InProcessFeed, clock: ManualClock
) -> None:
    agent = await token_for(db, Role.AGENT)
    async with listen(server, agent, topics="refusal,secret,attempt") as stream:
        await feed.publish(event("refusal", clock, rule="US-REGF-HOURS"))
        await feed.publish(event("secret", clock))
        await feed.publish(event("attempt", clock, attempt_id="a1"))
        assert (await anext(stream))["event"] == "attempt"
    async with listen(server, agent, topics="refusal") as stream:
        await feed.publish(event("refusal", clock))
        await feed.publish(event("campaign", clock))
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(stream), 0.2)


async def test_the_stream_ends_with_the_right_to_it(
    server: str, token: str, db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "HEARTBEAT_S", 0.05)
    async with listen(server, token) as stream:
        async with db.write() as conn:
            await revoke_token(conn, name=Role.SUPERVISOR, now=clock.now())
        await clock.advance(1)
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_an_open_stream_does_not_hold_up_the_end_of_the_server(
    server: str, token: str, app: FastAPI
) -> None:
    async with listen(server, token) as stream:
        app.state.streams.close()
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_nobody_listens_without_a_log_in(server: str) -> None:
    async with httpx.AsyncClient(base_url=server) as client:
        answer = await client.get("/events")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"

"""The console on a real store, with its outside parts stood in by plain functions."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from compliance.facts import Channel
from dialer.feed.in_process import InProcessFeed, in_process_feed
from dialer.store import campaigns
from dialer.store.accounts import Role, open_session
from dialer.store.database import Database, migrate, open_database
from dialer.web.app import create_app
from dialer.web.auth import SESSION_COOKIE
from dialer.web.services import ConsoleSettings, NextMoment, Services
from scheduler.clock import ManualClock
from tests.dialer.web.sample import BOOK, add_account, fill, findings_of
from tests.keys import KEYS

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday, noon in New York


@dataclass
class Outside:
    """What the app asked of the rest of the service, and what it is answered."""

    health: dict[str, str | None] = field(default_factory=lambda: {"store": None, "trunk": None})
    waiting: dict[str, str] = field(default_factory=dict)
    unsubscribed: list[str] = field(default_factory=list)
    mails: list[bytes] = field(default_factory=list)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


def url_of(path: Path) -> str:
    return f"sqlite+aiosqlite:///{path}"


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated store, made once and copied for each test."""
    path = tmp_path_factory.mktemp("empty") / "store.sqlite"
    asyncio.run(migrate(url_of(path), KEYS))
    return path


@pytest.fixture(scope="session")
def worked_store(empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a morning's work in it, made once and copied for each test."""
    path = tmp_path_factory.mktemp("worked") / "store.sqlite"

    async def work() -> None:
        shutil.copy(empty_store, path)
        async with open_database(url_of(path), KEYS, clock=ManualClock(NOON)) as database:
            await fill(database)

    asyncio.run(work())
    return path


@pytest.fixture
async def db(empty_store: Path, tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    path = shutil.copy(empty_store, tmp_path / "store.sqlite")
    async with open_database(url_of(path), KEYS, clock=clock) as database:
        yield database


@pytest.fixture
async def work(worked_store: Path, db: Database, tmp_path: Path) -> dict[str, str]:
    """Puts the morning's work into `db`; the campaigns' ids by name."""
    shutil.copy(worked_store, tmp_path / "store.sqlite")
    async with db.read() as conn:
        return {campaign.name: campaign.id for campaign in await campaigns.list_all(conn)}


@pytest.fixture
async def feed(clock: ManualClock) -> AsyncIterator[InProcessFeed]:
    async with in_process_feed(clock) as opened:
        yield opened


@pytest.fixture
def outside() -> Outside:
    return Outside()


@pytest.fixture
def services(db: Database, feed: InProcessFeed, clock: ManualClock, outside: Outside) -> Services:
    return make_services(db, feed, clock, outside)


def make_services(
    db: Database, feed: InProcessFeed, clock: ManualClock, outside: Outside, *, https: bool = False
) -> Services:
    async def health() -> Mapping[str, str | None]:
        return outside.health

    async def next_moments(person_id: str, channels: Sequence[Channel]) -> list[NextMoment] | None:
        if not person_id.startswith("consumer_"):
            return None
        return [
            NextMoment(
                person_id=person_id,
                channel=channel,
                asked_at=clock.now(),
                first_allowed_at=clock.now() + timedelta(hours=20),
                binding_rule="US-REGF-HOURS",
                unlock=None,
                findings=findings_of(person_id, channel, clock.now()),
            )
            for channel in channels
        ]

    async def unsubscribe(token: str) -> bool:
        if token != "good-token":
            return False
        outside.unsubscribed.append(token)
        return True

    async def inbound_mail(message: bytes) -> None:
        outside.mails.append(message)

    return Services(
        db=db,
        feed=feed,
        clock=clock,
        settings=ConsoleSettings(
            business_name="Fernwood",
            phone="+12125550100",
            https=https,
            mail_hook_secret="mail-host-secret",
        ),
        packs=BOOK,
        health=health,
        waiting=lambda: outside.waiting,
        next_moments=next_moments,
        unsubscribe=unsubscribe,
        inbound_mail=inbound_mail,
    )


@pytest.fixture
async def app(services: Services) -> AsyncIterator[FastAPI]:
    app = create_app(services)
    yield app
    await app.state.jobs.settled()
    await app.state.looks.written()


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(app) as opened:
        yield opened


def client_of(app: FastAPI) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(
        transport=transport, base_url="http://console.test", headers={"Accept": "text/html"}
    )


LogIn = Callable[[Role], Awaitable[httpx.AsyncClient]]


@pytest.fixture
async def log_in(app: FastAPI, db: Database) -> AsyncIterator[LogIn]:
    """Gives a client that is logged in with a role."""
    clients: list[httpx.AsyncClient] = []

    async def enter(role: Role) -> httpx.AsyncClient:
        account = await add_account(db, f"{role}-{len(clients)}", role)
        async with db.write() as conn:
            secret = await open_session(conn, account_id=account, now=db.clock.now())
        client = client_of(app)
        clients.append(client)
        client.cookies.set(SESSION_COOKIE, secret)
        return client

    yield enter
    for client in clients:
        await client.aclose()


async def send_login(
    client: httpx.AsyncClient, name: str, password: str, **more: str
) -> httpx.Response:
    """Fill in and send the log-in form."""
    page = await client.get("/login")
    return await client.post(
        "/login",
        data={"csrf_token": csrf_of(page.text), "name": name, "password": password, **more},
    )


def csrf_of(page: str) -> str:
    """The form token of a page of ours."""
    return page.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]

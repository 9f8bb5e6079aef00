"""The sample: an invented portfolio, worked on the simulated town by the whole service."""

from __future__ import annotations

import asyncio
import csv
import socket
import tomllib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

from dialer import runtime
from dialer.key_ring import open_keys
from dialer.reports.demo_summary import demo_summary
from dialer.settings import Settings
from dialer.store import campaigns
from dialer.store.accounts import Role, create_account
from dialer.store.database import Database, migrate, open_database
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.store.importing.history import HistoryOptions, import_history
from dialer.town.clerk import Seat
from dialer.town.options import TownOptions
from dialer.town.portfolio import cases_file, write_portfolio
from dialer.town.process import TownHandle, start_town
from dialer.town.staff import staff
from dialer.web.passwords import hash_password
from scheduler.clock import SystemClock

LOG_INS = {
    Role.ADMINISTRATOR: "sample-administrator",
    Role.SUPERVISOR: "sample-supervisor",
    Role.MANAGER: "sample-manager",
    Role.AGENT: "sample-agent",
    Role.AUDITOR: "sample-auditor",
}
"""Accounts of the sample alone; a service with a store of its own has none of them."""

INVENTED_AGENTS = tuple(f"agent-{n}" for n in range(2, 5))
"""Agents at whose desks somebody invented works; the account `agent` is left to the visitor."""

SIZE = 640
SEED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A town that runs, and the settings of a service that calls it."""

    town: TownHandle
    settings: Settings


@asynccontextmanager
async def open_sample(
    folder: Path, *, seed: int, at: datetime | None, listen: str
) -> AsyncIterator[Sample]:
    """Start the town, fill the store in `folder` if it is new, and start the campaigns."""
    if listen.endswith(":0"):
        listen = f"127.0.0.1:{_free_port()}"
    options = TownOptions(
        seed=seed,
        size=SIZE,
        at=at,
        bounce_url=f"http://{listen}/hooks/mail",
        service_url=f"http://{listen}",
    )
    async with start_town(options) as town:
        settings = Settings(
            data_dir=folder,
            listen=listen,
            clock_start=at,
            sip_trunk_url=(
                f"sip://{options.sip_user}:{options.sip_password}@127.0.0.1:{town.ports.sip}"
            ),
            smsc_url=(
                f"smpp://{options.smpp_user}:{options.smpp_password}@127.0.0.1:{town.ports.smpp}"
            ),
            smtp_url=f"smtp://127.0.0.1:{town.ports.smtp}",
            smtp_security="none",
            mail_hook_secret=options.mail_secret,
            webhook_url=town.webhook_url,
            webhook_secret=options.webhook_secret,
            ring_timeout_s=8.0,
        )
        await _fill(settings, seed)
        yield Sample(town=town, settings=settings)


async def serve(
    folder: Path,
    *,
    seed: int,
    at: datetime | None,
    listen: str,
    reactor: Any,
    stop: asyncio.Event,
    announce: runtime.Announce,
) -> None:
    """The service on the sample, with agents at their desks, until `stop`."""
    async with open_sample(folder, seed=seed, at=at, listen=listen) as sample:
        shift: list[asyncio.Task[None]] = []

        def started(address: str, secret: str | None) -> None:
            announce(address, secret)
            work = asyncio.create_task(_staff(address, sample.settings, seed, reactor))
            shift.append(asyncio.create_task(_home_at(stop, work)))

        await runtime.serve(sample.settings, reactor, stop, started)
        for ending in shift:
            await ending


async def _home_at(stop: asyncio.Event, work: asyncio.Task[None]) -> None:
    """The staff leave as soon as the service is to end, so that it need not wait for them."""
    await stop.wait()
    work.cancel()
    with suppress(asyncio.CancelledError):
        await work


async def _staff(address: str, settings: Settings, seed: int, reactor: Any) -> None:
    password = LOG_INS[Role.AGENT]
    seats = [Seat(name=Role.AGENT, password=password, works=False)]
    seats += [Seat(name=name, password=password, works=True) for name in INVENTED_AGENTS]
    with cases_file(settings.data_dir / "portfolio").open(encoding="utf-8", newline="") as file:
        known = {row["case_id"]: row for row in csv.DictReader(file)}
    clock = SystemClock(settings.clock_start)
    await staff(address, seats, known, seed=seed, reactor=reactor, clock=clock)


async def demo(
    folder: Path, *, seconds: int, seed: int, at: datetime | None, reactor: Any, stop: asyncio.Event
) -> dict[str, object]:
    """The main job for `seconds`, and what came of it."""
    async with open_sample(folder, seed=seed, at=at, listen="127.0.0.1:0") as sample:
        ended = asyncio.Event()

        def started(_address: str, _secret: str | None) -> None:
            asyncio.get_running_loop().call_later(seconds, ended.set)

        stopping = asyncio.create_task(_pass_on(stop, ended))
        await runtime.serve(sample.settings, reactor, ended, started)
        stopping.cancel()
        counts = await sample.town.counts()
        wire = {
            "sip_invites": counts.sip_invites,
            "rtp_packets": counts.rtp_packets,
            "smpp_submits": counts.smpp_submits,
            "smtp_messages": counts.smtp_messages,
        }
        async with open_database(sample.settings.store_url, open_keys(sample.settings)) as db:
            return await demo_summary(db, seconds, wire)


async def _pass_on(stop: asyncio.Event, ended: asyncio.Event) -> None:
    await stop.wait()
    ended.set()


async def _fill(settings: Settings, seed: int) -> None:
    clock = SystemClock(settings.clock_start)
    keys = open_keys(settings)
    await migrate(settings.store_url, keys)
    async with open_database(settings.store_url, keys, clock=clock, writer="import") as db:
        if not await _campaigns(db, settings, clock.now()):
            return
        portfolio = write_portfolio(settings.data_dir / "portfolio", seed, SIZE, clock.now())
        await _accounts(db, clock.now())
        await import_cases(db, portfolio.cases, CaseOptions(consent_given_to="collector"))
        await import_history(db, portfolio.history, HistoryOptions())
        async with db.read() as conn:
            known = await campaigns.list_all(conn)
        for campaign in known:
            await campaigns.start(db, campaign.id, now=clock.now(), by="sample")


async def _campaigns(db: Database, settings: Settings, now: datetime) -> bool:
    """Make the sample's campaigns; False where they are there already."""
    async with db.read() as conn:
        if await campaigns.list_all(conn):
            return False
    text = (resources.files("dialer.sample") / "campaigns.toml").read_text("utf-8")
    for campaign in tomllib.loads(text)["campaign"]:
        await campaigns.create(
            db,
            name=campaign["name"],
            strategy=campaign["strategy"],
            mode=campaign["mode"],
            lines=campaign["lines"],
            actor=settings.actor,
            now=now,
            by="sample",
        )
    return True


async def _accounts(db: Database, now: datetime) -> None:
    hashes = {role: await hash_password(password) for role, password in LOG_INS.items()}
    people = {role.value: role for role in LOG_INS} | dict.fromkeys(INVENTED_AGENTS, Role.AGENT)
    async with db.write() as conn:
        for name, role in people.items():
            await create_account(
                conn,
                name=name,
                role=role,
                password_hash=hashes[role],
                must_change_password=False,
                now=now,
            )


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])

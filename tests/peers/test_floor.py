"""A predictive campaign on the town: a supervisor starts it, an agent talks, notes and goes on.

The service is a process of its own, the agent's phone is baresip, both people use a browser.
"""

from __future__ import annotations

import asyncio
import csv
import os
import re
import signal
import socket
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import Locator, Page, async_playwright, expect

from dialer.model.campaign import Campaign
from dialer.store import campaigns
from dialer.store.accounts import Role
from dialer.store.database import migrate, open_database
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.town.options import TownOptions
from dialer.town.portfolio import write_portfolio
from dialer.town.process import TownHandle, start_town
from scheduler.clock import SystemClock
from tests.conftest import find_program, free_port
from tests.dialer.telephony.sipp import until
from tests.dialer.web.sample import PASSWORD, add_account
from tests.keys import KEY_TEXT, KEYS
from tests.peers.test_console import CHROMIUM
from tests.peers.test_sip_baresip import softphone

pytestmark = [pytest.mark.peer("chromium", "baresip"), pytest.mark.timeout(240)]

AT = datetime(2026, 6, 10, 16, 0, tzinfo=UTC)  # a Wednesday: noon in New York, nine in Phoenix
SEED, SIZE = 1, 400
PATIENCE_MS = 60_000  # everything here shares two cores with the rest of the tests
PLACES = {"OH", "AZ", "TN", "MN", "NM", "CO", "IL", "UT", "GA", "LA"}
STRATEGY = {"name": "Call", "steps": [{"channel": "call", "template": "live_message", "after": 0}]}


@dataclass
class Service:
    """A service that runs beside the test, its town and its store."""

    address: str
    town: TownHandle
    store: Path

    def rows(self, query: str) -> list[tuple[object, ...]]:
        with sqlite3.connect(self.store) as conn:
            return conn.execute(query).fetchall()


@asynccontextmanager
async def service(folder: Path) -> AsyncIterator[Service]:
    store = folder / "ringfence.sqlite"
    async with start_town(TownOptions(seed=SEED, size=SIZE, at=AT)) as town:
        await fill(folder, store)
        port = free_port()
        environment = {
            **os.environ,
            "RINGFENCE_DATA_DIR": str(folder),
            "RINGFENCE_KEYS": KEY_TEXT,
            "RINGFENCE_LISTEN": f"127.0.0.1:{port}",
            "RINGFENCE_CLOCK_START": AT.isoformat(),
            "RINGFENCE_SIP_TRUNK_URL": town.sip_trunk_url,
            "RINGFENCE_RING_TIMEOUT_S": "8",
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-u",
            "-c",
            "from dialer.cli import main; main()",
            "serve",
            env=environment,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdout is not None
        try:
            async with asyncio.timeout(60):
                while b"Console" not in await process.stdout.readline():
                    assert process.returncode is None
            yield Service(address=f"http://127.0.0.1:{port}", town=town, store=store)
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            await asyncio.wait_for(process.wait(), 20)


def people(folder: Path) -> Path:
    """A file of the town's people in places with plain rules, for the campaign `spring`."""
    portfolio = write_portfolio(folder / "portfolio", SEED, SIZE, AT)
    with portfolio.cases.open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["state"] in PLACES and not row["dnc"]]
    chosen = folder / "chosen.csv"
    with chosen.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "campaign": "spring"} for row in rows)
    return chosen


def answers(folder: Path, called: str) -> dict[str, str]:
    """What the consumer with this case's number says when asked who is there."""
    with (folder / "chosen.csv").open(encoding="utf-8", newline="") as file:
        [row] = [row for row in csv.DictReader(file) if row["case_id"] in called]
    return {fact: row[fact] for fact in ("full_name", "id_last4")}


async def fill(folder: Path, store: Path) -> Campaign:
    """Those people in a campaign that is not started, and two accounts."""
    url = f"sqlite+aiosqlite:///{store}"
    await migrate(url, KEYS)
    clock = SystemClock(AT)
    async with open_database(url, KEYS, clock=clock, writer="import") as db:
        made = await campaigns.create(
            db,
            name="spring",
            strategy=STRATEGY,
            mode="predictive",
            lines=12,
            actor="third_party_collector",
            now=clock.now(),
        )
        await import_cases(
            db, people(folder), CaseOptions(consent_given_to="collector", fresh_placement=True)
        )
        await add_account(db, "morgan", Role.SUPERVISOR)
        await add_account(db, "ada", Role.AGENT)
        return made


async def entered(page: Page, name: str) -> None:
    await page.goto("/")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Campaigns")).to_be_visible(timeout=PATIENCE_MS)


async def shows(place: Locator, text: str) -> None:
    await expect(place).to_contain_text(text, timeout=PATIENCE_MS)


@asynccontextmanager
async def two_pages(address: str) -> AsyncIterator[tuple[Page, Page]]:
    """A supervisor's and an agent's page."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=find_program("chromium"), args=CHROMIUM
        )
        pages = []
        for name in ("morgan", "ada"):
            context = await browser.new_context(base_url=address, locale="en-US")
            context.set_default_timeout(20_000)
            page = await context.new_page()
            await entered(page, name)
            pages.append(page)
        yield pages[0], pages[1]
        await browser.close()


async def test_a_supervisor_starts_an_agent_talks_notes_a_promise_and_a_callback(
    tmp_path: Path,
) -> None:
    async with service(tmp_path) as s, two_pages(s.address) as (boss, agent):
        await (
            boss.get_by_role("row", name="spring")
            .get_by_role("button", name=re.compile("Start"))
            .click()
        )
        await boss.get_by_role("link", name="Floor").click()
        await expect(boss.get_by_text("no agent is logged in")).to_be_visible(timeout=PATIENCE_MS)

        await agent.get_by_role("link", name="Desk").click()
        await agent.get_by_role("button", name="New SIP account").click()
        user = await agent.locator("#sip-user").inner_text()
        secret = await agent.locator("#sip-password").inner_text()
        registrar = await agent.locator("#sip-registrar").inner_text()
        account = f"<sip:{user}@{registrar}>;auth_user={user};auth_pass={secret};regint=60"
        port = free_port(socket.SOCK_DGRAM)
        async with softphone(tmp_path / "phone", account, 620, port, seconds=300.0):
            state = agent.locator("#desk-state")
            await until(lambda: "200 OK" in (tmp_path / "phone" / "log").read_text())
            await agent.keyboard.press("i")
            await shows(state, "On a break: just logged in")
            await agent.keyboard.press("r")
            await shows(state, "On a call")
            row = boss.get_by_role("row", name="ada")
            await shows(row, "On a call")
            await expect(agent.locator("#desk-case h2")).to_be_visible(timeout=PATIENCE_MS)
            await expect(agent.locator("input[name=debts]")).to_have_count(0)
            called = await agent.locator("#desk-case h2").inner_text()
            identity = agent.locator("#identity")
            for fact, answer in answers(s.store.parent, called).items():
                await identity.locator(f"input[name={fact}]").fill(answer)
            await identity.get_by_role("button").click()
            await expect(agent.locator("input[name=debts]").first).to_be_visible(
                timeout=PATIENCE_MS
            )

            await agent.reload()  # the call goes on without the page
            await shows(state, "On a call")
            await expect(agent.locator("#desk-case h2")).to_be_visible(timeout=PATIENCE_MS)
            await agent.get_by_role("button", name=re.compile("Hang up")).click()
            await shows(state, "Wrap-up")

            day = AT + timedelta(days=1)
            form = agent.locator("#disposition")
            await form.locator("input[name=debts]").first.check()
            await form.get_by_label("Promise to pay").check()
            await form.locator("input[name=amount]").fill("25.50")
            await form.locator("input[name=due_on]").fill(day.date().isoformat())
            await form.locator("input[name=callback_at]").fill(f"{day.date()}T03:00")
            await agent.keyboard.press("Control+Enter")
            await expect(agent.get_by_role("alert").filter(has_text="HOURS")).to_be_visible(
                timeout=PATIENCE_MS
            )
            await form.locator("input[name=callback_at]").fill(f"{day.date()}T12:00")
            await form.get_by_label("I call back myself").check()
            await agent.keyboard.press("Control+Enter")
            await shows(agent.locator("#desk-said"), "Noted.")
            await agent.keyboard.press("o")
            await shows(state, "logged out")

        [(promise, amount, attempt)] = s.rows("select id, amount_minor, attempt_id from promises")
        assert amount == 2550
        [(agent_name, hour)] = s.rows("select agent, at from callbacks where source = 'asked'")
        assert agent_name == "ada"
        assert str(hour).startswith(str(day.date()))
        kinds = {kind for (kind,) in s.rows("select kind from ledger")}
        assert {"promise.made", "callback", "disposition", "agent.phone"} <= kinds
        assert s.rows(f"select outcome from attempts where id = '{attempt}'") == [("conversation",)]
        assert promise

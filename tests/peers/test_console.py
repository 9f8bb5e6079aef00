"""A supervisor and an auditor at the console, in a real browser."""

from __future__ import annotations

import random
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from dialer.feed.feed import FeedEvent
from dialer.feed.in_process import InProcessFeed, in_process_feed
from dialer.store.accounts import Role
from dialer.store.database import Database, migrate, open_database
from dialer.web.app import create_app
from scheduler.clock import ManualClock
from tests.conftest import find_program
from tests.dialer.web.conftest import NOON, Outside, make_services, url_of
from tests.dialer.web.sample import PASSWORD, add_account, add_contact, fill
from tests.dialer.web.serving import served
from tests.keys import KEYS

pytestmark = pytest.mark.peer("chromium")

CHROMIUM = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    url = url_of(tmp_path / "store.sqlite")
    await migrate(url, KEYS)
    async with open_database(url, KEYS, clock=ManualClock(NOON)) as database:
        await fill(database)
        await add_account(database, "morgan", Role.SUPERVISOR)
        await add_account(database, "avery", Role.AUDITOR)
        yield database


@pytest.fixture
async def feed(db: Database) -> AsyncIterator[InProcessFeed]:
    async with in_process_feed(db.clock) as opened:
        yield opened


@pytest.fixture
async def console(db: Database, feed: InProcessFeed) -> AsyncIterator[str]:
    """The address of a console on a real server."""
    clock = db.clock
    assert isinstance(clock, ManualClock)
    app = create_app(make_services(db, feed, clock, Outside()))
    async with served(app) as address:
        yield address


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    path = find_program("chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=path, args=CHROMIUM)
        yield opened
        await opened.close()


async def visit(browser: Browser, console: str, name: str) -> tuple[BrowserContext, Page]:
    """A browser of one person's own, logged in, that fails on any complaint of the page."""
    context = await browser.new_context(
        base_url=console, locale="en-US", timezone_id="America/New_York"
    )
    context.set_default_timeout(10_000)
    page = await context.new_page()
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto("/")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
    return context, page


complaints: list[str] = []


@pytest.fixture(autouse=True)
def no_complaints() -> Iterator[None]:
    complaints.clear()
    yield
    assert complaints == []


async def test_a_supervisor_works_campaigns_live(
    browser: Browser, console: str, db: Database, feed: InProcessFeed
) -> None:
    context, page = await visit(browser, console, "morgan")
    await expect(page.get_by_role("status")).to_have_text("Live")
    await expect(page.get_by_text("America/New_York")).to_be_visible()
    await expect(page.locator("#pulse canvas")).to_be_visible()

    draft = page.get_by_role("row", name=re.compile("Medical, settled quarter"))
    await expect(draft).to_contain_text("Draft")
    await draft.get_by_role("button", name=re.compile("Start")).click()
    await expect(draft).to_contain_text("Running")
    await expect(draft.get_by_role("button", name=re.compile("Pause"))).to_be_visible()

    # Something happens elsewhere: the row changes by itself, and what is open stays open.
    await page.get_by_text("The same as a table").click()
    await expect(draft).to_contain_text("none")
    async with db.write() as conn:
        ident = await draft.get_attribute("id")
        assert ident is not None
        attempt = await add_contact(
            db,
            conn,
            random.Random(5),
            campaign_id=ident,
            case_id="case_0130",
            channel="call",
            at=db.clock.now(),
            open_=True,
        )
    data = {"campaign_id": ident, "attempt_id": attempt, "state": "active"}
    await feed.publish(FeedEvent(topic="attempt", at=db.clock.now(), data=data))
    await expect(draft).to_contain_text("Not ended yet 1")
    await expect(page.locator("#pulse-table")).to_be_visible()
    under_way = page.locator("#totals div", has_text="Under way")
    await expect(under_way).to_contain_text("1")
    await context.close()


async def test_stopping_a_campaign_asks_first(browser: Browser, console: str) -> None:
    context, page = await visit(browser, console, "morgan")
    row = page.get_by_role("row", name=re.compile("Auto loans"))
    stop = row.get_by_role("button", name=re.compile("Stop"))
    page.once("dialog", lambda dialog: dialog.dismiss())
    await stop.click()
    await expect(row).to_contain_text("Running")
    page.once("dialog", lambda dialog: dialog.accept())
    await stop.click()
    await expect(row).to_contain_text("Stopped")
    await context.close()


async def test_an_auditor_opens_a_refusal_and_reads_it_in_chinese(
    browser: Browser, console: str
) -> None:
    context, page = await visit(browser, console, "avery")
    assert await page.get_by_role("button", name=re.compile("Start|Pause|Stop")).count() == 0
    await page.get_by_role("link", name="Refusals", exact=True).click()
    await page.get_by_label("Rule").select_option("US-REGF-7IN7")
    await expect(page).to_have_url(re.compile("rule=US-REGF-7IN7"))
    await page.get_by_role("link", name=re.compile("US-REGF-7IN7")).first.click()

    await expect(page.get_by_role("heading", level=1)).to_contain_text("Refused")
    denial = page.get_by_role("row", name=re.compile("US-REGF-7IN7"))
    await expect(denial).to_contain_text("12 CFR 1006.14(b)(2)(i)(A)")
    await expect(denial).to_contain_text("7 → 8 / 7")
    await expect(denial).to_contain_text("legal review: pending")
    await page.get_by_text(re.compile("rules that the contact passes")).click()
    await expect(page.get_by_role("row", name=re.compile("US-REGF-CEASE"))).to_be_visible()

    where = page.url
    await page.get_by_role("button", name="简体中文").click()
    await expect(page).to_have_url(where)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("已拒绝")
    await expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    await expect(page.get_by_text("下一合法时刻")).to_be_visible()
    await context.close()


async def test_a_live_list_keeps_its_filter(
    browser: Browser, console: str, db: Database, feed: InProcessFeed
) -> None:
    context, page = await visit(browser, console, "morgan")
    await page.get_by_role("link", name="Attempts", exact=True).click()
    await page.get_by_label("Channel").select_option("call")
    await expect(page).to_have_url(re.compile("channel=call"))
    first = page.locator("#list tbody tr").first
    old = await first.get_attribute("id")
    row = page.locator("#list tbody tr td:nth-child(2)")
    ids = []
    async with db.write() as conn:
        for channel in ("call", "email"):
            ids.append(
                await add_contact(
                    db,
                    conn,
                    random.Random(len(channel)),
                    campaign_id=await campaign_of(page),
                    case_id="case_0001",
                    channel=channel,
                    at=db.clock.now(),
                )
            )
    await feed.publish(FeedEvent(topic="attempt", at=db.clock.now(), data={"attempt_id": ids[0]}))
    await expect(first).to_have_attribute("id", ids[0])
    assert old != ids[0]
    assert set(await row.all_inner_texts()) == {"Call"}
    await context.close()


async def campaign_of(page: Page) -> str:
    return str(await page.get_by_label("Campaign").locator("option").nth(1).get_attribute("value"))

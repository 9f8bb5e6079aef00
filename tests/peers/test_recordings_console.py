"""A supervisor finds a recording, hears it in a real browser, and the log says so."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from dialer.engine.recording_keeper import RecordingKeeper
from dialer.feed.in_process import InProcessFeed
from dialer.store import tables
from dialer.store.database import Database
from dialer.web.app import create_app
from recordings.drivers.folder import open_vault
from recordings.keys import KeyRing, new_key
from scheduler.clock import ManualClock
from tests.dialer.web.conftest import Outside, make_services
from tests.dialer.web.serving import served
from tests.peers import test_console as desk
from tests.recordings.samples import write_wav

pytestmark = desk.pytestmark

browser, db, feed, no_complaints = desk.browser, desk.db, desk.feed, desk.no_complaints


@pytest.fixture
async def recording(db: Database, feed: InProcessFeed, tmp_path: Path) -> AsyncIterator[str]:
    """A sealed recording with its copy for listening; the address of a console that has it."""
    clock = db.clock
    assert isinstance(clock, ManualClock)
    vault = open_vault(
        (tmp_path / "vault").as_uri(), KeyRing([new_key()]), clock, least_free_bytes=0
    )
    spool = tmp_path / "spool"
    spool.mkdir()
    keeper = RecordingKeeper(db=db, vault=vault, feed=feed, clock=clock, spool=spool)
    table = tables.attempts
    async with db.read() as conn:
        talks = select(table.c.id).where(table.c.outcome == "conversation").order_by(table.c.id)
        name = str((await conn.execute(talks.limit(1))).scalar_one())
    file = spool / f"{name}.wav"
    write_wav(file, 3.0)
    await keeper.seal(name, file, notice_ms=900)
    assert await keeper.make_playable() == 1
    app = create_app(replace(make_services(db, feed, clock, Outside()), vault=vault))
    async with served(app) as address:
        yield address


async def test_a_recording_is_heard_after_the_reason_held_and_the_log_names_the_listener(
    browser: Browser, recording: str
) -> None:
    context, page = await desk.visit(browser, recording, "morgan")
    await page.get_by_role("link", name="Recordings", exact=True).click()
    await page.get_by_label("Direction").select_option("out")
    await page.get_by_role("table").get_by_role("link").first.click()
    await expect(page.get_by_text("Nobody yet.")).to_be_visible()
    assert await page.locator("audio").count() == 0

    # By the keyboard alone, from the purpose on.
    await page.get_by_label("Purpose").focus()
    await page.get_by_label("Purpose").select_option("coaching")
    await page.keyboard.press("Tab")
    await page.keyboard.type("the first calls of a new agent")
    async with page.expect_response(re.compile(r"/audio\?listen=")) as sent:
        await page.keyboard.press("Enter")
    answer = await sent.value
    assert answer.status == 206
    assert answer.headers["content-type"].startswith("audio/ogg")

    heard = await page.locator("audio").evaluate(HEAR)
    assert heard["error"] is None
    assert 2.5 < heard["duration"] < 3.5
    assert heard["at"] > 2.0
    row = page.get_by_role("row", name=re.compile("the first calls of a new agent"))
    await expect(row).to_contain_text("morgan")
    await expect(row).to_contain_text("Training of agents")

    await page.get_by_label("Keep all recordings of the case").fill("complaint 2026-118")
    await page.get_by_role("button", name="Order a hold").click()
    await expect(page.get_by_text("complaint 2026-118")).to_be_visible()
    other, auditor = await desk.visit(browser, recording, "avery")
    await auditor.goto(page.url)
    await expect(auditor.get_by_text("complaint 2026-118")).to_be_visible()
    await expect(auditor.get_by_text("the first calls of a new agent")).to_be_visible()
    assert await auditor.get_by_role("button", name="Lift the hold").count() == 0
    await other.close()
    await page.get_by_role("button", name="Lift the hold").click()
    await expect(page.get_by_text("No order keeps it beyond its time.")).to_be_visible()

    await page.set_viewport_size({"width": 375, "height": 800})
    assert await fits(page)
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_text("收听人及原因")).to_be_visible()
    await context.close()


HEAR = """async (audio) => {
  audio.muted = true;
  const over = new Promise((done) => {
    for (const name of ["ended", "error"]) audio.addEventListener(name, done);
  });
  await audio.play();
  await over;
  const error = audio.error && audio.error.message;
  return { error, duration: audio.duration, at: audio.currentTime };
}"""


async def fits(page: Page) -> bool:
    """Whether the page is no wider than the screen: what is wider scrolls within itself."""
    fitting: bool = await page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
    return fitting

"""An auditor follows a refused contact to its proof, in a real browser."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.async_api import Browser, Page, expect

from compliance import packs
from dialer.reports.proof.verifying import verify_proof
from tests.peers import test_console as desk

pytestmark = desk.pytestmark

# The console, its store and the browser are those of the other test.
browser, console, db, feed = desk.browser, desk.console, desk.db, desk.feed
no_complaints = desk.no_complaints


async def test_an_auditor_replays_a_refusal_and_takes_away_its_proof(
    browser: Browser, console: str, tmp_path: Path
) -> None:
    context, page = await desk.visit(browser, console, "avery")
    await page.get_by_role("link", name="Refusals", exact=True).click()
    await page.get_by_label("Rule").select_option("US-REGF-7IN7")
    await page.get_by_role("link", name=re.compile("US-REGF-7IN7")).first.click()

    named = await page.locator(".next").get_by_text("Binding rule").locator("code").inner_text()
    binding = page.get_by_role("row", name=re.compile("binds the next moment"))
    await expect(binding.get_by_role("rowheader")).to_contain_text(named)
    await expect(binding).to_contain_text("12 CFR 1006")
    change = page.locator(".panel", has_text="What would change the answer")
    await expect(change).to_contain_text("Time alone")

    await page.get_by_role("button", name="Replay this decision").click()
    replay = page.locator("#replay")
    await expect(replay.get_by_role("status")).to_contain_text("Byte for byte the same")
    digests = await replay.locator("code.hash").all_inner_texts()
    assert len(digests) == 3
    assert len(set(digests)) == 1
    assert "/replay" not in page.url  # the page stayed where it was

    await page.get_by_role("heading", level=1).get_by_role("link").click()
    await expect(page.get_by_role("row", name=re.compile("US-REGF-7IN7")).first).to_be_visible()
    button = page.get_by_role("button", name="Download the proof pack")
    await button.click()  # without a purpose the browser itself says no
    await expect(page.get_by_label("Purpose")).to_be_focused()
    await page.get_by_label("Purpose").fill("complaint 2026-118")
    async with page.expect_download() as started:
        await button.click()
    download = await started.value
    pack = tmp_path / download.suggested_filename
    await download.save_as(pack)
    checked = verify_proof(pack)
    assert checked.faults == ()
    assert checked.decisions > 0

    await page.get_by_role("link", name="Ledger", exact=True).click()
    assert checked.root is not None
    await expect(page.get_by_text(checked.root)).to_be_visible()
    await verify_on_page(page)
    await context.close()


async def verify_on_page(page: Page) -> None:
    """The walk begins behind the page, which tells its end by itself."""
    await page.get_by_role("button", name="Verify every entry now").click()
    state = page.locator("#verification").get_by_role("status")
    await expect(state).to_contain_text("Whole:")
    await expect(state).to_contain_text("Begun by avery")
    await expect(page.get_by_role("button", name="Verify every entry now")).to_be_visible()


async def test_an_auditor_tries_a_draft_and_reads_it_in_chinese(
    browser: Browser, console: str, tmp_path: Path
) -> None:
    draft = tmp_path / "draft.toml"
    draft.write_text(packs.shipped()["us.regf"].text.replace("limit = 7", "limit = 2"))
    context, page = await desk.visit(browser, console, "avery")
    await page.get_by_role("link", name="Rule packs", exact=True).click()
    await page.get_by_label("Rule pack (TOML)").set_input_files(draft)
    await page.get_by_role("button", name="Try it").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("us.regf")
    refused = page.locator(".totals div", has_text="Newly refused").locator("dd")
    await expect(refused).to_have_text(re.compile(r"^[1-9]\d*$"))
    await page.get_by_role("button", name="简体中文").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("草案试用")
    await expect(page.get_by_text("新增拒绝").first).to_be_visible()
    await page.get_by_role("link", name=re.compile("的决定")).first.click()
    await page.get_by_role("button", name="重放此决定").click()
    await expect(page.locator("#replay")).to_contain_text("逐字节一致")
    await context.close()


async def test_days_alone_find_every_decision(browser: Browser, console: str) -> None:
    context, page = await desk.visit(browser, console, "avery")
    await page.get_by_role("link", name="Find", exact=True).click()
    await page.get_by_label("From").fill("2026-11-24")
    await page.get_by_role("button", name="Find").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Decisions")
    await page.get_by_label("Answer").select_option("refusal")
    await expect(page.locator(".counted")).to_have_text(re.compile(r"^0 permitted, \d+ refused$"))
    assert await page.get_by_text("Permitted", exact=True).count() <= 1  # the choice itself
    await context.close()

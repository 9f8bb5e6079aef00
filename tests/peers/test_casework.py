"""A case in real browsers: agent, superior and consumer, from the first question to the file."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect
from sqlalchemy import update

from dialer.casework.terms import shipped
from dialer.feed.in_process import in_process_feed
from dialer.store import knowledge, tables
from dialer.store.accounts import Role
from dialer.store.database import Database, migrate, open_database
from dialer.store.importing.payments import PaymentOptions, import_payments
from dialer.store.knowledge import NewArticle
from dialer.web.app import create_app
from scheduler.clock import ManualClock
from tests.conftest import find_program
from tests.dialer.store.owing import owe
from tests.dialer.store.people import Somebody, add_campaign, add_somebody
from tests.dialer.web.conftest import NOON, Outside, make_services, url_of
from tests.dialer.web.offers import Paper, allow_texts, open_offers, path_in
from tests.dialer.web.sample import PASSWORD, add_account
from tests.dialer.web.serving import served
from tests.keys import KEYS
from tests.peers.test_console import CHROMIUM

pytestmark = [pytest.mark.peer("chromium"), pytest.mark.timeout(180)]

PATIENCE_MS = 30_000
REVIEW = "?purpose=to+review+it"
ARTICLE = """Interest is charged from the day on which a payment was due.

## The person wants the figures
Of {{ balance }} on account {{ debt_ref }} the creditor can send a statement.
"""


@dataclass
class Desk:
    """A console on a real server, and who uses it."""

    address: str
    db: Database
    one: Somebody
    paper: Paper
    browser: Browser

    async def visit(self, name: str | None, purpose: str = "") -> tuple[BrowserContext, Page]:
        """A browser of one person's own; logged in where there is a name."""
        context = await self.browser.new_context(
            base_url=self.address, locale="en-US", timezone_id="America/New_York"
        )
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        if name is not None:
            await page.goto("/")
            await page.get_by_label("Name").fill(name)
            await page.get_by_label("Password").fill(PASSWORD)
            await page.get_by_role("button", name="Log in").click()
            await expect(page.get_by_role("heading", name="Campaigns")).to_be_visible()
            await page.goto(f"/cases/{self.one.case}{purpose}")
        return context, page


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    url = url_of(tmp_path / "store.sqlite")
    await migrate(url, KEYS)
    clock, paper = ManualClock(NOON), Paper()
    async with (
        open_database(url, KEYS, clock=clock) as db,
        in_process_feed(clock) as feed,
        open_offers(db, paper) as offers,
        async_playwright() as playwright,
    ):
        one = await fill(db)
        services = replace(make_services(db, feed, clock, Outside()), offers=offers)
        browser = await playwright.chromium.launch(
            executable_path=find_program("chromium"), args=CHROMIUM
        )
        async with served(create_app(services)) as address:
            yield Desk(address=address, db=db, one=one, paper=paper, browser=browser)
        await browser.close()


async def fill(db: Database) -> Somebody:
    """Somebody who owes and reads texts, two colleagues, and what an agent may answer from."""
    one = await add_somebody(db, campaign=await add_campaign(db))
    await owe(db, one, 240_000)
    await allow_texts(db, one)
    people, cases = tables.consumers, tables.cases
    async with db.write() as conn:
        await conn.execute(
            update(people)
            .where(people.c.id == one.person)
            .values(id_last4="4321", postal_code="10001", region="NY", language="en")
        )
        await conn.execute(update(cases).where(cases.c.id == one.case).values(case_ref="C-1"))
    new = NewArticle(
        name="interest", language="en", title="How interest is charged", body=ARTICLE, by="morgan"
    )
    await knowledge.write(db, new, now=db.clock.now())
    await add_account(db, "morgan", Role.SUPERVISOR)
    await add_account(db, "ada", Role.AGENT)
    return one


async def verify(page: Page) -> None:
    await page.get_by_label("full name").fill("Otto Abendroth")
    await page.get_by_label("last four digits").fill("4321")
    await page.get_by_role("button", name="Check the answers").click()
    await expect(page.get_by_text("The person is known")).to_be_visible()


async def note(page: Page, kind: str, **fields: str) -> None:
    panel = page.locator("details", has_text="Note a circumstance")
    await panel.locator("summary").click()
    await panel.locator("select[name=kind]").select_option(kind)
    for label, text in fields.items():
        await panel.get_by_label(label.replace("_", " ")).fill(text)
    await panel.get_by_role("button", name="Write").click()
    await page.wait_for_load_state()


async def propose(page: Page, months: str, *, a_month: str) -> None:
    panel = page.locator("details", has_text="Propose a plan")
    await panel.locator("summary").click()
    await expect(panel.get_by_role("row", name=months)).to_contain_text(a_month)
    await panel.get_by_label(months, exact=True).check()
    await panel.get_by_role("button", name="Propose", exact=True).click()


async def test_from_the_first_question_to_a_plan_that_is_paid(desk: Desk, tmp_path: Path) -> None:
    _, agent = await desk.visit("ada")
    await verify(agent)

    # What the agent may answer comes from the knowledge base, with the case's own figures.
    await agent.get_by_label("The person asks about").fill("interest")
    await agent.get_by_role("button", name="Find an answer").click()
    await agent.get_by_text("The person wants the figures").click()
    await expect(agent.get_by_text("Of $2,400.00 on account D1")).to_be_visible()
    await agent.get_by_role("button", name="The person was told this").last.click()
    notes = agent.get_by_role("table", name="Notes")
    await expect(notes).to_contain_text("How interest is charged: The person wants the figures")

    await note(agent, "hardship", In_words="fewer hours at work")
    await note(agent, "income", In_words="wages", Amount_a_month="2600")
    await note(agent, "outgoing", In_words="rent", Amount_a_month="1290")
    await note(agent, "household", Adults="1")
    facts = agent.get_by_role("table", name="Circumstances")
    await expect(facts).to_contain_text("not shown")  # the hardship is sensitive
    await expect(facts).to_contain_text("$99.00")

    # 24 months are beyond an agent: the page says who may agree, and a superior does.
    await propose(agent, "24", a_month="$100.00")
    await expect(agent.get_by_role("alert")).to_contain_text("a team_leader may agree to it")
    _, superior = await desk.visit("morgan", REVIEW)
    await propose(superior, "24", a_month="$100.00")
    await expect(superior.get_by_role("row", name=re.compile("^Plan"))).to_be_visible()
    await agent.goto(f"/cases/{desk.one.case}")
    await agent.get_by_role("button", name="Send the link to accept it").click()
    await expect(agent.get_by_role("row", name=re.compile("^Plan"))).to_contain_text("Proposed")

    # The person accepts on a phone of their own.
    _, phone = await desk.visit(None)
    await phone.goto(path_in(desk.paper.texts[-1]))
    await phone.get_by_label("last four digits").fill("1111")
    await phone.get_by_role("button", name="Show the agreement").click()
    await expect(phone.get_by_role("alert")).to_contain_text("not what we have on file")
    await phone.get_by_role("button", name="简体中文").click()
    await phone.get_by_label("后四位").fill("4321")
    await phone.get_by_role("button", name="查看协议").click()
    await expect(phone.locator("pre")).to_contain_text("$2,400.00")
    await phone.get_by_role("button", name="我同意本协议").click()
    await expect(phone.get_by_role("heading", name="您已同意本协议")).to_be_visible()

    plan = agent.get_by_role("row", name=re.compile("^Plan"))
    await agent.reload()
    await expect(plan).to_contain_text("Agreed, terms met")
    file = tmp_path / "payments.csv"
    file.write_text(
        "payment_id,case_id,amount,currency,received_on\nP1,C-1,100.00,USD,2026-11-24\n"
    )
    report = await import_payments(desk.db, file, PaymentOptions(terms=shipped(), by="bank"))
    assert (report.good, report.bad) == (1, 0)
    await agent.reload()
    await expect(plan).to_contain_text("paid $100.00")
    await expect(plan).to_contain_text("still to pay $2,300.00")


async def test_a_superior_resolves_a_dispute_and_downloads_the_file(
    desk: Desk, tmp_path: Path
) -> None:
    _, agent = await desk.visit("ada")
    await expect(agent.get_by_text("Nothing of the debt is shown")).to_be_visible()
    await verify(agent)
    panel = agent.locator("details", has_text="Take in a dispute")
    await panel.locator("summary").click()
    await panel.get_by_label("What is disputed").select_option("amount")
    await panel.get_by_label("In writing").check()
    await panel.get_by_label("What the consumer says").fill("a payment is not in it")
    await panel.get_by_role("button", name="Take it in").click()
    await expect(agent.get_by_role("row", name=re.compile("^Dispute"))).to_contain_text("Received")
    paper = tmp_path / "receipt.pdf"
    paper.write_bytes(b"%PDF-1.7 a receipt")
    await agent.get_by_text("Steps and evidence").click()
    await agent.locator(".more-of input[type=file]").set_input_files(paper)
    await agent.locator(".more-of").get_by_role("button", name="File it").click()
    await expect(agent.get_by_role("table", name="Papers")).to_contain_text("receipt.pdf")
    assert await agent.get_by_label("Next step").count() == 0

    _, superior = await desk.visit("morgan", REVIEW)
    dispute = superior.get_by_role("row", name=re.compile("^Dispute"))
    for state, shown in (("investigating", "Being checked"), ("answered", "Answered")):
        await superior.get_by_label("Next step").select_option(state)
        await superior.get_by_label("Reason", exact=True).fill("as the receipt shows")
        await superior.get_by_role("button", name="Decide").click()
        await expect(dispute).to_contain_text(shown)
    await superior.get_by_label("Next step").select_option("partly_upheld")
    await superior.get_by_label("Reason", exact=True).fill("the payment was on another account")
    await superior.get_by_label("Written off").fill("40")
    await superior.locator("select[name=part]").select_option("principal")
    await superior.get_by_role("button", name="Decide").click()
    await expect(dispute).to_contain_text("Partly upheld")
    await expect(superior.get_by_role("table", name="Debts")).to_contain_text("$2,360.00")

    await superior.get_by_label("Purpose", exact=True).fill("for counsel")
    async with superior.expect_download() as download:
        await superior.get_by_role("button", name="Download the legal file").click()
    taken = await (await download.value).path()
    assert taken.read_bytes().startswith(b"%PDF")

"""What the console's pages show, to whom, and in which language."""

from __future__ import annotations

import random
import re

import httpx
import pytest
from fastapi import FastAPI

from compliance.facts import Channel
from dialer.feed.feed import FeedEvent
from dialer.feed.in_process import InProcessFeed
from dialer.store import tables
from dialer.store.accounts import Role
from dialer.store.database import Database
from dialer.web.masking import mask, mask_within
from dialer.web.security import CONTENT_SECURITY_POLICY
from scheduler.clock import ManualClock
from tests.dialer.web.conftest import LogIn, client_of, csrf_of, send_login
from tests.dialer.web.sample import add_contact

PAGES = [
    "/campaigns",
    "/attempts",
    "/calls",
    "/calls?which=all",
    "/recordings",
    "/refusals",
    "/people",
    "/people?q=quickwater",
    "/people/consumer_0000",
    "/decisions",
    "/ledger",
    "/packs",
    "/packs/us.regf",
    "/password",
]
WHOLE_NUMBER = re.compile(r"\+1\d{10}")


async def first_refusal(db: Database) -> str:
    async with db.read() as conn:
        query = tables.decisions.select().where(~tables.decisions.c.allowed)
        return str((await conn.execute(query.order_by(tables.decisions.c.id))).first().id)


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_has_no_inline_code_and_a_strict_policy(
    log_in: LogIn, work: dict[str, str], path: str
) -> None:
    client = await log_in(Role.AUDITOR)
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "unsafe" not in CONTENT_SECURITY_POLICY
    assert page.headers["cache-control"] == "no-store"
    assert not re.search(r"<script(?![^>]* src=)|<style|\sstyle=|\son\w+=|javascript:", page.text)
    for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
        assert address.startswith(("/", "#")), address


@pytest.mark.parametrize("path", PAGES)
async def test_tables_have_captions_and_fields_have_labels(
    log_in: LogIn, work: dict[str, str], path: str
) -> None:
    client = await log_in(Role.AUDITOR)
    text = (await client.get(path)).text
    assert text.count("<table") == text.count("<caption")
    assert text.count("<h1") == 1
    for field in re.finditer(r"<(?:input|select)(?![^>]*type=\"hidden\")", text):
        before = text[: field.start()]
        assert before.rfind("<label") > before.rfind("</label>")


async def test_campaigns_show_state_channels_figures_and_controls(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    text = (await client.get("/campaigns")).text
    row = text.split(f'id="{work["Auto loans, early calls"]}"')[1].split("</tr>")[0]
    assert "Running" in row
    assert row.index("Call") < row.index("SMS")
    assert "Message heard" in row
    assert "US-REGF-HOURS" in row
    assert ">Pause<" in row.replace("</svg>", ">")
    assert "Start" not in row


async def test_an_agent_sees_campaigns_but_no_controls_and_no_link_to_decisions(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.AGENT)
    text = (await client.get("/campaigns")).text
    assert '<button class="act' not in text
    assert "/refusals" not in text


async def test_pausing_a_campaign_from_the_page_tells_every_console(
    log_in: LogIn, work: dict[str, str], feed: InProcessFeed
) -> None:
    client = await log_in(Role.SUPERVISOR)
    ident = work["Auto loans, early calls"]
    token = csrf_of((await client.get("/campaigns")).text)
    async with feed.subscribe("campaign") as events:
        answer = await client.post(
            f"/campaigns/{ident}/pause", data={"csrf_token": token}, headers={"HX-Request": "true"}
        )
        _, event = await anext(events)
    assert isinstance(event, FeedEvent)
    assert event.data["campaign_id"] == ident
    assert "<html" not in answer.text
    row = answer.text.split(f'id="{ident}"')[1].split("</tr>")[0]
    assert "Paused" in row


async def test_what_a_campaign_can_not_do_is_said_on_the_page(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    token = csrf_of((await client.get("/campaigns")).text)
    ident = work["Medical, settled quarter"]
    answer = await client.post(
        f"/campaigns/{ident}/pause", data={"csrf_token": token}, headers={"HX-Request": "true"}
    )
    assert 'class="error"' in answer.text
    assert "is draft" in answer.text
    plain = await client.post(f"/campaigns/{ident}/pause", data={"csrf_token": token})
    assert plain.status_code == 409


@pytest.mark.parametrize(
    ("role", "status"), [(Role.AGENT, 403), (Role.AUDITOR, 403), (Role.ADMINISTRATOR, 303)]
)
async def test_only_those_who_may_control_campaigns_do(
    log_in: LogIn, work: dict[str, str], role: Role, status: int
) -> None:
    client = await log_in(role)
    token = csrf_of((await client.get("/campaigns")).text)
    ident = work["Medical, settled quarter"]
    answer = await client.post(f"/campaigns/{ident}/start", data={"csrf_token": token})
    assert answer.status_code == status


async def test_a_control_without_the_page_s_token_is_refused(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    other = await log_in(Role.SUPERVISOR)
    foreign = csrf_of((await other.get("/campaigns")).text)
    path = f"/campaigns/{work['Medical, settled quarter']}/start"
    assert (await client.post(path)).status_code == 403
    assert (await client.post(path, data={"csrf_token": foreign})).status_code == 403


async def test_numbers_are_masked_but_for_auditors(log_in: LogIn, work: dict[str, str]) -> None:
    for role in (Role.SUPERVISOR, Role.AGENT, Role.ADMINISTRATOR):
        client = await log_in(role)
        text = (await client.get("/attempts")).text
        assert not WHOLE_NUMBER.search(text), role
        assert "+1 ••• 01" in text
    auditor = await log_in(Role.AUDITOR)
    assert WHOLE_NUMBER.search((await auditor.get("/attempts")).text)


def test_masks_keep_the_shape_and_the_last_signs_only() -> None:
    assert mask("+12125550123") == "+1 ••• 0123"
    assert mask("jun.brightwell@mail.example") == "j•••@mail.example"
    assert mask("12345") == "•••••"
    inputs = {"a": ["+12125550123", {"b": "x@y.example"}], "n": 7, "tz": "America/New_York"}
    assert mask_within(inputs) == {
        "a": ["+1 ••• 0123", {"b": "x•••@y.example"}],
        "n": 7,
        "tz": "America/New_York",
    }


async def test_a_refusal_is_opened_out_to_law_counters_inputs_and_proof(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    async with db.write() as conn:
        ident = await add_contact(
            db,
            conn,
            random.Random(1),
            campaign_id=work["Auto loans, early calls"],
            case_id="case_0000",
            channel=Channel.CALL,
            at=clock.now(),
            refuse=True,
        )
    client = await log_in(Role.AUDITOR)
    text = (await client.get(f"/decisions/{ident}")).text
    for shown in (
        "US-REGF-7IN7",
        "12 CFR 1006.14(b)(2)(i)(A)",
        "P · primary text read",
        "legal review: pending",
        "Presumption",
        "<b>7</b> → <b>8</b> / 7",
        "2026-11-26 08:00:00-05:00 America/New_York",
        "2026-11-26 13:00:00 UTC",
        "history_known_from",
        "Time-zone data",
    ):
        assert shown in text, shown
    async with db.read() as conn:
        row = (
            await conn.execute(tables.decisions.select().where(tables.decisions.c.id == ident))
        ).one()
    assert row.record_sha256 in text
    assert all(sha in text for sha in row.pack_sha256.values())
    place = await entry_of(db, row.record_sha256)
    assert place in text


async def entry_of(db: Database, digest: str) -> str:
    table = tables.ledger
    async with db.read() as conn:
        query = table.select().where(table.c.body.contains(digest))
        return str((await conn.execute(query)).one().entry_hash)


async def test_refusals_are_filtered_by_a_rule_that_denied_them(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    whole = (await client.get("/refusals/list")).text
    some = (await client.get("/refusals/list?rule=US-REGF-7IN7")).text
    assert 0 < some.count("<tr id=") < whole.count("<tr id=")
    assert all("US-REGF-7IN7" in row for row in some.split("<tr id=")[1:])


async def test_lists_go_on_to_older_rows_without_gap_or_repeat(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    seen: list[str] = []
    path = "/attempts"
    while path:
        text = (await client.get(path)).text
        seen += re.findall(r'<tr id="(attempt[\w-]+)"', text)
        older = re.search(r'class="more"><a href="([^"]+)"', text)
        path = older.group(1).replace("&amp;", "&") if older else ""
    assert len(seen) == len(set(seen)) > 100


async def test_a_person_is_found_by_name_case_number_and_last_digits(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.AUDITOR)
    for q in (
        "QUICKWATER",
        "marisol quickwater",
        "FW-24000",
        "+12125550100",
        "212 555 0100",
        "consumer0@mail.example",
    ):
        text = (await client.get("/people", params={"q": q})).text
        assert "/people/consumer_0000" in text, q
    assert "Nobody fits" in (await client.get("/people?q=100%25")).text


async def test_a_person_s_page_shows_what_happened_and_what_may(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.AUDITOR)
    text = (await client.get("/people/consumer_0000")).text
    assert "Marisol Quickwater" in text
    assert "2026-11-25 13:00:00 UTC" in text  # the next lawful moment
    assert "/decisions/attempt_" in text
    empty = (await client.get("/people/consumer_0000?until=2020-01-01")).text
    assert "Nothing in this period" in empty
    assert (await client.get("/people/nobody")).status_code == 404


async def test_the_ledger_is_verified_on_demand_and_a_break_is_named(
    log_in: LogIn, work: dict[str, str], db: Database, app: FastAPI
) -> None:
    client = await log_in(Role.SUPERVISOR)
    token = csrf_of((await client.get("/ledger")).text)
    answer = await client.post("/ledger/verify", data={"csrf_token": token})
    assert answer.headers["location"] == "/ledger"
    await app.state.jobs.settled()
    assert "Whole:" in (await client.get("/ledger")).text
    async with db.write() as conn:
        await conn.exec_driver_sql("update ledger set body = body || ' ' where seq = 3")
    await client.post("/ledger/verify", data={"csrf_token": token})
    await app.state.jobs.settled()
    assert "Broken at entry 3 of main" in (await client.get("/ledger")).text


async def test_the_language_is_the_reader_s_choice_else_the_browser_s(
    log_in: LogIn, client: httpx.AsyncClient
) -> None:
    for header, shown in (("zh-CN", "登录"), ("fr, en;q=0.5", "Log in"), ("en;q=0.4, zh", "登录")):
        page = await client.get("/login", headers={"Accept-Language": header})
        assert shown in page.text, header
    reader = await log_in(Role.AUDITOR)
    page = await reader.get("/packs")
    assert '<html lang="en">' in page.text
    chosen = await reader.post(
        "/language",
        data={"csrf_token": csrf_of(page.text), "language": "zh-Hans", "next": "/packs"},
    )
    assert chosen.headers["location"] == "/packs"
    page = await reader.get("/packs")
    assert '<html lang="zh-Hans">' in page.text
    assert page.headers["content-language"] == "zh-Hans"
    assert "生效中的规则包" in page.text


async def test_today_begins_at_the_reader_s_midnight(
    log_in: LogIn, work: dict[str, str], clock: ManualClock
) -> None:
    client = await log_in(Role.SUPERVISOR)
    assert "Nov 24, 2026 (UTC)" in (await client.get("/campaigns")).text
    client.cookies.set("ringfence_zone", "Asia/Shanghai")
    text = (await client.get("/campaigns")).text
    assert "Nov 25, 2026 (Asia/Shanghai)" in text  # one in the morning there
    client.cookies.set("ringfence_zone", "Mars/Olympus")
    assert "(UTC)" in (await client.get("/campaigns")).text


async def test_the_administrator_adds_an_account_and_its_secret_is_shown_once(
    log_in: LogIn, app: FastAPI
) -> None:
    client = await log_in(Role.ADMINISTRATOR)
    token = csrf_of((await client.get("/accounts")).text)
    form = {"csrf_token": token, "name": "Devon", "role": "auditor"}
    answer = await client.post("/accounts", data=form)
    secret = re.search(r"<code>([0-9a-f-]+)</code>", answer.text)
    assert secret is not None
    assert secret.group(1) not in (await client.get("/accounts")).text
    assert (await client.post("/accounts", data=form)).status_code == 409
    async with client_of(app) as fresh:
        entered = await send_login(fresh, "devon", secret.group(1))
        assert entered.headers["location"] == "/password"


async def test_a_disabled_account_is_out_at_once(log_in: LogIn, db: Database) -> None:
    client = await log_in(Role.ADMINISTRATOR)
    victim = await log_in(Role.AGENT)
    page = (await client.get("/accounts")).text
    token = csrf_of(page)
    (action,) = re.findall(r'action="(/accounts/[\w-]+/disable)"', page)
    await client.post(action, data={"csrf_token": token})
    assert (await victim.get("/campaigns")).status_code == 303
    (own,) = {
        a.replace("/reset", "/disable")
        for a in re.findall(r'action="(/accounts/[\w-]+/reset)"', page)
        if a.replace("/reset", "/disable") != action
    }
    assert (await client.post(own, data={"csrf_token": token})).status_code == 409


async def test_a_token_made_on_the_page_opens_the_api_until_it_is_revoked(
    log_in: LogIn, client: httpx.AsyncClient
) -> None:
    administrator = await log_in(Role.ADMINISTRATOR)
    token = csrf_of((await administrator.get("/accounts")).text)
    form = {"csrf_token": token, "name": "warehouse", "role": "auditor"}
    answer = await administrator.post("/accounts/tokens", data=form)
    secret = re.search(r"<code>(rf_[\w-]+)</code>", answer.text)
    assert secret is not None
    headers = {"Authorization": f"Bearer {secret.group(1)}"}
    assert (await client.get("/api/v1/packs", headers=headers)).status_code == 200
    await administrator.post("/accounts/tokens/revoke", data=form)
    assert (await client.get("/api/v1/packs", headers=headers)).status_code == 401


async def test_what_is_not_there_is_a_page_for_people(log_in: LogIn) -> None:
    client = await log_in(Role.AUDITOR)
    for path in ("/nowhere", "/campaigns/none", "/decisions/none", "/packs/none"):
        answer = await client.get(path)
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text

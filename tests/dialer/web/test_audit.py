"""The auditor's tools: replay, proof, search, the ledger's verification, drafts; and who looked."""

from __future__ import annotations

import asyncio
import json
import random
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update

from compliance import packs
from compliance.facts import Channel
from dialer.reports.proof.verifying import verify_proof
from dialer.store import tables
from dialer.store.accounts import Role
from dialer.store.database import Database
from dialer.store.ledger_reader import verify, verify_file
from dialer.store.ledger_root import record_root
from dialer.web.jobs import Job
from scheduler.clock import ManualClock
from tests.dialer.web.conftest import LogIn, Outside, csrf_of
from tests.dialer.web.sample import add_contact


async def refusal(db: Database, clock: ManualClock, campaign_id: str) -> str:
    """A call that the weekly cap refuses; its id."""
    async with db.write() as conn:
        return await add_contact(
            db,
            conn,
            random.Random(1),
            campaign_id=campaign_id,
            case_id="case_0000",
            channel=Channel.CALL,
            at=clock.now(),
            refuse=True,
        )


async def send(client: httpx.AsyncClient, page: str, path: str, **more: Any) -> httpx.Response:
    """Fill in a form of a page and send it."""
    data = {"csrf_token": csrf_of((await client.get(page)).text), **more.pop("data", {})}
    return await client.post(path, data=data, **more)


async def looks(app: FastAPI, db: Database) -> list[dict[str, Any]]:
    """What the ledger says of who looked at what, in order."""
    await app.state.looks.written()
    table = tables.ledger
    query = (
        select(table.c.body).where(table.c.kind == "audit.looked").order_by(table.c.at, table.c.seq)
    )
    async with db.read() as conn:
        return [json.loads(body) for body in (await conn.execute(query)).scalars()]


async def test_a_decision_is_replayed_to_the_same_bytes(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    ident = await refusal(db, clock, work["Auto loans, early calls"])
    client = await log_in(Role.AUDITOR)
    page = f"/decisions/{ident}"
    answer = await send(client, page, f"{page}/replay")
    assert "Byte for byte the same" in answer.text
    assert "<h1" in answer.text
    digests = re.findall(r'<code class="hash">([0-9a-f]{64})<', answer.text)
    async with db.read() as conn:
        query = select(tables.decisions.c.record_sha256).where(tables.decisions.c.id == ident)
        kept = (await conn.execute(query)).scalar_one()
    assert digests[:3] == [kept] * 3  # in the ledger, kept, decided again
    part = await send(client, page, f"{page}/replay", headers={"HX-Request": "true"})
    assert "<h1" not in part.text
    assert "Byte for byte the same" in part.text


async def test_a_changed_record_shows_its_first_difference(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    ident = await refusal(db, clock, work["Auto loans, early calls"])
    table = tables.decisions
    async with db.write() as conn:
        record = (
            await conn.execute(select(table.c.record).where(table.c.id == ident))
        ).scalar_one()
        forged = record.replace('"allowed":false', '"allowed":true')
        await conn.execute(update(table).where(table.c.id == ident).values(record=forged))
    client = await log_in(Role.AUDITOR)
    answer = await send(client, f"/decisions/{ident}", f"/decisions/{ident}/replay")
    assert "Not the same" in answer.text
    assert "decision.allowed was true, is now false" in answer.text
    assert answer.text.count("hash differs") == 2


async def test_a_decision_that_can_not_be_replayed_says_why(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    ident = await refusal(db, clock, work["Auto loans, early calls"])
    table = tables.decisions
    async with db.write() as conn:
        record = (
            await conn.execute(select(table.c.record).where(table.c.id == ident))
        ).scalar_one()
        known = re.search(r'"us.regf":"([0-9a-f]{64})"', record)
        assert known is not None
        lost = record.replace(known[1], "0" * 64)
        await conn.execute(update(table).where(table.c.id == ident).values(record=lost))
    client = await log_in(Role.AUDITOR)
    answer = await send(client, f"/decisions/{ident}", f"/decisions/{ident}/replay")
    assert "is not kept" in answer.text
    assert "could not be decided" in answer.text
    gone = await client.post("/decisions/none/replay", data={"csrf_token": csrf_of(answer.text)})
    assert gone.status_code == 404


async def test_a_refusal_says_what_would_change_it(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    ident = await refusal(db, clock, work["Auto loans, early calls"])
    client = await log_in(Role.AUDITOR)
    text = (await client.get(f"/decisions/{ident}")).text
    part = text.split("What would change the answer")[1].split("</section>")[0]
    assert "US-REGF-7IN7" in part
    assert "Time alone" in part
    assert "2026-11-26 00:00:00-05:00 America/New_York" in part


async def test_rules_speak_the_readers_language(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    ident = await refusal(db, clock, work["Auto loans, early calls"])
    client = await log_in(Role.AUDITOR)
    for language, reason, law, title in (
        (
            "en",
            "dial_connected_to_number in 7 days: the cap of 7 is reached",
            "More than seven calls in seven consecutive days about one debt",
            "United States: Regulation F",
        ),
        (
            "zh-CN",
            "7天内的接通到号码的拨打：已达上限7",
            "就一笔债务连续七天内超过七次通话的，推定违规",
            "美国：Regulation F",
        ),
    ):
        headers = {"Accept-Language": language}
        text = (await client.get(f"/decisions/{ident}", headers=headers)).text
        assert reason in text
        assert law in text
        pack = (await client.get("/packs/us.regf", headers=headers)).text
        assert law in pack
        assert title in pack
        assert title in (await client.get("/packs", headers=headers)).text


async def test_what_an_auditor_looks_at_stands_in_the_ledger_by_opaque_ids(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database
) -> None:
    client = await log_in(Role.AUDITOR)
    await client.get("/people", params={"q": "Quickwater"})
    await client.get("/people/consumer_0000")
    await client.get("/people/consumer_0000")  # the same look
    await client.get("/people/consumer_9999")  # nothing was seen
    await client.get("/refusals?rule=US-REGF-7IN7")
    found = await looks(app, db)
    assert [look["page"] for look in found] == [
        "GET /people",
        "GET /people/{consumer_id}",
        "GET /refusals",
    ]
    assert {look["role"] for look in found} == {"auditor"}
    assert {look["by"] for look in found} == {"auditor-0"}
    assert "uickwater" not in json.dumps(found)
    assert "consumer_0000" in found[0]["found"]
    assert found[1]["person"] == "consumer_0000"


async def test_a_supervisor_s_look_at_a_person_is_written_and_a_look_at_figures_is_not(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database
) -> None:
    client = await log_in(Role.SUPERVISOR)
    await client.get("/campaigns")
    await client.get("/people/consumer_0001")
    assert [look["person"] for look in await looks(app, db)] == ["consumer_0001"]


async def test_no_look_is_lost_where_many_come_at_once(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database
) -> None:
    client = await log_in(Role.AUDITOR)
    paths = [f"/attempts?outcome=o{number}" for number in range(20)]
    await asyncio.gather(*map(client.get, paths))
    assert len(await looks(app, db)) == 20


async def test_a_proof_pack_is_handed_out_for_a_purpose_that_the_ledger_keeps(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database, tmp_path: Path
) -> None:
    client = await log_in(Role.AUDITOR)
    page = "/people/consumer_0000"
    wish = {"purpose": " complaint 2026-118 ", "since": "2026-11-01", "until": ""}
    answer = await send(client, page, f"{page}/proof", data=wish)
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="proof-consumer_0000-20261124' in answer.headers["content-disposition"]
    path = tmp_path / "pack.zip"
    path.write_bytes(answer.content)
    checked = verify_proof(path)
    assert checked.faults == ()
    assert checked.decisions > 0
    asked = (await looks(app, db))[-1]
    assert asked["purpose"] == "complaint 2026-118"
    assert asked["by"] == "auditor-0"
    assert asked["person"] == "consumer_0000"
    assert asked["since"] == "2026-11-01T00:00:00Z"
    async with db.read() as conn:
        query = select(tables.ledger.c.kind).where(tables.ledger.c.subject == "consumer_0000")
        kinds = (await conn.execute(query.order_by(tables.ledger.c.at))).scalars().all()
    assert "proof" in kinds
    assert (await verify(db)).broken is None


async def test_no_proof_pack_without_a_purpose_a_person_or_the_role(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database
) -> None:
    auditor = await log_in(Role.AUDITOR)
    page = "/people/consumer_0000"
    empty = await send(auditor, page, f"{page}/proof", data={"purpose": "   "})
    assert empty.status_code == 422
    assert "Say what the proof pack is for" in empty.text
    nobody = await send(auditor, page, "/people/nobody/proof", data={"purpose": "audit"})
    assert nobody.status_code == 404
    supervisor = await log_in(Role.SUPERVISOR)
    assert "/proof" not in (await supervisor.get(page)).text
    barred = await send(supervisor, page, f"{page}/proof", data={"purpose": "audit"})
    assert barred.status_code == 403
    assert not [look for look in await looks(app, db) if "purpose" in look]


async def test_a_person_s_page_counts_each_rule_and_when_it_frees(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.AUDITOR)
    text = (await client.get("/people/consumer_0000")).text
    table = text.split("Contact frequency")[1].split("</table>")[0]
    (row,) = [row for row in table.split("<tr") if "US-REGF-7IN7" in row]
    for shown in (
        "Calls that reached the number",
        "7 local days",
        "7 / 7",
        "2026-11-26 05:00:00 UTC",
    ):
        assert shown in row, shown


async def test_signs_of_pressure_stand_on_the_person_s_page(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock
) -> None:
    async with db.write() as conn:
        for minute in (0, 3):
            values = {
                "id": f"event_{minute}",
                "consumer_id": "consumer_0000",
                "at": clock.now() - timedelta(days=3, minutes=minute),
                "channel": "call",
                "direction": "out",
                "outcome": "no_answer",
                "debts": [],
                "also_discussed": [],
                "source": "import",
                "recorded_at": clock.now(),
            }
            await conn.execute(insert(tables.contact_events), values)
    client = await log_in(Role.AUDITOR)
    text = (await client.get("/people/consumer_0000")).text
    assert "Two unanswered calls within five minutes" in text


async def test_a_search_may_say_what_its_words_are(log_in: LogIn, work: dict[str, str]) -> None:
    client = await log_in(Role.AUDITOR)

    async def finds(q: str, by: str) -> bool:
        text = (await client.get("/people", params={"q": q, "by": by})).text
        return "/people/consumer_0000" in text

    assert await finds("quickwater", "name")
    assert not await finds("FW-24000", "name")
    assert await finds("FW-24000", "case")
    assert await finds("+1 (212) 555-0100", "address")
    assert await finds("212 555 0100", "address")
    assert not await finds("5550100", "address")  # not the whole number
    assert await finds("5550100", "")


async def test_days_without_words_list_every_decision_of_those_days(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.AUDITOR)
    found = await client.get("/people", params={"q": " ", "since": "2026-11-24", "until": ""})
    assert found.headers["location"] == "/decisions?since=2026-11-24&until="
    text = (await client.get(found.headers["location"])).text
    assert "Permitted</span>" in text
    assert "Refused</span>" in text
    permitted = (await client.get("/decisions?since=2026-11-24&answer=permit")).text
    assert "Refused</span>" not in permitted
    assert re.search(r"\d+ permitted, 0 refused", permitted)
    assert "No decision fits" in (await client.get("/decisions?until=2020-01-01")).text


async def test_a_verification_shows_how_far_it_is_and_no_second_one_begins(
    log_in: LogIn, work: dict[str, str], app: FastAPI
) -> None:
    client = await log_in(Role.AUDITOR)
    begun, go_on = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()

    async def walk(_: Database, job: Job) -> None:
        job.done = 500
        loop.call_soon_threadsafe(begun.set)
        await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(go_on.wait(), loop))

    job = app.state.jobs.begin("verification", "avery", walk, total=2000)
    await begun.wait()
    text = (await client.get("/ledger")).text
    assert "500 of 2,000 entries walked" in text
    assert '<progress max="1" value="0.250"' in text
    assert 'hx-get="/ledger/verification"' in text
    assert "Verify every entry now" not in text
    await client.post("/ledger/verify", data={"csrf_token": csrf_of(text)})
    assert app.state.jobs.latest("verification") is job
    go_on.set()
    await app.state.jobs.settled()
    assert job.ended_at is not None


async def test_a_job_that_fails_says_so(log_in: LogIn, work: dict[str, str], app: FastAPI) -> None:
    client = await log_in(Role.AUDITOR)

    async def walk(_: Database, __: Job) -> None:
        raise OSError("the disk is gone")

    app.state.jobs.begin("verification", "avery", walk, total=1)
    await app.state.jobs.settled()
    text = (await client.get("/ledger")).text
    assert "The verification itself failed" in text
    assert "the disk is gone" in text
    assert "Verify every entry now" in text


async def test_the_ledger_is_taken_away_and_verifies_by_itself(
    log_in: LogIn, work: dict[str, str], app: FastAPI, db: Database, tmp_path: Path
) -> None:
    root = await record_root(db)
    client = await log_in(Role.AUDITOR)
    assert root in (await client.get("/ledger")).text
    answer = await send(client, "/ledger", "/ledger/export")
    path = tmp_path / "ledger.jsonl"
    path.write_bytes(answer.content)
    verified = verify_file(path)
    assert verified.broken is None
    assert verified.entries > 100
    assert '"POST /ledger/export"' in answer.text.replace("\\", "")  # the export tells of itself
    supervisor = await log_in(Role.SUPERVISOR)
    assert (await send(supervisor, "/ledger", "/ledger/export")).status_code == 403


def draft(old: str, new: str) -> tuple[str, bytes]:
    text = packs.shipped()["us.regf"].text
    assert old in text
    return "draft.toml", text.replace(old, new).encode()


async def test_a_draft_is_tried_on_the_past(
    log_in: LogIn, work: dict[str, str], app: FastAPI
) -> None:
    for role in (Role.AUDITOR, Role.ADMINISTRATOR):
        client = await log_in(role)
        file = draft("limit = 7", "limit = 2")
        answer = await send(
            client, "/packs", "/packs/whatif", files={"draft": file}, data={"days": "30"}
        )
        where = answer.headers["location"]
        await app.state.jobs.settled()
        text = (await client.get(where)).text
        refused = re.search(r"Newly refused</dt><dd>(\d+)", text)
        assert refused is not None
        assert int(refused[1]) > 0
        assert "US-REGF-7IN7" in text
        assert re.search(r"<code>limit</code></td><td>7</td><td>2</td>", text)
        by = "Changes by the consumer's hour"
        assert all(
            f"Changes by {axis}" in text for axis in ("the packs", "jurisdiction", "channel")
        )
        assert re.search(r"\d\d:00</span>", text.split(by)[1])
        part = (await client.get(where, headers={"HX-Request": "true"})).text
        assert "<h1" not in part


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"[pack]\nid = 3\n", "bad.toml:"),
        (b"not toml at all", "not TOML"),
        (b"# \xff", "no text in UTF-8"),
        (b"#" * (1024 * 1024 + 1), "one megabyte"),
    ],
)
async def test_a_draft_that_does_not_hold_is_refused_with_its_line(
    log_in: LogIn, work: dict[str, str], content: bytes, fault: str
) -> None:
    client = await log_in(Role.AUDITOR)
    files = {"draft": ("bad.toml", content)}
    answer = await send(client, "/packs", "/packs/whatif", files=files)
    assert answer.status_code == 422
    assert "This pack does not hold" in answer.text
    assert fault in answer.text


async def test_only_auditors_and_administrators_try_drafts(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    assert "Try a draft" not in (await client.get("/packs")).text
    files = {"draft": draft("limit = 7", "limit = 2")}
    answer = await send(client, "/packs", "/packs/whatif", files=files)
    assert answer.status_code == 403
    auditor = await log_in(Role.AUDITOR)
    assert (await auditor.get("/packs/whatif/none")).status_code == 404


async def test_a_campaign_says_why_it_begins_nothing(
    log_in: LogIn, work: dict[str, str], db: Database, clock: ManualClock, outside: Outside
) -> None:
    ident = work["Auto loans, early calls"]
    table = tables.campaign_cases
    ours = table.c.campaign_id == ident
    async with db.write() as conn:
        await conn.execute(
            update(table)
            .where(ours)
            .values(
                state="due", next_at=clock.now() + timedelta(hours=20), last_rule="US-REGF-HOURS"
            )
        )
    client = await log_in(Role.SUPERVISOR)

    async def row() -> str:
        text = (await client.get("/campaigns")).text
        return re.sub(r"<[^>]+>", " ", text.split(f'id="{ident}"')[1].split("</tr>")[0])

    assert re.search(r"Outside lawful hours until\s+11-25 13:00\s+US-REGF-HOURS", await row())
    outside.waiting[ident] = "call: the trunk does not answer; sms: no route"
    assert "Call can't begin: the trunk does not answer" in await row()
    assert "SMS can't begin: no route" in await row()
    outside.waiting[ident] = ""
    async with db.write() as conn:
        await conn.execute(update(table).where(ours).values(state="held", next_at=None))
    assert "41 cases are held until something" in await row()
    page = await client.get(f"/campaigns/{ident}")
    assert "41 cases are held" in page.text

"""Reports that go out by themselves: made on a page, sent by a real mail relay, never to others."""

from __future__ import annotations

import asyncio
import io
import os
import re
import zipfile
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import default
from functools import partial
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from aiosmtpd.smtp import Envelope
from sqlalchemy import select, update

from dialer.engine.report_post import ReportPost
from dialer.store import tables
from dialer.store.accounts import Role, accounts
from dialer.store.database import Database
from dialer.store.report_schedules import WAITS
from dialer.web.report_mail import may_see_reports, report_mail
from dialer.web.services import Services
from messaging.email.smtp import Security, relay_client
from messaging.email.staff import Post
from messaging.email.staff_smtp import staff_post
from scheduler.clock import ManualClock, SystemClock
from tests.dialer.web.conftest import LogIn, csrf_of
from tests.dialer.web.sample import NAMES
from tests.messaging.relay import Relay, run_relay

DOMAINS = ("fernwood.example",)
HERE = "/reports/schedules"
EIGHT = datetime(2026, 11, 25, 0, 0, tzinfo=UTC)  # eight in the morning in Shanghai
WANTED = {
    "name": "Daily figures",
    "every": "day",
    "at": "08:00",
    "zone": "Asia/Shanghai",
    "recipients": "chief@fernwood.example, deputy@fernwood.example",
    "formats": ["csv", "xlsx", "html", "pdf"],
    "language": "en",
}


@pytest.fixture
def services(services: Services) -> Services:
    return replace(services, settings=replace(services.settings, report_domains=DOMAINS))


async def schedule(client: httpx.AsyncClient, **more: object) -> httpx.Response:
    page = await client.get(HERE)
    return await client.post(HERE, data={"csrf_token": csrf_of(page.text), **WANTED, **more})


def posting(db: Database, post: Post | None, domains: Collection[str] = DOMAINS) -> ReportPost:
    return ReportPost(
        db=db,
        post=post,
        sender="care@fernwood.example",
        domains=domains,
        make=partial(report_mail, db, "Fernwood"),
        entitled=partial(may_see_reports, db),
    )


def by_port(port: int, clock: ManualClock) -> Post:
    connect = relay_client(
        host="127.0.0.1", port=port, local_hostname="fernwood.example", security=Security.NONE
    )
    return staff_post(connect, DOMAINS, clock)


def read(envelope: Envelope) -> EmailMessage:
    content = envelope.content
    assert isinstance(content, bytes)
    mail = BytesParser(policy=default).parsebytes(content)
    assert isinstance(mail, EmailMessage)
    return mail


def files_of(mail: EmailMessage) -> dict[str, bytes]:
    return {
        str(part.get_filename()): part.get_payload(decode=True) or b""
        for part in mail.iter_attachments()
    }


def received(relay: Relay) -> list[tuple[str, EmailMessage]]:
    return [(envelope.rcpt_tos[0], read(envelope)) for envelope in relay.received]


async def until(clock: ManualClock, at: datetime) -> None:
    await clock.advance((at - clock.now()).total_seconds())


async def ledger(db: Database, kind: str) -> list[str]:
    async with db.read() as conn:
        found = await conn.execute(select(tables.ledger.c.body).where(tables.ledger.c.kind == kind))
        return list(found.scalars())


async def test_a_report_goes_out_at_its_local_time_with_every_file(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    client = await log_in(Role.SUPERVISOR)
    assert (await schedule(client)).status_code == 303
    async with run_relay() as relay:
        post = posting(db, by_port(relay.port, clock))
        await until(clock, EIGHT - timedelta(seconds=1))
        assert await post.run_once() == 0
        await until(clock, EIGHT)
        assert await post.run_once() == 1
        assert await post.run_once() == 0
    mails = received(relay)
    assert sorted(to for to, _ in mails) == ["chief@fernwood.example", "deputy@fernwood.example"]
    assert len({mail["Message-ID"] for _, mail in mails}) == 2
    files = files_of(mails[0][1])
    assert {name.rsplit(".")[-1] for name in files} == {"csv", "xlsx", "html", "pdf"}
    told = "\n".join(files[name].decode("utf-8-sig") for name in files if name.endswith("csv"))
    assert "Cards 30–59, first notice" in told
    page = files["report_2026-11-24_2026-11-24.html"].decode()
    assert "<svg" in page
    assert "2026-11-24" in page
    assert files["report_2026-11-24_2026-11-24.pdf"].startswith(b"%PDF-")
    with zipfile.ZipFile(io.BytesIO(files["report_2026-11-24_2026-11-24.xlsx"])) as book:
        told += page + "".join(book.read(name).decode() for name in book.namelist())
    assert not any(name in told for name in NAMES)
    assert not re.search(r"\+\d{10,}|consumer\d+@", told)
    (entry,) = await ledger(db, "report.sent")
    assert sha256(files["report_2026-11-24_2026-11-24.pdf"]).hexdigest() in entry
    assert "@" not in entry
    shown = (await (await log_in(Role.SUPERVISOR)).get(HERE)).text
    assert "Sent" in shown
    assert "chief@fernwood.example, deputy@fernwood.example" in shown


async def test_what_was_missed_while_nothing_ran_goes_out_once(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR), recipients="chief@fernwood.example")
    await until(clock, EIGHT + timedelta(days=5, hours=3))
    async with run_relay() as relay:
        assert await posting(db, by_port(relay.port, clock)).run_once() == 1
        assert await posting(db, by_port(relay.port, clock)).run_once() == 0
    ((_, mail),) = received(relay)
    assert mail["Subject"] == "Daily figures: 2026-11-24 – 2026-11-29"


async def test_a_failure_is_shown_and_tried_again_for_those_who_have_it_not(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR))
    await until(clock, EIGHT)
    async with run_relay() as relay:
        relay.rcpt.append("451 4.2.1 mailbox busy")
        post = posting(db, by_port(relay.port, clock))
        assert await post.run_once() == 0
        shown = (await (await log_in(Role.SUPERVISOR)).get(HERE)).text
        assert "mailbox busy" in shown
        assert "not yet: chief@fernwood.example" in shown
        await until(clock, EIGHT + WAITS[0])
        assert await post.run_once() == 1
    assert [to for to, _ in received(relay)] == [
        "deputy@fernwood.example",
        "chief@fernwood.example",
    ]


async def test_after_the_last_try_it_has_failed_and_says_so(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR))
    post = posting(db, None)
    await until(clock, EIGHT)
    await post.run_once()
    for wait in WAITS:
        await until(clock, clock.now() + wait)
        await post.run_once()
    shown = (await (await log_in(Role.SUPERVISOR)).get(HERE)).text
    assert "Failed" in shown
    assert "no mail relay is set up" in shown
    assert len(await ledger(db, "report.failed")) == 1


@pytest.mark.parametrize("to", ["chief@elsewhere.example", "fernwood.example", "a@b@c", "@"])
async def test_nobody_outside_the_listed_domains_is_a_recipient(
    to: str, work: dict[str, str], db: Database, log_in: LogIn
) -> None:
    client = await log_in(Role.SUPERVISOR)
    refused = await schedule(client, recipients=f"chief@fernwood.example {to}")
    assert refused.status_code == 409
    assert "Daily figures" not in (await client.get(HERE)).text


async def test_a_domain_that_is_no_longer_listed_gets_nothing(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR))
    await until(clock, EIGHT)
    async with run_relay() as relay:
        assert await posting(db, by_port(relay.port, clock), ["other.example"]).run_once() == 0
        assert relay.connections == 0
    client = await log_in(Role.SUPERVISOR)
    assert "not of one of the domains" in (await client.get(HERE)).text


async def test_an_account_that_is_switched_off_sends_no_more_reports(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR))
    async with db.write() as conn:
        await conn.execute(update(accounts).values(state="disabled"))
    await until(clock, EIGHT)
    async with run_relay() as relay:
        assert await posting(db, by_port(relay.port, clock)).run_once() == 0
        assert relay.connections == 0


async def test_a_paused_schedule_rests_and_a_deleted_one_is_gone(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    await schedule(await log_in(Role.SUPERVISOR), recipients="chief@fernwood.example")

    async def switch(state: str) -> None:
        client = await log_in(Role.SUPERVISOR)
        page = (await client.get(HERE)).text
        (ident,) = set(re.findall(rf"{HERE}/(schedule-\w+)", page))
        data = {"csrf_token": csrf_of(page), "state": state}
        assert (await client.post(f"{HERE}/{ident}", data=data)).status_code == 303

    async with run_relay() as relay:
        post = posting(db, by_port(relay.port, clock))
        await switch("paused")
        await until(clock, EIGHT + timedelta(hours=1))
        assert await post.run_once() == 0
        await switch("active")
        assert await post.run_once() == 0
        await until(clock, EIGHT + timedelta(days=1))
        assert await post.run_once() == 1
        await switch("deleted")
        await until(clock, EIGHT + timedelta(days=2))
        assert await post.run_once() == 0
    assert len(relay.received) == 1
    assert len(await ledger(db, "report.schedule_switched")) == 3


async def test_a_report_in_chinese_of_one_campaign(
    work: dict[str, str], db: Database, clock: ManualClock, log_in: LogIn
) -> None:
    campaign = "Auto loans, early calls"
    await schedule(
        await log_in(Role.SUPERVISOR),
        recipients="chief@fernwood.example",
        language="zh-Hans",
        campaign_id=work[campaign],
        every="week",
        weekday="2",
    )
    await until(clock, EIGHT)
    async with run_relay() as relay:
        assert await posting(db, by_port(relay.port, clock)).run_once() == 1
    ((_, mail),) = received(relay)
    page = files_of(mail)["report_2026-11-18_2026-11-24.html"].decode()
    assert "期间数据" in page
    assert campaign in page
    assert not any(name in page for name in work if name != campaign)


@pytest.mark.parametrize("role", [Role.AGENT, Role.AUDITOR, Role.ADMINISTRATOR])
async def test_others_schedule_no_reports(role: Role, log_in: LogIn) -> None:
    assert (await (await log_in(role)).get(HERE)).status_code == 403


@pytest.mark.parametrize("form", ["csv", "xlsx", "html", "pdf"])
async def test_the_report_is_taken_away_in_every_form(
    form: str, work: dict[str, str], log_in: LogIn
) -> None:
    client = await log_in(Role.SUPERVISOR)
    query = {"first": "2026-11-24", "last": "2026-11-24", "creditor": "", "team": ""}
    taken = await client.get(f"/reports/period.{form}", params=query)
    assert taken.status_code == 200
    assert taken.headers["content-disposition"].startswith("attachment")
    heads = {"csv": b"PK", "xlsx": b"PK", "html": b"<!doctype html>", "pdf": b"%PDF-"}
    assert taken.content.startswith(heads[form])


@pytest.mark.peer("smtp-sink")
async def test_postfix_takes_our_reports(
    work: dict[str, str],
    db: Database,
    clock: ManualClock,
    log_in: LogIn,
    *,
    tmp_path: Path,
    free_tcp_port: int,
) -> None:
    await schedule(await log_in(Role.SUPERVISOR))
    sink_at = tmp_path / "sink"
    sink_at.mkdir(mode=0o777)
    sink_at.chmod(0o777)
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    sink = await asyncio.create_subprocess_exec(
        "smtp-sink", *user, "-d", "%Y.", f"127.0.0.1:{free_tcp_port}", "10", cwd=sink_at
    )
    try:
        async with asyncio.timeout(10):
            while True:
                try:
                    _, writer = await asyncio.open_connection("127.0.0.1", free_tcp_port)
                except OSError:
                    await SystemClock().sleep(0.02)
                else:
                    writer.close()
                    break
        await until(clock, EIGHT)
        assert await posting(db, by_port(free_tcp_port, clock)).run_once() == 1
    finally:
        sink.terminate()
        await sink.wait()
    mails = [
        BytesParser(policy=default).parsebytes(file.read_bytes()) for file in sink_at.iterdir()
    ]
    whole = [mail for mail in mails if mail["Subject"]]
    assert {mail["To"] for mail in whole} == {"chief@fernwood.example", "deputy@fernwood.example"}

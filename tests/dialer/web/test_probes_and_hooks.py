"""What machines ask of the service, and what comes in from outside."""

from __future__ import annotations

import re

import httpx
from fastapi import FastAPI

from dialer.feed.in_process import InProcessFeed
from dialer.store.accounts import Role
from dialer.store.database import Database
from dialer.web.app import create_app
from scheduler.clock import ManualClock
from tests.dialer.web.conftest import LogIn, Outside, client_of, make_services, send_login
from tests.dialer.web.sample import PASSWORD, add_account


async def test_readiness_names_each_part_that_is_not_ready(
    client: httpx.AsyncClient, outside: Outside
) -> None:
    assert (await client.get("/healthz")).json() == {"status": "alive"}
    ready = await client.get("/readyz")
    assert ready.status_code == 200
    assert ready.json() == {"ready": True, "parts": {"store": "ready", "trunk": "ready"}}
    outside.health["trunk"] = "no answer to OPTIONS"
    not_ready = await client.get("/readyz")
    assert not_ready.status_code == 503
    assert not_ready.json() == {
        "ready": False,
        "parts": {"store": "ready", "trunk": "no answer to OPTIONS"},
    }


async def test_metrics_count_routes_and_name_nobody(
    log_in: LogIn, work: dict[str, str], client: httpx.AsyncClient
) -> None:
    auditor = await log_in(Role.AUDITOR)
    await auditor.get("/people/consumer_0000?q=+12125550100")
    text = (await client.get("/metrics")).text
    assert re.search(
        r'ringfence_http_requests_total\{method="GET",route="/people/\{consumer_id\}",'
        r'status="200"\} \d',
        text,
    )
    assert "consumer_0000" not in text
    assert "2125550100" not in text


async def test_opening_the_unsubscribe_link_changes_nothing_and_one_post_does(
    client: httpx.AsyncClient, outside: Outside
) -> None:
    page = await client.get("/hooks/unsubscribe/good-token")
    assert page.status_code == 200
    assert '<form method="post" action="/hooks/unsubscribe/good-token"' in page.text
    assert outside.unsubscribed == []
    answer = await client.post(
        "/hooks/unsubscribe/good-token",
        content="List-Unsubscribe=One-Click",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code == 200
    assert outside.unsubscribed == ["good-token"]
    assert not client.cookies
    assert (await client.post("/hooks/unsubscribe/bad-token")).status_code == 404


async def test_mail_is_taken_from_the_mail_host_alone(
    client: httpx.AsyncClient, outside: Outside
) -> None:
    message = b"From: a@mail.example\r\nSubject: Re: \xe4\xbd\xa0\xe5\xa5\xbd\r\n\r\nSTOP\r\n"
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}):
        assert (
            await client.post("/hooks/mail", content=message, headers=headers)
        ).status_code == 401
    answer = await client.post(
        "/hooks/mail", content=message, headers={"Authorization": "Bearer mail-host-secret"}
    )
    assert answer.status_code == 202
    assert outside.mails == [message]


async def test_cookies_are_secure_on_https(
    db: Database, feed: InProcessFeed, clock: ManualClock, outside: Outside
) -> None:
    await add_account(db, "robin", Role.AGENT)
    app = create_app(make_services(db, feed, clock, outside, https=True))
    async with client_of(app) as client:
        client.base_url = httpx.URL("https://console.test")
        answer = await send_login(client, "robin", PASSWORD)
        cookies = answer.headers.get_list("set-cookie")
        assert all("Secure" in c for c in cookies if "Max-Age=0" not in c)
        assert "max-age" in answer.headers["strict-transport-security"]


async def test_static_files_may_be_kept_for_ever_under_their_version_only(
    client: httpx.AsyncClient, app: FastAPI
) -> None:
    page = (await client.get("/login")).text
    address = re.search(r'href="(/static/console.css\?v=\w+)"', page)
    assert address is not None
    kept = await client.get(address.group(1))
    assert "immutable" in kept.headers["cache-control"]
    assert (await client.get("/static/console.css")).headers["cache-control"] == "no-store"

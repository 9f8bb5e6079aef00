"""Who gets in, who stays in, and what each role may do."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from dialer.store.accounts import Role, create_token, revoke_token
from dialer.store.database import Database
from dialer.web.app import ROUTERS
from dialer.web.auth import GRANTS, SESSION_COOKIE, Permission
from dialer.web.first_start import ADMINISTRATOR, ensure_administrator
from dialer.web.limits import FAILURES, WINDOW_S
from scheduler.clock import ManualClock
from tests.dialer.web.conftest import LogIn, client_of, csrf_of, send_login
from tests.dialer.web.sample import PASSWORD, add_account

OPEN_TO_ALL = {
    ("GET", "/"),
    ("GET", "/login"),
    ("POST", "/login"),
    ("POST", "/language"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
    ("GET", "/hooks/unsubscribe/{token}"),
    ("POST", "/hooks/unsubscribe/{token}"),
    ("POST", "/hooks/mail"),
    ("GET", "/agree/{token}"),
    ("POST", "/agree/{token}"),
    ("POST", "/agree/{token}/accept"),
}


async def test_a_right_password_opens_a_session_and_a_wrong_one_does_not(
    client: httpx.AsyncClient, db: Database
) -> None:
    await add_account(db, "Robin", Role.SUPERVISOR)
    wrong = await send_login(client, "robin", "not the password")
    assert wrong.status_code == 401
    assert "do not fit together" in wrong.text
    assert (await client.get("/campaigns")).status_code == 303
    right = await send_login(client, " ROBIN ", PASSWORD, next="/refusals?channel=sms")
    assert right.status_code == 303
    assert right.headers["location"] == "/refusals?channel=sms"
    assert (await client.get("/campaigns")).status_code == 200


async def test_the_session_cookie_can_not_be_read_by_scripts_or_sent_by_other_sites(
    client: httpx.AsyncClient, db: Database
) -> None:
    await add_account(db, "robin", Role.AGENT)
    answer = await send_login(client, "robin", PASSWORD)
    (cookie,) = (
        c for c in answer.headers.get_list("set-cookie") if c.startswith("ringfence_session=")
    )
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:x"]
)
async def test_log_in_leads_to_no_other_site(
    client: httpx.AsyncClient, db: Database, elsewhere: str
) -> None:
    await add_account(db, "robin", Role.AGENT)
    answer = await send_login(client, "robin", PASSWORD, next=elsewhere)
    assert answer.headers["location"] == "/campaigns"


async def test_after_too_many_failures_the_right_password_must_wait_too(
    client: httpx.AsyncClient, db: Database, clock: ManualClock
) -> None:
    await add_account(db, "robin", Role.AGENT)
    for _ in range(FAILURES):
        assert (await send_login(client, "robin", "wrong")).status_code == 401
    refused = await send_login(client, "robin", PASSWORD)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= WINDOW_S + 1
    await clock.advance(WINDOW_S)
    assert (await send_login(client, "robin", PASSWORD)).status_code == 303


async def test_a_log_in_form_of_another_site_is_refused(
    client: httpx.AsyncClient, db: Database
) -> None:
    await add_account(db, "robin", Role.AGENT)
    await client.get("/login")
    answer = await client.post("/login", data={"name": "robin", "password": PASSWORD})
    assert answer.status_code == 403
    assert "ringfence_session" not in client.cookies


async def test_a_session_ends_when_idle_and_at_its_absolute_limit(
    log_in: LogIn, clock: ManualClock
) -> None:
    client = await log_in(Role.AGENT)
    for _ in range(28):
        await clock.advance(25 * 60)
        assert (await client.get("/campaigns")).status_code == 200
    await clock.advance(25 * 60)  # twelve hours after the log-in
    assert (await client.get("/campaigns")).status_code == 303
    idle = await log_in(Role.AGENT)
    await clock.advance(31 * 60)
    assert (await idle.get("/campaigns")).status_code == 303


async def test_log_out_ends_the_session_on_the_server(log_in: LogIn, app: FastAPI) -> None:
    client = await log_in(Role.AGENT)
    stolen = dict(client.cookies)
    page = await client.get("/campaigns")
    await client.post("/logout", data={"csrf_token": csrf_of(page.text)})
    async with client_of(app) as thief:
        thief.cookies.update(stolen)
        assert (await thief.get("/campaigns")).status_code == 303


async def test_the_first_administrator_must_change_the_one_time_secret(
    client: httpx.AsyncClient, db: Database, clock: ManualClock
) -> None:
    secret = await ensure_administrator(db, clock)
    assert secret is not None
    assert await ensure_administrator(db, clock) is None
    answer = await send_login(client, ADMINISTRATOR, secret)
    assert answer.headers["location"] == "/password"
    assert (await client.get("/accounts")).headers["location"] == "/password"
    problem = await client.get("/api/v1/campaigns")
    assert problem.status_code == 403

    token = csrf_of((await client.get("/password")).text)
    form = {"csrf_token": token, "present": secret, "wanted": PASSWORD, "again": PASSWORD}
    for wrong in ({"present": "x"}, {"wanted": "short", "again": "short"}, {"again": "other"}):
        assert (await client.post("/password", data={**form, **wrong})).status_code == 422
    other_session = dict(client.cookies)
    assert (await client.post("/password", data=form)).status_code == 303
    assert (await client.get("/accounts")).status_code == 200
    client.cookies.update(other_session)
    assert (await client.get("/accounts")).status_code == 303


async def test_every_route_but_the_public_ones_asks_for_a_log_in(client: httpx.AsyncClient) -> None:
    found = [
        (method, route.path)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods
    ]
    assert set(found) > OPEN_TO_ALL
    for method, path in found:
        if (method, path) not in OPEN_TO_ALL:
            answer = await client.request(
                method, path.replace("{action}", "start"), headers={"Accept": "*/*"}
            )
            assert answer.status_code == 401, (method, path)


@pytest.mark.parametrize(
    ("path", "permission"),
    [
        ("/campaigns", Permission.SEE_CAMPAIGNS),
        ("/attempts", Permission.SEE_ATTEMPTS),
        ("/refusals", Permission.SEE_DECISIONS),
        ("/people", Permission.FIND_PEOPLE),
        ("/ledger", Permission.SEE_LEDGER),
        ("/packs", Permission.SEE_PACKS),
        ("/accounts", Permission.MANAGE_ACCOUNTS),
        ("/api/v1/decisions", Permission.SEE_DECISIONS),
    ],
)
async def test_a_page_opens_to_the_roles_that_are_granted_it_alone(
    log_in: LogIn, path: str, permission: Permission
) -> None:
    for role in Role:
        client = await log_in(role)
        answer = await client.get(path)
        assert answer.status_code == (200 if permission in GRANTS[role] else 403), role


async def test_only_auditors_see_whole_numbers() -> None:
    assert {role for role in Role if Permission.SEE_NUMBERS in GRANTS[role]} == {Role.AUDITOR}


async def test_a_bearer_token_works_until_it_is_revoked_or_expires(
    client: httpx.AsyncClient, db: Database, clock: ManualClock
) -> None:
    async with db.write() as conn:
        now = clock.now()
        token = await create_token(conn, name="feed", role=Role.AUDITOR, now=now)
        short = await create_token(
            conn, name="short", role=Role.AUDITOR, now=now, expires_at=now.replace(hour=18)
        )
    headers, brief = ({"Authorization": f"Bearer {t}"} for t in (token, short))
    assert (await client.get("/api/v1/campaigns", headers=headers)).status_code == 200
    assert (await client.get("/api/v1/campaigns", headers=brief)).status_code == 200
    await clock.advance(3600)
    assert (await client.get("/api/v1/campaigns", headers=brief)).status_code == 401
    async with db.write() as conn:
        await revoke_token(conn, name="feed", now=clock.now())
    assert (await client.get("/api/v1/campaigns", headers=headers)).status_code == 401


async def test_the_store_keeps_no_secret(log_in: LogIn, db: Database) -> None:
    client = await log_in(Role.AUDITOR)
    session = client.cookies[SESSION_COOKIE]
    async with db.read() as conn:
        kept = str((await conn.exec_driver_sql("select * from sessions")).all())
        kept += str((await conn.exec_driver_sql("select * from accounts")).all())
    assert session not in kept
    assert PASSWORD not in kept
    assert "$argon2id$" in kept

"""Every page, route and download, asked by every role: what a role must not see is not in it."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import select

from dialer.store import tables
from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from dialer.web.app import ROUTERS
from dialer.web.auth import GRANTS, Permission
from tests.dialer.web.conftest import LogIn, client_of
from tests.dialer.web.sample import NAMES

SLOW = {"/events", "/floor/live"}  # streams without an end
QUERY = {
    "q": "Quickwater",
    "first": "2026-11-24",
    "last": "2026-11-24",
    "channel": "call",
    "purpose": "to review it",
    "debt_id": "none",
    "first_due_on": "2026-12-15",
}
NUMBER = re.compile(r"\+\d{10,}|consumer\d+@mail\.example")
REFUSED = {303, 401, 403, 404, 405, 409, 422}


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Method and path of every page, and of every route of the API."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and not route.include_in_schema:
                yield from ((method, route.path) for method in route.methods)
    for path, methods in app.openapi()["paths"].items():
        yield from ((method.upper(), path) for method in methods)


def reads(app: FastAPI) -> list[str]:
    return [path for method, path in routes(app) if method == "GET" and path not in SLOW]


@pytest.fixture
async def known(work: dict[str, str], db: Database) -> dict[str, str]:
    """What the places in a path may stand for."""
    async with db.read() as conn:
        decision = (await conn.execute(select(tables.decisions.c.id).limit(1))).scalar_one()
    return {
        "case_id": "case_0000",
        "consumer_id": "consumer_0000",
        "decision_id": decision,
        "attempt_id": decision,
        "campaign_id": next(iter(work.values())),
        "agent": "ada",
        "language": "en",
    }


def filled(path: str, known: dict[str, str]) -> str:
    return re.sub(r"\{(\w+)(?::\w+)?\}", lambda place: known.get(place[1], "none"), path)


def text_of(answer: httpx.Response) -> str:
    """All that an answer says, also within a ZIP or a workbook."""
    if answer.content[:2] != b"PK":
        return answer.content.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        return "\n".join(
            archive.read(name).decode("utf-8", "replace") for name in archive.namelist()
        )


@pytest.mark.parametrize("role", Role)
async def test_nothing_shows_a_number_or_a_name_to_a_role_without_leave(
    role: Role, app: FastAPI, db: Database, log_in: LogIn, known: dict[str, str]
) -> None:
    page = await log_in(role)
    async with db.write() as conn:
        token = await create_token(conn, name="walk", role=role, now=db.clock.now())
    async with client_of(app) as program:
        program.headers.update({"Authorization": f"Bearer {token}", "Accept": "application/json"})
        seen: set[str] = set()
        for path in reads(app):
            client = program if path.startswith("/api/") else page
            answer = await client.get(filled(path, known), params=QUERY)
            assert answer.status_code in {200, 204, *REFUSED, 503}, path
            if answer.status_code != 200:
                continue
            seen.add(path)
            told = text_of(answer)
            if Permission.SEE_NUMBERS not in GRANTS[role]:
                assert not NUMBER.search(told), path
            if Permission.SEE_NAMES not in GRANTS[role]:
                assert not any(name in told for name in NAMES), path
    assert len(seen) > 10


@pytest.mark.parametrize("role", Role)
async def test_the_ledgers_export_names_nobody(
    role: Role, log_in: LogIn, known: dict[str, str]
) -> None:
    client = await log_in(role)
    page = (await client.get("/ledger")).text
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    taken = await client.post("/ledger/export", data={"csrf_token": token[1] if token else ""})
    allowed = Permission.EXPORT_LEDGER in GRANTS[role]
    assert (taken.status_code == 200) is allowed
    if allowed:
        told = text_of(taken)
        assert not NUMBER.search(told)
        assert not any(name in told for name in NAMES)


async def test_nobody_reads_or_changes_anything_without_a_log_in(
    app: FastAPI, client: httpx.AsyncClient, known: dict[str, str]
) -> None:
    client.headers["Accept"] = "application/json"
    for path in reads(app):
        answer = await client.get(filled(path, known), params=QUERY)
        told = text_of(answer)
        assert not NUMBER.search(told), path
        assert not any(name in told for name in NAMES), path
    for method, path in routes(app):
        if method == "GET":
            continue
        answer = await client.request(method, filled(path, known))
        assert answer.status_code in {*REFUSED, 400, 404, 429, 503}, (method, path)

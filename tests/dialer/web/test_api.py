"""The API as a program sees it: documents, problem documents, masks, pages."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from dialer.store.accounts import Role, create_token
from dialer.store.database import Database
from tests.dialer.web.conftest import LogIn, client_of, csrf_of

Api = dict[Role, httpx.AsyncClient]


@pytest.fixture
async def api(app: FastAPI, db: Database, work: dict[str, str]) -> AsyncIterator[Api]:
    """A client with a bearer token for each role, on a store with work in it."""
    clients = {}
    async with db.write() as conn:
        for role in Role:
            token = await create_token(conn, name=role, role=role, now=db.clock.now())
            client = client_of(app)
            client.headers.update(
                {"Authorization": f"Bearer {token}", "Accept": "application/json"}
            )
            clients[role] = client
    yield clients
    for client in clients.values():
        await client.aclose()


def check_problem(answer: httpx.Response, status: int) -> dict[str, object]:
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    body: dict[str, object] = answer.json()
    assert body["status"] == status
    assert body["type"] == "about:blank"
    assert body["title"]
    return body


async def test_the_description_is_openapi_3_1_and_says_that_errors_are_problems(
    client: httpx.AsyncClient,
) -> None:
    document = (await client.get("/api/openapi.json")).json()
    assert document["openapi"].startswith("3.1")
    paths = document["paths"]
    assert {"/api/v1/campaigns", "/api/v1/decisions/{decision_id}", "/readyz"} <= set(paths)
    assert not any(path.startswith(("/campaigns", "/login", "/hooks")) for path in paths)
    for path, methods in paths.items():
        if path.startswith("/api/v1"):
            for method in methods.values():
                for status in ("401", "403", "422"):
                    schema = method["responses"][status]["content"]["application/problem+json"]
                    assert schema["schema"]["$ref"] == "#/components/schemas/Problem"
    assert "status" in document["components"]["schemas"]["Problem"]["properties"]
    assert document["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


async def test_campaigns_are_listed_with_their_figures(api: Api, work: dict[str, str]) -> None:
    listed = (await api[Role.AGENT].get("/api/v1/campaigns")).json()
    assert {c["name"]: c["id"] for c in listed} == work
    by_name = {c["name"]: c for c in listed}
    cards = by_name["Cards 30–59, first notice"]
    assert cards["state"] == "running"
    assert cards["channels"] == ["sms", "call", "email"]
    assert cards["cases"] == cards["due"] + cards["waiting"] + cards["finished"] == 64
    assert sum(cards["done"]["sms"].values()) > 0
    assert max(cards["refused"].values()) <= cards["refusals"] <= sum(cards["refused"].values())
    one = (await api[Role.AGENT].get(f"/api/v1/campaigns/{cards['id']}")).json()
    assert one == cards


async def test_a_campaign_is_started_paused_and_stopped(api: Api, work: dict[str, str]) -> None:
    path = f"/api/v1/campaigns/{work['Medical, settled quarter']}"
    supervisor = api[Role.SUPERVISOR]
    assert (await supervisor.post(f"{path}/start")).json()["state"] == "running"
    assert (await supervisor.post(f"{path}/pause")).json()["state"] == "paused"
    assert (await supervisor.post(f"{path}/stop")).json()["state"] == "stopped"
    conflict = check_problem(await supervisor.post(f"{path}/pause"), 409)
    assert "is stopped" in str(conflict["detail"])
    check_problem(await api[Role.AUDITOR].post(f"{path}/start"), 403)
    check_problem(await supervisor.post("/api/v1/campaigns/none/start"), 404)
    wrong = check_problem(await supervisor.post(f"{path}/explode"), 422)
    assert wrong["errors"]


async def test_errors_are_problem_documents_whatever_was_asked(
    client: httpx.AsyncClient, api: Api
) -> None:
    anonymous = await client.get("/api/v1/campaigns")
    check_problem(anonymous, 401)
    assert anonymous.headers["www-authenticate"] == "Bearer"
    auditor = api[Role.AUDITOR]
    check_problem(await auditor.get("/api/v1/nowhere"), 404)
    check_problem(await auditor.delete("/api/v1/campaigns"), 405)
    check_problem(await auditor.get("/api/v1/attempts?cursor=zzz"), 400)
    check_problem(await auditor.get("/api/v1/decisions/none"), 404)
    fields = check_problem(await auditor.get("/api/v1/attempts?limit=0&channel=pigeon"), 422)
    assert {e["where"] for e in fields["errors"]} == {"query.limit", "query.channel"}  # type: ignore[attr-defined]
    check_problem(await auditor.get("/api/v1/attempts?since=2026-11-24T00:00:00"), 422)


async def test_attempts_come_in_pages_newest_first(api: Api) -> None:
    auditor = api[Role.AUDITOR]
    seen: list[dict[str, str]] = []
    cursor = None
    while True:
        page = (
            await auditor.get(
                "/api/v1/attempts", params={"limit": 50, **({"cursor": cursor} if cursor else {})}
            )
        ).json()
        seen += page["attempts"]
        cursor = page["next"]
        if cursor is None:
            break
    assert len({a["id"] for a in seen}) == len(seen) > 100
    assert [a["at"] for a in seen] == sorted((a["at"] for a in seen), reverse=True)
    texts = (await auditor.get("/api/v1/attempts?channel=sms&limit=1000")).json()["attempts"]
    assert texts == [a for a in seen if a["channel"] == "sms"]


async def test_addresses_are_masked_by_role(api: Api) -> None:
    (whole,) = (await api[Role.AUDITOR].get("/api/v1/attempts?channel=sms&limit=1")).json()[
        "attempts"
    ]
    (masked,) = (await api[Role.SUPERVISOR].get("/api/v1/attempts?channel=sms&limit=1")).json()[
        "attempts"
    ]
    assert whole["address"].startswith("+1")
    assert masked == {**whole, "address": f"+1 ••• {whole['address'][-4:]}"}


async def test_a_refusal_comes_with_all_its_findings(api: Api) -> None:
    supervisor = api[Role.SUPERVISOR]
    listed = (
        await supervisor.get("/api/v1/decisions?allowed=false&rule=US-REGF-7IN7&limit=1")
    ).json()["decisions"]
    one = (await supervisor.get(f"/api/v1/decisions/{listed[0]['id']}")).json()
    assert one["allowed"] is False
    denying = [f for f in one["findings"] if f["verdict"] == "deny"]
    assert {f["rule_id"] for f in denying} == set(one["rules"])
    frequency = next(f for f in denying if f["rule_id"] == "US-REGF-7IN7")
    assert "1006.14(b)" in frequency["citation"]
    assert frequency["confidence"] == "P"
    assert frequency["counters"][0]["before"] == frequency["counters"][0]["limit"] == 7
    assert one["first_allowed_at"] > one["at"]
    assert one["pack_sha256"]["us.regf"]
    assert one["inputs"]["locations"][0]["tz"]
    assert one["ledger"]["stream"] == "main"


async def test_the_next_lawful_moment_of_a_consumer(api: Api) -> None:
    path = "/api/v1/consumers/consumer_0000/next"
    moment = (await api[Role.AUDITOR].get(path, params={"channel": "call"})).json()
    assert moment["binding_rule"] == "US-REGF-HOURS"
    assert moment["first_allowed_at"] == "2026-11-25T13:00:00Z"
    check_problem(
        await api[Role.AUDITOR].get("/api/v1/consumers/nobody/next", params={"channel": "sms"}), 404
    )
    check_problem(await api[Role.AUDITOR].get(path), 422)


async def test_ledger_and_packs(api: Api) -> None:
    ledger = (await api[Role.AUDITOR].get("/api/v1/ledger")).json()
    assert ledger["entries"] == sum(ledger["kinds"].values())
    (stream,) = ledger["streams"]
    assert stream["stream"] == "main"
    assert len(stream["head"]) == 64
    (pack,) = (await api[Role.AGENT].get("/api/v1/packs")).json()
    assert pack["pack_id"] == "us.regf"
    assert pack["legal_review"] == "pending"
    hours = next(r for r in pack["rules"] if r["rule_id"] == "US-REGF-HOURS")
    assert "1006.6(b)(1)" in hours["citation"]


async def test_a_session_serves_the_api_too_but_acts_only_with_its_token(
    log_in: LogIn, work: dict[str, str]
) -> None:
    client = await log_in(Role.SUPERVISOR)
    path = f"/api/v1/campaigns/{work['Medical, settled quarter']}/start"
    check_problem(await client.post(path), 403)
    token = csrf_of((await client.get("/campaigns")).text)
    answer = await client.post(path, headers={"X-CSRF-Token": token})
    assert answer.json()["state"] == "running"

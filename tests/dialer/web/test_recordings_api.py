"""Recordings by the API: who may hear which, in what form, any part of it; and who did."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from compliance.permit import Permit
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.model.disposition import Code
from dialer.store import attempts, dispositions, tables
from dialer.store.accounts import Role, create_token
from dialer.store.attempts import Outcome
from dialer.store.database import Database
from dialer.store.dispositions import Disposition
from dialer.store.gate import open_gate
from dialer.web.app import create_app
from dialer.web.ranges import Unsatisfiable, best, wanted
from dialer.web.services import Services
from recordings.drivers.folder import open_vault
from recordings.keys import KeyRing, new_key
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody, add_campaign, add_somebody, call, catalogue
from tests.dialer.web.conftest import client_of
from tests.recordings.samples import write_wav

WHY = {"purpose": "quality", "reason": "a sample of the week"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A recording in the vault, and everybody who might want to hear it."""

    name: str
    audio: bytes
    one: Somebody
    keeper: RecordingKeeper
    roles: dict[Role, httpx.AsyncClient]

    async def leave(self, role: Role, wish: dict[str, str] = WHY) -> str:
        """Where the audio is, for this role."""
        answer = await self.roles[role].post(f"/api/v1/recordings/{self.name}/listen", json=wish)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["audio"])


@pytest.fixture
async def archive(
    services: Services, db: Database, clock: ManualClock, tmp_path: Path
) -> AsyncIterator[Archive]:
    vault = open_vault(
        (tmp_path / "vault").as_uri(), KeyRing([new_key()]), clock, least_free_bytes=0
    )
    (tmp_path / "spool").mkdir()
    keeper = RecordingKeeper(
        db=db, vault=vault, feed=services.feed, clock=clock, spool=tmp_path / "spool"
    )
    one = await add_somebody(db, campaign=await add_campaign(db))
    async with open_gate(db, catalogue()) as gate:
        permit = await gate.admit(call(one))
    assert isinstance(permit, Permit)
    name, now = permit.attempt_id, clock.now()
    await attempts.activate(db, name, now=now, lease=timedelta(minutes=2))
    await attempts.settle(db, name, Outcome(outcome="conversation", at=now))
    said = Disposition(
        attempt_id=name,
        case_id=one.case,
        campaign_id=one.campaign,
        code=Code.RIGHT_PARTY,
        debts=(),
        notes="",
        by=Role.AGENT,
        callback=None,
    )
    await dispositions.dispose(db, said, now=now)
    file = keeper.spool / f"{name}.wav"
    audio = write_wav(file, 2.0)
    await keeper.seal(name, file)
    app = create_app(replace(services, vault=vault))
    roles = {}
    for role in Role:
        async with db.write() as conn:
            token = await create_token(conn, name=role, role=role, now=now)
        roles[role] = client_of(app)
        roles[role].headers.update(
            {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        )
    yield Archive(name=name, audio=audio, one=one, keeper=keeper, roles=roles)
    for client in roles.values():
        await client.aclose()
    await app.state.looks.written()


async def test_any_part_of_it_is_heard_once_the_reason_is_kept(
    archive: Archive, db: Database
) -> None:
    supervisor = archive.roles[Role.SUPERVISOR]
    heard = await supervisor.get(
        f"/api/v1/recordings/{archive.name}/audio?listen=none", headers={"Accept": "audio/wav"}
    )
    assert heard.status_code == 403
    place = await archive.leave(Role.SUPERVISOR)
    wav = {"Accept": "audio/wav"}
    whole = await supervisor.get(place, headers=wav)
    assert (whole.status_code, whole.content) == (200, archive.audio)
    assert whole.headers["Accept-Ranges"] == "bytes"
    part = await supervisor.get(place, headers={**wav, "Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, archive.audio[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(archive.audio)}"
    last = await supervisor.get(place, headers={**wav, "Range": "bytes=-10"})
    assert last.content == archive.audio[-10:]
    beyond = await supervisor.get(place, headers={**wav, "Range": "bytes=9999999-"})
    assert beyond.status_code == 416
    listens = await archive.roles[Role.AUDITOR].get(f"/api/v1/recordings/{archive.name}/listens")
    assert [(one["by"], one["reason"]) for one in listens.json()] == [
        ("supervisor", "a sample of the week")
    ]
    async with db.read() as conn:
        bodies = (
            await conn.execute(
                select(tables.ledger.c.body).where(tables.ledger.c.kind == "recording.access")
            )
        ).scalars()
        assert [json.loads(body)["purpose"] for body in bodies] == ["quality"]


async def test_leave_is_for_its_holder_and_for_a_while(
    archive: Archive, clock: ManualClock
) -> None:
    place = await archive.leave(Role.SUPERVISOR)
    assert (await archive.roles[Role.AGENT].get(place)).status_code == 403
    await clock.advance(3 * 3600)
    assert (await archive.roles[Role.SUPERVISOR].get(place)).status_code == 403


@pytest.mark.parametrize(
    ("role", "purpose", "reason", "status"),
    [
        (Role.AGENT, "case_work", "the consumer asks again", 201),
        (Role.AGENT, "quality", "the consumer asks again", 403),
        (Role.AUDITOR, "complaint", "complaint 12 of March", 201),
        (Role.AUDITOR, "coaching", "complaint 12 of March", 403),
        (Role.SUPERVISOR, "quality", "short", 403),
        (Role.ADMINISTRATOR, "quality", "a sample of the week", 403),
    ],
)
async def test_the_purpose_has_to_fit_the_role(
    archive: Archive, role: Role, purpose: str, reason: str, status: int
) -> None:
    answer = await archive.roles[role].post(
        f"/api/v1/recordings/{archive.name}/listen", json={"purpose": purpose, "reason": reason}
    )
    assert answer.status_code == status


async def test_the_form_is_what_the_player_likes_and_the_original_is_always_there(
    archive: Archive,
) -> None:
    supervisor = archive.roles[Role.SUPERVISOR]
    place = await archive.leave(Role.SUPERVISOR)

    async def form(accept: str) -> str:
        answer = await supervisor.get(place, headers={"Accept": accept})
        return str(answer.headers["Content-Type"]) if answer.status_code == 200 else "none"

    assert await form("audio/ogg, audio/wav;q=0.5") == "audio/wav"
    await archive.keeper.make_playable()
    assert await form("audio/ogg, audio/wav;q=0.5") == "audio/ogg"
    assert await form("audio/wav") == "audio/wav"
    assert await form("*/*") == "audio/ogg"
    assert await form("text/html") == "none"


async def test_recordings_are_searched_and_an_agent_finds_their_own(archive: Archive) -> None:
    supervisor, agent = archive.roles[Role.SUPERVISOR], archive.roles[Role.AGENT]
    for client in (supervisor, agent):
        (found,) = (await client.get("/api/v1/recordings")).json()
        assert (found["name"], found["case_id"], found["agent"]) == (
            archive.name,
            archive.one.case,
            "agent",
        )
    for query in ("agent=ada", "outcome=busy", "case=case_none", "since=2027-01-01T00:00:00Z"):
        assert (await supervisor.get(f"/api/v1/recordings?{query}")).json() == []
    assert (await archive.roles[Role.ADMINISTRATOR].get("/api/v1/recordings")).status_code == 403


async def test_an_order_keeps_it_and_after_its_time_there_is_the_certificate(
    archive: Archive, clock: ManualClock
) -> None:
    supervisor, auditor = archive.roles[Role.SUPERVISOR], archive.roles[Role.AUDITOR]
    holds = f"/api/v1/cases/{archive.one.case}/recording-holds"
    made = await supervisor.post(holds, json={"reason": "claim 7"})
    assert made.status_code == 201
    assert (await supervisor.get("/api/v1/recordings")).json()[0]["legal_hold"]
    await clock.advance(timedelta(days=1200).total_seconds())
    assert await archive.keeper.forget() == 0
    proof = f"/api/v1/recordings/{archive.name}/certificate"
    assert (await auditor.get(proof)).status_code == 404
    lifted = await supervisor.delete(f"/api/v1/recording-holds/{made.json()['hold']}")
    assert lifted.status_code == 204
    assert await archive.keeper.forget() == 1
    assert (await auditor.get(proof)).json()["deleted_by"] == "retention"
    place = await archive.leave(Role.SUPERVISOR)
    assert (await supervisor.get(place)).status_code == 410


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("bytes=0-0", (0, 1)),
        ("bytes=5-", (5, 100)),
        ("bytes=90-200", (90, 100)),
        ("bytes=-7", (93, 100)),
        ("bytes=0-1,5-6", None),
        ("bytes=6-5", None),
        ("pages=1-2", None),
        ("bytes=-", None),
    ],
)
def test_a_range_is_read_as_the_rfc_says(header: str | None, part: tuple[int, int] | None) -> None:
    assert wanted(header, 100) == part


@pytest.mark.parametrize("header", ["bytes=100-", "bytes=-0", "bytes=500-600"])
def test_what_lies_behind_the_end_is_refused(header: str) -> None:
    with pytest.raises(Unsatisfiable):
        wanted(header, 100)


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "audio/ogg"),
        ("audio/*;q=0.3, audio/wav", "audio/wav"),
        ("audio/ogg;q=0, */*;q=0.1", "audio/wav"),
        ("image/png", None),
        ("audio/wav;q=x", None),
    ],
)
def test_accept_chooses_by_quality(accept: str | None, chosen: str | None) -> None:
    assert best(accept, ["audio/ogg", "audio/wav"]) == chosen

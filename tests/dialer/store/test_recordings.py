"""A recording's life: sealed, playable, searchable, on hold, and deleted on its day with proof."""

from __future__ import annotations

import json
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import pytest
from sqlalchemy import Row, insert, select

from compliance.permit import Permit
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.feed.in_process import in_process_feed
from dialer.store import attempts, recording_life, recordings, tables
from dialer.store.casework_tables import legal_files
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.recordings import Sought
from recordings.drivers.folder import open_vault
from recordings.keys import KeyRing, new_key
from recordings.vault import VaultError
from scheduler.clock import ManualClock
from tests.dialer.store.people import Somebody, add_campaign, add_somebody, call, catalogue
from tests.recordings.samples import write_wav

YEARS_3 = timedelta(days=3 * 366 + 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """A keeper over a real vault, and what it told the feed."""

    keeper: RecordingKeeper
    db: Database
    clock: ManualClock
    one: Somebody

    async def called(self) -> str:
        """A call that went out; its attempt."""
        async with open_gate(self.db, catalogue()) as gate:
            permit = await gate.admit(call(self.one))
        assert isinstance(permit, Permit), permit
        now = self.clock.now()
        await attempts.activate(self.db, permit.attempt_id, now=now, lease=timedelta(minutes=2))
        return permit.attempt_id

    async def recorded(self, *, seconds: float = 1.0) -> str:
        """A call whose recording is sealed; its name."""
        attempt = await self.called()
        file = self.keeper.spool / f"{attempt}.wav"
        write_wav(file, seconds)
        await self.keeper.seal(attempt, file, notice_ms=420)
        return attempt

    async def row(self, name: str) -> Row[Any]:
        async with self.db.read() as conn:
            return await recordings.one(conn, name)

    async def column(self, table: str, column: str) -> list[Any]:
        async with self.db.read() as conn:
            found = await conn.execute(select(tables.metadata.tables[table].c[column]))
            return list(found.scalars().all())


@pytest.fixture
async def bench(db: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Bench]:
    spool = tmp_path / "spool"
    spool.mkdir()
    vault = open_vault(
        (tmp_path / "vault").as_uri(), KeyRing([new_key()]), clock, least_free_bytes=0
    )
    async with in_process_feed(clock) as feed:
        yield Bench(
            keeper=RecordingKeeper(db=db, vault=vault, feed=feed, clock=clock, spool=spool),
            db=db,
            clock=clock,
            one=await add_somebody(db, campaign=await add_campaign(db)),
        )


async def test_a_stored_recording_is_told_to_everyone_who_must_know(bench: Bench) -> None:
    async with bench.keeper.feed.subscribe("recording") as told:
        name = await bench.recorded()
        _, event = await anext(told)
    assert event.data == {"what": "stored", "recording": name}
    assert (await bench.row(name)).notice_ms == 420
    assert "recording.stored" in await bench.column("outbox", "kind")
    assert "recording" in await bench.column("ledger", "kind")
    assert list(bench.keeper.spool.iterdir()) == []


async def test_one_that_can_not_be_sealed_is_told_of_and_sealed_at_the_next_start(
    bench: Bench, tmp_path: Path
) -> None:
    attempt = await bench.called()
    file = bench.keeper.spool / f"{attempt}.wav"
    write_wav(file)
    shutil.rmtree(tmp_path / "vault")
    async with bench.keeper.feed.subscribe("recording") as told:
        await bench.keeper.seal(attempt, file)
        _, event = await anext(told)
    assert event.data == {"what": "failed", "recording": attempt, "why": "not_sealed"}
    assert "recording.failed" in await bench.column("outbox", "kind")
    (tmp_path / "vault").mkdir()
    assert await bench.keeper.left_over() == [file]
    await bench.keeper.seal(attempt, file)
    assert (await bench.row(attempt)).state == "sealed"


async def test_one_that_was_sealed_before_a_crash_is_entered_at_the_next_start(
    bench: Bench,
) -> None:
    attempt = await bench.called()
    file = bench.keeper.spool / f"{attempt}.wav"
    write_wav(file)
    file.with_suffix(".sealing").touch()
    await bench.keeper.vault.seal(attempt, file, {})
    assert await bench.keeper.left_over() == []
    assert (await bench.row(attempt)).state == "sealed"
    assert list(bench.keeper.spool.iterdir()) == []


async def test_a_copy_for_listening_is_opus_of_both_channels_and_the_original_stays(
    bench: Bench, tmp_path: Path
) -> None:
    name = await bench.recorded(seconds=3.0)
    assert await bench.keeper.make_playable() == 1
    assert await bench.keeper.make_playable() == 0
    copy = (await bench.row(name)).playback
    described = await bench.keeper.vault.describe(copy)
    assert described.duration_s == pytest.approx(3.0, abs=0.03)
    original = await bench.keeper.vault.describe(name)
    assert described.bytes < original.bytes / 2
    heard = tmp_path / "heard.ogg"
    heard.write_bytes(b"".join([part async for part in bench.keeper.vault.read(copy)]))
    with av.open(str(heard)) as file:
        track = file.streams.audio[0]
        assert track.codec_context.name.endswith("opus")
        assert track.layout.nb_channels == 2
    assert list(bench.keeper.spool.iterdir()) == []


async def test_recordings_are_found_by_case_campaign_outcome_and_time(bench: Bench) -> None:
    name, day = await bench.recorded(), timedelta(days=1)
    now, one = bench.clock.now(), bench.one
    hits = [
        Sought(),
        Sought(case_id=one.case, campaign_id=one.campaign, outcome="reserved"),
        Sought(since=now - day, until=now + day),
    ]
    misses = [
        Sought(case_id="case_none"),
        Sought(outcome="busy"),
        Sought(agent="ada"),
        Sought(since=now + day),
        Sought(until=now - day),
    ]
    async with bench.db.read() as conn:
        for sought in hits:
            assert [row.name for row in await recordings.find(conn, sought, limit=5)] == [name]
        for sought in misses:
            assert await recordings.find(conn, sought, limit=5) == []


async def test_it_is_deleted_on_its_day_and_the_certificate_says_what_it_was(bench: Bench) -> None:
    name = await bench.recorded()
    await bench.keeper.make_playable()
    digest = (await bench.row(name)).sha256
    assert await bench.keeper.forget() == 0
    await bench.clock.advance((YEARS_3 - timedelta(days=10)).total_seconds())
    assert await bench.keeper.forget() == 0
    await bench.clock.advance(timedelta(days=10).total_seconds())
    assert await bench.keeper.forget() == 1
    gone = await bench.row(name)
    proof = json.loads(gone.certificate)
    assert gone.state == "deleted"
    assert (proof["audio_sha256"], proof["rules"]) == (digest, ["US-REGF-RECRET3"])
    with pytest.raises(VaultError):
        await bench.keeper.vault.describe(name)
    assert [kept async for kept in bench.keeper.vault.names()] == []
    entries = dict(
        zip(await bench.column("ledger", "kind"), await bench.column("ledger", "body"), strict=True)
    )
    kept = json.loads(entries["recording.deleted"])["certificate_sha256"]
    assert kept == sha256(gone.certificate.encode()).hexdigest()


async def test_what_is_on_hold_stays_until_it_is_released(bench: Bench) -> None:
    first = await bench.recorded()
    hold = await recording_life.hold(bench.db, bench.one.case, reason="a claim", by="sup-1")
    assert (await bench.row(first)).legal_hold
    await bench.clock.advance(timedelta(days=8).total_seconds())
    second = await bench.recorded()
    assert (await bench.row(second)).legal_hold
    await bench.clock.advance((YEARS_3 + timedelta(days=9)).total_seconds())
    assert await bench.keeper.forget() == 0
    await recording_life.release(bench.db, hold, by="sup-1")
    assert not (await bench.row(first)).legal_hold
    assert await bench.keeper.forget() == 2
    with pytest.raises(LookupError):
        await recording_life.release(bench.db, hold, by="sup-1")
    with pytest.raises(ValueError, match="reason"):
        await recording_life.hold(bench.db, bench.one.case, reason=" ", by="sup-1")


async def test_a_call_recorded_while_a_legal_file_is_open_is_on_hold(bench: Bench) -> None:
    now = bench.clock.now()
    async with bench.db.write() as conn:
        await conn.execute(
            insert(legal_files),
            {
                "id": "legal-1",
                "case_id": bench.one.case,
                "consumer_id": bench.one.person,
                "stage": "referred",
                "rule_id": "NY",
                "last_day": now.date(),
                "counted_from": now.date(),
                "because": "default",
                "opened_at": now,
            },
        )
    name = await bench.recorded()
    assert (await bench.row(name)).legal_hold
    await bench.clock.advance((YEARS_3 + timedelta(days=9)).total_seconds())
    assert await bench.keeper.forget() == 0

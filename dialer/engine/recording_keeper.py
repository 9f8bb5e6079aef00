"""What becomes of a closed recording: sealed, made playable, kept, and deleted on time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import structlog

from dialer.feed.feed import Feed, FeedEvent
from dialer.store import recording_life, recordings
from dialer.store.database import Database
from dialer.store.recording_life import Kept
from recordings.playback import NotPlayable, transcode
from recordings.retention import Keep, MayDelete, certificate, retention
from recordings.vault import SealedRecording, Vault, VaultError
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

SEALING = ".sealing"
"""Stands beside a recording from before it is sealed until it is in the index."""

TOPIC = "recording"
COPIED_AT_ONCE = 20
JUDGED_AT_ONCE = 1000
KEPT_WITHOUT_DATE = timedelta(days=7)
RETENTION = "retention"
"""Who deletes what its rules no longer keep."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingKeeper:
    """Seals, transcodes and deletes recordings. `spool` holds those that are not sealed yet."""

    db: Database
    vault: Vault
    feed: Feed
    clock: Clock
    spool: Path

    async def seal(self, call_id: str, file: Path, *, notice_ms: int | None = None) -> None:
        """Seal a closed recording and enter it; a failure leaves the file for the next start."""
        mark = file.with_suffix(SEALING)
        mark.touch(mode=0o600)
        try:
            sealed = await self.vault.seal(call_id, file, {"call": call_id})
        except VaultError as error:
            log.error("recording not sealed", call_id=call_id, error=str(error))
            mark.unlink(missing_ok=True)
            await self.failed(call_id, "not_sealed")
            return
        await recordings.keep(self.db, sealed, call_id=call_id, notice_ms=notice_ms)
        mark.unlink(missing_ok=True)
        await self._tell("stored", sealed.name)

    async def failed(self, call_id: str, why: str) -> None:
        """Let it be known that a call's recording is not kept, or not whole."""
        await recordings.failed(self.db, call_id=call_id, why=why)
        await self._tell("failed", call_id, why=why)

    async def left_over(self) -> list[Path]:
        """Enter what was sealed before a crash and not entered; the files that are to be sealed."""
        for copy in self.spool.glob("*.opus"):
            copy.unlink(missing_ok=True)
        for mark in sorted(self.spool.glob(f"*{SEALING}")):
            if not mark.with_suffix(".wav").exists():
                await self._enter(mark.stem)
            mark.unlink(missing_ok=True)
        return sorted(self.spool.glob("*.wav"))

    async def _enter(self, call_id: str) -> None:
        try:
            sealed = await self.vault.describe(call_id)
            await recordings.keep(self.db, sealed, call_id=call_id)
        except (VaultError, LookupError) as error:
            log.error("recording lost", call_id=call_id, error=str(error))

    async def make_playable(self) -> int:
        """Give the recordings that have none their copy for listening; how many got one."""
        async with self.db.read() as conn:
            names = await recordings.without_playback(conn, limit=COPIED_AT_ONCE)
        made = 0
        for name in names:
            try:
                await self._copy(name)
                made += 1
            except VaultError as error:
                log.error("no copy for listening yet", recording=name, error=str(error))
            except NotPlayable as error:
                log.error("no copy for listening", recording=name, error=str(error))
                await recordings.has_playback(self.db, name, recordings.NO_COPY)
        return made

    async def _copy(self, name: str) -> None:
        original, copy = self.spool / f"{name}.clear", self.spool / f"{name}.opus"
        for path in (original, copy):
            path.touch(mode=0o600)
        try:
            with original.open("wb") as file:
                async for part in self.vault.read(name):
                    file.write(part)
            await asyncio.to_thread(transcode, original, copy)
            sealed = await self.vault.seal(f"{name}-opus", copy, {"copy_of": name})
        finally:
            original.unlink(missing_ok=True)
            copy.unlink(missing_ok=True)
        await recordings.has_playback(self.db, name, sealed.name)

    async def forget(self) -> int:
        """Delete what no rule, hold or legal file keeps any longer; how many were deleted."""
        async with self.db.read() as conn:
            due = await recording_life.to_judge(conn, now=self.clock.now(), limit=JUDGED_AT_ONCE)
        return sum([await self._judge(kept) for kept in due])

    async def _judge(self, kept: Kept) -> bool:
        now = self.clock.now()
        begun = kept.state == recordings.DELETING  # some of it may be gone: a hold comes too late
        facts = replace(kept.facts, holds=()) if begun else kept.facts
        verdict = retention(facts, kept.rules, now)
        if isinstance(verdict, Keep):
            again = verdict.until or now + KEPT_WITHOUT_DATE
            await recording_life.ask_again(self.db, kept.name, again)
            return False
        if not begun and not await recording_life.condemn(self.db, kept):
            return False
        return await self._delete(kept, verdict)

    async def _delete(self, kept: Kept, verdict: MayDelete) -> bool:
        try:
            for name in filter(None, (kept.playback, kept.name)):
                await self.vault.delete(name)
        except VaultError as error:
            log.error("recording not deleted", recording=kept.name, error=str(error))
            return False
        proof = certificate(
            SealedRecording(
                name=kept.name,
                sha256=kept.sha256,
                bytes=kept.bytes,
                duration_s=kept.duration_s,
                sealed_at=kept.sealed_at,
                key_id=kept.key_id,
            ),
            kept.facts,
            verdict,
            deleted_by=RETENTION,
            deleted_at=self.clock.now(),
        )
        await recording_life.deleted(self.db, kept, proof)
        await self._tell("deleted", kept.name)
        return True

    async def _tell(self, what: str, recording: str, **more: str) -> None:
        data = {"what": what, "recording": recording, **more}
        await self.feed.publish(FeedEvent(topic=TOPIC, at=self.clock.now(), data=data))

"""The service as callers meet it: what they press, what they hear."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from dialer.engine.caller_wishes import CallerWishes
from dialer.engine.inbound_calls import InboundCalls
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.telephony.wire import dtmf, g711, rtp, sdp
from recordings.drivers.folder import open_vault
from recordings.keys import open_key_ring
from recordings.vault import Vault
from scheduler.clock import SystemClock
from tests.dialer.engine.floor import OWNER, Scene
from tests.dialer.store.people import ACTOR, catalogue
from tests.dialer.telephony.caller import ring, within
from tests.dialer.telephony.far_side import FarSide
from tests.dialer.telephony.sipp import until


@asynccontextmanager
async def taking_calls(
    s: Scene,
    *,
    keeper: RecordingKeeper | None = None,
    wait_s: float = 20.0,
    key_patience_s: float = 0.2,
    longest_message_s: float = 30.0,
) -> AsyncIterator[InboundCalls]:
    """The service takes calls that come in."""
    inbound = InboundCalls(
        catalogue=catalogue(),
        actor=ACTOR,
        owner=OWNER,
        db=s.db,
        calls=s.calls,
        keeper=keeper or s.keeper,
        wishes=CallerWishes(db=s.db, catalogue=catalogue(), actor=ACTOR),
        feed=s.feed,
        clock=s.clock,
        supervisor=s.supervisor,
        country="US",
        lines=s.lines,
        desk=s.desk,
        wait_s=wait_s,
        key_patience_s=key_patience_s,
        longest_message_s=longest_message_s,
    )
    following = asyncio.create_task(inbound.follow())
    try:
        yield inbound
    finally:
        following.cancel()


def full(folder: Path) -> Vault:
    """A vault with no room left."""
    keys = open_key_ring(folder / "keys")
    url = f"file:{folder / 'full'}"
    return open_vault(url, keys, SystemClock(), least_free_bytes=1 << 60)


class Phone:
    """A caller's telephone: it rings us, presses keys and speaks."""

    def __init__(self, far: FarSide, s: Scene) -> None:
        self.far = far
        self.invite = ring(far, s.engine)
        self._clock = s.clock

    async def answered(self) -> None:
        """Wait until we have taken the call, and acknowledge it."""
        await until(lambda: [r for r in self.far.responses("INVITE") if r.status == 200])
        self._ok = self.far.responses("INVITE")[-1]
        self.far.send(within(self.invite, "ACK", self._ok.get("To") or ""))

    def press(self, key: str) -> None:
        media = self.far.media
        assert media is not None
        for packet in dtmf.press(media.stream, key, payload_type=97):
            media.send(packet, sdp.parse(self._ok.body))

    async def speak(self, seconds: float, hz: int) -> None:
        """Say a tone, as people do: 20 ms at a time."""
        media = self.far.media
        assert media is not None
        for frame in g711.tone(hz, seconds):
            media.send(media.stream.packet(rtp.PCMU, frame), sdp.parse(self._ok.body))
            await self._clock.sleep(0.02)

    def leave(self) -> None:
        self.far.send(within(self.invite, "BYE", self._ok.get("To") or ""))

    async def hears(self, frames: int) -> None:
        """Wait until so many packets of audio have come."""
        media = self.far.media
        assert media is not None
        await until(lambda: len(media.heard) >= frames)

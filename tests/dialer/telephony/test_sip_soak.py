"""A few seconds of a floor at work under bad conditions; `soak` says what that is."""

from __future__ import annotations

from pathlib import Path

from tests.dialer.telephony.soak import soak


async def test_whatever_happens_every_leg_ends_once_and_nothing_is_left(tmp_path: Path) -> None:
    done = await soak(6.0, tmp_path)
    assert done["problems"] == 0
    assert done["bridged"] > 0
    assert done["ended answered"] > 0

"""Thousands of damaged and hostile messages: nothing raises, the call goes on, nothing is left."""

from __future__ import annotations

import pytest

from dialer.telephony.drivers.sip import layer
from dialer.telephony.port import Answered, Ended
from tests.dialer.telephony.far_side import answers, far_side
from tests.dialer.telephony.sipp import desk
from tests.dialer.telephony.storm import STRANGER, storm
from tests.dialer.telephony.torture import message


async def test_thousands_of_damaged_messages_harm_no_call() -> None:
    found = await storm(2500)
    assert found.junk > 1000
    assert (found.faults, found.problems, found.legs) == (0, 0, 0)
    assert found.call_lived


async def test_a_flood_takes_a_bounded_share_and_the_call_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(layer, "MOST_SERVERS", 100)
    async with far_side(answers) as far, desk(far.port) as near:
        await near.call()
        await near.wait(Answered)
        for n in range(500):
            near.engine.layer.receive(message(f"flood{n}", "REGISTER"), STRANGER)
        stats = near.engine.stats()
        assert (stats.transactions < 120, stats.sip.floods) == (True, 400)
        far.ask(far.requests("INVITE")[0], "BYE", 2)
        assert (await near.wait(Ended)).hung_up_by == "them"

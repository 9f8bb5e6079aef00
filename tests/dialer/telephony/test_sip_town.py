"""The engine calls the town: people, machines, busy and dead lines, each for what it is."""

from __future__ import annotations

import asyncio

from dialer.telephony.port import (
    Answered,
    BeepHeard,
    CallOutcome,
    Dtmf,
    Ended,
    Machine,
    MachineVerdict,
    PlayFinished,
)
from dialer.telephony.wire import g711
from dialer.town.exchange_process import start_exchange
from dialer.town.habits import CallHabit
from dialer.town.options import TownOptions
from dialer.town.population import make_population
from tests.dialer.telephony.sipp import Desk, desk

EXPECTED = {
    CallHabit.LISTENS: (CallOutcome.ANSWERED, Machine.HUMAN),
    CallHabit.PRESSES_KEY: (CallOutcome.ANSWERED, Machine.HUMAN),
    CallHabit.MACHINE: (CallOutcome.ANSWERED, Machine.MACHINE),
    CallHabit.RINGS_OUT: (CallOutcome.NO_ANSWER, None),
    CallHabit.BUSY: (CallOutcome.BUSY, None),
    CallHabit.NOT_IN_SERVICE: (CallOutcome.BAD_NUMBER, None),
    CallHabit.NETWORK_FAILURE: (CallOutcome.CONGESTION, None),
    CallHabit.REJECTS: (CallOutcome.REJECTED, None),
}


async def follow(near: Desk, call_id: str, number: str) -> tuple[CallOutcome, Machine | None]:
    """Speak to a person at once, to a machine after its beep, and then hang up."""
    await near.call(call_id, ring=6.0, detect=True, number=number)
    while not near.seen(Ended, call_id):
        answered = near.seen(Answered, call_id)
        verdicts = near.seen(MachineVerdict, call_id)
        if answered and verdicts:
            if verdicts[0].verdict is Machine.MACHINE:
                await near.wait(BeepHeard, call_id)
            await near.engine.play(call_id, g711.tone(440, 1.5), name="message")
            await near.wait(PlayFinished, call_id)
            if verdicts[0].verdict is Machine.HUMAN and number in near.presses:
                await near.wait(Dtmf, call_id)
            await near.engine.hangup(call_id)
            await near.wait(Ended, call_id)
        await near.pause()
    verdicts = near.seen(MachineVerdict, call_id)
    return near.seen(Ended, call_id)[0].outcome, verdicts[0].verdict if verdicts else None


async def test_every_habit_of_the_town_is_told_apart() -> None:
    options = TownOptions(seed=2, size=80, sip_user="desk", sip_password="secret")
    people = make_population(options.seed, options.size)
    numbers = {
        habit: next(n for n, (_, p) in people.by_number.items() if p.call.habit is habit)
        for habit in EXPECTED
    }
    async with (
        start_exchange(options) as town,
        desk(town.port, username="desk", password="secret") as near,
    ):
        near.presses = {numbers[CallHabit.PRESSES_KEY]}
        found = await asyncio.gather(*(follow(near, h.value, n) for h, n in numbers.items()))
        counts = await town.counts()
    assert dict(zip(numbers, found, strict=True)) == EXPECTED
    assert counts["sip_invites"] == len(EXPECTED)
    assert counts["rtp_packets"] > 500

"""A floor at work under bad conditions: datagrams lost, agents who drop, callers as they like.

`python -m tests.dialer.telephony.soak SECONDS` runs it for long and prints what came of it.
"""

from __future__ import annotations

import asyncio
import json
import random
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.port import (
    AgentLegSpec,
    Answered,
    Bridged,
    Ended,
    EngineRefused,
    NotConnected,
    Supervision,
    Unbridged,
)
from dialer.telephony.wire import g711
from dialer.telephony.wire.message import Request
from scheduler.clock import SystemClock
from tests.dialer.telephony.far_side import FarSide, far_side
from tests.dialer.telephony.sipp import Desk, desk, until

TIMERS = Timers(t1=0.05, t2=0.2, t4=0.2)
AGENTS = 6
LINES = 20
MUSIC = g711.tone(400, 0.2)


class Habits:
    """The far side of every call, consumer and phone alike; each does one thing by chance."""

    def __init__(self, chance: random.Random, refusals: float) -> None:
        self._chance = chance
        self._refusals = refusals
        self._answered: set[str] = set()

    def __call__(self, far: FarSide, request: Request) -> None:
        if request.method == "INVITE" and request.to_tag is None:
            self._invited(far, request)
        elif request.method != "ACK":
            far.answer(request, 200)

    def _invited(self, far: FarSide, invite: Request) -> None:
        roll = self._chance.random()
        if roll < self._refusals:
            far.answer(invite, self._chance.choice([404, 480, 486, 503, 603]))
        elif roll < 1.2 * self._refusals:
            far.answer(invite, 180)  # and rings for ever
        else:
            far.answer(invite, 180)
            self._until_acknowledged(far, invite, 60)
            self._later(0.2, 3.0, lambda: self._inside(far, invite))

    def _until_acknowledged(self, far: FarSide, invite: Request, left: int) -> None:
        if left and all(ack.call_id != invite.call_id for ack in far.requests("ACK")):
            far.answer(invite, 200, audio=True)
            asyncio.get_running_loop().call_later(
                0.05, self._until_acknowledged, far, invite, left - 1
            )

    def _inside(self, far: FarSide, invite: Request) -> None:
        assert far.media is not None
        roll, branch = self._chance.random(), f"{self._chance.getrandbits(40):x}"
        if roll < 0.3:
            far.ask(invite, "BYE", 90, branch=branch)
        elif roll < 0.5:
            far.ask(invite, "UPDATE", 91, body=far.media.described.encode(), branch=branch)
        elif roll < 0.7:
            far.ask(invite, "INFO", 92, body=b"Signal=5\r\n", branch=branch)

    def _later(self, low: float, high: float, then: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(self._chance.uniform(low, high), then)


async def soak(seconds: float, folder: Path, *, seed: int = 7) -> Counter[str]:
    """Work for so long and count what happened; what the port promises is checked at the end."""
    chance, clock = random.Random(seed), SystemClock()
    problems: list[dict[str, object]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: problems.append(told))
    async with (
        far_side(Habits(chance, 0.3), lose=0.05) as far,
        far_side(Habits(chance, 0.1), lose=0.05) as floor,
    ):
        phones = [
            Phone(name=f"agent-{n}", password="", address=f"127.0.0.1:{floor.port}")
            for n in range(AGENTS)
        ]
        async with desk(far.port, far.port, phones=phones, timers=TIMERS) as near:
            end, done = clock.monotonic() + seconds, Counter[str]()
            while clock.monotonic() < end:
                await step(near, chance, folder, done)
                far.received[:-200] = []
                floor.received[:-200] = []
                await clock.sleep(0.02)
            for leg in near.engine.legs():
                await near.engine.hangup(leg.id)
            await until(lambda: not near.engine.legs())
            await until(lambda: not near.engine.layer.asking())
            await until(lambda: near.engine.stats().events_waiting == 0)
            for leg in tuple(near.told):
                alone = len(near.seen(Bridged, leg)) - len(near.seen(Unbridged, leg))
                assert alone in {0, 1}  # 1 where the leg itself ended while it was bridged
                done["bridged"] += len(near.seen(Bridged, leg))
            done.update(f"ended {near.seen(Ended, leg)[0].outcome}" for leg in tuple(near.told))
    done["problems"] = len(problems)
    return done


async def step(near: Desk, chance: random.Random, folder: Path, done: Counter[str]) -> None:
    """One thing that a dialer, an agent or a supervisor might do."""
    engine = near.engine
    up = [leg.id for leg in engine.legs() if near.seen(Answered, leg.id)]
    calls = [leg for leg in up if leg.startswith("call")]
    agents = [leg for leg in up if leg.startswith("leg")]
    everyone = [leg.id for leg in engine.legs()]
    action = chance.choice(["call", "agent", *ACTIONS])
    done[action] += 1
    with suppress(NotConnected, EngineRefused):
        if action == "call" and len(everyone) < LINES:
            await near.call(f"call-{len(near.told)}-{done['call']}", ring=1.5)
        elif action == "agent" and len(everyone) < LINES:
            name = f"agent-{chance.randrange(AGENTS)}"
            leg_id = f"leg-{done['agent']}"
            await engine.connect_agent(AgentLegSpec(leg_id=leg_id, phone=name, ring_timeout_s=1.5))
        elif action == "bridge" and calls and agents:
            await engine.bridge(chance.choice(calls), chance.choice(agents))
        elif action == "supervise" and calls and agents:
            how = chance.choice(list(Supervision))
            await engine.supervise(chance.choice(agents), chance.choice(calls), how)
        elif action == "record" and calls:
            with suppress(ValueError):
                call_id = chance.choice(calls)
                await engine.record(call_id, str(folder / f"{call_id}-{done['record']}.wav"))
        elif action == "hangup" and everyone and chance.random() < 0.3:
            await engine.hangup(chance.choice(everyone))
        elif up:
            await fiddle(near, chance.choice(up), action)


ACTIONS = ["bridge", "bridge", "supervise", "record", "hangup", "hold", "resume", "mute", "keys",
           "unbridge", "play"]  # fmt: skip


async def fiddle(near: Desk, leg: str, action: str) -> None:
    engine = near.engine
    match action:
        case "hold":
            await engine.hold(leg, MUSIC)
        case "resume":
            await engine.resume(leg)
        case "mute":
            await engine.mute(leg, True)
        case "keys":
            await engine.send_dtmf(leg, "12#")
        case "unbridge":
            await engine.unbridge(leg)
        case "play":
            await engine.play(leg, MUSIC, name="music")


if __name__ == "__main__":
    with TemporaryDirectory(prefix="soak-") as folder:
        found = asyncio.run(soak(float(sys.argv[1]), Path(folder)))
    sys.stdout.write(json.dumps(found, indent=1) + "\n")

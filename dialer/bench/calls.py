"""Calls from the embedded engine to sipp, beside sipp calling sipp on the same machine."""

from __future__ import annotations

import asyncio
import resource
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from compliance.facts import Channel
from dialer.bench.held_calls import held
from dialer.bench.permits import permit_for
from dialer.bench.result import BenchFailed, Result, Row
from dialer.bench.timing import Laps, Watch, watch
from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.telephony.port import Answered, CallSpec, Ended
from dialer.town.subprocesses import python_child
from scheduler.clock import SystemClock

NUMBER = "+12125550123"
AIM = "200 per second, p99 20 ms, none lost"
LOSS = 0.05
_PATIENCE_S = 60.0
_SCENARIO = Path(__file__).with_name("answering.xml")


async def run(
    *,
    rate: int = 200,
    calls: int = 2000,
    legs: int = 300,
    pairs: int = 100,
    held_s: float = 10.0,
) -> Result:
    """Set up and clear calls at a rate, also where datagrams are lost; then hold many with RTP."""
    about = "calls set up and cleared at a rate beside sipp, then held with RTP both ways"
    if shutil.which("sipp") is None:
        return Result(name="calls", about=about, rows=[], left_out=["sipp is not installed"])
    rows = [
        await _set_ups(rate, calls, 0.0),
        await _sipp_to_sipp(rate, calls, 0.0),
        await _set_ups(rate, calls, LOSS),
        await _sipp_to_sipp(rate, calls, LOSS),
        await held(legs=legs, pairs=pairs, seconds=held_s),
    ]
    for ours, theirs in ((0, 1), (2, 3)):
        rows[ours] = {**rows[ours], "ratio": rows[ours]["per_s"] / rows[theirs]["per_s"]}
    return Result(name="calls", about=about, rows=rows)


class _Desk:
    """Places calls and knows when each was answered and has ended."""

    def __init__(self, engine: SipEngine) -> None:
        self._engine = engine
        self._clock = SystemClock()
        self._answered: dict[str, asyncio.Event] = {}
        self._ended: dict[str, asyncio.Event] = {}
        self.answers = Laps()
        self.lost = 0  # ended with no answer, though everyone answers

    async def call(self, number: int) -> None:
        """One call from its INVITE to the answer to its BYE."""
        name = f"call-{number}"
        self._answered[name], self._ended[name] = asyncio.Event(), asyncio.Event()
        permit = permit_for(Channel.CALL, NUMBER, name, self._clock.now())
        spec = CallSpec(call_id=name, number=NUMBER, caller_id="+12125550100", ring_timeout_s=30.0)
        with self.answers.lap():
            await self._engine.originate(permit, spec)
            await self._answered[name].wait()
        if self._ended[name].is_set():
            self.lost += 1
            return
        await self._engine.hangup(name)
        await self._ended[name].wait()

    async def read(self) -> None:
        """Hear the engine out."""
        async for event in self._engine.events():
            if isinstance(event, Answered):
                self._answered[event.call_id].set()
            elif isinstance(event, Ended):
                self._ended[event.call_id].set()
                self._answered[event.call_id].set()


async def _set_ups(rate: int, calls: int, loss: float) -> Row:
    spent, desk = await _place(rate, calls, loss)
    return {
        "what": f"engine to sipp{_over(loss)}",
        "calls": calls,
        "lost": desk.lost,
        "per_s": calls / spent.seconds,
        "p50_ms": desk.answers.percentile_ms(0.5),
        "p99_ms": desk.answers.percentile_ms(0.99),
        "core_ms_each": spent.core_seconds / calls * 1e3,
        "aim": AIM,
    }


def _over(loss: float) -> str:
    return f", {loss:.0%} of datagrams lost" if loss else ""


@asynccontextmanager
async def _network(port: int, loss: float) -> AsyncIterator[int]:
    """The port that leads to that port, by a relay that loses some of what passes."""
    if not loss:
        yield port
        return
    async with python_child("dialer.bench.relay", [str(port), str(loss)]) as (_, ready):
        yield int(ready["port"])


async def _place(rate: int, calls: int, loss: float) -> tuple[Watch, _Desk]:
    """Place calls at a rate, spread evenly; raises BenchFailed where one is lost."""
    clock, media = SystemClock(), 16_000 + 2 * Random().randrange(3500)
    async with (
        _answering() as answering,
        _network(answering, loss) as port,
        open_sip_engine(
            trunks=[
                Trunk(
                    name="sipp",
                    host="127.0.0.1",
                    port=port,
                    keepalive_s=0.0,
                    max_channels=calls,
                    max_calls_per_second=10_000.0,
                )
            ],
            clock=clock,
            listen="127.0.0.1:0",
            rtp_ports=(media, media + 4000),
        ) as engine,
    ):
        desk = _Desk(engine)
        reading = asyncio.create_task(desk.read())
        with watch() as spent:
            try:
                async with asyncio.timeout(_PATIENCE_S + calls / rate), asyncio.TaskGroup() as all_:
                    began = clock.monotonic()
                    for number in range(calls):
                        all_.create_task(desk.call(number))
                        await clock.sleep(max(0.0, began + (number + 1) / rate - clock.monotonic()))
            except TimeoutError as error:
                raise BenchFailed(f"of {calls} calls some never ended") from error
    reading.cancel()
    with suppress(asyncio.CancelledError):
        await reading
    return spent, desk


async def _sipp_to_sipp(rate: int, calls: int, loss: float) -> Row:
    """The same set-ups by sipp's own caller."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with _answering() as answering, _network(answering, loss) as port:
        with watch() as spent:
            process = await _sipp(
                "-sn", "uac", f"127.0.0.1:{port}", "-p", str(_free_port()),
                "-r", str(rate), "-m", str(calls), "-d", "0",
                "-timeout", str(round(calls / rate) + 20),
            )  # fmt: skip
            some_lost = await process.wait() != 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    core = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "what": f"sipp to sipp (bare){_over(loss)}",
        "calls": calls,
        "lost": "some" if some_lost else 0,
        "per_s": calls / spent.seconds,
        "core_ms_each": core / calls * 1e3,
    }


@asynccontextmanager
async def _answering() -> AsyncIterator[int]:
    """sipp answering every call at once and sending all RTP back; its port."""
    port = _free_port()
    media = 10_000 + 2 * Random().randrange(2500)
    process = await _sipp("-sf", str(_SCENARIO), "-p", str(port), "-mp", str(media), "-rtp_echo")
    try:
        async with asyncio.timeout(10):
            while f":{port:04X} " not in Path("/proc/net/udp").read_text("ascii"):
                await SystemClock().sleep(0.01)
        yield port
    finally:
        process.kill()
        await process.wait()


async def _sipp(*words: str) -> asyncio.subprocess.Process:
    with TemporaryDirectory(prefix="sipp-") as folder:
        return await asyncio.create_subprocess_exec(
            "sipp",
            *words,
            *("-i", "127.0.0.1", "-mi", "127.0.0.1", "-nostdin"),
            cwd=folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )


def _free_port() -> int:
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

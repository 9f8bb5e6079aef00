"""sipp as the far side, and a desk that places calls to it and reads what is told of them."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import socket
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from dialer.telephony.drivers.sip.engine import SipEngine, open_sip_engine
from dialer.telephony.drivers.sip.registrar import Phone
from dialer.telephony.drivers.sip.streams import Security
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.telephony.port import CallEvent, CallSpec, Ended
from scheduler.clock import SystemClock
from tests.conftest import free_port
from tests.dialer.telephony.permits import permit_for

SCENARIOS = Path(__file__).parents[2] / "peers" / "sipp"
NUMBER = "+12125550123"
PATIENCE = 20.0
E_ = TypeVar("E_", bound=CallEvent)


def media_base() -> int:
    """Where a range of RTP ports may begin: even, and below what the system hands out itself."""
    return 16_000 + 2 * secrets.randbelow(7_000)


async def until(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await SystemClock().sleep(0.005)


@dataclass
class Sipp:
    """A running sipp. `ended()` is its verdict: 0 means that every call went by the scenario."""

    port: int
    process: asyncio.subprocess.Process
    folder: Path

    async def ended(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.process.wait()

    def errors(self) -> str:
        return "\n".join(path.read_text() for path in self.folder.glob("*_errors.log"))


@asynccontextmanager
async def sipp(
    scenario: str, *, calls: int = 1, tcp: bool = False, **keys: str
) -> AsyncIterator[Sipp]:
    """sipp as UAS with its own `uas`, or a scenario of ours, its @key@s filled in."""
    with TemporaryDirectory(prefix="sipp-") as folder:
        source = ["-sn", "uas"]
        if scenario != "uas":
            text = (SCENARIOS / f"{scenario}.xml").read_text()
            for key, value in keys.items():
                text = text.replace(f"@{key}@", value)
            (Path(folder) / "scenario.xml").write_text(text)
            source = ["-sf", "scenario.xml"]
        options = [*source, "-t", "t1" if tcp else "u1", "-m", str(calls)]
        made = await _listening(options, Path(folder), tcp=tcp)
        try:
            yield made
        finally:
            if made.process.returncode is None:
                made.process.kill()
            await made.process.wait()


@asynccontextmanager
async def sipp_calls(to: int, *, number: str, scenario: str = "calls_in") -> AsyncIterator[Sipp]:
    """sipp as a caller from `number` to a port."""
    with TemporaryDirectory(prefix="sipp-") as folder:
        text = (SCENARIOS / f"{scenario}.xml").read_text().replace("@number@", number)
        (Path(folder) / "scenario.xml").write_text(text)
        options = [f"127.0.0.1:{to}", "-sf", "scenario.xml", "-t", "u1", "-m", "1"]
        made = await _listening(options, Path(folder), tcp=False)
        try:
            yield made
        finally:
            if made.process.returncode is None:
                made.process.kill()
            await made.process.wait()


async def _listening(options: list[str], folder: Path, *, tcp: bool) -> Sipp:
    """A sipp that listens; another test may have been quicker with its ports, so not at once."""
    program = shutil.which("sipp")
    assert program is not None
    for _ in range(5):
        port = free_port(socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        process = await asyncio.create_subprocess_exec(
            program,
            *options,
            *("-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(media_base())),
            *("-nostdin", "-timeout", "30", "-trace_err"),
            cwd=folder,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        made = Sipp(port, process, folder)
        await until(partial(_decided, made, tcp))
        if process.returncode is None:
            return made
    raise AssertionError(made.errors())


def _decided(made: Sipp, tcp: bool) -> bool:
    return made.process.returncode is not None or is_bound(made.port, tcp=tcp)


def is_bound(port: int, *, tcp: bool = False) -> bool:
    hexed = f":{port:04X} "
    table = Path("/proc/net/tcp" if tcp else "/proc/net/udp").read_text()
    return any(hexed in line for line in table.splitlines())


class Desk:
    """Places calls by one engine and keeps what is told of each."""

    def __init__(self, engine: SipEngine) -> None:
        self.engine = engine
        self.told: dict[str, list[CallEvent]] = defaultdict(list)
        self.presses: set[str] = set()  # numbers whose people are known to press a key

    async def call(
        self,
        call_id: str = "call-1",
        *,
        ring: float = 10.0,
        detect: bool = False,
        number: str = NUMBER,
    ) -> None:
        await self.engine.originate(
            permit_for(number, SystemClock().now()),
            CallSpec(
                call_id=call_id,
                number=number,
                caller_id="+12125550100",
                ring_timeout_s=ring,
                detect_machine=detect,
            ),
        )

    async def read(self) -> None:
        async for event in self.engine.events():
            self.told[event.call_id].append(event)

    def seen(self, kind: type[E_], call_id: str = "call-1") -> list[E_]:
        return [event for event in self.told[call_id] if isinstance(event, kind)]

    async def wait(self, kind: type[E_], call_id: str = "call-1") -> E_:
        await until(lambda: self.seen(kind, call_id))
        return self.seen(kind, call_id)[-1]

    async def pause(self) -> None:
        await SystemClock().sleep(0.01)

    def kinds(self, call_id: str = "call-1") -> list[str]:
        return [type(event).__name__ for event in self.told[call_id]]

    def check(self) -> None:
        """What the port promises of every call that has ended."""
        for events in self.told.values():
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
            assert [e for e in events if isinstance(e, Ended)] == events[-1:]
        stats = self.engine.stats()
        assert (stats.live_legs, stats.rtp_ports_taken, stats.sip.faults) == (0, 0, 0)


@asynccontextmanager
async def desk(
    *ports: int,
    timers: Timers | None = None,
    reading: bool = True,
    phones: Sequence[Phone] = (),
    transfer_to: frozenset[str] = frozenset(),
    security: Security | None = None,
    tls_port: int | None = None,
    each: Mapping[str, Mapping[str, object]] | None = None,
    **trunk: object,
) -> AsyncIterator[Desk]:
    """An engine with one trunk per port and some phones; a desk at it that reads its events.

    `trunk` is said of all trunks, `each` of one by its name: trunk-1, trunk-2.
    """
    settings: dict[str, object] = {"keepalive_s": 0.0, "max_calls_per_second": 1000.0} | trunk
    own, rtp = each or {}, media_base()
    async with open_sip_engine(
        trunks=[
            Trunk(host="127.0.0.1", port=port, **{"name": name, **settings, **own.get(name, {})})
            for name, port in ((f"trunk-{n}", port) for n, port in enumerate(ports, 1))
        ],
        clock=SystemClock(),
        listen="127.0.0.1:0",
        rtp_ports=(rtp, rtp + 399),
        media_host="127.0.0.1",
        find_phone={phone.name: phone for phone in phones}.get,
        transfer_to=transfer_to,
        security=security,
        tls_port=tls_port,
        timers=timers,
    ) as engine:
        made = Desk(engine)
        task = asyncio.create_task(made.read()) if reading else None
        yield made
        made.check()
    if task is not None:
        await task
    made.check()

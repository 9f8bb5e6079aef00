"""The far end of many calls as a child process: answers at once, talks, and times what it hears.

`python -m dialer.bench.far_end` prints its SIP port; the line `figures` on its standard input is
answered with how far apart the packets of each call came since the line before. All audio goes over
one socket: the far side of each call is told by the port that it sends from. Arrivals are timed by
the kernel, so that our own lateness in reading is not taken for theirs.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import Any

from dialer.bench.timing import percentile
from dialer.telephony.wire import g711, rtp, sdp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.message import Headers, Request, parse, reply
from dialer.town.loopback import LOOPBACK
from dialer.town.pipe import attend, print_line
from scheduler.clock import SystemClock

TICK_S = 0.02
GAP_MS = 60.0
_STAMP = struct.Struct("qq")
_SO_TIMESTAMPNS = 35
_BUFFER = 4 << 20
_VOICE = b"".join(g711.tone(400, 0.2))[: g711.FRAME]


class Media:
    """All calls' audio over one socket."""

    def __init__(self) -> None:
        self.gaps_ms: list[float] = []
        self.packets = 0
        self.late_ms: list[float] = []
        self._streams: dict[tuple[str, int], rtp.Stream] = {}
        self._last: dict[int, float] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPNS, 1)
        self._socket.bind((LOOPBACK, 0))
        self._socket.setblocking(False)
        asyncio.get_running_loop().add_reader(self._socket, self._hear)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def talk(self, host: str, port: int) -> None:
        """Send to this place from the next beat on."""
        self._streams[host, port] = rtp.Stream(ssrc=port, sequence=0, timestamp=0)

    def end(self, host: str, port: int) -> None:
        self._streams.pop((host, port), None)
        self._last.pop(port, None)

    def beat(self) -> None:
        for place, stream in self._streams.items():
            packet = stream.packet(rtp.PCMU, _VOICE)
            try:
                self._socket.sendto(packet.encode(), place)
            except BlockingIOError:
                return

    def _hear(self) -> None:
        try:
            while True:
                _, extra, _, source = self._socket.recvmsg(512, 64)
                seconds, nanoseconds = _STAMP.unpack(extra[0][2])
                at = seconds * 1e3 + nanoseconds / 1e6
                last = self._last.get(source[1])
                if last is not None:
                    self.gaps_ms.append(at - last)
                self._last[source[1]] = at
                self.packets += 1
        except BlockingIOError:
            return

    def figures(self) -> dict[str, float]:
        """What came since the last time this was asked."""
        gaps, packets, late = self.gaps_ms, self.packets, self.late_ms
        self.gaps_ms, self.packets, self.late_ms = [], 0, []
        return {
            "packets": packets,
            "gaps_over_60_ms": sum(gap > GAP_MS for gap in gaps),
            "gap_p99_ms": percentile(gaps, 0.99) if gaps else 0.0,
            "gap_worst_ms": max(gaps, default=0.0),
            "far_end_late_p99_ms": percentile(late, 0.99) if late else 0.0,
        }


class Signalling(asyncio.DatagramProtocol):
    """Says 200 to everything; the loopback loses nothing, so nothing is said twice."""

    def __init__(self, media: Media) -> None:
        self._media = media
        self._transport: Any = None
        self._talking: dict[str, tuple[str, int]] = {}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        made = transport.get_extra_info("socket")
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        try:
            message = parse(data)
        except Malformed:
            return
        if isinstance(message, Request) and message.method != "ACK":
            self._answer(message, addr)

    def _answer(self, request: Request, addr: tuple[str, int]) -> None:
        body = b""
        contact = ("Contact", f"<sip:far@{LOOPBACK}:{self.port}>")
        headers: Headers = (contact,)
        if request.method == "INVITE":
            offer = sdp.parse(request.body)
            mine = sdp.answer(offer, host=LOOPBACK, port=self._media.port)
            body = mine.encode()
            headers = (contact, ("Content-Type", "application/sdp"))
            self._talking[request.call_id] = (offer.host, offer.port)
            self._media.talk(offer.host, offer.port)
        elif request.method == "BYE" and (place := self._talking.pop(request.call_id, None)):
            self._media.end(*place)
        answer = reply(request, 200, to_tag="far", headers=headers, body=body)
        self._transport.sendto(answer.encode(), addr)


async def _serve() -> None:
    media, clock = Media(), SystemClock()
    _, signalling = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: Signalling(media), local_addr=(LOOPBACK, 0)
    )
    print_line({"port": signalling.port})

    async def beat() -> None:
        due = clock.monotonic()
        while True:
            media.late_ms.append((clock.monotonic() - due) * 1e3)
            media.beat()
            due += TICK_S
            await clock.sleep(max(0.0, due - clock.monotonic()))

    beating = asyncio.create_task(beat())
    await attend(asyncio.Event(), lambda _: print_line(media.figures()))
    beating.cancel()


if __name__ == "__main__":
    asyncio.run(_serve())

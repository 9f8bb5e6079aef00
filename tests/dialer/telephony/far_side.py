"""A far side in Python, for what sipp can't be made to do: forks, loss, strange requests."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from dialer.telephony.wire import rtp, sdp
from dialer.telephony.wire.message import Headers, Message, Request, Response, parse, reply
from tests.dialer.telephony.sipp import until

Script = Callable[["FarSide", Request], None]


class FarSide(asyncio.DatagramProtocol):
    """Hands each new request to a script; `lose` is the part of datagrams lost each way."""

    def __init__(self, script: Script, lose: float = 0.0) -> None:
        self.received: list[Message] = []
        self.near = ("127.0.0.1", 0)
        self._script = script
        self._lose = lose
        self._chance = random.Random(5060)
        self._transport: Any = None
        self.media: Audio | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    @property
    def port(self) -> int:
        return int(self._transport.get_extra_info("sockname")[1])

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self._chance.random() < self._lose:
            return
        self.near = addr
        message = parse(data)
        self.received.append(message)
        if isinstance(message, Request):
            self._script(self, message)

    def close(self) -> None:
        self._transport.close()

    def send(self, message: Message | bytes) -> None:
        data = message if isinstance(message, bytes) else message.encode()
        if self._chance.random() >= self._lose:
            self._transport.sendto(data, self.near)

    def answer(
        self,
        request: Request,
        status: int,
        *,
        tag: str = "far",
        audio: bool = False,
        headers: Headers = (),
    ) -> None:
        body = b""
        if audio:
            assert self.media is not None
            body = self.media.described.encode()
            headers = (*headers, ("Content-Type", "application/sdp"))
        contact = ("Contact", f"<sip:far@127.0.0.1:{self.port}>")
        self.send(reply(request, status, to_tag=tag, headers=(contact, *headers), body=body))

    def ask(
        self,
        invite: Request,
        method: str,
        number: int,
        *,
        body: bytes = b"",
        headers: Headers = (),
        tag: str = "far",
        branch: str | None = None,
    ) -> Request:
        """Send a request inside the call that `invite` began."""
        contact = invite.get("Contact") or ""
        if body:
            headers = (*headers, ("Content-Type", "application/sdp"))
        request = Request(
            method=method,
            uri=contact.strip("<>"),
            headers=(
                (
                    "Via",
                    f"SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{branch or number}{method}",
                ),
                ("From", f"{invite.get('To')};tag={tag}"),
                ("To", invite.get("From") or ""),
                ("Call-ID", invite.call_id),
                ("CSeq", f"{number} {method}"),
                *headers,
            ),
            body=body,
        )
        self.send(request)
        return request

    def requests(self, method: str) -> list[Request]:
        return [m for m in self.received if isinstance(m, Request) and m.method == method]

    def responses(self, method: str) -> list[Response]:
        return [m for m in self.received if isinstance(m, Response) and m.cseq[1] == method]

    async def got(self, method: str, count: int = 1) -> Request:
        await until(lambda: len(self.requests(method)) >= count)
        return self.requests(method)[count - 1]

    async def told(self, method: str, count: int = 1) -> Response:
        await until(lambda: len(self.responses(method)) >= count)
        return self.responses(method)[count - 1]


class Audio(asyncio.DatagramProtocol):
    """The far side's RTP: hears all, sends what it is given."""

    def __init__(self, codec: int = rtp.PCMU) -> None:
        self.heard: list[rtp.Packet] = []
        self.stream = rtp.Stream(ssrc=99, sequence=65_500, timestamp=2**32 - 3000)
        self._codec = codec
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.heard.append(rtp.parse(data))

    @property
    def described(self) -> sdp.Media:
        port = int(self._transport.get_extra_info("sockname")[1])
        return sdp.Media(host="127.0.0.1", port=port, codecs=(self._codec,), event=97)

    def send(self, packet: rtp.Packet | bytes, to: sdp.Media) -> None:
        data = packet if isinstance(packet, bytes) else packet.encode()
        self._transport.sendto(data, (to.host, to.port))


@asynccontextmanager
async def far_side(
    script: Script, *, lose: float = 0.0, codec: int = rtp.PCMU
) -> AsyncIterator[FarSide]:
    loop = asyncio.get_running_loop()
    transport, far = await loop.create_datagram_endpoint(
        lambda: FarSide(script, lose), local_addr=("127.0.0.1", 0)
    )
    media_transport, far.media = await loop.create_datagram_endpoint(
        lambda: Audio(codec), local_addr=("127.0.0.1", 0)
    )
    try:
        yield far
    finally:
        transport.close()
        media_transport.close()


def answers(far: FarSide, request: Request) -> None:
    """Rings, answers, and takes leave politely."""
    if request.method == "INVITE":
        far.answer(request, 180)
        far.answer(request, 200, audio=True)
    elif request.method != "ACK":
        far.answer(request, 200)

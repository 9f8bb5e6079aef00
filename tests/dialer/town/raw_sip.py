"""A telephone in text and bytes, apart from the product's SIP and RTP code."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import struct
from dataclasses import dataclass, field

BEAT_S = 0.02


class _Socket(asyncio.DatagramProtocol):
    def __init__(self) -> None:
        self.inbox: asyncio.Queue[bytes] = asyncio.Queue()

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        self.transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.inbox.put_nowait(data)


async def _open() -> _Socket:
    loop = asyncio.get_running_loop()
    _, protocol = await loop.create_datagram_endpoint(_Socket, local_addr=("127.0.0.1", 0))
    return protocol


@dataclass
class RawPhone:
    """One call. `heard` are the RTP payloads by payload type, in the order of their arrival."""

    exchange: int
    number: str
    user: str = "ringfence"
    password: str = "town-sip"
    heard: list[tuple[int, bytes]] = field(default_factory=list)

    async def __aenter__(self) -> RawPhone:
        self._sip, self._rtp = await _open(), await _open()
        self._call_id, self._tag = secrets.token_hex(8), secrets.token_hex(4)
        self._cseq, self._to_tag = 1, ""
        self._branch = ""
        self._media: asyncio.Task[None] | None = None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._media:
            self._media.cancel()
        self._sip.transport.close()
        self._rtp.transport.close()

    async def call(self, deadline: float = 8.0) -> list[int]:
        """Statuses of the answers to the INVITE, the final one last and acknowledged."""
        statuses: list[int] = []
        self.invite()
        while not statuses or statuses[-1] < 200:
            text = await self.read(deadline)
            status = int(text.split()[1])
            statuses.append(status)
            tag = re.search(r"^To:.*;tag=(\S+)", text, re.MULTILINE)
            self._to_tag = f";tag={tag[1]}" if tag else ""
            if status >= 200:
                self.send("ACK", fresh=status < 300)
            if status == 407:
                statuses.pop()
                self._cseq += 1
                self._to_tag = ""
                self.invite(self._proof(text))
            if status == 200:
                port = int(re.search(r"^m=audio (\d+)", text, re.MULTILINE)[1])  # type: ignore[index]
                self._media = asyncio.create_task(self._exchange_media(port))
        return statuses

    def invite(self, *headers: str) -> None:
        sdp = (
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            f"m=audio {self._rtp.port} RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\n"
            "a=rtpmap:96 telephone-event/8000\r\n"
        )
        self.send("INVITE", *headers, "Content-Type: application/sdp", body=sdp)

    def send(self, method: str, *headers: str, body: str = "", fresh: bool = True) -> None:
        if fresh and method != "CANCEL":
            self._branch = f"z9hG4bK{secrets.token_hex(8)}"
        if method == "BYE":
            self._cseq += 1
        lines = [
            f"{method} sip:{self.number}@127.0.0.1:{self.exchange} SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._sip.port};branch={self._branch}",
            "Max-Forwards: 70",
            f"From: <sip:raw@127.0.0.1>;tag={self._tag}",
            f"To: <sip:{self.number}@127.0.0.1>{self._to_tag if method != 'INVITE' else ''}",
            f"Call-ID: {self._call_id}",
            f"CSeq: {self._cseq} {method}",
            f"Contact: <sip:raw@127.0.0.1:{self._sip.port}>",
            *headers,
            f"Content-Length: {len(body)}",
        ]
        self._to_exchange("\r\n".join(lines) + "\r\n\r\n" + body)

    def _to_exchange(self, text: str) -> None:
        self._sip.transport.sendto(text.encode(), ("127.0.0.1", self.exchange))

    async def read(self, deadline: float = 5.0) -> str:
        async with asyncio.timeout(deadline):
            return (await self._sip.inbox.get()).decode()

    async def cancel(self) -> list[str]:
        """The start lines of the two answers, to the CANCEL and to the INVITE."""
        self.send("CANCEL")
        lines = [(await self.read()).split("\r\n")[0] for _ in range(2)]
        self.send("ACK", fresh=False)
        return lines

    async def hang_up(self) -> str:
        self.send("BYE")
        while not (text := await self.read()).startswith("SIP/2.0 200") or "BYE" not in text:
            pass
        return text

    async def wait_for_bye(self, deadline: float) -> None:
        """Until the consumer hangs up; the BYE is answered."""
        while not (text := await self.read(deadline)).startswith("BYE "):
            pass
        keep = [x for x in text.split("\r\n") if re.match(r"(Via|From|To|Call-ID|CSeq):", x)]
        self._to_exchange("\r\n".join(["SIP/2.0 200 OK", *keep, "Content-Length: 0", "", ""]))

    def _proof(self, challenge: str) -> str:
        realm, nonce = (
            re.search(rf'{name}="([^"]+)"', challenge)[1]  # type: ignore[index]
            for name in ("realm", "nonce")
        )
        uri = f"sip:{self.number}@127.0.0.1:{self.exchange}"
        first = _md5(f"{self.user}:{realm}:{self.password}")
        second = _md5(f"INVITE:{uri}")
        proof = _md5(f"{first}:{nonce}:00000001:abc:auth:{second}")
        return (
            f'Proxy-Authorization: Digest username="{self.user}", realm="{realm}",'
            f' nonce="{nonce}", uri="{uri}", response="{proof}", algorithm=MD5,'
            ' qop=auth, nc=00000001, cnonce="abc"'
        )

    async def _exchange_media(self, port: int) -> None:
        sequence = 0
        while True:
            head = struct.pack("!BBHII", 0x80, 0, sequence & 0xFFFF, sequence * 160, 7)
            self._rtp.transport.sendto(head + b"\xff" * 160, ("127.0.0.1", port))
            sequence += 1
            try:
                async with asyncio.timeout(BEAT_S):
                    while True:
                        data = await self._rtp.inbox.get()
                        self.heard.append((data[1] & 0x7F, data[12:]))
            except TimeoutError:
                continue


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()

"""Session descriptions for one audio stream (RFC 8866), offer/answer (RFC 3264), keys (RFC 4568).

Reading: the lines that matter are picked and put right, then pyVoIP's SIPMessage reads them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pyVoIP.RTP import TransmitType
from pyVoIP.SIP import SIPMessage

from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.rtp import PCMA, PCMU, TELEPHONE_EVENT
from dialer.telephony.wire.srtp import Crypto, read_crypto

_NAMES = {PCMU: "PCMU", PCMA: "PCMA"}
_MEDIA = re.compile(r"audio\s+(\d{1,5})(?:/\d+)?\s+(RTP/S?AVPF?)((?:\s+\d{1,3})+)\s*\Z")
_HEAD = b"SIP/2.0 200 OK\r\nContent-Type: application/sdp\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """One side's audio stream. Port 0 means refused; `event` is its number for DTMF events.

    `secure` is the profile RTP/SAVP, nothing but SRTP; `crypto` its key for what it sends. A key
    without the profile lets the other side choose.
    """

    host: str
    port: int
    codecs: tuple[int, ...]  # PCMU or PCMA, the preferred first
    event: int | None = TELEPHONE_EVENT
    direction: TransmitType = TransmitType.SENDRECV
    secure: bool = False
    crypto: Crypto | None = None
    session: int = 1
    version: int = 1

    @property
    def held(self) -> bool:
        """Whether this side does not want to hear us."""
        silent = (TransmitType.SENDONLY, TransmitType.INACTIVE)
        return self.host == "0.0.0.0" or self.direction in silent

    def encode(self) -> bytes:
        numbers = [*self.codecs, *([self.event] if self.event is not None else [])]
        lines = [
            "v=0",
            f"o=- {self.session} {self.version} IN IP4 {self.host}",
            "s=-",
            f"c=IN IP4 {self.host}",
            "t=0 0",
            f"m=audio {self.port} {self._profile} {' '.join(str(n) for n in numbers)}",
            *(f"a=rtpmap:{n} {_NAMES[n]}/8000" for n in self.codecs),
        ]
        if self.event is not None:
            lines += [f"a=rtpmap:{self.event} telephone-event/8000", f"a=fmtp:{self.event} 0-16"]
        if self.crypto is not None:
            lines.append(f"a=crypto:{self.crypto.encode()}")
        lines += ["a=ptime:20", f"a={self.direction}", ""]
        return "\r\n".join(lines).encode()

    @property
    def _profile(self) -> str:
        return "RTP/SAVP" if self.secure else "RTP/AVP"


def parse(body: bytes) -> Media:
    """The first audio stream with a G.711 codec. Raises Malformed where there is none."""
    picked = _pick(body.decode("utf-8", "replace"))
    read = SIPMessage(_HEAD + "\r\n".join(picked.lines).encode()).body
    audio = read["m"][0]
    maps = {int(n): found.get("rtpmap") for n, found in audio["attributes"].items()}
    codecs, event = [], None
    for number in (int(n) for n in audio["methods"]):
        told = maps[number]
        name = told["name"].upper() if told else _NAMES.get(number, "")
        if number in _NAMES and name == _NAMES[number]:
            codecs.append(number)
        elif event is None and name == "TELEPHONE-EVENT" and told["frequency"] == "8000":
            event = number
    if not codecs:
        raise Malformed("no G.711 codec in the session description")
    return Media(
        host=read["c"][0]["address"],
        port=audio["port"],
        codecs=tuple(codecs),
        event=event,
        direction=read.get("a", {}).get("transmit_type", TransmitType.SENDRECV),
        secure=picked.secure,
        crypto=next((one for value in picked.crypto if (one := read_crypto(value))), None),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picked:
    """The lines of a description that matter, and what its first stream says of SRTP."""

    lines: list[str]
    secure: bool
    crypto: list[str]


def _pick(text: str) -> _Picked:
    """The connection, the first audio stream and its attributes, each line in its plain form."""
    session: dict[str, str] = {}
    stream: dict[str, str] = {}
    maps: list[str] = []
    crypto: list[str] = []
    media, numbers = "", set[str]()
    for line in re.split(r"\r?\n", text):
        kind, _, value = line.strip().partition("=")
        if kind == "m" and media:
            break
        if kind == "m":
            media = value
            match = _MEDIA.match(value)
            numbers = set(match.group(3).split()) if match else numbers
        elif kind == "c":
            _connection(value, stream if media else session)
        elif kind == "a" and media and value.startswith("crypto:"):
            crypto.append(value.removeprefix("crypto:"))
        elif kind == "a":
            _attribute(value, numbers, stream if media else session, maps)
    match = _MEDIA.match(media)
    if match is None or int(match.group(1)) > 65535:
        raise Malformed(f"media {media[:60]!r}")
    joined = session | stream
    if "c" not in joined:
        raise Malformed("no connection address")
    picked = [f"c=IN IP4 {joined['c']}", f"m=audio {match.group(1)} RTP/AVP{match.group(3)}"]
    ways = [f"a={joined['direction']}"] if "direction" in joined else []
    secure = match.group(2).startswith("RTP/S")
    return _Picked(lines=[*picked, *maps, *ways], secure=secure, crypto=crypto)


def _connection(value: str, into: dict[str, str]) -> None:
    found = re.match(r"IN\s+IP4\s+(\d{1,3}(?:\.\d{1,3}){3})", value)
    if found is None or any(int(part) > 255 for part in found.group(1).split(".")):
        raise Malformed(f"connection {value[:40]!r}")
    into.setdefault("c", found.group(1))


def _attribute(value: str, numbers: set[str], into: dict[str, str], maps: list[str]) -> None:
    if value in {str(kind) for kind in TransmitType}:
        into["direction"] = value
    found = re.match(r"rtpmap\s*:\s*(\d+)\s+([A-Za-z0-9._-]+)\s*/\s*(\d+)", value)
    if found and found.group(1) in numbers:
        maps.append(f"a=rtpmap:{found.group(1)} {found.group(2)}/{found.group(3)}")


_MIRROR = {
    TransmitType.SENDRECV: TransmitType.SENDRECV,
    TransmitType.SENDONLY: TransmitType.RECVONLY,
    TransmitType.RECVONLY: TransmitType.SENDONLY,
    TransmitType.INACTIVE: TransmitType.INACTIVE,
}


def answer(
    offer: Media,
    *,
    host: str,
    port: int,
    key: bytes | None = None,
    session: int = 1,
    version: int = 1,
) -> Media:
    """Our answer: the offerer's first codec and event number, the direction mirrored.

    `key` is ours for SRTP, which is used where the offer has a key too.
    """
    crypto = offer.crypto and key and Crypto(tag=offer.crypto.tag, key=key)
    return Media(
        host=host,
        port=port,
        codecs=offer.codecs[:1],
        event=offer.event,
        direction=_MIRROR[offer.direction],
        secure=offer.secure,
        crypto=crypto or None,
        session=session,
        version=version,
    )

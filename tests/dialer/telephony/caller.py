"""A far side that calls us."""

from __future__ import annotations

from dataclasses import replace

from dialer.telephony.drivers.sip.engine import SipEngine
from dialer.telephony.wire.message import Headers, Request
from tests.dialer.telephony.far_side import FarSide
from tests.dialer.telephony.sipp import Desk, until

CALLER = "+12125550123"


def polite(far: FarSide, request: Request) -> None:
    if request.method not in {"ACK", "INVITE"}:
        far.answer(request, 200, tag="")


def ring(
    far: FarSide, engine: SipEngine, *, offer: bool = True, headers: Headers = (), body: bytes = b""
) -> Request:
    """The far side calls us."""
    host, port = engine.layer.advertised
    far.near = (host, port)
    if offer and not body:
        assert far.media is not None
        body = far.media.described.encode()
    invite = Request(
        method="INVITE",
        uri=f"sip:+12125550100@{host}:{port}",
        headers=(
            ("Via", f"SIP/2.0/UDP 127.0.0.1:{far.port};branch=z9hG4bKcalls;rport"),
            ("From", f"<sip:{CALLER}@carrier.example>;tag=theirs"),
            ("To", "<sip:+12125550100@dialer.example>"),
            ("Call-ID", "theirs"),
            ("CSeq", "7 INVITE"),
            ("Contact", f"<sip:carrier@127.0.0.1:{far.port}>"),
            *headers,
            *((("Content-Type", "application/sdp"),) if body else ()),
        ),
        body=body,
    )
    far.send(invite)
    return invite


def within(invite: Request, method: str, to: str, *, body: bytes = b"") -> Request:
    """A request of the caller inside the call; ACK and CANCEL keep the number."""
    number = 7 if method in {"ACK", "CANCEL"} else 8
    changed = {"To": to, "CSeq": f"{number} {method}"}
    if method != "CANCEL":
        changed["Via"] = (invite.get("Via") or "").replace("calls", method)
    headers = tuple((name, changed.get(name, value)) for name, value in invite.headers)
    return replace(invite, method=method, headers=headers, body=body)


async def arrived(near: Desk) -> str:
    """The id of the call that has come in."""
    await until(lambda: near.told)
    (call_id,) = near.told
    return call_id

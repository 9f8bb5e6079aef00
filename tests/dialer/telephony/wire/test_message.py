"""SIP text is read whatever its dress, written exactly, and junk is Malformed and nothing else."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.telephony.wire.headers import Malformed, parse_address, parse_uri, split_list
from dialer.telephony.wire.message import Request, Response, parse, phrase, reply

INVITE = b"""INVITE sip:+12125550123@trunk.example SIP/2.0\r
Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport\r
From: "Desk" <sip:desk@example.com>;tag=f1\r
To: <sip:+12125550123@trunk.example>\r
Call-ID: c1@192.0.2.1\r
CSeq: 7 INVITE\r
Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\r
Content-Length: 0\r
\r
"""


def test_compact_folded_and_lower_case_headers_read_like_the_plain_ones() -> None:
    dressed = parse(
        b"\r\n\r\nSIP/2.0 183 Making progress\r\n"
        b"v:SIP / 2.0 / UDP 192.0.2.1 : 5060 ;branch=z9hG4bKa\r\n"
        b"f : Desk <sip:desk@example.com>\r\n ;tag=f1\r\n"
        b"t:<sip:+12125550123@trunk.example>;tag=t1\r\n"
        b"I:c1@192.0.2.1\r\ncseq:7   INVITE\r\nl:4\r\nSUBJECT:a: b\r\n\r\nbody and rubbish"
    )
    assert isinstance(dressed, Response)
    assert (dressed.status, dressed.phrase, dressed.body) == (183, "Making progress", b"body")
    assert (dressed.via.host, dressed.via.port, dressed.via.branch) == (
        "192.0.2.1",
        5060,
        "z9hG4bKa",
    )
    assert (dressed.from_tag, dressed.to_tag, dressed.cseq) == ("f1", "t1", (7, "INVITE"))
    assert dressed.call_id == "c1@192.0.2.1"
    assert dressed.get("Subject") == "a: b"


def test_bare_line_feeds_are_line_ends() -> None:
    assert parse(INVITE.replace(b"\r\n", b"\n")) == parse(INVITE)


@pytest.mark.parametrize("status", [199, 299, 444, 499, 555, 699])
def test_status_codes_that_nobody_registered_are_read(status: int) -> None:
    text = INVITE.replace(INVITE.split(b"\r\n")[0], b"SIP/2.0 %d" % status)
    message = parse(text)
    assert isinstance(message, Response)
    assert message.status == status
    assert phrase(status)


def test_unknown_methods_are_read() -> None:
    message = parse(INVITE.replace(b"INVITE", b"!interesting-Method0123456789_*+`.%it'~"))
    assert isinstance(message, Request)
    assert message.method.startswith("!interesting")


def test_written_text_reads_back_the_same() -> None:
    request = parse(INVITE)
    again = parse(request.encode())
    assert again == request
    assert again.encode() == request.encode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"CSeq: 7 INVITE", b"CSeq: 7 BYE"),
        (b"CSeq: 7 INVITE", b"CSeq: 99999999999 INVITE"),
        (b"CSeq: 7 INVITE", b"CSeq: 4294967296 INVITE"),
        (b"Call-ID: c1@192.0.2.1\r\n", b""),
        (b"Content-Length: 0", b"Content-Length: -1"),
        (b"Content-Length: 0", b"Content-Length: 9999"),
        (b"Via: SIP/2.0/UDP 192.0.2.1:5060", b"Via: nonsense"),
        (b"SIP/2.0\r\nVia", b"SIP/7.0\r\nVia"),
        (b"<sip:desk@example.com>", b"<sip:desk@example.com"),
        (b"CSeq: 7 INVITE\r\n", b"CSeq: 7 INVITE\r\nCall-ID: another\r\n"),
        (b"sip:+12125550123@trunk.example SIP", b"sip:a b@trunk.example SIP"),
    ],
)
def test_what_cannot_be_acted_upon_is_malformed(old: bytes, new: bytes) -> None:
    assert old in INVITE
    with pytest.raises(Malformed):
        parse(INVITE.replace(old, new, 1))


def test_a_reply_carries_the_requests_own_headers_and_a_tag() -> None:
    request = parse(INVITE)
    assert isinstance(request, Request)
    answer = parse(reply(request, 200, to_tag="t9", source=("198.51.100.7", 1024)).encode())
    assert isinstance(answer, Response)
    assert answer.to_tag == "t9"
    assert answer.get("Via") == (
        "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKa;rport=1024;received=198.51.100.7"
    )
    assert answer.all("Record-Route") == ("<sip:p1.example;lr>", "<sip:p2.example;lr>")
    assert answer.cseq == request.cseq
    assert reply(request, 100, to_tag="t9").to_tag is None


def test_addresses_keep_display_names_and_their_own_parameters_apart() -> None:
    address = parse_address('"A, \\"B\\" <x>" <sip:a;b@h.example;lr?x=y>;tag=1;q="0,5"')
    assert address.display == 'A, "B" <x>'
    assert address.uri == "sip:a;b@h.example;lr?x=y"
    assert address.tag == "1"
    assert parse_address("sip:a@h.example;tag=2").tag == "2"
    assert parse_address("tel:+12125550123;tag=3").tag == "3"
    assert split_list('"a,b" <sip:x,y@h>, <sip:z@h>') == ['"a,b" <sip:x,y@h>', "<sip:z@h>"]


def test_uris_give_host_port_and_loose_routing() -> None:
    uri = parse_uri("sip:+1:pw@[2001:db8::1]:5070;lr;transport=tcp?x=y")
    assert (uri.user, uri.host, uri.port, uri.loose) == ("+1", "2001:db8::1", 5070, True)
    assert parse_uri("tel:+12125550123;ext=1").user == "+12125550123"
    for broken in ("mailto:a@example.com", "sip:a@", "sip:a@h:99999", "sip:a @h", "nothing"):
        with pytest.raises(Malformed):
            parse_uri(broken)


@given(st.binary(max_size=400))
def test_random_bytes_are_malformed_or_read(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        parse(data)


def test_damaged_messages_are_malformed_or_read() -> None:
    chance = random.Random(3261)
    for _ in range(5000):
        data = bytearray(INVITE)
        for _ in range(chance.randint(1, 12)):
            at = chance.randrange(len(data))
            action = chance.randrange(3)
            if action == 0:
                data[at] = chance.randrange(256)
            elif action == 1:
                del data[at : at + chance.randint(1, 20)]
            else:
                data[at:at] = chance.choice([b"\r\n", b",", b"<", b'"', b";", b":", b"\x00", b" "])
            if not data:
                break
        try:
            message = parse(bytes(data))
        except Malformed:
            continue
        parse(message.encode())

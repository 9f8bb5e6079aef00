"""Messages after the cases of RFC 4475, and what a user agent that is called makes of each.

The wording is ours. A set of statuses is what may be answered; None is what is dropped unanswered.
"""

from __future__ import annotations

Case = tuple[str, bytes, frozenset[int] | None]

SDP = (
    "v=0\r\no=- 1 1 IN IP4 192.0.2.5\r\ns=-\r\nc=IN IP4 192.0.2.5\r\nt=0 0\r\n"
    "m=audio 49217 RTP/AVP 0 12\r\na=rtpmap:31 LPC\r\n"
)
_BASE = {
    "Via": "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bK{name};rport",
    "Max-Forwards": "70",
    "From": "<sip:caller@example.net>;tag=323",
    "To": "<sip:+12125550100@example.com>",
    "Call-ID": "{name}.asdyh@192.0.2.1",
    "Contact": "<sip:caller@192.0.2.2>",
}


def message(
    name: str,
    method: str = "INVITE",
    *,
    start: str | None = None,
    body: str = "",
    length: str | None = None,
    without: tuple[str, ...] = (),
    more: tuple[str, ...] = (),
    **changed: str,
) -> bytes:
    """A sound message but for what a case changes; `_` in a name stands for `-`."""
    headers = {**_BASE, "CSeq": f"8 {method}"}
    headers |= {key.replace("_", "-"): value for key, value in changed.items()}
    if body:
        headers.setdefault("Content-Type", "application/sdp")
    headers["Content-Length"] = length if length is not None else str(len(body.encode()))
    lines = [start or f"{method} sip:+12125550100@example.com SIP/2.0"]
    lines += [
        f"{key}: {value.format(name=name) if key in _BASE and '{' in value else value}"
        for key, value in headers.items()
        if key not in without
    ]
    return "\r\n".join([*lines, *more, "", body]).encode()


def _tortuous() -> bytes:
    return (
        b"INVITE sip:+12125550100;unknownparam@example.com SIP/2.0\r\n"
        b"TO :\r\n sip:+12125550100@example.com ;   x\t= y\r\n"
        b'from   : "J Somebody \\\\\\""       <sip:caller@example.com>\r\n  ;\r\n'
        b"  tag = 98asjd8\r\n"
        b"MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n"
        b"Content-Length   : 0\r\ncseq: 0009\r\n  INVITE\r\n"
        b"Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw;rport\r\ns :\r\n"
        b"NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n"
        b"UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n"
        b"v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n"
        b" SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n"
        b'm:"Quoted string \\"\\"" <sip:caller@example.com> ; newparam =\r\n'
        b"      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n"
    )


RINGS = frozenset({180})
WELL = frozenset({200})
BAD = frozenset({400})
ASKED = frozenset({401})

CASES: list[Case] = [
    ("short tortuous INVITE", _tortuous(), RINGS),
    (
        "wide range of characters in a method",
        message("intmeth", "!interesting-Method0123456789_*+`.%indeed'~"),
        frozenset({405}),
    ),
    (
        "escaped characters in addresses",
        message("esc01", start="INVITE sip:sips%3Auser%40example.com@example.net SIP/2.0"),
        RINGS,
    ),
    (
        "escaped nulls",
        message("escnull", "REGISTER", To="sip:null-%00-null@example.com"),
        frozenset({401}),
    ),
    ("percent that escapes nothing", message("esc02", "RE%47IST%45R"), frozenset({405})),
    (
        "no blank before the angle",
        message("lwsdisp", "OPTIONS", From="caller<sip:c@x.y>;tag=3"),
        WELL,
    ),
    (
        "very long values",
        message(
            "longreq",
            From='"'
            + "I have a user name of extreme proportion " * 40
            + '"<sip:c@example.net>;tag=1',
            Call_ID="longreq." + "one" * 200,
            Unknown_Header="longheadervalue " * 200,
        ),
        RINGS,
    ),
    ("a second request in the datagram", message("dblreq", "OPTIONS") + message("dbl2"), WELL),
    ("semicolon in the user part", message("semi", "OPTIONS", To="<sip:u;par=u%40h@x.y>"), WELL),
    (
        "many transports",
        message(
            "transports",
            "OPTIONS",
            more=(
                "Via: SIP/2.0/SCTP t2.example.com;branch=z9hG4bKb1",
                "Via: SIP/2.0/UNKNOWN t5.example.com;branch=z9hG4bKb2",
            ),
        ),
        WELL,
    ),
    (
        "multipart body",
        message(
            "mpart", body="--7a9\r\nx\r\n--7a9--\r\n", Content_Type="multipart/mixed;boundary=7a9"
        ),
        frozenset({415}),
    ),
    ("unusual reason phrase", b"SIP/2.0 200 = 2**3 * 5**2 \xd0\xbd\xd0\xbe\r\n", None),
    ("response without a phrase", b"SIP/2.0 100 \r\nVia: SIP/2.0/UDP 192.0.2.105\r\n", None),
    ("extra separators", message("badinv", Contact='"Joe" <sip:joe@example.org>;;;;'), RINGS | BAD),
    ("Content-Length beyond the message", message("clerr", body=SDP, length="9999"), None),
    ("negative Content-Length", message("ncl", body=SDP, length="-999"), None),
    (
        "overlarge numbers",
        message("scalar02", "REGISTER", CSeq="36893488147419103232 REGISTER"),
        None,
    ),
    (
        "overlarge numbers in a response",
        b"SIP/2.0 503 Service Unavailable\r\nCSeq: 9292394834772304023312 OPTIONS\r\n",
        None,
    ),
    (
        "quote that does not end",
        message("quotbal", "OPTIONS", To='"Mr. J. Person <sip:j.person@example.com>'),
        WELL | BAD,
    ),
    (
        "angles around the address",
        message("ltgtruri", "OPTIONS", start="OPTIONS <sip:user@example.com> SIP/2.0"),
        frozenset({400, 416}),
    ),
    ("blank inside the address", message("lwsruri", start="INVITE sip:u@x.y; lr SIP/2.0"), None),
    ("several blanks", message("lwsstart", "OPTIONS", start="OPTIONS  sip:u@x.y  SIP/2.0"), WELL),
    ("blank at the end", message("trws", "OPTIONS", start="OPTIONS sip:u@x.y SIP/2.0 "), WELL),
    (
        "headers inside the address",
        message("escruri", start="INVITE sip:u@x.y?Route=%3Csip:x.y%3E SIP/2.0"),
        RINGS | BAD,
    ),
    ("unknown time zone in Date", message("baddate", Date="Fri, 01 Jan 2010 16:00:00 EST"), RINGS),
    (
        "name without quotes",
        message("baddn", "OPTIONS", From="Bell, A <sip:a@x.y>;tag=4"),
        WELL,
    ),
    ("unknown version", message("badvers", "OPTIONS", start="OPTIONS sip:u@x.y SIP/7.0"), None),
    ("another method in CSeq", message("mismatch01", "OPTIONS", CSeq="8 INVITE"), None),
    ("unknown methods that differ", message("mismatch02", "NEWMETHOD", CSeq="8 INVITE"), None),
    ("status out of range", b"SIP/2.0 4294967301 better not break the receiver\r\n", None),
    (
        "nothing after the cookie of the branch",
        message("badbranch", "OPTIONS", Via="SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK;rport"),
        WELL,
    ),
    ("headers missing", message("insuf", without=("Call-ID", "From", "To")), None),
    (
        "unknown scheme",
        message("unkscm", "OPTIONS", start="OPTIONS nobody:x SIP/2.0"),
        frozenset({416}),
    ),
    (
        "known scheme out of place",
        message("novelsc", "OPTIONS", start="OPTIONS soap.beep://192.0.2.103:3002 SIP/2.0"),
        frozenset({416}),
    ),
    ("unknown scheme in From", message("unksm2", "REGISTER", To="isbn:2983792873"), BAD),
    (
        "required extension",
        message("bext01", "OPTIONS", Require="nothingSupportsThis, nothingSupportsThisEither"),
        frozenset({420}),
    ),
    (
        "unknown content",
        message("invut", body="<audio/>", Content_Type="application/unknownformat"),
        frozenset({415}),
    ),
    (
        "unknown authorization scheme",
        message("regaut01", "REGISTER", Authorization="NoOneKnowsThisScheme opaque-data=here"),
        frozenset({401}),
    ),
    (
        "several values of single headers",
        message("multi01", more=("Call-ID: other@192.0.2.1", "CSeq: 59 INVITE")),
        None,
    ),
    ("several Content-Length", message("mcl01", "OPTIONS", more=("Content-Length: 138",)), None),
    (
        "200 to a broadcast Via",
        message("bcast", start="SIP/2.0 200 OK", Via="SIP/2.0/UDP 255.255.255.255;branch=1saber23"),
        None,
    ),
    ("no more hops", message("zeromf", "OPTIONS", Max_Forwards="0"), WELL),
    (
        "Contact parameters",
        message("cparam01", "REGISTER", Contact="sip:+1@x.y;unknownparam"),
        frozenset({401}),
    ),
    (
        "Route in a REGISTER",
        message("regescrt", "REGISTER", Route="<sip:x.y;lr>"),
        frozenset({401}),
    ),
    (
        "an Accept that leaves no description",
        message("sdp01", body=SDP, Accept="text/nobodyKnowsThis"),
        RINGS | frozenset({406}),
    ),
    (
        "as in RFC 2543",
        message(
            "inv2543", body=SDP, Via="SIP/2.0/UDP iftgw.example.com;rport", From="<sip:caller@x.y>"
        ),
        RINGS,
    ),
]

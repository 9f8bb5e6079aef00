"""The exchange's timers and dialogs on a clock that stands still: no wire, no waiting."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from dialer.telephony.wire.sdp import Media
from dialer.town.exchange import Exchange, people_of
from dialer.town.habits import CallHabit
from dialer.town.population import Population, make_population
from dialer.town.speech import Sound
from scheduler.clock import SystemClock

CALLER = ("127.0.0.1", 5090)
SDP = "v=0\r\no=- 1 1 IN IP4 {h}\r\ns=-\r\nc=IN IP4 {h}\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"
PEOPLE = make_population(2, 80)


class FakeLine:
    port = 4444
    received = 0

    def __init__(self) -> None:
        self.remotes: list[Media] = []
        self.open = True

    def talk(self, remote: Media, sounds: Iterator[Sound]) -> None:
        self.remotes.append(remote)

    def redirect(self, remote: Media) -> None:
        self.remotes.append(remote)

    def close(self) -> None:
        self.open = False


class Wire:
    """An exchange with a caller's hand on it. `take` gives what was sent since the last time."""

    def __init__(self, people: Population = PEOPLE) -> None:
        self.clock = Clock()
        self.lines: list[FakeLine] = []
        self._sent: list[tuple[str, tuple[str, int]]] = []
        self.exchange = Exchange(
            people_of(people),
            account=None,
            clock=SystemClock(),
            timers=self.clock,
            open_line=self._open,
        )
        self.exchange.transport = SimpleNamespace(
            write=lambda data, to: self._sent.append((data.decode(), to)),
            getHost=lambda: SimpleNamespace(port=5070),
        )

    def _open(self) -> FakeLine:
        self.lines.append(FakeLine())
        return self.lines[-1]

    def take(self) -> list[str]:
        """First words of what was sent: a status or a method."""
        sent, self._sent = self._sent, []
        self.last = sent[-1] if sent else ("", CALLER)
        return [x.split()[1] if x.startswith("SIP/2.0") else x.split()[0] for x, _ in sent]

    def pass_(self, seconds: float) -> list[str]:
        """Let time pass in small steps."""
        self.clock.pump([0.05] * round(seconds / 0.05))
        return self.take()

    def send(
        self,
        method: str,
        to: str,
        *,
        cseq: int = 1,
        tag: str = "",
        body: str | None = None,
        extra: tuple[str, ...] = (),
        call_id: str = "call-1",
    ) -> list[str]:
        if body is None:
            body = SDP.format(h="127.0.0.1") if method == "INVITE" else ""
        lines = [
            f"{method} sip:{to}@127.0.0.1:5070 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:5090;branch=z9hG4bK{cseq}",
            "From: <sip:us@127.0.0.1>;tag=ours",
            f"To: <sip:{to}@127.0.0.1>{tag}",
            f"Call-ID: {call_id}",
            f"CSeq: {cseq} {method}",
            "Contact: <sip:us@127.0.0.1:5091>",
            *extra,
            f"Content-Length: {len(body)}",
        ]
        self.exchange.datagramReceived(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), CALLER)
        return self.take()

    def answered(self, habit: CallHabit = CallHabit.LISTENS) -> str:
        """A call that is up; the called number."""
        to = number(habit)
        self.send("INVITE", to)
        assert self.pass_(3.5)[:2] == ["180", "200"]
        self.send("ACK", to)
        return to


def number(habit: CallHabit) -> str:
    return next(n for n, (_, phone) in PEOPLE.by_number.items() if phone.call.habit is habit)


@pytest.fixture
def wire() -> Wire:
    return Wire()


def test_a_repeated_invite_gets_the_same_answer_and_counts_once(wire: Wire) -> None:
    to = number(CallHabit.LISTENS)
    assert wire.send("INVITE", to) == ["100"]
    assert wire.send("INVITE", to) == ["100"]
    assert wire.pass_(0.2) == ["180"]
    assert wire.send("INVITE", to) == ["180"]
    assert wire.exchange.invites == 1
    wire.send("INVITE", to, call_id="call-2")
    assert wire.exchange.invites == 2


def test_200_is_repeated_until_the_ack_and_then_no_more(wire: Wire) -> None:
    to = number(CallHabit.LISTENS)
    wire.send("INVITE", to)
    while wire.pass_(0.05) != ["200"]:
        pass
    assert wire.pass_(4) == ["200"] * 3  # after 0.5, 1.5 and 3.5 s
    wire.send("ACK", to)
    assert wire.pass_(10) == []


def test_without_an_ack_the_call_is_ended(wire: Wire) -> None:
    to = number(CallHabit.LISTENS)
    wire.send("INVITE", to)
    patience = PEOPLE.by_number[to][1].call.patience_s
    sent = wire.pass_(3.1 + min(32, patience) + 0.5)
    assert "BYE" in sent
    assert not wire.lines[0].open


def test_a_refusal_is_repeated_until_its_ack(wire: Wire) -> None:
    to = number(CallHabit.BUSY)
    wire.send("INVITE", to)
    assert wire.pass_(2) == ["486"] * 3
    wire.send("ACK", to)
    assert wire.pass_(60) == []
    assert wire.exchange.records[0].code == 486


def test_cancel_before_the_answer_gives_487_and_after_it_changes_nothing(wire: Wire) -> None:
    to = number(CallHabit.RINGS_OUT)
    wire.send("INVITE", to)
    wire.pass_(1)
    assert wire.send("CANCEL", to) == ["200", "487"]
    wire.send("ACK", to)
    assert wire.pass_(40) == []
    up = Wire()
    to = up.answered()
    assert up.send("CANCEL", to) == ["200"]
    assert up.lines[0].open


def test_a_phone_that_nobody_takes_rings_until_the_carrier_gives_up(wire: Wire) -> None:
    wire.send("INVITE", number(CallHabit.RINGS_OUT))
    assert wire.pass_(89) == ["180"]
    assert wire.pass_(2) == ["480", "480"]


def test_the_callers_bye_ends_the_call_and_may_be_repeated(wire: Wire) -> None:
    to = wire.answered()
    assert wire.send("BYE", to, cseq=2) == ["200"]
    assert not wire.lines[0].open
    assert wire.send("BYE", to, cseq=2) == ["200"]
    wire.pass_(40)
    assert wire.send("BYE", to, cseq=2) == ["481"]
    record = wire.exchange.records[0]
    assert (record.code, record.ended_by) == (200, "caller")


def test_the_consumers_bye_goes_to_the_contact_until_it_is_answered(wire: Wire) -> None:
    wire.answered(CallHabit.HANGS_UP)
    assert wire.pass_(2.5).count("BYE") >= 1
    text, target = wire.last
    assert target == ("127.0.0.1", 5091)
    assert text.startswith("BYE sip:us@127.0.0.1:5091 SIP/2.0\r\n")
    assert "\r\nTo: <sip:us@127.0.0.1>;tag=ours\r\n" in text
    headers = [x for x in text.split("\r\n") if x.startswith(("Via", "From", "To", "Call", "CSeq"))]
    answer = "\r\n".join(["SIP/2.0 200 OK", *headers, "Content-Length: 0", "", ""])
    wire.exchange.datagramReceived(answer.encode(), CALLER)
    assert wire.pass_(40) == []
    assert wire.exchange.records[0].ended_by == "consumer"


def test_the_route_of_the_invite_is_kept_for_the_bye(wire: Wire) -> None:
    to = number(CallHabit.HANGS_UP)
    wire.send("INVITE", to, extra=("Record-Route: <sip:127.0.0.1:5099;lr>",))
    wire.pass_(3.1)
    wire.send("ACK", to)
    assert "BYE" in wire.pass_(2.5)
    text, target = wire.last
    assert target == ("127.0.0.1", 5099)
    assert "\r\nRoute: <sip:127.0.0.1:5099;lr>\r\n" in text


def test_a_reinvite_moves_the_media(wire: Wire) -> None:
    to = wire.answered()
    body = SDP.format(h="127.0.0.1").replace("4000", "4002") + "a=sendonly\r\n"
    assert wire.send("INVITE", to, cseq=2, tag=";tag=x", body=body) == ["200"]
    wire.send("ACK", to, cseq=2)
    assert [(m.port, m.held) for m in wire.lines[0].remotes] == [(4000, False), (4002, True)]
    assert wire.pass_(5) == []


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"body": ""}, "488"),
        ({"body": SDP.format(h="10.0.0.1")}, "488"),
        ({"extra": ("Require: 100rel",)}, "420"),
    ],
)
def test_what_the_exchange_cannot_do_is_refused(
    wire: Wire, change: dict[str, object], status: str
) -> None:
    sent = wire.send("INVITE", number(CallHabit.LISTENS), **change)  # type: ignore[arg-type]
    assert sent == ["100", status]
    assert wire.lines == []


def test_options_are_answered_and_strangers_dialogs_are_not_known(wire: Wire) -> None:
    assert wire.send("OPTIONS", "trunk") == ["200"]
    assert wire.send("BYE", "+12125550123") == ["481"]
    assert wire.send("CANCEL", "+12125550123") == ["481"]
    assert wire.send("ACK", "+12125550123") == []
    assert wire.exchange.invites == 0


@given(st.binary(max_size=300))
def test_rubbish_is_not_answered(data: bytes) -> None:
    wire = Wire()
    wire.exchange.datagramReceived(data, CALLER)
    assert wire.take() == []

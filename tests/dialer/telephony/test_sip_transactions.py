"""The timers of SIP transactions, on a clock that stands still until it is moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from twisted.internet.task import Clock

from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import (
    Client,
    Gone,
    InviteClient,
    NonInviteClient,
    Server,
)
from dialer.telephony.wire.message import Request, Response, parse, reply


def request(method: str) -> Request:
    return Request(
        method=method,
        uri="sip:+12125550123@192.0.2.9",
        headers=(
            ("Via", "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx"),
            ("Route", "<sip:192.0.2.8;lr>"),
            ("From", "<sip:a@192.0.2.1>;tag=a"),
            ("To", "<sip:b@192.0.2.9>"),
            ("Call-ID", "c"),
            ("CSeq", f"4 {method}"),
        ),
    )


@dataclass
class Bench:
    """A transaction, its clock, what it sent and what it told."""

    clock: Clock = field(default_factory=Clock)
    sent: list[tuple[float, bytes]] = field(default_factory=list)
    told: list[int | Gone] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)

    def client(self, kind: Callable[..., Client], method: str, *, reliable: bool = False) -> Client:
        made = kind(
            self.clock,
            Timers(),
            request(method),
            send=lambda data: self.sent.append((self.clock.seconds(), data)),
            user=self,
            ended=lambda: self.ended.append(self.clock.seconds()),
            reliable=reliable,
        )
        made.start()
        return made

    def provisional(self, response: Response) -> None:
        self.told.append(response.status)

    def final(self, response: Response) -> None:
        self.told.append(response.status)

    def gone(self, why: Gone) -> None:
        self.told.append(why)

    def pass_time(self, seconds: float) -> None:
        self.clock.pump([0.05] * round(seconds / 0.05))

    def times(self, method: str) -> list[float]:
        start = method.encode() + b" "
        return [round(at, 1) for at, data in self.sent if data.startswith(start)]


def answer(client: Client, status: int, tag: str = "b") -> None:
    client.receive(reply(client.request, status, to_tag=tag))


def test_timer_a_doubles_and_timer_b_gives_up() -> None:
    bench = Bench()
    bench.client(InviteClient, "INVITE")
    bench.pass_time(40)
    assert bench.times("INVITE") == pytest.approx([0, 0.5, 1.5, 3.5, 7.5, 15.5, 31.5], abs=0.3)
    assert bench.told == [Gone.SILENT]
    assert bench.ended == pytest.approx([32.0], abs=0.11)
    assert bench.clock.getDelayedCalls() == []


def test_a_provisional_answer_stops_the_repeats_for_good() -> None:
    bench = Bench()
    client = bench.client(InviteClient, "INVITE")
    answer(client, 100)
    answer(client, 180)
    bench.pass_time(120)
    assert bench.times("INVITE") == [0]
    assert bench.told == [100, 180]
    answer(client, 486)
    assert bench.told == [100, 180, 486]


def test_a_refusal_is_acknowledged_each_time_until_timer_d() -> None:
    bench = Bench()
    client = bench.client(InviteClient, "INVITE")
    answer(client, 603)
    bench.pass_time(10)
    answer(client, 603)
    bench.pass_time(30)
    answer(client, 603)
    assert bench.told == [603]
    assert bench.times("ACK") == pytest.approx([0, 10], abs=0.11)
    assert bench.ended == pytest.approx([32.0], abs=0.11)
    ack = parse(bench.sent[1][1])
    assert isinstance(ack, Request)
    assert (ack.uri, ack.via, ack.cseq) == (client.request.uri, client.request.via, (4, "ACK"))
    assert (ack.to_tag, ack.all("Route")) == ("b", ("<sip:192.0.2.8;lr>",))


def test_every_2xx_is_handed_on_and_none_acknowledged_here() -> None:
    bench = Bench()
    client = bench.client(InviteClient, "INVITE")
    answer(client, 200)
    bench.pass_time(5)
    answer(client, 200)
    answer(client, 200, tag="fork")
    answer(client, 180)
    assert bench.told == [200, 200, 200]
    assert bench.times("ACK") == []
    bench.pass_time(40)
    assert bench.ended == pytest.approx([32.0], abs=0.11)


def test_a_cancel_copies_the_invite_and_its_wait_ends() -> None:
    bench = Bench()
    client = bench.client(InviteClient, "INVITE")
    assert isinstance(client, InviteClient)
    answer(client, 180)
    cancel = client.cancel()
    assert (cancel.via, cancel.uri, cancel.cseq) == (
        client.request.via,
        client.request.uri,
        (4, "CANCEL"),
    )
    assert cancel.to_tag is None
    client.give_up_in(32.0)
    bench.pass_time(33)
    assert bench.told == [180, Gone.SILENT]


def test_nobody_there_ends_at_once_and_only_once() -> None:
    bench = Bench()
    client = bench.client(InviteClient, "INVITE")
    client.fail(Gone.REFUSED)
    client.fail(Gone.REFUSED)
    answer(client, 200)
    assert bench.told == [Gone.REFUSED]
    assert bench.clock.getDelayedCalls() == []


def test_timer_e_is_capped_at_t2_and_timer_f_gives_up() -> None:
    bench = Bench()
    bench.client(NonInviteClient, "BYE")
    bench.pass_time(40)
    expected = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]
    assert bench.times("BYE") == pytest.approx(expected, abs=0.3)
    assert bench.told == [Gone.SILENT]


def test_a_final_answer_lingers_for_timer_k() -> None:
    bench = Bench()
    client = bench.client(NonInviteClient, "OPTIONS")
    answer(client, 100)
    bench.pass_time(4.2)
    answer(client, 200)
    answer(client, 200)
    bench.pass_time(6)
    assert bench.told == [100, 200]
    assert bench.ended == pytest.approx([9.2], abs=0.11)


def test_a_reliable_transport_repeats_nothing() -> None:
    bench = Bench()
    bench.client(InviteClient, "INVITE", reliable=True)
    other = Bench()
    refused = other.client(InviteClient, "INVITE", reliable=True)
    bench.pass_time(33)
    assert bench.times("INVITE") == [0]
    answer(refused, 486)
    other.clock.advance(0)
    assert other.ended == [0.0]


def server(bench: Bench, method: str) -> Server:
    return Server(
        bench.clock,
        Timers(),
        request(method),
        source=("192.0.2.1", 5060),
        send=lambda data: bench.sent.append((bench.clock.seconds(), data)),
        ended=lambda: bench.ended.append(bench.clock.seconds()),
    )


def test_a_repeated_request_gets_the_same_answer_until_timer_j() -> None:
    bench = Bench()
    serving = server(bench, "BYE")
    serving.repeated()
    serving.respond(reply(serving.request, 200))
    serving.repeated()
    assert len(bench.sent) == 2
    assert bench.sent[0] == bench.sent[1]
    bench.pass_time(33)
    assert len(bench.sent) == 2
    assert bench.ended == pytest.approx([32.0], abs=0.11)


def test_the_answer_to_an_invite_is_sent_again_until_the_ack() -> None:
    bench = Bench()
    serving = server(bench, "INVITE")
    missing: list[bool] = []
    serving.unacknowledged = lambda: missing.append(True)
    serving.respond(reply(serving.request, 200))
    bench.pass_time(4)
    sent = len(bench.sent)
    assert sent == 4
    serving.acknowledge()
    bench.pass_time(40)
    assert (len(bench.sent), missing) == (sent, [])


def test_an_answer_that_is_never_acknowledged_is_told() -> None:
    bench = Bench()
    serving = server(bench, "INVITE")
    missing: list[bool] = []
    serving.unacknowledged = lambda: missing.append(True)
    serving.respond(reply(serving.request, 200))
    bench.pass_time(33)
    assert missing == [True]
    assert bench.clock.getDelayedCalls() == []

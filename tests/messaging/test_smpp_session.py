"""One SMPP session against time that the test moves and a wire that the test reads."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from compliance.permit import NotCovered
from messaging.sms.smpp import pdu as p
from messaging.sms.smpp.codec import Framer, decode, encode
from messaging.sms.smpp.errors import AnswerLost, NotSent, Refused
from messaging.sms.smpp.protocol import SessionOptions, SmppSession
from messaging.sms.smpp.rate import AdaptiveRate

BIND = p.Bind(system_id="ringfence", password="secret")
HELLO = p.SubmitSm(short_message=b"hello")
OPTIONS = SessionOptions(
    window=3, response_timeout=10.0, enquire_after=30.0, throttle_patience=60.0
)


class Wire(StringTransport):
    no_delay = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        self.no_delay = enabled


class Bench:
    """A session with everything around it in the test's hands."""

    def __init__(self, limit: float | None = None) -> None:
        self.clock = Clock()
        self.wire = Wire()
        self.inbound: list[tuple[p.DeliverSm, Callable[[int], None]]] = []
        self.session = SmppSession(
            time=self.clock,
            bind=BIND,
            options=OPTIONS,
            rate=AdaptiveRate(limit=limit),
            deliver=lambda message, answer: self.inbound.append((message, answer)),
        )
        self.session.makeConnection(self.wire)

    def sent(self) -> list[p.Pdu]:
        """What went out since the last look."""
        framer = Framer()
        framer.push(self.wire.value())
        self.wire.clear()
        return [decode(frame) for frame in framer]

    def receive(self, body: p.Body, sequence: int, status: int = 0) -> None:
        self.session.dataReceived(encode(p.Pdu(sequence=sequence, body=body, status=status)))

    def bound(self) -> Bench:
        (request,) = self.sent()
        self.receive(p.BindResp(system_id="SMSC"), request.sequence)
        return self

    def submit(self, check: Callable[[], None] = lambda: None) -> Result:
        late: list[p.SubmitSmResp] = []
        return Result(self.session.submit(HELLO, check=check, late=late.append), late)

    def lose(self) -> None:
        self.session.connectionLost(Failure(ConnectionLost()))


class Result:
    def __init__(self, deferred: Deferred[p.SubmitSmResp], late: list[p.SubmitSmResp]) -> None:
        self.value: p.SubmitSmResp | None = None
        self.error: BaseException | None = None
        self.late = late
        deferred.addCallbacks(
            lambda value: setattr(self, "value", value),
            lambda failure: setattr(self, "error", failure.value),
        )

    @property
    def is_open(self) -> bool:
        return self.value is None and self.error is None


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    yield bench
    if bench.session._wire is not None:
        bench.lose()
    assert bench.clock.getDelayedCalls() == []  # a dead session leaves no timer


@pytest.fixture
def bound(bench: Bench) -> Bench:
    return bench.bound()


def test_bind_goes_first_and_its_answer_opens_the_session(bench: Bench) -> None:
    (request,) = bench.sent()
    assert request == p.Pdu(sequence=1, body=BIND)
    assert bench.wire.no_delay
    assert not bench.session.is_bound
    bench.receive(p.BindResp(system_id="SMSC"), 1)
    assert bench.session.is_bound


def test_a_refused_bind_says_why_and_hangs_up(bench: Bench) -> None:
    errors: list[Failure] = []
    bench.session.bound.addErrback(errors.append)
    bench.receive(p.BindResp(), 1, p.Status.RINVPASWD)
    assert isinstance(errors[0].value, Refused)
    assert "ESME_RINVPASWD" in str(errors[0].value)
    assert bench.wire.disconnecting


def test_a_bind_without_answer_is_given_up(bench: Bench) -> None:
    errors: list[Failure] = []
    bench.session.bound.addErrback(errors.append)
    bench.clock.advance(OPTIONS.response_timeout)
    assert isinstance(errors[0].value, AnswerLost)
    assert bench.wire.disconnected or bench.wire.disconnecting


def test_answers_find_their_requests_in_any_order(bound: Bench) -> None:
    results = [bound.submit() for _ in range(3)]
    requests = bound.sent()
    for name, request in reversed([*zip("abc", requests, strict=True)]):
        bound.receive(p.SubmitSmResp(message_id=name), request.sequence)
    assert [r.value and r.value.message_id for r in results] == ["a", "b", "c"]


def test_the_window_holds_back_what_is_too_much(bound: Bench) -> None:
    results = [bound.submit() for _ in range(5)]
    first = bound.sent()
    assert len(first) == OPTIONS.window
    bound.receive(p.SubmitSmResp(message_id="1"), first[0].sequence)
    assert len(bound.sent()) == 1
    assert [r.is_open for r in results] == [False, True, True, True, True]


def test_a_cut_pdu_is_put_together(bound: Bench) -> None:
    result = bound.submit()
    (request,) = bound.sent()
    for octet in encode(p.Pdu(sequence=request.sequence, body=p.SubmitSmResp(message_id="x"))):
        assert result.is_open
        bound.session.dataReceived(bytes((octet,)))
    assert result.value == p.SubmitSmResp(message_id="x")


def test_a_refused_submit_names_the_status(bound: Bench) -> None:
    result = bound.submit()
    bound.receive(p.SubmitSmResp(), bound.sent()[0].sequence, p.Status.RINVDSTADR)
    assert isinstance(result.error, Refused)
    assert result.error.status == p.Status.RINVDSTADR


def test_a_generic_nack_refuses_its_request(bound: Bench) -> None:
    result = bound.submit()
    bound.receive(p.GenericNack(), bound.sent()[0].sequence, p.Status.RINVCMDLEN)
    assert isinstance(result.error, Refused)


@pytest.mark.parametrize("status", [p.Status.RTHROTTLED, p.Status.RMSGQFUL])
def test_a_throttled_submit_waits_and_goes_again(bound: Bench, status: p.Status) -> None:
    result = bound.submit()
    bound.receive(p.SubmitSmResp(), bound.sent()[0].sequence, status)
    assert bound.sent() == []
    bound.clock.advance(0.9)
    assert bound.sent() == []
    bound.clock.advance(0.2)
    (again,) = bound.sent()
    bound.receive(p.SubmitSmResp(message_id="x"), again.sequence)
    assert result.value == p.SubmitSmResp(message_id="x")


def test_throttling_slows_all_that_follow(bound: Bench) -> None:
    for _ in range(3):
        bound.submit()
    for request in bound.sent():
        bound.receive(p.SubmitSmResp(), request.sequence, p.Status.RTHROTTLED)
    seconds = 0
    while (sent := bound.sent()) == [] and seconds < 20:
        bound.clock.advance(0.1)
        seconds += 1
    assert len(sent) == 1  # not all three at once
    assert seconds >= 9


def test_endless_throttling_is_told_to_the_caller(bound: Bench) -> None:
    result = bound.submit()
    for _ in range(2 * int(OPTIONS.throttle_patience)):
        for request in bound.sent():
            body = p.SubmitSmResp() if isinstance(request.body, p.SubmitSm) else p.EnquireLinkResp()
            status = p.Status.RTHROTTLED if isinstance(request.body, p.SubmitSm) else 0
            bound.receive(body, request.sequence, status)
        bound.clock.advance(1)
    assert isinstance(result.error, Refused)
    assert result.error.status == p.Status.RTHROTTLED


def test_the_permit_is_asked_when_the_submit_leaves_not_when_it_came(bound: Bench) -> None:
    allowed = True

    def check() -> None:
        if not allowed:
            raise NotCovered("21:00")

    waiting = [bound.submit(check) for _ in range(4)]
    first = bound.sent()
    allowed = False
    bound.receive(p.SubmitSmResp(message_id="1"), first[0].sequence)
    assert bound.sent() == []
    assert isinstance(waiting[3].error, NotCovered)


def test_a_lost_connection_tells_sent_from_unsent(bound: Bench) -> None:
    results = [bound.submit() for _ in range(4)]
    bound.lose()
    assert [type(r.error) for r in results] == [AnswerLost] * 3 + [NotSent]


def test_a_late_answer_still_tells_the_message_id(bound: Bench) -> None:
    result = bound.submit()
    (request,) = bound.sent()
    bound.clock.advance(OPTIONS.response_timeout)
    assert isinstance(result.error, AnswerLost)
    bound.receive(p.SubmitSmResp(message_id="late"), request.sequence)
    assert [r.message_id for r in result.late] == ["late"]
    bound.receive(p.SubmitSmResp(message_id="late"), request.sequence)
    assert len(result.late) == 1


def test_a_caller_that_went_away_has_nothing_sent_for_it(bound: Bench) -> None:
    for _ in range(3):
        bound.submit()
    waiting = bound.session.submit(HELLO, check=lambda: None, late=lambda _: None)
    waiting.addErrback(lambda _: None)
    waiting.cancel()
    first = bound.sent()
    bound.receive(p.SubmitSmResp(message_id="1"), first[0].sequence)
    assert bound.sent() == []


def test_enquire_link_is_answered(bound: Bench) -> None:
    bound.receive(p.EnquireLink(), 77)
    assert bound.sent() == [p.Pdu(sequence=77, body=p.EnquireLinkResp())]


def test_a_quiet_link_is_tested_and_an_answer_keeps_it(bound: Bench) -> None:
    for _ in range(3):
        bound.clock.advance(OPTIONS.enquire_after)
        (request,) = bound.sent()
        assert request.body == p.EnquireLink()
        bound.receive(p.EnquireLinkResp(), request.sequence)
    assert not bound.wire.disconnecting


def test_a_silent_socket_is_dropped(bound: Bench) -> None:
    bound.clock.advance(OPTIONS.enquire_after)
    bound.clock.advance(OPTIONS.response_timeout)
    assert bound.wire.disconnected or bound.wire.disconnecting


def test_traffic_puts_the_test_of_the_link_off(bound: Bench) -> None:
    for n in range(10):
        bound.clock.advance(OPTIONS.enquire_after - 1)
        bound.receive(p.EnquireLink(), n)
    assert all(pdu.body == p.EnquireLinkResp() for pdu in bound.sent())


def test_a_message_is_acknowledged_when_its_taker_says_so(bound: Bench) -> None:
    bound.receive(p.DeliverSm(short_message=b"STOP"), 5)
    (message, answer) = bound.inbound[0]
    assert message.short_message == b"STOP"
    assert bound.sent() == []
    answer(p.Status.ROK)
    assert bound.sent() == [p.Pdu(sequence=5, body=p.DeliverSmResp())]


def test_to_acknowledge_after_the_end_does_no_harm(bound: Bench) -> None:
    bound.receive(p.DeliverSm(), 5)
    bound.lose()
    bound.inbound[0][1](p.Status.ROK)


def test_unknown_commands_and_bad_bodies_are_nacked_and_the_session_goes_on(bound: Bench) -> None:
    bound.session.dataReceived(bytes.fromhex("00000010 00000103 00000000 00000009"))
    bound.session.dataReceived(bytes.fromhex("00000011 00000005 00000000 0000000a ff"))
    nacks = bound.sent()
    assert [(n.sequence, n.status) for n in nacks] == [
        (9, p.Status.RINVCMDID),
        (10, p.Status.RINVCMDLEN),
    ]
    assert all(n.body == p.GenericNack() for n in nacks)
    assert bound.session.is_bound


def test_an_unreadable_answer_leaves_the_outcome_open(bound: Bench) -> None:
    result = bound.submit()
    sequence = bound.sent()[0].sequence
    bound.session.dataReceived(
        bytes.fromhex("00000012 80000004 00000000") + sequence.to_bytes(4, "big") + b"no"
    )
    assert isinstance(result.error, AnswerLost)


def test_rubbish_on_the_stream_ends_the_session(bound: Bench) -> None:
    bound.session.dataReceived(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    assert bound.wire.disconnected or bound.wire.disconnecting


def test_leave_is_taken_after_the_last_answer(bound: Bench) -> None:
    sent, waiting = bound.submit(), [bound.submit() for _ in range(3)][-1]
    requests = bound.sent()
    bound.session.unbind()
    assert isinstance(waiting.error, NotSent)
    assert bound.sent() == []
    for request in requests:
        bound.receive(p.SubmitSmResp(message_id="x"), request.sequence)
    assert sent.value == p.SubmitSmResp(message_id="x")
    (leave,) = bound.sent()
    assert leave.body == p.Unbind()
    bound.receive(p.UnbindResp(), leave.sequence)
    assert bound.wire.disconnecting


def test_the_centre_may_take_leave(bound: Bench) -> None:
    bound.receive(p.Unbind(), 3)
    assert bound.sent() == [p.Pdu(sequence=3, body=p.UnbindResp())]
    assert bound.wire.disconnecting
    assert isinstance(bound.submit().error, NotSent)


def test_the_contracts_rate_is_kept() -> None:
    bench = Bench(limit=2.0).bound()
    for _ in range(3):
        bench.submit()
    times = []
    for step in range(40):
        times += [step] * len(bench.sent())
        bench.clock.advance(0.05)
    bench.lose()
    assert len(times) == 3
    assert all(b - a >= 9 for a, b in itertools.pairwise(times))

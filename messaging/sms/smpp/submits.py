"""Submits on their way: as many at once as the window allows, as fast as the rate allows."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from compliance.permit import NotCovered
from messaging.sms.smpp.codec import EncodeError
from messaging.sms.smpp.errors import NotSent, Refused
from messaging.sms.smpp.exchange import Exchange
from messaging.sms.smpp.pdu import Pdu, Status, SubmitSm, SubmitSmResp
from messaging.sms.smpp.rate import AdaptiveRate
from messaging.sms.smpp.wire import DelayedCall, TimeReactor, stop

THROTTLING = frozenset({Status.RTHROTTLED, Status.RMSGQFUL})
_MAX_LATE = 1_000


@dataclass(eq=False, slots=True, kw_only=True)
class _Submit:
    body: SubmitSm
    check: Callable[[], None]
    late: Callable[[SubmitSmResp], None]
    answer: Deferred[SubmitSmResp] = field(default_factory=Deferred)
    give_up_at: float | None = None

    def settle(self, result: SubmitSmResp | Exception | Failure) -> None:
        if self.answer.called:  # its caller went away
            return
        if isinstance(result, SubmitSmResp):
            self.answer.callback(result)
        else:
            self.answer.errback(result)


class Submits:
    """The queue and the window of one session. `drained` is called when no answer is due."""

    def __init__(
        self,
        time: TimeReactor,
        exchange: Exchange,
        rate: AdaptiveRate,
        *,
        window: int,
        patience: float,
        drained: Callable[[], None],
    ) -> None:
        self._time = time
        self._exchange = exchange
        self._rate = rate
        self._window = window
        self._patience = patience
        self._drained = drained
        self._closed: str | None = None
        self._queue: deque[_Submit] = deque()
        self._in_flight = 0
        self._late: OrderedDict[int, _Submit] = OrderedDict()
        self._wake: DelayedCall | None = None

    @property
    def is_drained(self) -> bool:
        return self._in_flight == 0

    def put(
        self,
        body: SubmitSm,
        check: Callable[[], None],
        late: Callable[[SubmitSmResp], None],
    ) -> Deferred[SubmitSmResp]:
        submit = _Submit(body=body, check=check, late=late)
        if self._closed is None:
            self._queue.append(submit)
            self._pump()
        else:
            submit.settle(NotSent(self._closed))
        return submit.answer

    def late_answer(self, pdu: Pdu) -> None:
        """An answer that no request waits for any more."""
        submit = self._late.pop(pdu.sequence, None)
        if submit is not None and isinstance(pdu.body, SubmitSmResp) and not pdu.status:
            submit.late(pdu.body)

    def close(self, why: str) -> None:
        """Send nothing more; what waits fails with NotSent."""
        self._closed = why
        stop(self._wake)
        waiting, self._queue = self._queue, deque()
        for submit in waiting:
            submit.settle(NotSent(why))

    def _pump(self) -> None:
        while self._queue and self._in_flight < self._window:
            now = self._time.seconds()
            delay = self._rate.delay(now)
            if delay > 0:
                if self._wake is None:
                    self._wake = self._time.callLater(delay, self._woken)
                return
            submit = self._queue.popleft()
            if not submit.answer.called:
                self._send(submit, now)

    def _woken(self) -> None:
        self._wake = None
        self._pump()

    def _send(self, submit: _Submit, now: float) -> None:
        try:
            submit.check()
            sequence, answer = self._exchange.request(submit.body)
        except (NotCovered, EncodeError) as refusal:
            submit.settle(refusal)
            return
        self._rate.sent(now)
        self._in_flight += 1
        answer.addCallbacks(
            lambda pdu: self._answered(submit, pdu),
            lambda failure: self._lost(submit, sequence, failure),
        )

    def _answered(self, submit: _Submit, pdu: Pdu) -> None:
        self._in_flight -= 1
        if pdu.status in THROTTLING:
            self._throttled(submit, pdu.status)
        elif pdu.status or not isinstance(pdu.body, SubmitSmResp):
            submit.settle(Refused("submit_sm", pdu.status))
        else:
            submit.settle(pdu.body)
        self._go_on()

    def _throttled(self, submit: _Submit, status: int) -> None:
        now = self._time.seconds()
        self._rate.throttled(now)
        if submit.give_up_at is None:
            submit.give_up_at = now + self._patience
        if self._closed is None and now < submit.give_up_at:
            self._queue.appendleft(submit)
        else:
            submit.settle(Refused("submit_sm", status))

    def _lost(self, submit: _Submit, sequence: int, failure: Failure) -> None:
        self._in_flight -= 1
        self._late[sequence] = submit
        if len(self._late) > _MAX_LATE:
            self._late.popitem(last=False)
        submit.settle(failure)
        self._go_on()

    def _go_on(self) -> None:
        self._pump()
        if self.is_drained:
            self._drained()

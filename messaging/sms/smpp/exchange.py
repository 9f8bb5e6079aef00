"""Requests of ours and the answers still due to them, each with its timer."""

from __future__ import annotations

from collections.abc import Callable

from twisted.internet.defer import Deferred

from messaging.sms.smpp.errors import AnswerLost
from messaging.sms.smpp.pdu import MAX_SEQUENCE, Body, Pdu
from messaging.sms.smpp.wire import DelayedCall, TimeReactor, stop


class Exchange:
    """Numbers requests, sends them by `write`, and gives each its answer or an AnswerLost."""

    def __init__(self, time: TimeReactor, *, timeout: float, write: Callable[[Pdu], None]) -> None:
        self._time = time
        self._timeout = timeout
        self._write = write
        self._sequence = 0
        self._due: dict[int, tuple[Deferred[Pdu], DelayedCall]] = {}

    def request(self, body: Body) -> tuple[int, Deferred[Pdu]]:
        """Send; the sequence number and the answer to come. Raises EncodeError: nothing sent."""
        sequence = self._sequence = self._sequence % MAX_SEQUENCE + 1
        self._write(Pdu(sequence=sequence, body=body))
        answer: Deferred[Pdu] = Deferred()
        lost = AnswerLost(f"no answer in {self._timeout:g} s")
        timer = self._time.callLater(self._timeout, lambda: self.fail(sequence, lost))
        self._due[sequence] = (answer, timer)
        return sequence, answer

    def answered(self, pdu: Pdu) -> bool:
        """Give an answer to its request; False where none is waiting for it."""
        due = self._due.pop(pdu.sequence, None)
        if due is None:
            return False
        answer, timer = due
        stop(timer)
        answer.callback(pdu)
        return True

    def fail(self, sequence: int, error: AnswerLost) -> None:
        due = self._due.pop(sequence, None)
        if due is not None:
            answer, timer = due
            stop(timer)
            answer.errback(error)

    def fail_all(self, error: AnswerLost) -> None:
        for sequence in list(self._due):
            self.fail(sequence, error)

"""The creditor's end of the outcome feed: takes signed webhooks and checks their order per case."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Header, HTTPException, Request, status

from dialer.model.webhook_signature import SIGNATURE_HEADER, BadSignature, verify
from scheduler.clock import Clock


@dataclass(slots=True)
class _Case:
    seq: int
    event_id: str


class Receiver:
    """Events by case. Their documents carry `id`, `case_id` and `seq`, one up per case.

    An event that comes again after it was taken is `repeated`, and taken again: a sender that did
    not see our answer has to repeat. One that skips or goes back is `out_of_order`, and taken too:
    the fault is counted here and is for the sender's tests to see.
    """

    def __init__(self, secret: bytes, clock: Clock, *, fail_first: int = 0) -> None:
        self.taken = 0
        self.repeated = 0
        self.unsigned = 0
        self.out_of_order = 0
        self._secret = secret
        self._clock = clock
        self._failures_left = fail_first
        self._cases: dict[str, _Case] = {}

    def take(self, body: bytes, signature: str | None) -> None:
        """Check and count one delivery. Raises BadSignature, or ValueError if it is no event."""
        try:
            verify(self._secret, body, signature, self._clock.now())
        except BadSignature:
            self.unsigned += 1
            raise
        event = json.loads(body)
        try:
            case_id, event_id, seq = str(event["case_id"]), str(event["id"]), event["seq"]
        except (KeyError, TypeError):
            raise ValueError("an event needs case_id, id and seq") from None
        if not isinstance(seq, int):
            raise ValueError(f"seq {seq!r} is no whole number")
        last = self._cases.get(case_id)
        if last and last.event_id == event_id:
            self.repeated += 1
            return
        if last and seq != last.seq + 1:
            self.out_of_order += 1
        self.taken += 1
        self._cases[case_id] = _Case(seq=seq, event_id=event_id)

    def fails(self) -> bool:
        """Whether this delivery is one of those that a scripted fault answers with 503."""
        if not self._failures_left:
            return False
        self._failures_left -= 1
        return True


def receiver_routes(receiver: Receiver) -> APIRouter:
    """`POST /webhook`: 204 taken, 401 badly signed, 422 no event, 503 by script."""
    router = APIRouter()

    @router.post("/webhook", status_code=status.HTTP_204_NO_CONTENT)
    async def webhook(
        request: Request, signature: Annotated[str | None, Header(alias=SIGNATURE_HEADER)] = None
    ) -> None:
        body = await request.body()
        if receiver.fails():
            raise HTTPException(status.HTTP_503_SERVICE_UNAVAILABLE)
        try:
            receiver.take(body, signature)
        except BadSignature as error:
            raise HTTPException(status.HTTP_401_UNAUTHORIZED, str(error)) from None
        except ValueError as error:
            raise HTTPException(422, str(error)) from None

    return router

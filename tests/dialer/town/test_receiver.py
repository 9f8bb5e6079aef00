"""The receiver of webhooks: signatures, order per case, repetitions."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from dialer.model.webhook_signature import SIGNATURE_HEADER, sign
from dialer.town.http_server import serve_routes
from dialer.town.receiver import Receiver, receiver_routes
from scheduler.clock import SystemClock

CLOCK = SystemClock()
SECRET = b"town-webhook-secret"


def event(case: str, seq: int) -> bytes:
    return json.dumps({"id": f"{case}-{seq}", "case_id": case, "seq": seq}).encode()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver(SECRET, CLOCK, fail_first=0)


@pytest.fixture
async def post(receiver: Receiver) -> AsyncIterator[Callable[..., object]]:
    async with serve_routes(receiver_routes(receiver)) as port, httpx.AsyncClient() as client:

        async def send(body: bytes, secret: bytes = SECRET) -> int:
            answer = await client.post(
                f"http://127.0.0.1:{port}/webhook",
                content=body,
                headers={SIGNATURE_HEADER: sign(secret, body, CLOCK.now())},
            )
            return answer.status_code

        yield send


async def test_events_are_counted_once_and_in_order_per_case(receiver: Receiver, post) -> None:
    for body in (event("A", 1), event("B", 1), event("A", 2), event("A", 2), event("B", 2)):
        assert await post(body) == 204
    assert (receiver.taken, receiver.repeated, receiver.out_of_order) == (4, 1, 0)


@pytest.mark.parametrize("seqs", [(1, 3), (2, 1), (1, 2, 1)])
async def test_a_gap_or_a_step_back_is_out_of_order(
    receiver: Receiver, post, seqs: tuple[int, ...]
) -> None:
    for seq in seqs:
        assert await post(event("A", seq)) == 204
    assert receiver.out_of_order == 1


async def test_what_is_not_signed_or_no_event_is_not_taken(receiver: Receiver, post) -> None:
    assert await post(event("A", 1), secret=b"another") == 401
    assert await post(b"[]") == 422
    assert await post(b'{"id": "x", "case_id": "A", "seq": "1"}') == 422
    assert await post(b"not json") == 422
    assert (receiver.taken, receiver.unsigned) == (0, 1)


async def test_a_scripted_failure_comes_first_and_the_repetition_is_taken() -> None:
    receiver = Receiver(SECRET, CLOCK, fail_first=2)
    assert [receiver.fails() for _ in range(3)] == [True, True, False]

"""The HTTP transport with the provider of the how-to, against a server that answers as told."""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import parse_qs, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from messaging.message import InboundMessage, MessageEvent, MessageStatus, StatusReport, TextMessage
from messaging.sms.http_gateway import Encoding, HttpGateway, HttpProvider, open_http_gateway
from messaging.sms.webhook import (
    BadSignature,
    BadWebhook,
    Signature,
    Webhook,
    look_up,
    url_and_sorted_fields,
)
from messaging.transport import Accepted, TransportError
from scheduler.clock import SystemClock
from tests.messaging.howto import acme
from tests.messaging.permits import permit_for
from tests.messaging.provider import KEY, Provider, run_provider, webhook

CLOCK = SystemClock()
TO = "+12025550143"


def hello(message_id: str = "m1") -> TextMessage:
    return TextMessage(
        message_id=message_id, to=TO, sender="+12025550100", text="Hello, 您好. Reply STOP."
    )


def permit() -> Permit:
    return permit_for(Channel.SMS, TO, CLOCK.now())


@pytest.fixture
async def server() -> AsyncIterator[Provider]:
    async with run_provider() as running:
        yield running


@pytest.fixture
def description(server: Provider) -> HttpProvider:
    return acme()(server.url, "token-1", KEY)


@pytest.fixture
async def gateway(description: HttpProvider) -> AsyncIterator[HttpGateway]:
    async with open_http_gateway(clock=CLOCK, provider=description) as opened:
        yield opened


async def heard(gateway: HttpGateway, *documents: object) -> list[MessageEvent]:
    """The events that posted documents give."""

    async def post() -> None:
        for document in documents:
            await gateway.receive(webhook(document))

    posting = asyncio.ensure_future(post())
    events: list[MessageEvent] = []
    reading = asyncio.ensure_future(read_into(events, gateway))
    await asyncio.wait_for(posting, 10)
    reading.cancel()
    return events


async def read_into(events: list[MessageEvent], gateway: HttpGateway) -> None:
    async for event in gateway.events():
        events.append(event)


async def test_a_message_is_posted_in_the_providers_words(
    gateway: HttpGateway, server: Provider
) -> None:
    accepted = await gateway.send(permit(), hello())
    assert accepted == Accepted(message_id="m1", provider_id="id-1")
    (posted,) = server.posted
    assert posted.headers["authorization"] == "Bearer token-1"
    assert json.loads(posted.body) == {
        "destination": "12025550143",
        "originator": "+12025550100",
        "body": "Hello, 您好. Reply STOP.",
        "client_ref": "m1",
    }


async def test_a_form_is_posted_where_the_provider_wants_one(
    description: HttpProvider, server: Provider
) -> None:
    form = replace(description, encoding=Encoding.FORM)
    async with open_http_gateway(clock=CLOCK, provider=form) as gateway:
        await gateway.send(permit(), hello())
    (posted,) = server.posted
    assert parse_qs(posted.body.decode())["body"] == ["Hello, 您好. Reply STOP."]


ERROR = {"error": {"code": "REJECTED"}}
BAD_NUMBER = {"error": {"code": "INVALID_NUMBER"}}
LATER = {"retryable": True, "outcome_unknown": False, "address_refused": False}
NEVER = {"retryable": False, "outcome_unknown": False, "address_refused": False}
UNKNOWN = {"retryable": False, "outcome_unknown": True, "address_refused": False}
NOBODY = {"retryable": False, "outcome_unknown": False, "address_refused": True}


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        ((429, {}), LATER),
        ((503, {}), LATER),
        ((400, ERROR), NEVER),
        ((200, ERROR), NEVER),
        ((401, b"no"), NEVER),
        ((302, {}), NEVER),
        ((400, BAD_NUMBER), NOBODY),
        ((500, b"oops"), UNKNOWN),
        ((502, {}), UNKNOWN),
        ((200, {}), UNKNOWN),
        ((200, b"<html>"), UNKNOWN),
        (None, UNKNOWN),
    ],
)
async def test_what_an_answer_means(
    gateway: HttpGateway,
    server: Provider,
    answer: tuple[int, object] | None,
    meaning: dict[str, bool],
) -> None:
    server.script.append(answer)
    with pytest.raises(TransportError) as caught:
        await gateway.send(permit(), hello())
    assert {name: getattr(caught.value, name) for name in meaning} == meaning
    assert len(server.posted) == 1  # never posted again by itself


async def test_a_code_that_means_all_is_well_is_no_error(
    description: HttpProvider, server: Provider
) -> None:
    server.script.append((200, {"error": {"code": "OK"}, "messages": [{"id": "7"}]}))
    polite = replace(description, good_codes=frozenset({"OK"}))
    async with open_http_gateway(clock=CLOCK, provider=polite) as gateway:
        assert (await gateway.send(permit(), hello())).provider_id == "7"


async def test_a_silent_provider_leaves_the_outcome_unknown(description: HttpProvider) -> None:
    async def mute(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    silent = await asyncio.start_server(mute, "127.0.0.1", 0)
    url = f"http://127.0.0.1:{silent.sockets[0].getsockname()[1]}/"
    async with (
        silent,
        open_http_gateway(
            clock=CLOCK, provider=replace(description, url=url), reply_timeout=0.2
        ) as gateway,
    ):
        with pytest.raises(TransportError) as caught:
            await gateway.send(permit(), hello())
    assert caught.value.outcome_unknown


async def test_an_absent_provider_shows_in_health(
    description: HttpProvider, free_tcp_port: int
) -> None:
    absent = replace(description, url=f"http://127.0.0.1:{free_tcp_port}/")
    async with open_http_gateway(clock=CLOCK, provider=absent) as gateway:
        assert (await gateway.health()).ready
        with pytest.raises(TransportError) as caught:
            await gateway.send(permit(), hello())
        assert caught.value.retryable
        assert not (await gateway.health()).ready


async def test_nothing_is_posted_without_a_permit_for_it(
    gateway: HttpGateway, server: Provider
) -> None:
    with pytest.raises(NotCovered):
        await gateway.send(permit_for(Channel.SMS, "+12025550199", CLOCK.now()), hello())
    assert server.posted == []


async def test_receipts_and_replies_come_by_webhook(gateway: HttpGateway) -> None:
    await gateway.send(permit(), hello())
    delivered = {"message_id": "id-1", "event": "delivered"}
    report, reply = await heard(
        gateway,
        delivered,
        delivered,  # told once
        {"from": TO, "to": "+12025550100", "text": "STOP"},
        {"something": "else"},
    )
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("m1", MessageStatus.DELIVERED)
    assert isinstance(reply, InboundMessage)
    assert (reply.sender, reply.text) == (TO, "STOP")


async def test_a_failed_receipt_carries_its_reason_and_a_list_is_read_through(
    gateway: HttpGateway,
) -> None:
    await gateway.send(permit(), hello("m1"))
    await gateway.send(permit(), hello("m2"))
    first, second = await heard(
        gateway,
        [
            {"message_id": "id-1", "event": "failed", "reason": "27"},
            {"message_id": "id-2", "event": "new word"},
        ],
    )
    assert isinstance(first, StatusReport)
    assert isinstance(second, StatusReport)
    assert (first.status, first.code) == (MessageStatus.UNDELIVERABLE, "27")
    assert (second.message_id, second.status) == ("m2", MessageStatus.UNKNOWN)


async def test_a_webhook_is_confirmed_only_when_it_was_handled(gateway: HttpGateway) -> None:
    posting = asyncio.ensure_future(
        gateway.receive(webhook({"from": TO, "to": "+12025550100", "text": "STOP"}))
    )
    events = gateway.events()
    await anext(events)
    await CLOCK.sleep(0.01)
    assert not posting.done()
    asking = asyncio.ensure_future(anext(events))
    await asyncio.wait_for(posting, 5)
    asking.cancel()


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=00", "sha256=é"])
async def test_a_post_without_the_right_signature_says_nothing(
    gateway: HttpGateway, signature: str
) -> None:
    genuine = webhook({"message_id": "id-1", "event": "delivered"})
    forged = replace(genuine, headers={"x-acme-signature": signature})
    with pytest.raises(BadSignature):
        await gateway.receive(forged)
    with pytest.raises(BadSignature):
        await gateway.receive(replace(genuine, body=genuine.body + b" "))


@pytest.mark.parametrize("document", [1, [1], {"event": "delivered"}, {"text": "STOP"}])
async def test_a_post_that_makes_no_sense_is_refused_whole(
    gateway: HttpGateway, document: object
) -> None:
    with pytest.raises(BadWebhook):
        await gateway.receive(webhook(document))


@given(st.binary(max_size=200), st.sampled_from(["application/json", "text/plain", ""]))
def test_any_body_is_documents_or_a_bad_webhook(body: bytes, content_type: str) -> None:
    try:
        documents = Webhook(url="", headers={"content-type": content_type}, body=body).documents()
    except BadWebhook:
        return
    assert all(isinstance(document, dict) for document in documents)


def test_the_url_and_the_sorted_fields_may_be_what_is_signed() -> None:
    url, fields = "https://collector.test/webhooks/sms", {"To": "+1", "Body": "STOP", "From": "+2"}
    signed = (url + "BodySTOPFrom+2To+1").encode()
    signature = Signature(
        header="X-Signature",
        key=KEY,
        digest="sha1",
        encoding="base64",
        signed=url_and_sorted_fields,
    )
    right = b64encode(hmac.digest(KEY, signed, "sha1")).decode()
    genuine = Webhook(url=url, headers={"x-signature": right}, body=urlencode(fields).encode())
    signature.check(genuine)
    with pytest.raises(BadSignature):
        signature.check(replace(genuine, url=url + "?x"))


def test_secrets_are_not_shown(description: HttpProvider) -> None:
    assert "token-1" not in repr(description)
    assert KEY.decode() not in repr(description)


def test_paths_go_through_objects_and_lists() -> None:
    document = {"a": [{"b": 1}, {"b": 0}], "c": None}
    assert look_up(document, "a.0.b") == "1"
    assert look_up(document, "a.1.b") == "0"
    for missing in ("a.2.b", "a.x.b", "c", "a", "a.0", "d.e"):
        assert look_up(document, missing) is None

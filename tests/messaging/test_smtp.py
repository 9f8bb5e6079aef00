"""The SMTP transport against aiosmtpd and against Postfix's own sink."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from messaging.email.identity import MailIdentity
from messaging.email.smtp import Security, SmtpTransport, open_smtp
from messaging.message import EmailMessage, MessageEvent, MessageStatus, StatusReport
from messaging.transport import TransportError
from scheduler.clock import SystemClock
from tests.messaging.mails import BOUNCE
from tests.messaging.permits import permit_for
from tests.messaging.relay import Relay, hang_up, run_relay

CLOCK = SystemClock()
TO = "ada@example.test"
IDENTITY = MailIdentity(bounce_address="bounces@collector.test", keys=(b"k" * 32,))
OpenSmtp = Callable[..., AbstractAsyncContextManager[SmtpTransport]]


def hello(message_id: str = "m1", text: str = "Hello") -> EmailMessage:
    return EmailMessage(
        message_id=message_id,
        to=TO,
        sender="Example <outreach@collector.test>",
        subject="您好",
        text=text,
        html=f"<p>{text}</p>",
        unsubscribe_url="https://collector.test/u/1",
        language="en",
    )


def permit() -> Permit:
    return permit_for(Channel.EMAIL, TO, CLOCK.now())


@asynccontextmanager
async def to_port(port: int, **more: object) -> AsyncIterator[SmtpTransport]:
    settings = {"security": Security.NONE, "connections": 2, "reply_timeout": 10.0}
    async with open_smtp(
        clock=CLOCK,
        host="127.0.0.1",
        port=port,
        local_hostname="collector.test",
        identity=IDENTITY,
        list_id="outreach.collector.test",
        **settings | more,
    ) as transport:
        yield transport


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    async with run_relay() as running:
        yield running


@pytest.fixture
async def transport(relay: Relay) -> AsyncIterator[SmtpTransport]:
    async with to_port(relay.port) as transport:
        yield transport


async def test_a_mail_arrives_with_its_sealed_return_path(
    transport: SmtpTransport, relay: Relay
) -> None:
    text = "Dots:\n.\n..\n您好"
    accepted = await transport.send(permit(), hello(text=text))
    (envelope,) = relay.received
    assert envelope.rcpt_tos == [TO]
    assert IDENTITY.recognise([str(envelope.mail_from)]) == "m1"
    mail = message_from_bytes(envelope.content)
    assert mail["Message-ID"] == accepted.provider_id
    plain = mail.get_payload()[0].get_payload(decode=True).decode()
    assert plain.splitlines() == text.splitlines()


async def test_connections_are_kept_and_few(transport: SmtpTransport, relay: Relay) -> None:
    await asyncio.gather(*(transport.send(permit(), hello(f"m{n}")) for n in range(20)))
    assert len(relay.received) == 20
    assert relay.connections == 2


async def test_a_connection_carries_its_share_and_no_more(relay: Relay) -> None:
    async with to_port(relay.port, connections=1, messages_per_connection=5) as transport:
        for n in range(12):
            await transport.send(permit(), hello(f"m{n}"))
    assert relay.connections == 3


@pytest.mark.parametrize("at", ["mail", "rcpt"])
@pytest.mark.parametrize("closing", ["421 4.3.2 Service closing", hang_up])
async def test_a_connection_that_the_relay_closes_is_replaced(
    transport: SmtpTransport, relay: Relay, at: str, closing: object
) -> None:
    for n in range(2):  # the second finds the connection of the first
        await transport.send(permit(), hello(f"m{n}"))
    getattr(relay, at).append(closing)
    await transport.send(permit(), hello("m2"))
    assert len(relay.received) == 3


LATER = {"retryable": True, "address_refused": False}
NEVER = {"retryable": False, "address_refused": False}
NOBODY = {"retryable": False, "address_refused": True}


@pytest.mark.parametrize(
    ("at", "answer", "meaning"),
    [
        ("rcpt", "550 5.1.1 No such user", NOBODY | {"code": "5.1.1"}),
        ("rcpt", "550 no such user", NOBODY | {"code": "550"}),
        ("rcpt", "554 5.7.1 Blocked by policy", NEVER | {"code": "5.7.1"}),
        ("rcpt", "450 4.2.0 Greylisted", LATER | {"code": "4.2.0"}),
        ("rcpt", "452 4.2.2 Mailbox full", LATER | {"code": "4.2.2"}),
        ("mail", "550 5.7.0 Sender unknown", NEVER | {"code": "5.7.0"}),
        ("mail", "421 4.7.0 Too many connections", LATER | {"code": "4.7.0"}),
        ("data", "554 5.6.0 Content rejected", NEVER | {"code": "5.6.0"}),
        ("data", "451 4.3.0 Try later", LATER | {"code": "4.3.0"}),
        ("data", "421 4.3.2 Shutting down", LATER | {"code": "4.3.2"}),
    ],
)
async def test_a_refusal_says_whether_later_may_do_and_the_next_mail_goes(
    transport: SmtpTransport, relay: Relay, at: str, answer: str, meaning: dict[str, object]
) -> None:
    getattr(relay, at).append(answer)
    with pytest.raises(TransportError) as caught:
        await transport.send(permit(), hello())
    assert {name: getattr(caught.value, name) for name in meaning} == meaning
    assert not caught.value.outcome_unknown
    assert relay.received == []
    await transport.send(permit(), hello("m2"))
    assert len(relay.received) == 1


async def test_a_connection_lost_in_the_message_leaves_the_outcome_unknown(
    transport: SmtpTransport, relay: Relay
) -> None:
    relay.data.append(hang_up)
    with pytest.raises(TransportError) as caught:
        await transport.send(permit(), hello())
    assert caught.value.outcome_unknown
    assert not caught.value.retryable
    await transport.send(permit(), hello("m2"))


async def test_no_relay_is_said_and_may_be_tried_again(free_tcp_port: int) -> None:
    async with to_port(free_tcp_port) as transport:
        with pytest.raises(TransportError) as caught:
            await transport.send(permit(), hello())
        assert caught.value.retryable
        assert not caught.value.outcome_unknown
        assert not (await transport.health()).ready


async def test_a_bad_message_reaches_no_relay(transport: SmtpTransport, relay: Relay) -> None:
    with pytest.raises(TransportError, match="too long") as caught:
        await transport.send(permit(), hello("x" * 80))
    assert not caught.value.retryable
    assert relay.connections == 0


async def test_the_permit_is_asked_again_when_a_connection_is_free(relay: Relay) -> None:
    manual = SystemClock()
    async with to_port(relay.port, connections=1) as transport:
        slot = transport._idle.get_nowait()  # the only connection is at work
        late = permit_for(Channel.EMAIL, TO, manual.now() - timedelta(seconds=119.7))
        waiting = asyncio.ensure_future(transport.send(late, hello()))
        await CLOCK.sleep(0.5)
        assert not waiting.done()
        transport._idle.put_nowait(slot)
        with pytest.raises(NotCovered):
            await waiting
    assert relay.received == []


async def test_what_comes_back_is_handled_before_the_receiver_confirms(
    transport: SmtpTransport, relay: Relay
) -> None:
    accepted = await transport.send(permit(), hello())
    raw = BOUNCE.format(
        verp=relay.received[0].mail_from,
        message_id=accepted.provider_id,
        action="failed",
        status="5.1.1",
        returned="message/rfc822",
    ).encode()
    feeding = asyncio.ensure_future(transport.feed(raw))
    events = transport.events()
    event: MessageEvent = await anext(events)
    assert isinstance(event, StatusReport)
    assert (event.message_id, event.status) == ("m1", MessageStatus.BOUNCED)
    await CLOCK.sleep(0.01)
    assert not feeding.done()
    asking = asyncio.ensure_future(anext(events))
    await asyncio.wait_for(feeding, 5)
    asking.cancel()


async def test_login_over_starttls(tmp_path: Path) -> None:
    server, client = contexts(tmp_path)
    async with (
        run_relay(tls=server, password=b"secret") as relay,
        to_port(
            relay.port,
            security=Security.STARTTLS,
            tls_context=client,
            username="ringfence",
            password="secret",
        ) as transport,
    ):
        await transport.send(permit(), hello())
    assert relay.secured == [True]
    assert relay.logins == [(b"ringfence", b"secret")]


async def test_without_starttls_nothing_is_sent_where_it_is_demanded(relay: Relay) -> None:
    async with to_port(relay.port, security=Security.STARTTLS) as transport:
        with pytest.raises(TransportError, match="STARTTLS"):
            await transport.send(permit(), hello())
    assert relay.received == []


async def test_a_wrong_password_shows_in_health(tmp_path: Path) -> None:
    async with (
        run_relay(password=b"other") as relay,
        to_port(relay.port, username="ringfence", password="secret") as transport,
    ):
        health = await transport.health()
        assert not health.ready
        assert "535" in health.detail
        with pytest.raises(TransportError) as caught:
            await transport.send(permit(), hello())
        assert caught.value.retryable
        assert not caught.value.address_refused


def contexts(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server and a client that trust one certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay.test")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2100, 1, 1, tzinfo=UTC))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    file = folder / "relay.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + certificate.public_bytes(serialization.Encoding.PEM)
    )
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    server.load_cert_chain(file)
    return server, ssl.create_default_context(cafile=str(file))


@pytest.mark.peer("smtp-sink")
async def test_postfix_takes_our_mail(free_tcp_port: int, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    user = ["-u", "nobody"] if os.getuid() == 0 else []
    sink = await asyncio.create_subprocess_exec(
        "smtp-sink", *user, "-d", "%Y.", f"127.0.0.1:{free_tcp_port}", "10", cwd=tmp_path
    )
    try:
        async with to_port(free_tcp_port, connections=3) as transport:
            async with asyncio.timeout(10):
                while not (await transport.health()).ready:
                    await CLOCK.sleep(0.05)
            await asyncio.gather(*(transport.send(permit(), hello(f"m{n}")) for n in range(30)))
    finally:
        sink.terminate()
        await sink.wait()
    mails = [message_from_bytes(file.read_bytes()) for file in tmp_path.iterdir()]
    assert len(mails) == 30
    assert {IDENTITY.recognise([str(mail["Message-ID"])]) for mail in mails} == {
        f"m{n}" for n in range(30)
    }

"""The SMTP driver of the message-transport port: a few long-lived connections to one relay."""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum

import structlog
from aiosmtplib import (
    SMTP,
    SMTPException,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPServerDisconnected,
    SMTPTimeoutError,
)

from compliance.facts import Channel
from compliance.permit import Permit
from messaging.email.bounce import parse_inbound
from messaging.email.compose import Envelope, compose
from messaging.email.identity import MailIdentity
from messaging.inbox import Inbox
from messaging.message import EmailMessage, MessageEvent
from messaging.transport import Accepted, TransportError, TransportHealth
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

_CLOSING = 421  # RFC 5321, 3.8: the server closes the connection
_ENHANCED = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_LOST = (SMTPServerDisconnected, SMTPTimeoutError, OSError)


class Security(StrEnum):
    """How the connection is protected: not at all, from the start, or after STARTTLS."""

    NONE = "none"
    TLS = "tls"
    STARTTLS = "starttls"


@dataclass(slots=True)
class _Slot:
    """One connection: `sent` counts its messages."""

    client: SMTP | None = None
    sent: int = 0


class SmtpTransport:
    """MessageTransport[EmailMessage]. Made by `open_smtp`."""

    def __init__(
        self,
        *,
        clock: Clock,
        connect: Callable[[], SMTP],
        identity: MailIdentity,
        list_id: str,
        reply_to: str | None,
        connections: int,
        messages_per_connection: int,
    ) -> None:
        self._clock = clock
        self._new_client = connect
        self._identity = identity
        self._list_id = list_id
        self._reply_to = reply_to
        self._per_connection = messages_per_connection
        self._inbox = Inbox()
        self._idle: asyncio.LifoQueue[_Slot] = asyncio.LifoQueue()
        self._slots = [_Slot() for _ in range(connections)]
        for slot in self._slots:
            self._idle.put_nowait(slot)

    async def send(self, permit: Permit, message: EmailMessage) -> Accepted:
        """Hand the message to the relay.

        The permit is checked again when a connection is free. A recipient refused for good raises
        TransportError with `address_refused`; a connection lost while the message was under way,
        with `outcome_unknown`. `provider_id` is the Message-ID.
        """
        self._check(permit, message)
        try:
            envelope = compose(
                message,
                identity=self._identity,
                list_id=self._list_id,
                reply_to=self._reply_to,
                now=self._clock.now(),
            )
        except ValueError as error:
            raise TransportError(
                f"message {message.message_id}: {error}", retryable=False
            ) from error
        slot = await self._idle.get()
        try:
            client = await self._addressed(slot, permit, message, envelope)
            await self._data(slot, client, envelope)
        except asyncio.CancelledError:
            _drop(slot)  # in the middle of a dialogue
            raise
        finally:
            self._idle.put_nowait(slot)
        return Accepted(message_id=message.message_id, provider_id=envelope.message_id)

    def events(self) -> AsyncIterator[MessageEvent]:
        """Bounces, complaints and replies; `feed` returns when the next one is asked for."""
        return self._inbox.events()

    async def feed(self, raw: bytes, recipient: str | None = None) -> None:
        """Take a mail that came to the bounce or reply address; return when it was handled.

        The receiver should confirm the mail to its sender only then.
        """
        event = parse_inbound(
            raw, identity=self._identity, now=self._clock.now(), recipient=recipient
        )
        if event is not None:
            await self._inbox.put_and_wait(event)

    async def health(self) -> TransportHealth:
        """Ready when the relay answers on a connection, or all are at work."""
        try:
            slot = self._idle.get_nowait()
        except asyncio.QueueEmpty:
            return TransportHealth(ready=True, detail="all connections are at work")
        try:
            client = await self._connected(slot)
            await client.noop()
        except (TransportError, SMTPException, OSError) as error:
            _drop(slot)
            return TransportHealth(ready=False, detail=str(error))
        finally:
            self._idle.put_nowait(slot)
        return TransportHealth(ready=True, detail="connected")

    async def close(self) -> None:
        """Take leave of the relay; the iteration of events ends."""
        for slot in self._slots:
            if slot.client is not None and slot.client.is_connected:
                with suppress(SMTPException, OSError):
                    await slot.client.quit(timeout=2)
            _drop(slot)
        self._inbox.close()

    def _check(self, permit: Permit, message: EmailMessage) -> None:
        permit.check(channel=Channel.EMAIL, address=message.to, now=self._clock.now())

    async def _connected(self, slot: _Slot) -> SMTP:
        if slot.client is not None and slot.sent >= self._per_connection:
            with suppress(SMTPException, OSError):
                await slot.client.quit(timeout=2)
            _drop(slot)
        if slot.client is None or not slot.client.is_connected:
            _drop(slot)
            client = self._new_client()
            try:
                await client.connect()
            except (SMTPException, OSError) as error:
                raise TransportError(f"mail relay: {error}", retryable=True) from error
            slot.client, slot.sent = client, 0
        return slot.client

    async def _addressed(
        self, slot: _Slot, permit: Permit, message: EmailMessage, envelope: Envelope
    ) -> SMTP:
        """A connection on which the relay took sender and recipient.

        A connection that the relay has closed meanwhile is replaced once: nothing was sent on it.
        """
        while True:
            is_new = slot.client is None
            try:
                client = await self._connected(slot)
                is_new = is_new or slot.sent == 0
                self._check(permit, message)
                await client.mail(envelope.sender)
                await client.rcpt(envelope.recipient)
            except SMTPResponseException as error:
                if error.code == _CLOSING:
                    _drop(slot)
                    if not is_new:
                        continue
                else:
                    await _reset(slot)
                raise _refused(error) from error
            except _LOST as error:
                _drop(slot)
                if is_new:
                    raise TransportError(f"mail relay: {error}", retryable=True) from error
            else:
                return client

    async def _data(self, slot: _Slot, client: SMTP, envelope: Envelope) -> None:
        try:
            await client.data(envelope.octets)
        except SMTPResponseException as error:
            if error.code == _CLOSING:
                _drop(slot)
            raise _refused(error) from error
        except _LOST as error:
            _drop(slot)
            raise TransportError(
                f"mail relay, after the message was begun: {error}",
                retryable=False,
                outcome_unknown=True,
            ) from error
        slot.sent += 1


async def _reset(slot: _Slot) -> None:
    """Make the connection fit for the next message after a refusal."""
    try:
        if slot.client is not None:
            await slot.client.rset()
    except (SMTPException, OSError):
        _drop(slot)


def _drop(slot: _Slot) -> None:
    if slot.client is not None:
        slot.client.close()
    slot.client, slot.sent = None, 0


def _refused(error: SMTPResponseException) -> TransportError:
    """4xx may do later, 5xx not (RFC 5321, 4.2.1); a 5xx at RCPT for its address is a bounce."""
    found = _ENHANCED.search(error.message)
    enhanced = found[1] if found else None
    about_address = isinstance(error, SMTPRecipientRefused) and error.code >= 500
    if enhanced is not None:
        about_address = about_address and enhanced.split(".")[1] in {"0", "1", "2"}
    return TransportError(
        f"mail relay: {error.code} {error.message}",
        retryable=error.code < 500,
        address_refused=about_address,
        code=enhanced or str(error.code),
    )


def relay_client(
    *,
    host: str,
    port: int,
    local_hostname: str,
    username: str | None = None,
    password: str | None = None,
    security: Security = Security.STARTTLS,
    tls_context: ssl.SSLContext | None = None,
    reply_timeout: float = 30.0,
) -> Callable[[], SMTP]:
    """What makes clients of a relay, not yet connected; the arguments are those of `open_smtp`."""

    def connect() -> SMTP:
        return SMTP(
            hostname=host,
            port=port,
            local_hostname=local_hostname,
            username=username,
            password=password,
            use_tls=security is Security.TLS,
            start_tls=security is Security.STARTTLS,
            tls_context=tls_context,
            timeout=reply_timeout,
        )

    return connect


@asynccontextmanager
async def open_smtp(
    *,
    clock: Clock,
    host: str,
    port: int,
    local_hostname: str,
    identity: MailIdentity,
    list_id: str,
    reply_to: str | None = None,
    username: str | None = None,
    password: str | None = None,
    security: Security = Security.STARTTLS,
    tls_context: ssl.SSLContext | None = None,
    connections: int = 4,
    messages_per_connection: int = 100,
    reply_timeout: float = 30.0,
) -> AsyncIterator[SmtpTransport]:
    """An SMTP transport. It connects when the first message is sent; `reply_timeout` is in seconds.

    `local_hostname` is the name for EHLO. Without `tls_context` the system's authorities count.
    DKIM is the relay's work.
    """

    connect = relay_client(
        host=host,
        port=port,
        local_hostname=local_hostname,
        username=username,
        password=password,
        security=security,
        tls_context=tls_context,
        reply_timeout=reply_timeout,
    )
    transport = SmtpTransport(
        clock=clock,
        connect=connect,
        identity=identity,
        list_id=list_id,
        reply_to=reply_to,
        connections=connections,
        messages_per_connection=messages_per_connection,
    )
    try:
        yield transport
    finally:
        await transport.close()

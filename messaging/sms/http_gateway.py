"""The HTTP driver of the message-transport port: any provider that takes a form or JSON by POST."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum

import httpx

from compliance.facts import Channel
from compliance.permit import Permit
from messaging.inbox import Inbox
from messaging.message import InboundMessage, MessageEvent, TextMessage
from messaging.sms.correlation import Correlator, Receipt, Tracked
from messaging.sms.webhook import Document, Signature, Text, Webhook, look_up
from messaging.transport import Accepted, TransportError, TransportHealth
from scheduler.clock import Clock

_HOUSEKEEPING = 1.0  # seconds
_NOTHING_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LATER = frozenset({429, 503})


class Encoding(StrEnum):
    FORM = "form"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProvider:
    """One provider's way of doing things.

    `request` makes the fields of a POST to `url`; a key of theirs is the provider's own word.
    `headers` carry the credentials. The answer holds the provider's message id at `id_path`; a
    code at `error_path` is a refusal unless it is in `good_codes`, and one in `bad_numbers` says
    that the number itself was refused. `read` tells what a posted document says; `Fields(...).read`
    does for most.
    """

    url: str
    encoding: Encoding
    request: Callable[[TextMessage], Mapping[str, str]]
    headers: Mapping[str, str] = field(repr=False)
    id_path: str
    error_path: str
    good_codes: frozenset[str] = frozenset()
    bad_numbers: frozenset[str] = frozenset()
    signature: Signature
    read: Callable[[Document], Receipt | Text | None]


class HttpGateway:
    """MessageTransport[TextMessage] over one HTTP provider. Made by `open_http_gateway`."""

    def __init__(self, *, clock: Clock, provider: HttpProvider, client: httpx.AsyncClient) -> None:
        self._clock = clock
        self._provider = provider
        self._client = client
        self._correlator = Correlator()
        self._inbox = Inbox()
        self._trouble: str | None = None

    async def send(self, permit: Permit, message: TextMessage) -> Accepted:
        """Post the message once. What may have been taken is never posted again."""
        permit.check(channel=Channel.SMS, address=message.to, now=self._clock.now())
        fields = dict(self._provider.request(message))
        is_form = self._provider.encoding is Encoding.FORM
        try:
            response = await self._client.post(
                self._provider.url,
                data=fields if is_form else None,
                json=None if is_form else fields,
                headers=dict(self._provider.headers),
            )
        except _NOTHING_SENT as error:
            self._trouble = f"{type(error).__name__}: {error}"
            raise TransportError(f"SMS provider: {self._trouble}", retryable=True) from error
        except httpx.TransportError as error:
            self._trouble = f"{type(error).__name__}: {error}"
            raise TransportError(
                f"SMS provider, after the message was posted: {self._trouble}",
                retryable=False,
                outcome_unknown=True,
            ) from error
        provider_id = self._taken(response)
        self._trouble = None
        tracked = Tracked(message_id=message.message_id, parts=1)
        for report in self._correlator.taken(tracked, provider_id, self._clock.now()):
            self._inbox.put(report)
        return Accepted(message_id=message.message_id, provider_id=provider_id)

    def events(self) -> AsyncIterator[MessageEvent]:
        """Receipts and messages; `receive` returns when the next one is asked for."""
        return self._inbox.events()

    async def receive(self, webhook: Webhook) -> None:
        """Take what the provider posted; return when it was handled, so that 2xx says so.

        Raises BadSignature or BadWebhook, before anything of the request counts.
        """
        self._provider.signature.check(webhook)
        said = [self._provider.read(document) for document in webhook.documents()]
        for notice in said:
            event = None if notice is None else self._event(notice)
            if event is not None:
                await self._inbox.put_and_wait(event)

    async def health(self) -> TransportHealth:
        """Ready unless the last message found nobody. Asking costs no message."""
        if self._trouble is not None:
            return TransportHealth(ready=False, detail=self._trouble)
        return TransportHealth(ready=True, detail="no failure since the last message")

    def _event(self, notice: Receipt | Text) -> MessageEvent | None:
        now = self._clock.now()
        if isinstance(notice, Receipt):
            return next(iter(self._correlator.receipt(notice.provider_id, notice, now)), None)
        return InboundMessage(
            channel=Channel.SMS,
            sender=notice.sender,
            recipient=notice.recipient,
            text=notice.text,
            at=now,
        )

    def _taken(self, response: httpx.Response) -> str:
        """The provider's id for the message, or the TransportError that its answer means."""
        try:
            answer = response.json()
        except (json.JSONDecodeError, UnicodeDecodeError):
            answer = None
        code = look_up(answer, self._provider.error_path) or ""
        code = "" if code in self._provider.good_codes else code
        provider_id = look_up(answer, self._provider.id_path)
        if response.is_success and provider_id and not code:
            return provider_id
        said = f"SMS provider: HTTP {response.status_code} {code}".strip()
        is_unclear = not code and (response.is_success or response.status_code >= 500)
        raise TransportError(
            said,
            retryable=response.status_code in _LATER,
            outcome_unknown=is_unclear and response.status_code not in _LATER,
            address_refused=code in self._provider.bad_numbers,
            code=code or str(response.status_code),
        )

    async def keep_house(self) -> None:
        """Report receipts that no message claimed in time. Runs until it is cancelled."""
        while True:
            await self._clock.sleep(_HOUSEKEEPING)
            for report in self._correlator.overdue(self._clock.now()):
                self._inbox.put(report)

    def close(self) -> None:
        """End the iteration of events."""
        self._inbox.close()


@asynccontextmanager
async def open_http_gateway(
    *, clock: Clock, provider: HttpProvider, reply_timeout: float = 30.0
) -> AsyncIterator[HttpGateway]:
    """An HTTP provider as a transport. `reply_timeout` is in seconds."""
    async with httpx.AsyncClient(timeout=reply_timeout) as client, asyncio.TaskGroup() as tasks:
        gateway = HttpGateway(clock=clock, provider=provider, client=client)
        housekeeping = tasks.create_task(gateway.keep_house())
        try:
            yield gateway
        finally:
            housekeeping.cancel()
            gateway.close()

"""The message-transport port: SMPP, an HTTP provider, SMTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from compliance.permit import Permit
from messaging.message import MessageEvent

M_contra = TypeVar("M_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The provider took the message; `provider_id` is its name for it.

    A message in parts has one id for each, with spaces between. Receipts carry the same ids.
    """

    message_id: str
    provider_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportHealth:
    ready: bool
    detail: str


class TransportError(Exception):
    """The message was not taken.

    `retryable`: the same message may do later. `outcome_unknown`: it may have been sent, so it
    counts as sent and must not be repeated. `address_refused`: the address itself was refused, as
    a bounce would say later: it is no way to reach the consumer.
    """

    def __init__(
        self,
        message: str,
        *,
        retryable: bool,
        outcome_unknown: bool = False,
        address_refused: bool = False,
        code: str | None = None,
    ) -> None:
        super().__init__(message)
        self.retryable = retryable
        self.outcome_unknown = outcome_unknown
        self.address_refused = address_refused
        self.code = code


class MessageTransport(Protocol, Generic[M_contra]):
    """One way to send one kind of message."""

    async def send(self, permit: Permit, message: M_contra) -> Accepted:
        """Send. The permit must cover `message.to` now, or NotCovered is raised.

        Raises TransportError when the provider did not take it.
        """
        ...

    def events(self) -> AsyncIterator[MessageEvent]:
        """Receipts, bounces and messages from consumers, for one reader.

        An event counts as handled when the next one is asked for; only then is the provider told
        not to send it again. So write an event down before asking on.
        """
        ...

    async def health(self) -> TransportHealth: ...

"""The town as processes: one for texts, mail and webhooks, and below it one for calls."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any

import httpx
from fastapi import APIRouter

from dialer.town.exchange_process import ExchangeProcess, start_exchange
from dialer.town.http_server import serve_routes
from dialer.town.loopback import LOOPBACK
from dialer.town.mailhost import MailHost, serve_mailhost
from dialer.town.options import TownOptions
from dialer.town.pipe import attend, print_line
from dialer.town.population import make_population
from dialer.town.receiver import Receiver, receiver_routes
from dialer.town.records import (
    CallRecord,
    MailRecord,
    TextRecord,
    WireCounts,
    from_json,
    to_json,
)
from dialer.town.smsc import Smsc, SmscFaults, serve_smsc
from dialer.town.subprocesses import python_child
from scheduler.clock import SystemClock


@dataclass(frozen=True, slots=True, kw_only=True)
class TownPorts:
    """Loopback ports: UDP for SIP, TCP for the others."""

    sip: int
    smpp: int
    smtp: int
    webhook: int
    control: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    exchange: ExchangeProcess
    smsc: Smsc
    mailhost: MailHost
    receiver: Receiver

    async def counts(self) -> WireCounts:
        return WireCounts(
            **await self.exchange.counts(),
            smpp_submits=self.smsc.messages,
            smpp_parts=self.smsc.parts,
            sms_replies=self.smsc.replies,
            sms_stops=self.smsc.stops,
            smtp_messages=len(self.mailhost.records),
            mail_bounces=self.mailhost.bounces,
            mail_unsubscribes=self.mailhost.unsubscribes,
            webhooks=self.receiver.taken,
            webhooks_repeated=self.receiver.repeated,
            webhooks_unsigned=self.receiver.unsigned,
            webhooks_out_of_order=self.receiver.out_of_order,
        )


def _control_routes(parts: _Parts) -> APIRouter:
    router = APIRouter()

    @router.get("/counts")
    async def counts() -> dict[str, Any]:
        return to_json(await parts.counts())

    @router.get("/calls")
    async def calls() -> list[dict[str, Any]]:
        return [to_json(record) for record in await parts.exchange.calls()]

    @router.get("/texts")
    async def texts() -> list[dict[str, Any]]:
        return [to_json(record) for record in parts.smsc.records]

    @router.get("/mails")
    async def mails() -> list[dict[str, Any]]:
        return [to_json(record) for record in parts.mailhost.records]

    return router


@asynccontextmanager
async def _town(options: TownOptions) -> AsyncIterator[TownPorts]:
    population = make_population(options.seed, options.size)
    clock = SystemClock(options.at)
    async with AsyncExitStack() as stack:
        parts = _Parts(
            exchange=await stack.enter_async_context(start_exchange(options)),
            smsc=Smsc(
                population,
                clock,
                system_id=options.smpp_user,
                password=options.smpp_password,
                faults=SmscFaults(
                    reject_binds=options.reject_binds, throttle_submits=options.throttle_submits
                ),
            ),
            mailhost=MailHost(
                population,
                clock,
                bounce_url=options.bounce_url,
                service_url=options.service_url,
                mail_secret=options.mail_secret,
            ),
            receiver=Receiver(
                options.webhook_secret.encode(), clock, fail_first=options.fail_webhooks
            ),
        )
        start = stack.enter_async_context
        yield TownPorts(
            sip=parts.exchange.port,
            smpp=await start(serve_smsc(parts.smsc, options.smpp_port)),
            smtp=await start(serve_mailhost(parts.mailhost, options.smtp_port)),
            webhook=await start(
                serve_routes(receiver_routes(parts.receiver), options.webhook_port)
            ),
            control=await start(serve_routes(_control_routes(parts), options.control_port)),
        )


async def serve(options: TownOptions, stopped: asyncio.Event) -> None:
    """Run the town until `stopped`, or with a parent until the standard input ends."""
    async with _town(options) as ports:
        print_line(asdict(ports))
        if options.with_parent:
            await attend(stopped, lambda _: None)
        else:
            await stopped.wait()


class TownHandle:
    """A town that runs: its addresses with their accounts, and what arrived on its wires."""

    def __init__(self, options: TownOptions, ports: TownPorts, client: httpx.AsyncClient) -> None:
        self.ports = ports
        self._options = options
        self._client = client

    async def counts(self) -> WireCounts:
        return from_json(WireCounts, await self._get("counts"))

    async def calls(self) -> list[CallRecord]:
        """The carrier's call records, in the order of their INVITEs."""
        return [from_json(CallRecord, found) for found in await self._get("calls")]

    async def texts(self) -> list[TextRecord]:
        return [from_json(TextRecord, found) for found in await self._get("texts")]

    async def mails(self) -> list[MailRecord]:
        return [from_json(MailRecord, found) for found in await self._get("mails")]

    @property
    def sip_trunk_url(self) -> str:
        user = self._options.sip_user
        account = f"{user}:{self._options.sip_password}@" if user else ""
        return f"sip://{account}{LOOPBACK}:{self.ports.sip}"

    @property
    def smsc_url(self) -> str:
        account = f"{self._options.smpp_user}:{self._options.smpp_password}"
        return f"smpp://{account}@{LOOPBACK}:{self.ports.smpp}"

    @property
    def smtp_url(self) -> str:
        return f"smtp://{LOOPBACK}:{self.ports.smtp}"

    @property
    def webhook_url(self) -> str:
        return f"http://{LOOPBACK}:{self.ports.webhook}/webhook"

    async def _get(self, what: str) -> Any:
        answer = await self._client.get(f"http://{LOOPBACK}:{self.ports.control}/{what}")
        answer.raise_for_status()
        return answer.json()


@asynccontextmanager
async def start_town(options: TownOptions) -> AsyncIterator[TownHandle]:
    """A town in processes of its own, which end with this context or with this process.

    Raises ChildFailed if it does not come up.
    """
    arguments = [*options.arguments(), "--with-parent"]
    async with (
        python_child("dialer.town", arguments) as (_, ports),
        httpx.AsyncClient(trust_env=False) as client,
    ):
        yield TownHandle(options, TownPorts(**ports), client)

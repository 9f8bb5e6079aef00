"""The town's mail host: SMTP on a TCP port, mailboxes with habits behind it.

What follows a message goes to the sender as it would from a real provider: a bounce is a delivery
status notification, and an unsubscribe is the one-click POST of RFC 8058. Both go over HTTP, and
never to a host outside the loopback.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import Message
from itertools import count
from urllib.parse import urlsplit, urlunsplit

import httpx
from aiosmtpd.smtp import SMTP, Envelope
from aiosmtpd.smtp import Session as SmtpSession

from dialer.town.bounces import REPORTING_HOST, delivery_failure
from dialer.town.habits import MailHabit
from dialer.town.loopback import LOOPBACK, is_loopback
from dialer.town.population import Population
from dialer.town.records import MailRecord
from scheduler.clock import Clock

_TRIES = 4
_RETRY_S = 1.0
_PATIENCE_S = 5.0


class MailHost:
    """What the mailboxes got, and what they do about it. `bounce_url`: None sends no bounce.

    `service_url` is where https links lead, since TLS ends before the service; `mail_secret`, if
    there is one, is the bearer token of each bounce.
    """

    def __init__(
        self,
        population: Population,
        clock: Clock,
        *,
        bounce_url: str | None,
        service_url: str | None = None,
        mail_secret: str = "",
    ) -> None:
        self.records: list[MailRecord] = []
        self.bounces = 0
        self.unsubscribes = 0
        self._population = population
        self._clock = clock
        self._bounce_url = bounce_url
        self._service_url = service_url
        self._mail_secret = mail_secret
        self._client = httpx.AsyncClient(timeout=_PATIENCE_S, trust_env=False)
        self._ids = count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    async def handle_RCPT(  # noqa: N802 - the hook's name and shape are aiosmtpd's
        self,
        server: SMTP,
        session: SmtpSession,
        envelope: Envelope,
        address: str,
        rcpt_options: list[str],
    ) -> str:
        """Take or refuse one recipient."""
        consumer = self._population.by_address.get(address.lower())
        if consumer is None or consumer.mailbox.mail.habit is MailHabit.REFUSED:
            self.records.append(MailRecord(address=address, at=self._clock.now(), code=550))
            return "550 5.1.1 no such mailbox"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(rcpt_options)
        return "250 2.1.5 ok"

    async def handle_DATA(  # noqa: N802 - the hook's name is aiosmtpd's
        self, server: SMTP, session: SmtpSession, envelope: Envelope
    ) -> str:
        """Take the message for every recipient that was taken."""
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        message = message_from_bytes(raw)
        for address in envelope.rcpt_tos:
            self.records.append(
                MailRecord(
                    address=address,
                    at=self._clock.now(),
                    code=250,
                    message_id=message["Message-ID"],
                )
            )
            self._follow(address, envelope.mail_from or "", message)
        return f"250 2.0.0 taken as {next(self._ids)}"

    def _follow(self, address: str, return_path: str, message: Message) -> None:
        mail = self._population.by_address[address.lower()].mailbox.mail
        if mail.habit is MailHabit.BOUNCES and return_path and self._bounce_url:
            self._start(self._bounce(address, return_path, message, mail.after_s))
        elif mail.habit is MailHabit.UNSUBSCRIBES and (
            url := one_click_url(message, self._service_url)
        ):
            self._start(self._unsubscribe(url, mail.after_s))

    def _start(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bounce(
        self, address: str, return_path: str, message: Message, after_s: float
    ) -> None:
        await self._clock.sleep(after_s)
        report = delivery_failure(
            original=message,
            return_path=return_path,
            recipient=address,
            message_id=f"<bounce-{next(self._ids)}@{REPORTING_HOST}>",
            at=self._clock.now(),
        )
        assert self._bounce_url is not None
        headers = {"content-type": "message/rfc822"}
        if self._mail_secret:
            headers["authorization"] = f"Bearer {self._mail_secret}"
        if await self._post(self._bounce_url, report, headers):
            self.bounces += 1

    async def _unsubscribe(self, url: str, after_s: float) -> None:
        await self._clock.sleep(after_s)
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if await self._post(url, b"List-Unsubscribe=One-Click", headers):
            self.unsubscribes += 1

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        """Post to the loopback, again after a second if the service is not there."""
        for _ in range(_TRIES):
            try:
                answer = await self._client.post(url, content=body, headers=headers)
            except httpx.HTTPError:
                await self._clock.sleep(_RETRY_S)
                continue
            return answer.is_success
        return False

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._client.aclose()


def one_click_url(message: Message, service_url: str | None = None) -> str | None:
    """The loopback URL that RFC 8058 lets a mail host post to, if the message offers one.

    With `service_url`, links to other hosts lead there: as through a proxy that ends their TLS.
    """
    if "one-click" not in str(message["List-Unsubscribe-Post"] or "").lower():
        return None
    listed = str(message["List-Unsubscribe"] or "").split(",")
    for url in (link.strip().removeprefix("<").removesuffix(">") for link in listed):
        if is_ours(url):
            return url
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and service_url and is_ours(service_url):
            return service_url.rstrip("/") + urlunsplit(("", "", parts.path, parts.query, ""))
    return None


def is_ours(url: str) -> bool:
    """Whether an http or https URL names this machine by address."""
    parts = urlsplit(url)
    return parts.scheme in ("http", "https") and is_loopback(parts.hostname or "")


@asynccontextmanager
async def serve_mailhost(host: MailHost, port: int = 0) -> AsyncIterator[int]:
    """The mail host listens on the loopback; yields the port."""
    loop = asyncio.get_running_loop()

    def protocol() -> SMTP:
        return SMTP(host, hostname=REPORTING_HOST, enable_SMTPUTF8=True, loop=loop)

    server = await loop.create_server(protocol, LOOPBACK, port)
    try:
        yield int(server.sockets[0].getsockname()[1])
    finally:
        server.close()
        await host.close()

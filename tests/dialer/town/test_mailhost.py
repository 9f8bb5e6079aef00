"""The mail host against aiosmtplib, and what it posts back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from email import message_from_bytes
from email.message import EmailMessage

import aiosmtplib
import pytest

from dialer.town.habits import MailHabit
from dialer.town.mailhost import MailHost, is_ours, one_click_url, serve_mailhost
from dialer.town.population import Population, make_population
from scheduler.clock import SystemClock


class Posts:
    """A server that keeps what is posted to it and answers 200."""

    def __init__(self) -> None:
        self.tokens: list[bool] = []  # whether each post carried one
        self.queue: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head.decode().lower().split("\r\n")
        length = next(int(x.split(":")[1]) for x in lines if x.startswith("content-length:"))
        body = await reader.readexactly(length)
        self.tokens.append("authorization: bearer " in head.decode().lower())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await self.queue.put((head.decode().split()[1], body))
        writer.close()

    async def next(self) -> tuple[str, bytes]:
        async with asyncio.timeout(10):
            return await self.queue.get()


@pytest.fixture(scope="module")
def people() -> Population:
    return make_population(5, 80)


@pytest.fixture
async def web() -> AsyncIterator[tuple[str, Posts]]:
    posts = Posts()
    server = await asyncio.start_server(posts.serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", posts


def mailbox(people: Population, habit: MailHabit) -> str:
    """The one with this habit that is quickest."""
    boxes = [c.mailbox for c in people.consumers if c.mailbox.mail.habit is habit]
    return min(boxes, key=lambda box: box.mail.after_s).address


def message(to: str, unsubscribe: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "care@fernwood.example", to, "A message for you"
    mail["Message-ID"] = "<m-17@fernwood.example>"
    mail["List-Unsubscribe"] = f"<mailto:stop@fernwood.example>, <{unsubscribe}>"
    mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content("Hello.\n")
    return mail


async def send(port: int, mail: EmailMessage) -> None:
    await aiosmtplib.send(mail, hostname="127.0.0.1", port=port, start_tls=False, timeout=5)


async def test_one_is_taken_and_one_refused_and_both_are_counted(people: Population) -> None:
    host = MailHost(people, SystemClock(), bounce_url=None)
    async with serve_mailhost(host) as port:
        await send(port, message(mailbox(people, MailHabit.ACCEPTED), "http://127.0.0.1:1/u"))
        for address in (mailbox(people, MailHabit.REFUSED), "nobody@us.example.net"):
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as refused:
                await send(port, message(address, "http://127.0.0.1:1/u"))
            assert refused.value.recipients[0].code == 550
    assert [(r.code, r.message_id) for r in host.records] == [
        (250, "<m-17@fernwood.example>"),
        (550, None),
        (550, None),
    ]


async def test_a_bounce_is_a_delivery_status_notification(
    people: Population, web: tuple[str, Posts]
) -> None:
    url, posts = web
    host = MailHost(people, SystemClock(), bounce_url=f"{url}/bounces", mail_secret="s")
    to = mailbox(people, MailHabit.BOUNCES)
    async with serve_mailhost(host) as port:
        await send(port, message(to, f"{url}/u"))
        path, raw = await posts.next()
    assert path == "/bounces"
    assert posts.tokens == [True]
    report = message_from_bytes(raw)
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    text, status, headers = report.get_payload()  # type: ignore[misc]
    per_recipient = status.get_payload()[1]  # type: ignore[union-attr]
    assert per_recipient["Final-Recipient"] == f"rfc822; {to}"
    assert (per_recipient["Action"], per_recipient["Status"]) == ("failed", "5.1.1")
    assert text.get_content_type() == "text/plain"  # type: ignore[union-attr]
    assert "Message-ID: <m-17@fernwood.example>" in headers.get_payload()  # type: ignore


async def test_one_click_is_posted_to_the_address_in_the_message(
    people: Population, web: tuple[str, Posts]
) -> None:
    url, posts = web
    host = MailHost(people, SystemClock(), bounce_url=None, mail_secret="s")
    async with serve_mailhost(host) as port:
        await send(port, message(mailbox(people, MailHabit.UNSUBSCRIBES), f"{url}/u/token"))
        assert await posts.next() == ("/u/token", b"List-Unsubscribe=One-Click")
    assert posts.tokens == [False]


def test_nothing_is_posted_without_one_click_or_off_this_machine() -> None:
    mail = message("a@us.example.net", "http://127.0.0.1:1/u")
    assert one_click_url(mail) == "http://127.0.0.1:1/u"
    del mail["List-Unsubscribe-Post"]
    assert one_click_url(mail) is None
    assert one_click_url(message("a@us.example.net", "https://fernwood.example/u")) is None


def test_a_public_link_leads_to_the_service_and_nowhere_else() -> None:
    mail = message("a@us.example.net", "https://fernwood.example/u/1?k=2")
    assert one_click_url(mail, "http://127.0.0.1:8060") == "http://127.0.0.1:8060/u/1?k=2"
    assert one_click_url(mail, "https://fernwood.example") is None


@pytest.mark.parametrize(
    ("url", "ours"),
    [
        ("http://127.0.0.1:8060/u", True),
        ("https://[::1]/u", True),
        ("http://localhost:1/u", True),
        ("http://10.0.0.1/u", False),
        ("http://127.0.0.1.fernwood.example/u", False),
        ("mailto:stop@127.0.0.1", False),
        ("ftp://127.0.0.1/", False),
    ],
)
def test_only_this_machine_is_posted_to(url: str, ours: bool) -> None:
    assert is_ours(url) is ours

"""Mails through the SMTP transport, beside Postfix's own source, both to Postfix's sink."""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from compliance.facts import Channel
from dialer.bench.callers import Work, drive
from dialer.bench.permits import permit_for
from dialer.bench.result import BenchFailed, Result
from dialer.bench.timing import watch
from messaging.email.identity import MailIdentity
from messaging.email.smtp import Security, open_smtp
from messaging.message import EmailMessage
from scheduler.clock import SystemClock

ADDRESS = "otto.abendroth@us.example.net"
_DOMAIN = "example.com"


async def run(*, messages: int = 3000, connections: int = 4) -> Result:
    """Send over a few connections, each mail composed with its permit."""
    sink, source = _program("smtp-sink"), _program("smtp-source")
    about = f"mails over {connections} connections to smtp-sink"
    if sink is None or source is None:
        return Result(name="email", about=about, rows=[], left_out=["smtp-sink is not installed"])
    async with _sink(sink) as port:
        async with _transport(port, connections) as send:
            sent = await drive(send, messages, connections)
        bare = await _source(source, port, messages, connections)
    return Result(
        name="email",
        about=about,
        rows=[
            {
                "what": "SMTP transport",
                "messages": messages,
                **sent,
                "ratio": sent["per_s"] / bare,
            },
            {"what": "smtp-source (bare)", "messages": messages, "per_s": bare},
        ],
    )


def _mail(number: int) -> EmailMessage:
    words = "Please write to us about your account. " * 20
    return EmailMessage(
        message_id=f"message-{number}",
        to=ADDRESS,
        sender=f"Example Collections <collections@{_DOMAIN}>",
        subject="A message about your account",
        text=words,
        html=f"<p>{words}</p>",
        unsubscribe_url=f"https://{_DOMAIN}/hooks/unsubscribe/{number}",
        language="en",
    )


@asynccontextmanager
async def _transport(port: int, connections: int) -> AsyncIterator[Work]:
    clock = SystemClock()
    async with open_smtp(
        clock=clock,
        host="127.0.0.1",
        port=port,
        local_hostname=_DOMAIN,
        identity=MailIdentity(bounce_address=f"bounces@{_DOMAIN}", keys=(b"k" * 32,)),
        list_id=f"outreach.{_DOMAIN}",
        security=Security.NONE,
        connections=connections,
    ) as transport:

        async def send(number: int) -> None:
            permit = permit_for(Channel.EMAIL, ADDRESS, f"message-{number}", clock.now())
            await transport.send(permit, _mail(number))

        yield send


async def _source(program: str, port: int, messages: int, connections: int) -> float:
    """Mails a second of Postfix's load generator, as long as ours on the wire."""
    words = ("-d", "-s", str(connections), "-m", str(messages), "-l", "3000")
    with watch() as spent:
        process = await asyncio.create_subprocess_exec(
            program, *words, "-f", f"a@{_DOMAIN}", "-t", ADDRESS, f"127.0.0.1:{port}"
        )
        if await process.wait() != 0:
            raise BenchFailed("smtp-source failed")
    return messages / spent.seconds


@asynccontextmanager
async def _sink(program: str) -> AsyncIterator[int]:
    """A server that takes every mail and keeps none."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port = int(probe.getsockname()[1])
    process = await asyncio.create_subprocess_exec(
        program, "-u", "nobody", f"127.0.0.1:{port}", "256", stderr=asyncio.subprocess.DEVNULL
    )
    try:
        await _until_up(port)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _until_up(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                await SystemClock().sleep(0.02)
            else:
                writer.close()
                return


def _program(name: str) -> str | None:
    """Debian keeps Postfix's programs where only root looks."""
    found = shutil.which(name)
    hidden = Path("/usr/sbin") / name
    return found or (str(hidden) if hidden.exists() else None)

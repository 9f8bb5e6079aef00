"""A PostgreSQL server of our own on the loopback, for as long as a bench runs."""

from __future__ import annotations

import asyncio
import os
import pwd
import secrets
import shutil
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from tempfile import mkdtemp

ROLE = "ringfence"


class ServerFailed(Exception):
    """One of PostgreSQL's programs ended with an error; the message has its words."""


def programs() -> Path | None:
    """The folder of PostgreSQL's server programs, also where Debian keeps it; None without."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return homes[-1].parent if homes else None


@asynccontextmanager
async def private_server() -> AsyncIterator[str]:
    """A fresh server that keeps what it commits; its SQLAlchemy URL without a database name.

    Started as root it runs as the account `postgres`, since the server refuses to run as root.
    Raises ServerFailed.
    """
    folder = _programs()
    home = Path(mkdtemp(prefix="ringfence-pg-"))
    owner = pwd.getpwnam("postgres").pw_uid if os.getuid() == 0 else None
    if owner is not None:
        os.chown(home, owner, -1)
    data, port = home / "data", _free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
    control = (folder / "pg_ctl", "-D", data, "-w", "-l", home / "log")
    try:
        await _run(owner, folder / "initdb", "-D", data, "-U", ROLE, "-A", "trust", "--no-sync")
        await _run(owner, *control, "-o", options, "start")
        try:
            yield f"postgresql+asyncpg://{ROLE}@127.0.0.1:{port}"
        finally:
            await _run(owner, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


async def new_database(server: str) -> str:
    """The URL of a fresh database on the server."""
    name = f"bench{secrets.token_hex(6)}"
    port = server.rsplit(":", 1)[1]
    await _run(None, _programs() / "createdb", "-h", "127.0.0.1", "-p", port, "-U", ROLE, name)
    return f"{server}/{name}"


def _programs() -> Path:
    found = programs()
    if found is None:
        raise ServerFailed("PostgreSQL's server programs are not installed")
    return found


async def _run(owner: int | None, *words: str | Path) -> None:
    process = await asyncio.create_subprocess_exec(
        *map(str, words),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        cwd="/",
        user=owner,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise ServerFailed(f"{Path(words[0]).name}: {said.decode(errors='replace').strip()}")


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        return int(probe.getsockname()[1])

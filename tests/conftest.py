"""Real peers for the tests: found, started on loopback, stopped; a missing one is said aloud."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

PROGRAMS = {"postgres": "initdb", "chromium": "chromium", "soxi": "soxi"}


def find_program(name: str) -> str | None:
    """The path of a peer's program, also where Debian keeps PostgreSQL's."""
    program = PROGRAMS.get(name, name)
    found = shutil.which(program)
    if found is None and name == "postgres":
        homes = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
        found = str(homes[-1]) if homes else None
    return found


def missing(name: str) -> None:
    """Skip with the reason, or fail where every peer has to be there."""
    reason = f"{name} is not installed"
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("peer"):
        for name in mark.args:
            if find_program(name) is None:
                missing(name)


def free_port(kind: int = socket.SOCK_STREAM) -> int:
    with closing(socket.socket(socket.AF_INET, kind)) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def free_tcp_port() -> int:
    return free_port()


@pytest.fixture
def free_udp_port() -> int:
    return free_port(socket.SOCK_DGRAM)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server, without a database name."""
    initdb = find_program("postgres")
    if initdb is None:
        missing("postgres")
    assert initdb is not None
    home = Path(tempfile.mkdtemp(prefix="ringfence-pg-"))
    owner = pwd.getpwnam("postgres") if os.getuid() == 0 else None
    run_as = {"user": owner.pw_uid, "group": owner.pw_gid} if owner else {}
    if owner:
        os.chown(home, owner.pw_uid, owner.pw_gid)
    data, port = home / "data", free_port()
    bin_dir = Path(initdb).resolve().parent
    subprocess.run(
        [
            bin_dir / "initdb",
            "-D",
            data,
            "-U",
            "ringfence",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **run_as,
    )
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={home}"
    control = [bin_dir / "pg_ctl", "-D", data, "-w", "-l", home / "log"]
    subprocess.run(
        [*control, "-o", options, "start"],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd=home,
        **run_as,
    )
    try:
        yield f"postgresql+asyncpg://ringfence@127.0.0.1:{port}"
    finally:
        subprocess.run(
            [*control, "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            cwd=home,
            **run_as,
        )
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> str:
    """A fresh database on the real server; the server goes away with the test session."""
    return new_postgres_database(postgres_server)


def new_postgres_database(server: str, template: str = "template1") -> str:
    """The URL of a new database on the server, a copy of the template."""
    name = f"t{secrets.token_hex(6)}"
    port = server.rsplit(":", 1)[1]
    initdb = find_program("postgres")
    assert initdb is not None
    createdb = Path(initdb).resolve().parent / "createdb"
    address = ["-h", "127.0.0.1", "-p", port, "-U", "ringfence"]
    subprocess.run([createdb, *address, "-T", template, name], check=True)
    return f"{server}/{name}"


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The URL of a real Redis server that keeps nothing on disk."""
    if find_program("redis-server") is None:
        missing("redis-server")
    port = free_port()
    server = subprocess.Popen(
        [
            "redis-server",
            "--port",
            str(port),
            "--bind",
            "127.0.0.1",
            "--save",
            "",
            "--appendonly",
            "no",
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert server.stdout is not None
        for line in server.stdout:
            if "Ready to accept connections" in line:
                break
        else:
            pytest.fail("redis-server did not start")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait(10)
        if server.stdout is not None:
            server.stdout.close()

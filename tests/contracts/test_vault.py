"""What every recording vault does, whatever keeps its bytes."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from recordings.drivers import folder, object_store
from recordings.keys import KeyRing, new_key
from recordings.vault import Vault, VaultError
from scheduler.clock import ManualClock
from tests.recordings.samples import write_wav

NOW = datetime(2026, 6, 1, 14, tzinfo=UTC)
NAME = "b3f1c0de-rec"
META = {"case": "c-17", "campaign": "spring"}

KINDS = ["folder", "object store in memory", "object store in a folder", "S3"]


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """The address of moto's S3 server."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=KINDS)
def vault(request: pytest.FixtureRequest, tmp_path: Path) -> Vault:
    home = tmp_path / "vault"
    home.mkdir()
    keys, clock = KeyRing([new_key()]), ManualClock(NOW)
    if request.param == "folder":
        return folder.open_vault(home.as_uri(), keys, clock, least_free_bytes=0)
    if request.param == "S3":
        address = request.getfixturevalue("s3_server")
        bucket = f"b{secrets.token_hex(6)}"
        httpx.put(f"{address}/{bucket}").raise_for_status()
        return object_store.open_vault(
            f"s3://{bucket}/recordings",
            keys,
            clock,
            config={
                "endpoint": address,
                "access_key_id": "test",
                "secret_access_key": "test",
                "region": "us-east-1",
            },
            allow_http=True,
        )
    url = "memory:///" if "memory" in request.param else home.as_uri()
    return object_store.open_vault(url, keys, clock)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "call.wav"


async def whole(vault: Vault, name: str, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([part async for part in vault.read(name, start=start, end=end)])


async def test_what_was_sealed_comes_back_with_its_description(vault: Vault, source: Path):
    audio = write_wav(source, 2.5)
    sealed = await vault.seal(NAME, source, META)
    assert sealed.sha256 == hashlib.sha256(audio).hexdigest()
    assert sealed.bytes == len(audio)
    assert sealed.duration_s == 2.5
    assert sealed.sealed_at == NOW
    assert not source.exists()
    assert await vault.describe(NAME) == sealed
    assert await whole(vault, NAME) == audio
    assert [name async for name in vault.names()] == [NAME]


async def test_any_range_of_a_long_recording_comes_back(vault: Vault, source: Path):
    audio = write_wav(source, 200)
    assert len(audio) > 3 << 20
    await vault.seal(NAME, source, META)
    mb = 1 << 20
    for start, end in [
        (0, 1),
        (mb - 1, mb + 1),
        (mb, 2 * mb),
        (len(audio) - 5, len(audio) + 99),
        (5, 5),
        (len(audio), None),
        (mb + 7, None),
    ]:
        assert await whole(vault, NAME, start, end) == audio[start:end]
    with pytest.raises(ValueError, match="begin"):
        await whole(vault, NAME, -1)


async def test_a_name_is_written_once(vault: Vault, source: Path):
    audio = write_wav(source)
    first = await vault.seal(NAME, source, META)
    write_wav(source)
    assert await vault.seal(NAME, source, META) == first
    assert not source.exists()
    write_wav(source, seed=2)
    with pytest.raises(VaultError, match=f"{NAME} exists with other content"):
        await vault.seal(NAME, source, META)
    assert source.exists()
    assert await whole(vault, NAME) == audio


async def test_of_two_at_once_one_wins_whole(vault: Vault, tmp_path: Path):
    sources = [tmp_path / f"{seed}.wav" for seed in (1, 2)]
    audio = [write_wav(source, seed=seed) for seed, source in enumerate(sources)]
    done = await asyncio.gather(
        *(vault.seal(NAME, source, META) for source in sources), return_exceptions=True
    )
    lost = [index for index, result in enumerate(done) if isinstance(result, VaultError)]
    assert len(lost) == 1
    assert sources[lost[0]].exists()
    assert await whole(vault, NAME) == audio[1 - lost[0]]


async def test_deleted_is_gone_and_deleting_again_does_no_harm(vault: Vault, source: Path):
    write_wav(source)
    await vault.seal(NAME, source, META)
    await vault.delete(NAME)
    await vault.delete(NAME)
    assert [name async for name in vault.names()] == []
    with pytest.raises(VaultError, match=f"{NAME} is not in the vault"):
        await vault.describe(NAME)
    with pytest.raises(VaultError, match=f"{NAME} is not in the vault"):
        await whole(vault, NAME)


@pytest.mark.parametrize("name", ["+1 212 555 0101", "12125550101", "212-555-0101", "a/b", ""])
async def test_names_tell_nothing(vault: Vault, source: Path, name: str):
    write_wav(source)
    with pytest.raises(VaultError, match="not an opaque recording name"):
        await vault.seal(name, source, META)
    assert source.exists()


async def test_what_is_no_wav_is_refused_and_kept(vault: Vault, source: Path):
    source.write_bytes(b"not audio")
    with pytest.raises(VaultError, match="is not a WAV"):
        await vault.seal(NAME, source, META)
    assert source.exists()
    source.unlink()
    with pytest.raises(VaultError, match=NAME):
        await vault.seal(NAME, source, META)


async def test_it_is_ready(vault: Vault):
    assert await vault.ready() is None
    assert [name async for name in vault.names()] == []

"""The sealed form: every change is found, ranges need their own frames only, keys rotate."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.drivers import folder
from recordings.keys import KeyFileError, KeyRing, UnknownKey, new_key, open_key_ring, rotate
from recordings.seal import PREFIX_MAX, Header, Opened, sealed_chunks
from recordings.vault import SealedRecording, Vault, VaultError
from recordings.wav import NotWav, duration_s
from scheduler.clock import ManualClock
from tests.recordings.samples import wav_bytes, write_wav

NOW = datetime(2026, 6, 1, 14, tzinfo=UTC)
NAME = "b3f1c0de-rec"
KEYS = KeyRing([new_key()])


def header_of(audio: bytes, frame_bytes: int = 64, name: str = NAME) -> Header:
    return Header(
        recording=SealedRecording(
            name=name,
            sha256=hashlib.sha256(audio).hexdigest(),
            bytes=len(audio),
            duration_s=1.0,
            sealed_at=NOW,
            key_id=KEYS.newest.key_id,
        ),
        frame_bytes=frame_bytes,
        meta={"case": "案件-17"},
    )


def seal(audio: bytes, frame_bytes: int = 64, name: str = NAME) -> bytes:
    return b"".join(sealed_chunks(io.BytesIO(audio), header_of(audio, frame_bytes, name), KEYS))


def unseal(sealed: bytes, start: int = 0, end: int | None = None, name: str = NAME) -> bytes:
    opened = Opened(name, sealed[:PREFIX_MAX], KEYS)
    size = opened.header.frame_bytes
    end = opened.header.recording.bytes if end is None else end
    parts = []
    for index in opened.frames_of(start, end):
        begin, stop = opened.place_of(index)
        parts.append(opened.frame(index, sealed[begin:stop])[max(0, start - index * size) :])
    return b"".join(parts)[: max(0, end - start)]


@given(st.binary(max_size=700), st.data())
def test_every_range_comes_back(audio: bytes, data: st.DataObject):
    sealed = seal(audio)
    start = data.draw(st.integers(0, len(audio)))
    end = data.draw(st.integers(start, len(audio)))
    assert unseal(sealed, start, end) == audio[start:end]
    assert len(audio) < 32 or audio not in sealed


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_flipped_bit_is_found(audio: bytes, data: st.DataObject):
    sealed = bytearray(seal(audio))
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((VaultError, UnknownKey)):
        unseal(bytes(sealed))


@given(st.binary(min_size=1, max_size=300), st.data())
def test_every_cut_is_found_also_between_frames(audio: bytes, data: st.DataObject):
    sealed = seal(audio)
    cut = data.draw(st.integers(0, len(sealed) - 1))
    with pytest.raises(VaultError, match=NAME):
        unseal(sealed[:cut])


def test_frames_can_be_neither_moved_nor_taken_from_another_recording():
    audio = bytes(64) + bytes(64) + bytes(10)
    sealed = seal(audio)
    opened = Opened(NAME, sealed, KEYS)
    (a, b), (c, d) = opened.place_of(0), opened.place_of(1)
    swapped = sealed[:a] + sealed[c:d] + sealed[a:b] + sealed[d:]
    with pytest.raises(VaultError, match="frame 0"):
        unseal(swapped)
    with pytest.raises(VaultError, match=f"other-rec holds {NAME}"):
        unseal(sealed, name="other-rec")
    other = seal(audio, name="other-rec")
    mixed = sealed[:a] + other[len(other) - (len(sealed) - a) :]
    with pytest.raises(VaultError, match="frame 0"):
        unseal(mixed)


def test_a_frame_that_was_not_last_can_not_become_the_last():
    sealed = seal(bytes(128))
    opened = Opened(NAME, sealed, KEYS)
    begin, stop = opened.place_of(0)
    shorter = Opened(NAME, seal(bytes(64)), KEYS)
    assert shorter.header.frames == 1
    with pytest.raises(VaultError, match="frame 0"):
        shorter.frame(0, sealed[begin:stop])


def test_a_source_that_changes_while_it_is_sealed_is_an_error():
    audio = bytes(200)
    with pytest.raises(VaultError, match="changed while it was sealed"):
        list(sealed_chunks(io.BytesIO(bytes(199) + b"x"), header_of(audio), KEYS))
    with pytest.raises(VaultError, match="changed while it was sealed"):
        list(sealed_chunks(io.BytesIO(audio + b"x"), header_of(audio), KEYS))


def open_folder(home: Path, keys: KeyRing = KEYS) -> Vault:
    return folder.open_vault(home.as_uri(), keys, ManualClock(NOW), least_free_bytes=0)


async def test_a_range_opens_only_the_frames_it_needs(tmp_path: Path):
    audio = write_wav(tmp_path / "call.wav", 150)
    vault = open_folder(tmp_path / "vault")
    await vault.seal(NAME, tmp_path / "call.wav", {})
    (path,) = (tmp_path / "vault").glob("*/*.sealed")
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    assert b"".join([part async for part in vault.read(NAME, end=1 << 20)]) == audio[: 1 << 20]
    with pytest.raises(VaultError, match="frame 2 was changed or cut"):
        [part async for part in vault.read(NAME, start=len(audio) - 1)]


async def test_the_side_car_describes_and_nothing_readable_leaks(tmp_path: Path):
    write_wav(tmp_path / "call.wav")
    home = tmp_path / "vault"
    sealed = await open_folder(home).seal(NAME, tmp_path / "call.wav", {"case": "c-17"})
    (side_car,) = home.glob("*/*.json")
    told = Header.from_json(side_car.read_bytes())
    assert told.recording == sealed
    assert told.meta == {"case": "c-17"}
    (path,) = home.glob("*/*.sealed")
    assert b"WAVE" not in path.read_bytes()
    assert {entry.stat().st_mode & 0o077 for entry in home.rglob("*")} == {0}


async def test_old_recordings_open_after_rotation_and_new_ones_use_the_new_key(tmp_path: Path):
    key_file = tmp_path / "keys" / "ring.json"
    first = open_key_ring(key_file)
    assert key_file.stat().st_mode & 0o777 == 0o600
    home = tmp_path / "vault"
    audio = write_wav(tmp_path / "call.wav")
    await open_folder(home, first).seal("old-rec", tmp_path / "call.wav", {})
    second = rotate(key_file)
    assert second.ids[:-1] == first.ids
    assert open_key_ring(key_file).ids == second.ids
    vault = open_folder(home, second)
    write_wav(tmp_path / "call.wav")
    newer = await vault.seal("new-rec", tmp_path / "call.wav", {})
    assert newer.key_id == second.newest.key_id != first.newest.key_id
    assert b"".join([part async for part in vault.read("old-rec")]) == audio
    with pytest.raises(VaultError, match=r"new-rec: key .* is not in the key ring"):
        await open_folder(home, KeyRing([first.newest])).describe("new-rec")


@pytest.mark.parametrize(
    ("content", "mode", "complaint"),
    [
        ("{", 0o600, "is damaged"),
        ('{"keys": []}', 0o600, "at least one key"),
        ('{"keys": [{"id": "a", "key": "AAAA"}]}', 0o600, "not of 32 bytes"),
        ('{"keys": []}', 0o644, "open to others"),
    ],
)
def test_a_key_file_that_can_not_be_trusted_is_refused(
    tmp_path: Path, content: str, mode: int, complaint: str
):
    path = tmp_path / "ring.json"
    path.write_text(content)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=complaint):
        open_key_ring(path)


def test_a_key_does_not_show_in_its_repr():
    key = new_key()
    assert repr(key.secret) not in repr(key)


KILLED = """
import asyncio, io, os, signal, sys
from pathlib import Path
from recordings.drivers.folder import FolderObjects

def chunks():
    yield bytes(100000)
    os.kill(os.getpid(), signal.SIGKILL)
    yield b""

objects = FolderObjects(Path(sys.argv[1]), least_free_bytes=0)
asyncio.run(objects.create("ab/killed-rec.sealed", chunks()))
"""


async def test_a_writer_that_is_killed_leaves_nothing_to_be_seen(tmp_path: Path):
    home = tmp_path / "vault"
    open_folder(home)
    done = subprocess.run([sys.executable, "-c", KILLED, home], check=False)
    assert done.returncode == -signal.SIGKILL
    (part,) = home.rglob("*.part")
    vault = open_folder(home)
    assert [name async for name in vault.names()] == []
    with pytest.raises(VaultError, match="not in the vault"):
        await vault.describe("killed-rec")
    day_ago = part.stat().st_mtime - 2 * 86400
    os.utime(part, (day_ago, day_ago))
    open_folder(home)
    assert not part.exists()


async def test_a_lost_side_car_comes_back_by_sealing_again(tmp_path: Path):
    home = tmp_path / "vault"
    vault = open_folder(home)
    write_wav(tmp_path / "call.wav")
    await vault.seal(NAME, tmp_path / "call.wav", {})
    (side_car,) = home.glob("*/*.json")
    side_car.unlink()
    write_wav(tmp_path / "call.wav")
    await vault.seal(NAME, tmp_path / "call.wav", {})
    assert side_car.exists()


async def test_a_vault_that_can_not_keep_says_why_and_keeps_the_source(tmp_path: Path):
    full = folder.open_vault(
        (tmp_path / "full").as_uri(), KEYS, ManualClock(NOW), least_free_bytes=1 << 60
    )
    assert "MB are free" in str(await full.ready())
    home = tmp_path / "gone"
    vault = open_folder(home)
    home.rmdir()
    assert "No such file" in str(await vault.ready())
    source = tmp_path / "call.wav"
    write_wav(source)
    with pytest.raises(VaultError, match="could not be written"):
        await vault.seal(NAME, source, {})
    assert source.exists()


@pytest.mark.parametrize("url", ["s3://bucket", "file://elsewhere/x", "recordings", ""])
def test_another_url_is_no_folder(url: str):
    with pytest.raises(VaultError, match="is not the URL of a folder"):
        folder.open_vault(url, KEYS, ManualClock(NOW))


@pytest.mark.parametrize("declared", [None, 0, 0xFFFFFFFF])
def test_the_length_is_known_also_when_the_header_was_never_finished(
    tmp_path: Path, declared: int | None
):
    path = tmp_path / "call.wav"
    path.write_bytes(wav_bytes(1.5, declared=declared))
    assert duration_s(path) == 1.5


@pytest.mark.parametrize("content", [b"", b"RIFF\0\0\0\0WAVE", b"RIFF\0\0\0\0AVI xxxxxxxxxxxx"])
def test_no_audio_no_length(tmp_path: Path, content: bytes):
    path = tmp_path / "call.wav"
    path.write_bytes(content)
    with pytest.raises(NotWav):
        duration_s(path)

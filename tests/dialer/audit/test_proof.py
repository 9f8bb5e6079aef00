"""A proof pack holds by itself, and any change of any file in it is found and named."""

from __future__ import annotations

import json
import random
import zipfile
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from sqlalchemy import insert

from compliance.facts import Channel, Consent, Hold, HoldKind
from dialer.reports.proof.collecting import NobodyThere, scope_of
from dialer.reports.proof.evidence import Scope
from dialer.reports.proof.verifying import verify_proof
from dialer.reports.proof.writing import Written, write_proof
from dialer.store import consumers, recordings, tables
from recordings.vault import SealedRecording
from tests.dialer.audit.conftest import START, Worked

AUDIO = b"what was said"


@pytest.fixture
async def pack(worked: Worked, tmp_path: Path) -> tuple[Path, Written]:
    await know(worked)
    path = tmp_path / "proof.zip"
    return path, await write_proof(worked.db, Scope(person_id=worked.one.person), path, by="test")


async def know(worked: Worked) -> None:
    """A consent, a stop mark, a recording and a reply of the person."""
    db, person, now = worked.db, worked.one.person, worked.clock.now()
    consent = Consent(
        consent_id="consent_1",
        channel=Channel.SMS,
        given_to="creditor",
        given_at=START - timedelta(days=90),
        evidence="signed form 17 of <August>",
    )
    await consumers.add_consent(db, person, consent, source="agent", now=now)
    hold = Hold(kind=HoldKind.CEASE, received_at=now, in_writing=True)
    await consumers.add_hold(db, person, hold, source="letter", now=now)
    own = next(p.attempt_id for p in worked.permits if p.person_id == person)
    sealed = SealedRecording(
        name=own,
        sha256=sha256(AUDIO).hexdigest(),
        bytes=len(AUDIO),
        duration_s=4.2,
        key_id="k1",
        sealed_at=now,
    )
    await recordings.keep(db, sealed, call_id=own)
    async with db.write() as conn:
        await conn.execute(
            insert(tables.contact_events),
            {
                "id": "event_1",
                "consumer_id": person,
                "case_id": worked.one.case,
                "at": now,
                "channel": "sms",
                "direction": "in",
                "outcome": "received",
                "debts": [],
                "also_discussed": [],
                "source": "sms",
                "recorded_at": now,
            },
        )


def files_of(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


def named(path: Path) -> set[str]:
    return {fault.file for fault in verify_proof(path).faults}


def test_an_untouched_pack_holds(pack: tuple[Path, Written]) -> None:
    path, written = pack
    checked = verify_proof(path, root=written.root)
    assert checked.faults == ()
    assert (checked.files, checked.decisions) == (written.files, written.decisions)
    assert checked.decisions > 3
    assert checked.root == written.root


def test_the_pack_holds_the_person_and_nobody_else(
    pack: tuple[Path, Written], worked: Worked
) -> None:
    files = files_of(pack[0])
    own = {p.attempt_id for p in worked.permits if p.person_id == worked.one.person}
    timeline = json.loads(files["timeline.json"])["timeline"]
    assert {one["id"] for one in timeline if one["kind"] == "attempt"} == own
    assert {"refusal", "inbound"} <= {one["kind"] for one in timeline}
    assert worked.other.person.encode() not in b"".join(files.values())
    assert b"2125550123" not in b"".join(files.values())
    facts = json.loads(files["facts.json"])["facts"]
    assert {fact["kind"] for fact in facts} == {"consent", "hold"}
    (recording,) = json.loads(files["recordings.json"])["recordings"]
    assert recording["sha256"] == sha256(AUDIO).hexdigest()
    (month,) = json.loads(files["abandonment.json"])["months"]
    assert month["month"] == "2026-11"
    assert 0 < month["abandoned"] <= month["answered"] <= len(worked.permits)


@pytest.mark.parametrize(
    ("language", "words", "law"),
    [
        (
            "en",
            "Rules that forbade a contact",
            "presumed inconvenient; where records conflict",
        ),
        ("zh", "禁止联系的规则", "早8点之前、晚9点之后推定为不便"),
    ],
)
def test_the_summary_is_plain_and_safe(
    pack: tuple[Path, Written], language: str, words: str, law: str
) -> None:
    page = files_of(pack[0])[f"summary.{language}.html"].decode()
    assert words in page
    assert law in page
    assert "Otto Abendroth" in page
    assert "US-REGF-HOURS" in page
    assert "signed form 17 of &lt;August&gt;" in page
    assert "2026-11-24 12:00:00" in page, "times are the person's own"


def test_any_changed_file_is_named(pack: tuple[Path, Written], tmp_path: Path) -> None:
    files = files_of(pack[0])
    spoilt = tmp_path / "spoilt.zip"
    for name, data in files.items():
        middle = len(data) // 2
        for changed in (
            data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
            data + b"\n",
            data[:-2],
            b"",
        ):
            assert name in named(write(spoilt, {**files, name: changed})), (name, changed[-20:])


def test_any_flipped_bit_is_named(pack: tuple[Path, Written], tmp_path: Path) -> None:
    files, chance = files_of(pack[0]), random.Random(11)
    spoilt = tmp_path / "spoilt.zip"
    data_files = sorted(name for name in files if name.endswith((".json", ".jsonl")))
    spellings = [name for name in data_files if name.startswith("ledger/")]
    for name in [*chance.choices(data_files, k=200), *chance.choices(spellings, k=100)]:
        changed = bytearray(files[name])
        place, bit = chance.randrange(len(changed)), 1 << chance.randrange(7)
        changed[place] ^= bit
        told = named(write(spoilt, {**files, name: bytes(changed)}))
        assert name in told, (name, place, bit)


@pytest.mark.parametrize("file", ["ledger/entries.jsonl", "ledger/roots.jsonl"])
def test_any_line_left_out_of_the_ledger_is_found(
    pack: tuple[Path, Written], tmp_path: Path, file: str
) -> None:
    files = files_of(pack[0])
    lines = files[file].splitlines(keepends=True)
    spoilt = tmp_path / "spoilt.zip"
    for number in range(len(lines)):
        rest = b"".join(lines[:number] + lines[number + 1 :])
        assert {file, "manifest.json"} & named(write(spoilt, {**files, file: rest})), number
    twice = b"".join([*lines, lines[0]])
    assert file in named(write(spoilt, {**files, file: twice}))


def test_any_missing_or_added_file_is_named(pack: tuple[Path, Written], tmp_path: Path) -> None:
    files = files_of(pack[0])
    spoilt = tmp_path / "spoilt.zip"
    for name in files:
        rest = {other: data for other, data in files.items() if other != name}
        assert name in named(write(spoilt, rest)), name
    assert "extra.txt" in named(write(spoilt, {**files, "extra.txt": b"more"}))


def test_a_file_changed_together_with_the_manifest_is_found(
    pack: tuple[Path, Written], tmp_path: Path
) -> None:
    files = files_of(pack[0])
    document = json.loads(files["manifest.json"])
    changed = files["timeline.json"].replace(b"abandoned", b"no_answer")
    assert changed != files["timeline.json"]
    document["files"]["timeline.json"] = sha256(changed).hexdigest()
    manifest = json.dumps(document, indent=1, sort_keys=True).encode() + b"\n"
    spoilt = write(
        tmp_path / "spoilt.zip",
        {**files, "timeline.json": changed, "manifest.json": manifest},
    )
    assert named(spoilt) == {"manifest.json"}


def test_a_pack_made_up_as_a_whole_has_another_root(pack: tuple[Path, Written]) -> None:
    (fault,) = verify_proof(pack[0], root="0" * 64).faults
    assert fault.file == "ledger/roots.jsonl"


def test_what_is_no_pack_is_said(tmp_path: Path) -> None:
    path = tmp_path / "letter.zip"
    path.write_bytes(b"Dear Sir")
    assert "letter.zip" in named(path)


async def test_a_case_and_a_period(worked: Worked, tmp_path: Path) -> None:
    async with worked.db.read() as conn:
        scope = await scope_of(
            conn,
            person=None,
            case_id=worked.other.case,
            since=START + timedelta(minutes=30),
            until=START + timedelta(hours=3),
        )
        with pytest.raises(NobodyThere, match="no case moon"):
            await scope_of(conn, person=None, case_id="moon")
        with pytest.raises(NobodyThere, match="no person moon"):
            await scope_of(conn, person="moon", case_id=None)
    assert scope == replace(scope, person_id=worked.other.person, case_id=worked.other.case)
    path = tmp_path / "proof.zip"
    written = await write_proof(worked.db, scope, path, by="test")
    assert written.decisions == 2
    assert verify_proof(path).faults == ()


async def test_on_every_store(worked_anywhere: Worked, tmp_path: Path) -> None:
    await know(worked_anywhere)
    path = tmp_path / "proof.zip"
    scope = Scope(person_id=worked_anywhere.one.person)
    written = await write_proof(worked_anywhere.db, scope, path, by="test")
    assert verify_proof(path, root=written.root).faults == ()

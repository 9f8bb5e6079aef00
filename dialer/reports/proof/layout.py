"""The files of a proof pack, and their bytes.

`manifest.json` holds the digest of every file beside it but those under `ledger/`, and the hash of
every ledger entry but one: the entry that holds the digest of the manifest itself. As all of them
stand under roots, and every root binds the one before it, the whole pack hangs on the last root.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import Any

from compliance.ledger import Entry, instant
from dialer.reports.proof.evidence import Evidence
from dialer.reports.proof.summary import summaries
from dialer.store.ledger_form import to_json
from dialer.store.ledger_root import Inclusion

FORM = 1
ENTRY_KIND = "proof"
MANIFEST = "manifest.json"
ENTRIES = "ledger/entries.jsonl"
ROOTS = "ledger/roots.jsonl"
DECISIONS = "decisions/"
PACKS = "packs/"
RECORDINGS = "recordings.json"
TIMELINE = "timeline.json"


def content(evidence: Evidence) -> dict[str, bytes]:
    """All files but the manifest and the ledger's."""
    files = {
        "subject.json": document(_subject(evidence)),
        TIMELINE: document({"timeline": [asdict(one) for one in evidence.timeline]}),
        "facts.json": document({"facts": [asdict(one) for one in evidence.facts]}),
        RECORDINGS: document({"recordings": [asdict(one) for one in evidence.recordings]}),
        "abandonment.json": document({"months": [asdict(one) for one in evidence.abandonment]}),
    }
    files |= {f"{DECISIONS}{name}.json": text.encode() for name, text in evidence.decisions.items()}
    files |= {f"{PACKS}{digest}.toml": text.encode() for digest, text in evidence.packs.items()}
    for language, page in summaries(evidence).items():
        files[f"summary.{language}.html"] = page.encode()
    return files


def manifest(files: Mapping[str, bytes], entries: Sequence[Entry]) -> bytes:
    """The digests of these files, and the entries that belong to the pack."""
    digests = {name: sha256(data).hexdigest() for name, data in sorted(files.items())}
    hashes = [entry.entry_hash for entry in entries]
    return document({"form": FORM, "files": digests, "entries": sorted(hashes)})


def ledger_files(proofs: Sequence[Inclusion]) -> dict[str, bytes]:
    """The entries with their proofs, and the roots that bind them."""
    roots: dict[str, Entry] = {}
    for proof in proofs:
        roots.setdefault(proof.root.entry.entry_hash, proof.root.entry)
    numbers = {entry_hash: number for number, entry_hash in enumerate(roots)}
    entries = [
        {
            **to_json(proof.entry),
            "root": numbers[proof.root.entry.entry_hash],
            "index": proof.index,
            "path": list(proof.path),
        }
        for proof in proofs
    ]
    return {ENTRIES: lines(entries), ROOTS: lines([to_json(root) for root in roots.values()])}


def document(value: Mapping[str, object]) -> bytes:
    """A JSON document for people and programs; the same value gives the same bytes."""
    text = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True, default=_plain)
    return text.encode() + b"\n"


def lines(items: Sequence[Mapping[str, object]]) -> bytes:
    """JSON lines; the same values give the same bytes."""
    return b"".join(
        json.dumps(item, ensure_ascii=False, sort_keys=True).encode() + b"\n" for item in items
    )


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return instant(value)
    raise TypeError(f"{value!r} has no place in a document")


def _subject(evidence: Evidence) -> dict[str, object]:
    scope = evidence.scope
    return {
        "form": FORM,
        "person": scope.person_id,
        "full_name": evidence.full_name,
        "case": scope.case_id,
        "case_refs": list(evidence.case_refs),
        "from": scope.since,
        "to": scope.until,
        "made_at": evidence.made_at,
        "made_by": evidence.made_by,
    }

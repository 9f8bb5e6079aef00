"""Makes a proof pack: collect, enter its digest into the ledger, take a root, write the ZIP."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from dialer.reports.proof import layout
from dialer.reports.proof.collecting import collect
from dialer.reports.proof.evidence import Scope
from dialer.store.database import Database
from dialer.store.ledger_root import prove, record_root
from dialer.store.ledger_writer import Draft, append

_FIRST_YEAR = 1980  # of a ZIP's clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What was written, and the root on which it hangs: keep it apart from the pack."""

    files: int
    decisions: int
    entries: int
    root: str


async def write_proof(db: Database, scope: Scope, path: Path, *, by: str) -> Written:
    """Write the pack of a scope to `path`; that it was made stands in the ledger."""
    async with db.read() as conn:
        evidence = await collect(conn, scope, now=db.clock.now(), by=by)
    files = layout.content(evidence)
    files[layout.MANIFEST] = layout.manifest(files, evidence.entries)
    body = {
        "manifest": sha256(files[layout.MANIFEST]).hexdigest(),
        "case": scope.case_id,
        "from": scope.since,
        "to": scope.until,
        "by": by,
    }
    async with db.write() as conn:
        draft = Draft(kind=layout.ENTRY_KIND, body=body, person=scope.person_id)
        (entry,) = await append(db, conn, [draft])
    root = await record_root(db)
    async with db.read() as conn:
        proofs = await prove(conn, [*evidence.entries, entry])
    files |= layout.ledger_files(proofs)
    _write(path, files, evidence.made_at)
    return Written(
        files=len(files), decisions=len(evidence.decisions), entries=len(proofs), root=root
    )


def _write(path: Path, files: Mapping[str, bytes], at: datetime) -> None:
    made = at.astimezone(UTC)
    stamp = (max(made.year, _FIRST_YEAR), made.month, made.day, made.hour, made.minute, made.second)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in sorted(files.items()):
            info = zipfile.ZipInfo(name, date_time=stamp)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)

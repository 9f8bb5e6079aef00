"""Checks a proof pack with nothing but the pack: no store, no network, no clock.

Every fault names its file. What a pack by itself cannot show is that it was not made up as a
whole: for that the root has to be compared with one that was kept elsewhere.
"""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from compliance.ledger import Entry, verify_inclusion
from compliance.pack import PackError, RulePack, parse
from dialer.reports.proof import layout
from dialer.store.ledger_form import from_json
from dialer.store.ledger_root import Root, leaf, root_of
from dialer.store.replaying import replay_record

MOST_BYTES = 1 << 30
_NOT_JSON = (ValueError, KeyError, TypeError, AttributeError, IndexError)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One file of the pack that does not hold, and why."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was checked, the last root of the pack (hex), and all faults."""

    files: int
    decisions: int
    entries: int
    root: str | None
    faults: tuple[Fault, ...]


def verify_proof(path: Path, *, root: str | None = None) -> Checked:
    """Check the pack at `path`; with `root`, also that it hangs on that one."""
    files, faults = _read(path)
    check = _Check(files=files, faults=faults)
    check.manifest()
    check.ledger()
    check.decisions()
    check.recordings()
    last = check.roots[-1].root if check.roots else None
    if root is not None and root not in {one.root for one in check.roots}:
        check.fault(layout.ROOTS, f"root {root} is not among its roots")
    return Checked(
        files=len(files),
        decisions=sum(name.startswith(layout.DECISIONS) for name in files),
        entries=len(check.entries),
        root=last,
        faults=tuple(sorted(set(faults))),
    )


def _read(path: Path) -> tuple[dict[str, bytes], list[Fault]]:
    files: dict[str, bytes] = {}
    faults: list[Fault] = []
    try:
        with zipfile.ZipFile(path) as archive:
            names = Counter(archive.namelist())
            if sum(info.file_size for info in archive.infolist()) > MOST_BYTES:
                return files, [Fault(file=path.name, reason="is larger than any proof pack")]
            for name, times in names.items():
                if times > 1:
                    faults.append(Fault(file=name, reason="is there more than once"))
                try:
                    files[name] = archive.read(name)
                except (zipfile.BadZipFile, OSError, EOFError, ValueError) as error:
                    faults.append(Fault(file=name, reason=f"cannot be read: {error}"))
    except zipfile.BadZipFile as error:
        faults.append(Fault(file=path.name, reason=f"is no ZIP file: {error}"))
    return files, faults


@dataclass(slots=True, kw_only=True)
class _Check:
    """One pack under examination."""

    files: Mapping[str, bytes]
    faults: list[Fault]
    roots: list[Root] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)  # hashes of entries, by the manifest
    used: set[int] = field(default_factory=set)  # roots that entries name

    def fault(self, file: str, reason: str) -> None:
        self.faults.append(Fault(file=file, reason=reason))

    def manifest(self) -> None:
        """Every file is the one that the manifest names, and there is no other."""
        own = {layout.MANIFEST, layout.ENTRIES, layout.ROOTS}
        for name in sorted(own - self.files.keys()):
            self.fault(name, "is missing")
        listed, self.expected = self._listed()
        for name in sorted(listed.keys() - self.files.keys()):
            self.fault(name, "is missing")
        for name, data in self.files.items():
            if name in own:
                continue
            if name not in listed:
                self.fault(name, "is not in the manifest")
            elif sha256(data).hexdigest() != listed[name]:
                self.fault(name, "is not the file that the manifest names")

    def _listed(self) -> tuple[dict[str, str], list[str]]:
        """The digests of the files, and the hashes of the entries that belong to the pack."""
        data = self.files.get(layout.MANIFEST)
        if data is None:
            return {}, []
        try:
            document = json.loads(data)
            if document["form"] != layout.FORM:
                raise ValueError(f"form {document['form']!r} is not known")
            files = {str(name): str(digest) for name, digest in document["files"].items()}
            return files, [str(entry_hash) for entry_hash in document["entries"]]
        except _NOT_JSON as error:
            self.fault(layout.MANIFEST, f"is no manifest: {error!r}")
            return {}, []

    def ledger(self) -> None:
        """Every entry holds and stands under its root; one of them names the manifest."""
        for number, item in self._lines(layout.ROOTS):
            entry = self._entry(layout.ROOTS, number, item)
            if entry is not None:
                self._root(number, entry)
        for number, item in self._lines(layout.ENTRIES):
            entry = self._entry(layout.ENTRIES, number, item)
            if entry is not None:
                self._place(number, item, entry)
                self.entries.append(entry)
        self._complete()

    def _complete(self) -> None:
        """There is every entry that the manifest names, that of the manifest, and no other."""
        digest = sha256(self.files.get(layout.MANIFEST, b"")).hexdigest()
        found = [e for e in self.entries if _body(e).get("manifest") == digest]
        if not found:
            self.fault(layout.MANIFEST, "no ledger entry names this manifest")
        others = sorted(e.entry_hash for e in self.entries if e not in found)
        if found and others != self.expected:
            self.fault(layout.ENTRIES, "its entries are not those that the manifest names")
        if not found and not set(self.expected) <= {e.entry_hash for e in self.entries}:
            self.fault(layout.ENTRIES, "entries that the manifest names are missing")
        if self.used != set(range(len(self.roots))):
            self.fault(layout.ROOTS, "its roots are not those that the entries name")

    def _lines(self, file: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """The lines of a file, which must be written just as we write them."""
        data = self.files.get(file, b"")
        items: list[Mapping[str, Any]] = []
        for number, line in enumerate(data.splitlines(), 1):
            try:
                item = json.loads(line)
                if not isinstance(item, dict):
                    raise ValueError("a JSON object is needed")
            except ValueError as error:
                self.fault(file, f"line {number} is no entry: {error}")
                continue
            items.append(item)
            yield number, item
        if layout.lines(items) != data:
            self.fault(file, "was rewritten: it is not as it is written")

    def _entry(self, file: str, number: int, item: Mapping[str, Any]) -> Entry | None:
        try:
            entry = from_json(item)
            held = entry.computed_hash() == entry.entry_hash
        except _NOT_JSON as error:
            self.fault(file, f"line {number} is no entry: {error!r}")
            return None
        if not held:
            self.fault(file, f"line {number}: the contents do not match the entry's hash")
        return entry

    def _root(self, number: int, entry: Entry) -> None:
        try:
            self.roots.append(root_of(entry))
        except ValueError as error:
            self.fault(layout.ROOTS, f"line {number}: {error}")

    def _place(self, number: int, item: Mapping[str, Any], entry: Entry) -> None:
        try:
            self.used.add(item["root"])
            root = self.roots[item["root"]]
            path: Sequence[bytes] = [_hash(step) for step in item["path"]]
            held = verify_inclusion(
                leaf=leaf(entry.stream, entry.seq, entry.entry_hash),
                index=item["index"],
                size=root.size,
                proof=path,
                root=_hash(root.root),
            )
        except _NOT_JSON as error:
            self.fault(layout.ENTRIES, f"line {number} has no proof: {error!r}")
            return
        if not held:
            self.fault(layout.ENTRIES, f"line {number}: the entry does not stand under its root")

    def decisions(self) -> None:
        """Every decision is the one that the ledger names, and is made again byte for byte."""
        packs = self._packs()
        named = {
            str(_body(entry).get("attempt")): str(_body(entry).get("record_sha256"))
            for entry in self.entries
            if entry.kind == "decision"
        }
        for attempt in named:
            if f"{layout.DECISIONS}{attempt}.json" not in self.files:
                self.fault(f"{layout.DECISIONS}{attempt}.json", "the ledger names it: is missing")
        for file, data in self.files.items():
            if not file.startswith(layout.DECISIONS):
                continue
            attempt = file.removeprefix(layout.DECISIONS).removesuffix(".json")
            if named.get(attempt) != sha256(data).hexdigest():
                self.fault(file, "is not the decision that the ledger names")
            reason = replay_record(data.decode("utf-8", "replace"), packs)
            if reason is not None:
                self.fault(file, f"is not made again as it was: {reason}")

    def _packs(self) -> dict[str, RulePack]:
        packs: dict[str, RulePack] = {}
        for file, data in self.files.items():
            if not file.startswith(layout.PACKS):
                continue
            digest = file.removeprefix(layout.PACKS).removesuffix(".toml")
            if sha256(data).hexdigest() != digest:
                self.fault(file, "is not the pack of its hash")
                continue
            try:
                packs[digest] = parse(data.decode("utf-8", "replace"), file)
            except PackError as error:
                self.fault(file, str(error))
        return packs

    def recordings(self) -> None:
        """Every recording has the digest that the ledger took of it."""
        try:
            listed = json.loads(self.files.get(layout.RECORDINGS, b'{"recordings":[]}'))
            digests = {str(one["name"]): str(one["sha256"]) for one in listed["recordings"]}
        except _NOT_JSON as error:
            self.fault(layout.RECORDINGS, f"is no list of recordings: {error!r}")
            return
        sealed = {
            str(_body(entry).get("recording")): str(_body(entry).get("sha256"))
            for entry in self.entries
            if entry.kind == "recording"
        }
        for name, digest in digests.items():
            if sealed.get(name) != digest:
                self.fault(layout.RECORDINGS, f"{name} has not the digest that the ledger took")


def _body(entry: Entry) -> Mapping[str, Any]:
    try:
        body = json.loads(entry.body)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _hash(text: str) -> bytes:
    """The bytes of a hash. It is written in one way: another spelling is a change."""
    found = bytes.fromhex(text)
    if found.hex() != text:
        raise ValueError(f"{text!r} is no hash")
    return found

"""Rule packs: law as TOML in a closed vocabulary, validated, hashed and compiled at load.

A pack is one `[pack]` table and any number of rule tables, each named after its kind
(`[[hours]]`, `[[frequency]]` ...). Its SHA-256 is that of the text as UTF-8 without byte order
mark and with line feeds, so that the same pack has the same hash on every machine.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from compliance import fields
from compliance.facts import Channel, Mode
from compliance.kinds import KINDS, Kind
from compliance.permit import Citation, Strength
from compliance.rule import Rule

ANY_ACTOR = "any"
DOUBTFUL = "U"


class PackError(ValueError):
    """A pack that does not hold: `file:line: reason`."""

    def __init__(self, file: str, line: int, reason: str) -> None:
        super().__init__(f"{file}:{line}: {reason}")
        self.file = file
        self.line = line
        self.reason = reason


class Selection(StrEnum):
    """How a pack comes to apply."""

    PLACE = "place"  # where the consumer may be
    ALWAYS = "always"  # to everyone
    NAMED = "named"  # only where the configuration names it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RulePack:
    """The rules of one jurisdiction or policy, and what is known of their standing."""

    pack_id: str
    version: str
    title: str
    source: str
    legal_review: str
    actors: frozenset[str]  # empty = whoever acts
    selection: Selection
    countries: frozenset[str]
    supplement: bool
    region: str | None
    cities: frozenset[str]
    rules: tuple[Rule, ...]
    sha256: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Why the packs that apply cannot be known: a decision under it is a refusal."""

    rule_id: str
    reason: str
    unlock: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rulebook:
    """Packs that apply together: permissions intersect, holds and duties add up."""

    packs: tuple[RulePack, ...]
    gaps: tuple[Gap, ...]
    rules: tuple[Rule, ...]

    @classmethod
    def of(cls, packs: Iterable[RulePack], gaps: Iterable[Gap] = ()) -> Rulebook:
        """The rulebook of these packs, whatever their order; a pack given twice counts once.

        Two packs may quote the same rule (the same id and part of the same kind): the first is
        taken.
        """
        unique: dict[str, RulePack] = {}
        for pack in packs:
            known = unique.setdefault(pack.pack_id, pack)
            if known.sha256 != pack.sha256:
                raise ValueError(f"two versions of pack {pack.pack_id!r} in one rulebook")
        ordered = tuple(unique[pack_id] for pack_id in sorted(unique))
        rules: dict[tuple[str, str], Rule] = {}
        for pack in ordered:
            for rule in pack.rules:
                rules.setdefault((rule.kind, rule.name), rule)
        return cls(packs=ordered, gaps=tuple(gaps), rules=tuple(rules.values()))

    @property
    def pack_sha256(self) -> dict[str, str]:
        """Pack id -> hash, for the decision."""
        return {pack.pack_id: pack.sha256 for pack in self.packs}


_PACK_FIELDS: Mapping[str, fields.Field] = {
    "id": fields.text("stable id, such as us.regf", required=True),
    "version": fields.text("version of this text, such as its date", required=True),
    "title": fields.text("what people call it", required=True),
    "source": fields.text("the texts it was made from", required=True),
    "legal_review": fields.choice(
        "whether counsel has signed it", ("pending", "signed"), required=True
    ),
    "actor": fields.words('who is bound: third_party_collector, bank ..., or "any"', required=True),
    "applies": fields.choice(
        "how it comes to apply: by place, always, or only when the configuration names it",
        tuple(Selection),
        default=Selection.PLACE,
    ),
    "countries": fields.words("ISO 3166-1 alpha-2 codes"),
    "supplement": fields.flag(
        "adds to other packs of its place, and is not enough by itself to contact anyone there"
    ),
    "region": fields.text("state or province code"),
    "cities": fields.words("names of the city as records may spell it"),
}

_RULE_FIELDS: Mapping[str, fields.Field] = {
    "id": fields.text("id of the rule, shown to auditors", required=True),
    "part": fields.text("tells apart several tables of one rule"),
    "channels": fields.words(
        "channels it governs; absent = all", tuple(Channel), default=tuple(Channel)
    ),
    "actor": fields.words("narrows the pack's actors"),
    "parties": fields.words("only for these parties"),
    "exempt_parties": fields.words("not for these parties"),
    "modes": fields.words("only for calls in these modes", tuple(Mode)),
    "purposes": fields.words("only for these purposes"),
    "exempt_purposes": fields.words("not for these purposes"),
    "exempt_content": fields.words("not for messages with this content"),
    "strength": fields.choice("how hard it binds", tuple(Strength), default=Strength.PROHIBITION),
    "cite": fields.text("where the law says so", required=True),
    "text": fields.text("the rule in words, for the auditor's screen"),
    "confidence": fields.choice(
        "P verified on primary text, S on secondary, K known, U doubtful",
        ("P", "S", "K", "U"),
        required=True,
    ),
    "enabled": fields.flag("false = shown but not applied", default=True),
    "applies_from": fields.day("first local date on which it applies"),
    "applies_to": fields.day("last local date on which it applies"),
    "unlock": fields.text("what opens the contact, where time alone does not"),
    "lifts": fields.words("ids of the rules of this pack that it lifts"),
}

_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.-]+)\s*\]\]?\s*(#.*)?$")


def parse(text: str, file: str = "<pack>") -> RulePack:
    """The pack of a TOML text; PackError with file, line and reason where it does not hold."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise PackError(file, line, f"not TOML: {error}") from error
    return _Reader(text, file).pack(document)


class _Reader:
    """One text and the lines of its tables."""

    def __init__(self, text: str, file: str) -> None:
        self._text = text
        self._file = file
        self._lines = text.split("\n")
        self._headers: dict[str, list[int]] = {}
        for number, name in _headers(self._lines):
            self._headers.setdefault(name, []).append(number)

    def pack(self, document: dict[str, object]) -> RulePack:
        """The pack, with its rules in the order of the text."""
        if "pack" not in document:
            raise PackError(self._file, 1, "the table [pack] is missing")
        for name in document:
            if name != "pack" and name not in KINDS:
                known = ", ".join(KINDS)
                reason = f"unknown kind of rule {name!r}; the kinds are {known}"
                raise PackError(self._file, self._line(name, 0), reason)
        head = self._table(_PACK_FIELDS, document["pack"], self._line("pack", 0))
        if (head["applies"] == Selection.PLACE) != bool(head["countries"]):
            raise PackError(
                self._file,
                self._line("pack", 0),
                "a pack that applies by place, and no other, names its countries",
            )
        rules = sorted(self._rules(document, head["id"]), key=lambda rule: rule.line)
        self._check(rules)
        return RulePack(
            pack_id=head["id"],
            version=head["version"],
            title=head["title"],
            source=head["source"],
            legal_review=head["legal_review"],
            actors=frozenset(head["actor"]) - {ANY_ACTOR},
            selection=Selection(head["applies"]),
            countries=frozenset(head["countries"]),
            supplement=head["supplement"],
            region=head["region"],
            cities=frozenset(c.casefold() for c in head["cities"]),
            rules=tuple(rules),
            sha256=sha256(self._text.encode("utf-8")).hexdigest(),
            text=self._text,
        )

    def _rules(self, document: dict[str, object], pack_id: str) -> Iterator[Rule]:
        for name, kind in KINDS.items():
            tables = document.get(name, [])
            if not isinstance(tables, list):
                raise PackError(
                    self._file, self._line(name, 0), f"rules are written [[{name}]], not [{name}]"
                )
            for index, table in enumerate(tables):
                yield self._rule(kind, table, pack_id, self._line(name, index))

    def _rule(self, kind: Kind, table: object, pack_id: str, line: int) -> Rule:
        values = self._table({**_RULE_FIELDS, **kind.fields}, table, line)
        channels = frozenset(Channel(c) for c in values["channels"])
        try:
            clause = kind.build(values, channels)
        except fields.FieldError as error:
            raise PackError(self._file, self._key_line(line, error.key), str(error)) from error
        if values["confidence"] == DOUBTFUL and values["enabled"]:
            raise PackError(
                self._file, line, f"{values['id']}: a rule marked U must have enabled = false"
            )
        return Rule(
            rule_id=values["id"],
            part=values["part"],
            kind=kind.name,
            pack_id=pack_id,
            line=line,
            channels=channels,
            actors=frozenset(values["actor"]) - {ANY_ACTOR},
            parties=frozenset(values["parties"]),
            exempt_parties=frozenset(values["exempt_parties"]),
            modes=frozenset(Mode(m) for m in values["modes"]),
            purposes=frozenset(values["purposes"]),
            exempt_purposes=frozenset(values["exempt_purposes"]),
            exempt_content=frozenset(values["exempt_content"]),
            strength=Strength(values["strength"]),
            citation=Citation(text=values["cite"], confidence=values["confidence"]),
            text=values["text"],
            enabled=values["enabled"],
            applies_from=values["applies_from"],
            applies_to=values["applies_to"],
            unlock=values["unlock"],
            lifts=values["lifts"],
            clause=clause,
        )

    def _table(
        self, wanted: Mapping[str, fields.Field], table: object, line: int
    ) -> dict[str, Any]:
        if not isinstance(table, dict):
            raise PackError(self._file, line, "a table is needed")
        try:
            return fields.read_table(wanted, table)
        except fields.FieldError as error:
            raise PackError(self._file, self._key_line(line, error.key), str(error)) from error

    def _check(self, rules: list[Rule]) -> None:
        seen: set[tuple[str, str]] = set()
        known = {rule.rule_id for rule in rules}
        for rule in rules:
            if (rule.kind, rule.name) in seen:
                reason = f"{rule.name} is there twice; give each table a part of its own"
                raise PackError(self._file, rule.line, reason)
            seen.add((rule.kind, rule.name))
            for lifted in rule.lifts:
                if lifted not in known:
                    reason = f"{rule.name} lifts {lifted!r}, which this pack does not have"
                    raise PackError(self._file, self._key_line(rule.line, "lifts"), reason)

    def _line(self, name: str, index: int) -> int:
        lines = self._headers.get(name, [])
        return lines[index] if index < len(lines) else 1

    def _key_line(self, header: int, key: str) -> int:
        """The line of a key below its table's header; the header's where it is not found."""
        if key:
            pattern = re.compile(rf"^\s*{re.escape(key.partition('.')[0])}\s*=")
            for number in range(header, len(self._lines)):
                if _HEADER.match(self._lines[number]):
                    break
                if pattern.match(self._lines[number]):
                    return number + 1
        return header


def _headers(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Line numbers (from 1) and names of the table headers, leaving out texts of many lines."""
    inside = False
    for number, line in enumerate(lines, start=1):
        if not inside and (found := _HEADER.match(line)):
            yield number, found[1]
        if (line.count('"""') + line.count("'''")) % 2:
            inside = not inside


def schema() -> dict[str, object]:
    """The JSON Schema of a pack file, made of the same vocabulary that validates it."""
    tables: dict[str, object] = {"pack": fields.table_schema(_PACK_FIELDS)}
    for name, kind in KINDS.items():
        item = fields.table_schema({**_RULE_FIELDS, **kind.fields})
        tables[name] = {"type": "array", "items": item}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Ringfence rule pack",
        "type": "object",
        "additionalProperties": False,
        "required": ["pack"],
        "properties": tables,
    }

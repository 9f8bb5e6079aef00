"""Deciding again: the same decision from its record, and the past under a pack not yet in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from compliance.decision import ZONE_UNKNOWN, decide
from compliance.facts import ContactFacts
from compliance.ledger import canonical, instant
from compliance.pack import Gap, Rulebook, RulePack, Selection
from compliance.packs import applies
from compliance.permit import Permit, Refusal, Verdict
from compliance.record import (
    decided_at,
    facts_from_record,
    gaps_of,
    record,
    request_from_record,
    section,
)
from compliance.shares import Share, Standing, shares, standing, tally


class PackNotKept(LookupError):
    """A record names a pack of which the archive has no such version."""


Archive = Mapping[str, RulePack]
"""Packs by SHA-256: every version under which something was decided."""


def archive(packs: Iterable[RulePack]) -> Archive:
    """The archive of some packs."""
    return {pack.sha256: pack for pack in packs}


def rulebook_of(recorded: Mapping[str, object], kept: Archive) -> Rulebook:
    """The rulebook under which a record was decided; PackNotKept where a version is missing."""
    packs: list[RulePack] = []
    for pack_id, digest in section(recorded, "pack_sha256").items():
        pack = kept.get(digest)
        if pack is None:
            raise PackNotKept(f"pack {pack_id} with hash {digest} is not kept")
        packs.append(pack)
    return _book(tuple(packs), tuple(_gaps(recorded)))


@lru_cache(maxsize=1024)
def _book(packs: tuple[RulePack, ...], gaps: tuple[Gap, ...]) -> Rulebook:
    """One rulebook for all records under the same packs: making one ready takes time."""
    return Rulebook.of(packs, gaps)


def _gaps(recorded: Mapping[str, object]) -> list[Gap]:
    return [
        Gap(rule_id=f["rule_id"], reason=f["reason"], unlock=f["unlock"])
        for f in gaps_of(recorded)
        if f["rule_id"] != ZONE_UNKNOWN
    ]


def redecide(recorded: Mapping[str, object], rulebook: Rulebook) -> bytes:
    """The canonical bytes of the record that the same request and facts give under a rulebook.

    Under the packs of its day they are those of `canonical(recorded)`, byte for byte.
    """
    request, facts = request_from_record(recorded), facts_from_record(recorded)
    again = record(decide(request, facts, rulebook, decided_at(recorded)), request, facts)
    again["request"] = section(recorded, "request")
    return canonical(again)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One past candidate on which a draft decides otherwise."""

    attempt_id: str
    person_id: str
    decided_at: datetime
    was_allowed: bool
    rules: tuple[str, ...]  # that deny under the draft, or denied before
    first_allowed_before: str | None
    first_allowed_after: str | None
    stands: Standing  # its packs are those of the rules that deny


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What a draft pack would have changed.

    Every past permit that it refuses is an attempt that it would call wrong. `tried` tells how
    many candidates stood at each value of each axis of `compliance.shares`.
    """

    candidates: int
    newly_refused: tuple[Change, ...]
    newly_permitted: tuple[Change, ...]
    moved: tuple[Change, ...]  # refused under both, opening at another time
    tried: Mapping[str, Mapping[str, int]]

    def shares(self) -> dict[str, tuple[Share, ...]]:
        """On what packs, jurisdictions, channels and local hours the changes fall."""
        lists = (self.newly_refused, self.newly_permitted, self.moved)
        return shares(self.tried, *([one.stands for one in found] for found in lists))


def merged(parts: Iterable[WhatIf]) -> WhatIf:
    """The parts of one trial as a whole."""
    every = list(parts)
    tried = tally(())
    for part in every:
        for axis, counted in part.tried.items():
            tried[axis].update(counted)
    return WhatIf(
        candidates=sum(part.candidates for part in every),
        newly_refused=tuple(one for part in every for one in part.newly_refused),
        newly_permitted=tuple(one for part in every for one in part.newly_permitted),
        moved=tuple(one for part in every for one in part.moved),
        tried=tried,
    )


def whatif(records: Iterable[Mapping[str, object]], draft: RulePack, kept: Archive) -> WhatIf:
    """Past decisions under a draft, which stands in for the pack of its id or comes on top.

    A draft that applies by place comes on top only for people who may be there. The pack in force
    as draft changes nothing.
    """
    tried: list[Standing] = []
    refused: list[Change] = []
    permitted: list[Change] = []
    moved: list[Change] = []
    for recorded in records:
        request, facts = request_from_record(recorded), facts_from_record(recorded)
        book = _with(rulebook_of(recorded, kept), draft, facts)
        answer = decide(request, facts, book, decided_at(recorded))
        then = section(recorded, "decision")
        change = _change(then, answer, facts)
        tried.append({**change.stands, "pack": tuple(answer.pack_sha256)})
        if then["allowed"] and isinstance(answer, Refusal):
            refused.append(change)
        elif not then["allowed"] and isinstance(answer, Permit):
            permitted.append(change)
        elif change.first_allowed_before != change.first_allowed_after:
            moved.append(change)
    return WhatIf(
        candidates=len(tried),
        newly_refused=tuple(refused),
        newly_permitted=tuple(permitted),
        moved=tuple(moved),
        tried=tally(tried),
    )


def _with(book: Rulebook, draft: RulePack, facts: ContactFacts) -> Rulebook:
    ids = {pack.pack_id for pack in book.packs}
    if draft.pack_id in ids:
        packs = [draft if pack.pack_id == draft.pack_id else pack for pack in book.packs]
        return _book(tuple(packs), book.gaps)
    here = any(applies(draft, facts.actor, place) for place in facts.locations)
    if here or draft.selection is Selection.ALWAYS:
        return _book((*book.packs, draft), book.gaps)
    return book


def _change(then: Mapping[str, Any], answer: Permit | Refusal, facts: ContactFacts) -> Change:
    if isinstance(answer, Refusal):
        denying = answer.rules
        packs = [f.pack_id for f in answer.findings if f.verdict is Verdict.DENY]
    else:
        denying = then["rules"]
        packs = [f["pack_id"] for f in then["findings"] if f["verdict"] == Verdict.DENY]
    return Change(
        attempt_id=answer.attempt_id,
        person_id=answer.person_id,
        decided_at=answer.decided_at,
        was_allowed=bool(then["allowed"]),
        rules=tuple(denying),
        first_allowed_before=_text(then["first_allowed_at"]),
        first_allowed_after=_text(answer.first_allowed_at),
        stands=standing(facts, answer.decided_at, channel=answer.channel.value, packs=packs),
    )


def _text(at: datetime | str | None) -> str | None:
    return instant(at) if isinstance(at, datetime) else at

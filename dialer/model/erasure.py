"""What of a person is erased on request, and what must stay, with the reason. Pure.

Who a person is and what was written about them in free words goes at once, unless a claim is
still open (GDPR art. 17(3)(e)) or a legal hold binds. The evidence of contacts (which rule, which
hour, what came of it) holds no name and no number and stays, as do the papers of the case while a
retention duty runs (GDPR art. 17(3)(b); 12 CFR 1006.100); later the same request erases the papers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from scheduler.calendar import Period

EVIDENCE = "decisions, attempts and the ledger, by opaque ids"


class Part(StrEnum):
    """What is erased together."""

    IDENTITY = "identity"  # name, address, numbers, identity documents, places
    WORDS = "words"  # notes, messages, circumstances
    PAPERS = "papers"  # documents, agreements, statements of disputes and complaints


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """A duty to keep, by the rule that lays it down."""

    rule_id: str
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Something that stays. `until` None = only an event changes it."""

    what: str
    why: str
    until: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasurePlan:
    """`erased` is empty where something stops the erasure as a whole."""

    erased: tuple[Part, ...]
    kept: tuple[Kept, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureFacts:
    """What the plan looks at. `last_activity` None = we never contacted them."""

    open_cases: Sequence[str] = ()
    legal_holds: Sequence[str] = ()  # legal files and recordings under hold
    duties: Sequence[Duty] = ()
    last_activity: date | None = None


def plan(facts: ErasureFacts, today: date) -> ErasurePlan:
    """What would be erased today."""
    stops = [
        *(Kept(what="everything", why=f"legal hold: {hold}") for hold in facts.legal_holds),
        *(Kept(what="everything", why=f"the case {ref} is open") for ref in facts.open_cases),
    ]
    if stops:
        return ErasurePlan(erased=(), kept=tuple(stops))
    running = [kept for duty in facts.duties if (kept := _papers(duty, facts, today)) is not None]
    parts = (Part.IDENTITY, Part.WORDS) if running else tuple(Part)
    evidence = Kept(what=EVIDENCE, why="they prove that the law was kept, and name nobody")
    return ErasurePlan(erased=parts, kept=(*running, evidence))


def _papers(duty: Duty, facts: ErasureFacts, today: date) -> Kept | None:
    if facts.last_activity is None:
        return None
    until = duty.period.after(facts.last_activity)
    return Kept(what=Part.PAPERS, why=duty.rule_id, until=until) if today <= until else None

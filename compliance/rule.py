"""One rule of a pack, compiled: whom it binds, and the clause of its kind that reads a case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

from compliance.case import Case
from compliance.facts import Channel, Mode
from compliance.permit import Citation, Condition, Counter, Finding, Strength, Verdict
from compliance.windows import EARLIEST, FAR, Fixed, Span, Spans, includes


class Manner(NamedTuple):
    """What of a request decides which rules have to do with it."""

    party: str
    mode: Mode | None
    purpose: str
    content: str | None


@dataclass(slots=True, kw_only=True)
class Reading:
    """What a rule makes of a case. `closed` is the time it forbids; None = never from now on.

    `lifts` is time that the rule itself takes out again (an agreement on hours), shown by
    `lift_shows`. `blames` names rules that deny along with this one, `thanks` rules but for which
    this one would deny.
    """

    closed: Spans | None = None
    reason: str = ""
    counters: tuple[Counter, ...] = ()
    unlock: str | None = None
    lifts: Sequence[Spans] = ()
    lift_shows: Verdict = Verdict.EXPLAIN
    lift_reason: str = ""
    blames: tuple[str, ...] = ()
    thanks: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Lift:
    """Time in which a rule lifts others.

    With `answers`, the instant of the consumer's message, only what was closed then is lifted.
    `won` holds further time by the instant of the contact in which it was won: it lifts nothing
    that was closed to that contact too.
    """

    time: Sequence[Spans]
    reason: str
    answers: datetime | None = None
    won: Sequence[tuple[datetime, Spans]] = ()

    def opens(self, closed: Spans) -> list[Spans]:
        """The time taken out of what a rule closes."""
        if self.answers is not None and not includes(closed, self.answers):
            return []
        return [*self.time, *(named for at, named in self.won if not includes(closed, at))]


class Clause:
    """The meaning of a kind of rule. A kind overrides what it has a say in."""

    __slots__ = ()

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """The time that the rule forbids; None where it has nothing to say."""
        return None

    def counts(self) -> tuple[timedelta, int]:
        """How far back it counts `Case.recent` events, and the bits of their channels."""
        return timedelta(), 0

    def lift(self, rule: Rule, case: Case) -> Lift | None:
        """The time in which the rule lifts those named in `rule.lifts`."""
        return None

    def complain(self, rule: Rule, case: Case) -> str | None:
        """Why a denied contact tried in vain to rely on this lifting rule; None if it did not."""
        return None

    def conditions(self, rule: Rule) -> Sequence[Condition]:
        """Duties that a permit carries."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """One table of a pack. `part` tells apart several tables that make up one rule of law."""

    rule_id: str
    part: str | None
    kind: str
    pack_id: str
    line: int
    channels: frozenset[Channel]
    actors: frozenset[str]  # empty = whoever acts
    parties: frozenset[str]  # empty = whoever is called
    exempt_parties: frozenset[str]
    modes: frozenset[Mode]  # empty = any; an unstated mode falls under every rule on modes
    purposes: frozenset[str]
    exempt_purposes: frozenset[str]
    exempt_content: frozenset[str]
    strength: Strength
    citation: Citation
    text: str | None
    enabled: bool
    applies_from: date | None
    applies_to: date | None
    unlock: str | None
    lifts: tuple[str, ...]
    clause: Clause
    dated: bool = field(init=False)  # has effective dates

    def __post_init__(self) -> None:
        dated = self.applies_from is not None or self.applies_to is not None
        object.__setattr__(self, "dated", dated)

    @property
    def name(self) -> str:
        """The id with its part, unique within the kind."""
        return self.rule_id if self.part is None else f"{self.rule_id}/{self.part}"

    def concerns(self, manner: Manner) -> bool:
        """Whether the rule has to do with this party, mode, purpose and content."""
        return not (
            (self.parties and manner.party not in self.parties)
            or (self.modes and manner.mode is not None and manner.mode not in self.modes)
            or (self.purposes and manner.purpose not in self.purposes)
            or manner.party in self.exempt_parties
            or manner.purpose in self.exempt_purposes
            or (manner.content is not None and manner.content in self.exempt_content)
        )

    def not_in_force(self, case: Case) -> Fixed:
        """The time to come outside the rule's effective dates, by the consumer's calendar."""
        spans: list[Span] = []
        if self.applies_from is not None:
            begins = min(z.midnight(self.applies_from.toordinal()) for z in case.zones)
            if begins > case.now:
                spans.append((EARLIEST, begins))
        if self.applies_to is not None:
            ends = max(z.midnight(self.applies_to.toordinal() + 1) for z in case.zones)
            spans.append((ends, FAR))
        return Fixed(*spans)

    def in_force(self, case: Case) -> bool:
        """Whether the rule is in force at the time of a case."""
        return not includes(self.not_in_force(case), case.now)

    def finding(
        self,
        verdict: Verdict,
        reason: str,
        *,
        counters: tuple[Counter, ...] = (),
        unlock: str | None = None,
        first_allowed_at: datetime | None = None,
    ) -> Finding:
        """This rule's finding with a verdict."""
        return Finding(
            rule_id=self.rule_id,
            pack_id=self.pack_id,
            kind=self.kind,
            verdict=verdict,
            strength=self.strength,
            citation=self.citation,
            reason=reason,
            counters=counters,
            first_allowed_at=first_allowed_at,
            unlock=unlock,
        )

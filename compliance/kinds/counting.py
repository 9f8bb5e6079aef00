"""What frequency and cooldown share: which events a rule counts, and the zones of its days."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import Case
from compliance.facts import Channel
from compliance.kinds.periods import Period
from compliance.outcomes import Counts
from compliance.rule import Reading
from compliance.windows import EARLIEST, FAR
from compliance.zones import Zone, zone

COUNTS = tuple(c.name.lower() for c in Counts if c.name)
SCOPES = ("person", "debt", "account", "claim", "number", "creditor", "campaign")
UNLOCK_HISTORY = "import the earlier contacts with `ringfence import-history`"

FIELDS: Mapping[str, fields.Field] = {
    "counts_channels": fields.words(
        "channels whose events are counted; absent = those the rule applies to",
        tuple(Channel),
    ),
    "direction": fields.choice("whose events are counted", ("out", "in", "both"), default="out"),
    "scope": fields.words("what the count is kept for", SCOPES, required=True),
    "debts": fields.choice(
        "which debts an event is counted to: those it was about, or also those that came up",
        ("counted", "discussed"),
        default="counted",
    ),
    "grouped_by": fields.text("id of the rule under which a group of debts counts as one"),
    "misdirected_by": fields.text("id of the rule that leaves out calls to wrong numbers"),
    "pooled_parties": fields.words("parties whose events are in one count with one another's"),
    "pooled_with": fields.choice(
        "whose events are counted: all known to the ledger, or only those of the same actor",
        ("agencies_of_creditor", "none"),
        default="agencies_of_creditor",
    ),
    "day_boundary": fields.text("zone whose midnight ends a day; absent = the consumer's"),
    "number_kinds": fields.words("only for numbers of these kinds, and events at such numbers"),
    "excludes": fields.words("events left out of the count", ("under_consent",)),
}

Events = list[tuple[datetime, int]]
"""Events of a case as (instant, mask)."""

_PER_DEBT = frozenset({"debt", "account", "claim"})


@dataclass(frozen=True, slots=True)
class Selection:
    """A compiled test of an event's mask."""

    need: int
    any_of: int
    bar: int
    per_debt: bool
    relation: int
    grouped_by: str | None
    misdirected_by: str | None
    number_kinds: frozenset[str]
    pooled_parties: frozenset[str]
    but_answers: bool
    boundary: Zone | None

    def concerns(self, case: Case) -> bool:
        """Whether the number in question is one that the rule is about."""
        return not self.number_kinds or case.number_kind in self.number_kinds

    def zones(self, case: Case) -> tuple[Zone, ...]:
        """The zones whose midnights end a day."""
        return case.clock(self.boundary)

    def debts(self, case: Case) -> range:
        """Indexes of the request's debts that have a count of their own; one count otherwise."""
        return range(len(case.debts)) if self.per_debt and case.debts else range(1)

    def counted(self, case: Case) -> Events:
        """The events that count whatever debt they were about, misdirected ones included."""
        if case.request.party in self.pooled_parties:
            return self._singly(case, self.need & ~bits.SAME_PARTY, self.pooled_parties)
        if self.number_kinds:
            return self._singly(case, self.need, ())
        need, any_of, bar = self.need, self.any_of, self.bar
        free = case.answers() if self.but_answers else ()
        return [
            event
            for event in case.recent()
            if (mask := event[1]) & need == need
            and mask & any_of
            and not mask & bar
            and event not in free
        ]

    def _singly(self, case: Case, need: int, parties: Collection[str]) -> Events:
        """The same where what an event's mask does not tell matters: its number, its party."""
        kept: Events = []
        for event, (at, mask) in zip(case.lately(), case.recent(), strict=True):
            point = case.point_of(event.contact_point)
            known = None if point is None else point.kind
            if (
                (known is None or not self.number_kinds or known in self.number_kinds)
                and (not parties or event.party in parties)
                and mask & need == need
                and mask & self.any_of
                and not mask & self.bar
            ):
                kept.append((at, mask))
        return kept

    def times(
        self,
        case: Case,
        counted: Events,
        debt: int,
        *,
        grouped: bool = True,
        misdirected: bool = False,
    ) -> list[datetime]:
        """The instants of those that count to one debt, in the order of the history."""
        need, bar = 0, 0 if misdirected else bits.MISDIRECTED
        if self.per_debt and case.debts:
            shift = 2 if grouped and self.grouped_by is not None else 0
            need = bits.debt_bit(debt, self.relation + shift)
        return [at for at, mask in counted if mask & need == need and not mask & bar]

    def unknown_until(self, case: Case, period: Period, reading: Reading, assumed: str) -> datetime:
        """Until when events that weigh may lie in unknown history, which counts as full use.

        Where it does, the reading says what is assumed, and what would make it known.
        """
        known, end = case.facts.history_known_from, FAR
        if known is None:
            reading.unlock = UNLOCK_HISTORY
        elif case.now - known > period.back:
            return EARLIEST
        else:
            end = period.known(known, self.zones(case))
        if end > case.now:
            reading.reason = f"earlier contacts are not known, so {assumed}"
        return end


def selection(
    values: dict[str, Any],
    counts: str,
    channels: frozenset[Channel],
    *,
    but_answers: bool = False,
) -> Selection:
    """Compile the shared keys of a table; `but_answers` leaves out answers of the same day."""
    scope = set(values["scope"])
    need = int(Counts[counts.upper()])
    if values["direction"] != "both":
        need |= bits.OUT if values["direction"] == "out" else bits.IN
    if scope == {"number"}:
        need |= bits.SAME_NUMBER
    else:
        need |= bits.SAME_PARTY
        need |= bits.SAME_NUMBER if "number" in scope else 0
    need |= bits.SAME_CREDITOR if "creditor" in scope else 0
    need |= bits.SAME_CAMPAIGN if "campaign" in scope else 0
    bar = bits.UNDER_CONSENT if "under_consent" in values["excludes"] else 0
    bar |= bits.OTHER_ACTOR if values["pooled_with"] == "none" else 0
    counted = [Channel(c) for c in values["counts_channels"]] or channels
    boundary = None
    if values["day_boundary"] is not None:
        boundary = zone(values["day_boundary"])
        if boundary is None:
            raise fields.FieldError("day_boundary", "no such zone in the tz database")
    return Selection(
        need=need,
        any_of=sum(bits.CHANNEL_BIT[c] for c in set(counted)),
        bar=bar,
        per_debt=bool(scope & _PER_DEBT),
        relation=bits.COUNTED if values["debts"] == "counted" else bits.DISCUSSED,
        grouped_by=values["grouped_by"],
        misdirected_by=values["misdirected_by"],
        number_kinds=frozenset(values["number_kinds"]),
        pooled_parties=frozenset(values["pooled_parties"]),
        but_answers=but_answers,
        boundary=boundary,
    )

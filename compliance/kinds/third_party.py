"""Third parties: nobody but the people named, unless the consumer is out of reach."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import case as bits
from compliance import fields
from compliance.case import CONSUMER, Case
from compliance.facts import Channel, ContactEvent, Direction, HoldKind
from compliance.outcomes import Counts, classes
from compliance.rule import Clause, Reading, Rule
from compliance.windows import ALWAYS, EARLIEST, FAR, Fixed
from compliance.zones import Zone

NAME = "third_party"


FIELDS: Mapping[str, fields.Field] = {
    "allowed": fields.words("parties who may be contacted", required=True),
    "unreachable_days": fields.number(
        "others may be contacted once the consumer could not be reached on so many running days",
        minimum=1,
    ),
    "then_for": fields.words("the purposes for which they may then be contacted"),
    "or_marked": fields.words("marks that stand for being out of reach", tuple(HoldKind)),
    "stop_on_refusal": fields.flag("not again once that person refused"),
}


@dataclass(frozen=True, slots=True)
class ThirdParty(Clause):
    """Nobody but the parties named, unless the consumer is out of reach."""

    allowed: frozenset[str]
    unreachable_days: int | None
    then_for: frozenset[str]
    or_marked: frozenset[str]
    stop_on_refusal: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed for good to other parties; opened by the consumer's being out of reach."""
        if case.request.party in self.allowed:
            return None
        reading = Reading(
            closed=ALWAYS, reason=f"{case.request.party} is not the person to contact"
        )
        if self.stop_on_refusal and case.some(bits.REFUSED | bits.SAME_PARTY):
            reading.reason = "that person asked not to be contacted again"
        elif case.request.purpose in self.then_for:
            reading.lifts = [Fixed((EARLIEST, self._out_of_reach_until(case)))]
            reading.lift_reason = "the consumer is out of reach; nothing about the debt may be said"
        return reading

    def _out_of_reach_until(self, case: Case) -> datetime:
        if any(h.kind in self.or_marked and h.resolved_at is None for h in case.facts.holds):
            return FAR
        if self.unreachable_days is None:
            return EARLIEST
        return unreachable_until(case, self.unreachable_days)


def unreachable_until(case: Case, days: int) -> datetime:
    """Until when the consumer's numbers are dead, or nobody answered on so many running days.

    Only tries since the last sign of life count. The days end today or yesterday, in every place
    where the consumer may be: so they hold until the end of the day after the last of them.
    """
    tries: list[ContactEvent] = []
    for e in case.facts.history:
        if e.party != CONSUMER:
            continue
        alive = classes(e.outcome) & (Counts.ANSWERED | Counts.EFFECTIVE_CONVERSATION)
        if alive or e.direction is Direction.IN:
            tries = []
        elif e.channel is Channel.CALL:
            tries.append(e)
    if tries and all(e.outcome == "not_in_service" for e in tries):
        return FAR
    return min(_running_until([z.ordinal(e.at) for e in tries], days, z) for z in case.zones)


def _running_until(tried: list[int], days: int, where: Zone) -> datetime:
    last = max(tried, default=0)
    if not {last - back for back in range(days)} <= set(tried):
        return EARLIEST
    return where.midnight(last + 2)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> ThirdParty:
    """The clause of one table."""
    opened = values["unreachable_days"] is not None or values["or_marked"]
    if bool(opened) != bool(values["then_for"]):
        raise fields.FieldError("then_for", "say when other parties open, and for what purposes")
    return ThirdParty(
        allowed=frozenset(values["allowed"]),
        unreachable_days=values["unreachable_days"],
        then_for=frozenset(values["then_for"]),
        or_marked=frozenset(values["or_marked"]),
        stop_on_refusal=values["stop_on_refusal"],
    )

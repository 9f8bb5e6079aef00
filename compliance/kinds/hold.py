"""Hold: a mark on the person or the debt that stops contact until it is lifted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance import fields
from compliance.case import Case
from compliance.facts import Channel, Hold, HoldKind, Mode
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed, Span

NAME = "hold"

FIELDS: Mapping[str, fields.Field] = {
    "mark": fields.choice("the mark that stops contact", tuple(HoldKind), required=True),
    "in_writing": fields.flag("an oral notice does not bind"),
    "unless_detail": fields.words("the mark does not bind where its detail is one of these"),
    "only_detail": fields.words("the mark binds only where its detail is one of these"),
    "days": fields.number("it ends after so many local dates; the start is day 1", minimum=1),
    "days_after_end": fields.number(
        "it goes on for so many local dates after the day on which it ended", minimum=1
    ),
    "from_start": fields.flag("it binds from its start, though it was learned of later"),
    "exempt_modes": fields.words("calls in these modes stay open", tuple(Mode)),
}


@dataclass(frozen=True, slots=True)
class HoldClause(Clause):
    """Closed while a mark binds."""

    mark: HoldKind
    in_writing: bool
    unless_detail: frozenset[str]
    only_detail: frozenset[str]
    days: int | None
    days_after_end: int | None
    from_start: bool
    exempt_modes: frozenset[Mode]

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed from receipt (or the start, where that is all that is known) to the end."""
        if not case.facts.holds or case.request.mode in self.exempt_modes:
            return None
        spans = [
            self._span(hold, case)
            for hold in case.facts.holds
            if hold.kind is self.mark and self._binds(hold, case)
        ]
        if not spans:
            return None
        return Reading(closed=Fixed(*spans), reason=f"marked {self.mark.value}")

    def _binds(self, hold: Hold, case: Case) -> bool:
        request = case.request
        if hold.kind is HoldKind.DNC_CREDITOR and not _same(hold.scope, request.creditor):
            return False
        if hold.kind is HoldKind.DNC_CAMPAIGN and not _same(hold.scope, request.campaign_id):
            return False
        return not (
            (self.in_writing and hold.in_writing is False)
            or hold.detail in self.unless_detail
            or (self.only_detail and hold.detail not in self.only_detail)
            or (hold.debts and request.debts and set(hold.debts).isdisjoint(request.debts))
        )

    def _span(self, hold: Hold, case: Case) -> Span:
        start = hold.received_at or EARLIEST
        if hold.starts_on is not None and (self.from_start or hold.received_at is None):
            start = min(z.midnight(hold.starts_on.toordinal()) for z in case.zones)
        ends = [self._end(hold, case)]
        if hold.resolved_at is not None:
            ends.append(hold.resolved_at)
        return start, min(ends)

    def _end(self, hold: Hold, case: Case) -> datetime:
        end = FAR
        if hold.ends_at is not None:
            end = hold.ends_at
        if hold.ends_at is not None and self.days_after_end is not None:
            days = self.days_after_end + 1
            end = max(z.midnight(z.ordinal(hold.ends_at) + days) for z in case.zones)
        if self.days is not None and hold.starts_on is not None:
            after = hold.starts_on.toordinal() + self.days
            end = min(end, max(z.midnight(after) for z in case.zones))
        return end


def _same(scope: str | None, asked: str | None) -> bool:
    """An unstated scope, or an unstated creditor or campaign, is taken to be meant."""
    return scope is None or asked is None or scope == asked


def build(values: dict[str, Any], channels: frozenset[Channel]) -> HoldClause:
    """The clause of one table."""
    return HoldClause(
        mark=HoldKind(values["mark"]),
        in_writing=values["in_writing"],
        unless_detail=frozenset(values["unless_detail"]),
        only_detail=frozenset(values["only_detail"]),
        days=values["days"],
        days_after_end=values["days_after_end"],
        from_start=values["from_start"],
        exempt_modes=frozenset(Mode(m) for m in values["exempt_modes"]),
    )

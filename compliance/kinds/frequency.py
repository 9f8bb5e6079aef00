"""Frequency: at most so many counted events in a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import SAME_PARTY, TALK, Case, hours_unknown_until, unknown_until
from compliance.consents import agreements, asked_for
from compliance.facts import Channel
from compliance.kinds import counting
from compliance.permit import Counter
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed

NAME = "frequency"

_WINDOWS = ("calendar_day", "consecutive_days", "rolling_hours", "week", "month")
_DAYS = {"calendar_day": 1, "week": 7, "month": 30}

FIELDS: Mapping[str, fields.Field] = {
    **counting.FIELDS,
    "counts": fields.choice("which events count", counting.COUNTS, required=True),
    "limit": fields.number("how many are allowed in the window", minimum=0, required=True),
    "window": fields.table(
        "the window; a week is any seven consecutive dates, a month any thirty",
        {
            "kind": fields.choice("kind of window", _WINDOWS, required=True),
            "n": fields.number("number of days or hours", minimum=1),
        },
        required=True,
    ),
    "agreement": fields.choice(
        "what a consent of the consumer to contacts does: lift the cap, or nothing",
        ("lifts", "none"),
        default="none",
    ),
    "after_first_talk": fields.flag("the cap holds only once there was a talk with the person"),
    "not_replies": fields.flag(
        "an answer to the person's own message is free, and not counted if given the same day"
    ),
}


@dataclass(frozen=True, slots=True)
class Frequency(Clause):
    """At most `limit` events in `days` local dates or `hours` rolling hours."""

    select: counting.Selection
    label: str
    limit: int
    days: int | None
    hours: int | None
    after_first_talk: bool
    not_replies: bool
    agreed: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until enough counted events have left the window, for every debt asked about."""
        if not self.select.concerns(case) or self._free(case):
            return None
        reading = Reading(reason=f"{self.label}: within the cap of {self.limit}")
        counters: list[Counter] = []
        until = self._unknown(case, reading)
        for debt in self.select.debts(case):
            times = self.select.times(case, debt)
            end = self._closed_until(case, times)
            counters.append(self._counter(case, debt, times))
            if end is not None and end > case.now:
                until = max(until, end)
                reading.reason = f"{self.label}: the cap of {self.limit} is reached"
                self._blame(case, debt, reading)
            elif self.select.misdirected_by is not None:
                self._thank(case, debt, reading)
        reading.counters = tuple(counters)
        if until > case.now:
            reading.closed = Fixed((EARLIEST, until))
            if self.agreed and case.facts.consents:
                named = agreements(case, asked_for)
                reading.lifts = [span for _, spans in named for span in spans]
                reading.lift_reason = "the consumer agreed to further contacts"
        return reading

    def counts(self) -> tuple[timedelta, int]:
        """The window, with a day on either side for the zones, and the channels counted."""
        back = timedelta(days=self.days + 2) if self.days else timedelta(hours=self.hours or 0)
        return back, self.select.any_of

    def _free(self, case: Case) -> bool:
        if self.not_replies and case.replies():
            return True
        if not self.after_first_talk or case.facts.history_known_from is None:
            return False
        return case.facts.spoken_on is None and not case.some(TALK | SAME_PARTY)

    def _unknown(self, case: Case, reading: Reading) -> datetime:
        """Until when part of the window lies in unknown history, which counts as full use."""
        known = case.facts.history_known_from
        if self.days is not None:
            end = unknown_until(known, self.days, self.select.zones(case))
        else:
            end = hours_unknown_until(known, timedelta(hours=self.hours or 0))
        if end is None:
            reading.unlock = counting.UNLOCK_HISTORY
            end = FAR
        if end > case.now:
            reading.reason = f"{self.label}: earlier contacts are not known, so the cap is full"
        return end

    def _closed_until(self, case: Case, times: list[datetime]) -> datetime | None:
        if len(times) < self.limit:
            return None
        if self.limit == 0:
            return FAR
        pivot = sorted(times)[-self.limit]
        if self.days is None:
            return pivot + timedelta(hours=self.hours or 0)
        return max(z.midnight(z.ordinal(pivot) + self.days) for z in self.select.zones(case))

    def _blame(self, case: Case, debt: int, reading: Reading) -> None:
        """Name the rule of scope where the cap is full only because debts are one."""
        grouped_by = self.select.grouped_by
        if grouped_by is None:
            return
        alone = self._closed_until(case, self.select.times(case, debt, grouped=False))
        if alone is None or alone <= case.now:
            reading.blames = (grouped_by,)

    def _thank(self, case: Case, debt: int, reading: Reading) -> None:
        """Name the rule that left out misdirected calls where the cap would be full with them."""
        with_wrong = self._closed_until(case, self.select.times(case, debt, misdirected=True))
        if with_wrong is not None and with_wrong > case.now and self.select.misdirected_by:
            reading.thanks = (self.select.misdirected_by,)

    def _counter(self, case: Case, debt: int, times: list[datetime]) -> Counter:
        before = max(self._inside(times, start) for start in self._starts(case))
        of = f" on {case.debts[debt]}" if self.select.per_debt and case.debts else ""
        return Counter(name=f"{self.label}{of}", before=before, after=before + 1, limit=self.limit)

    def _starts(self, case: Case) -> list[datetime]:
        if self.days is None:
            return [case.now - timedelta(hours=self.hours or 0)]
        return [z.midnight(z.ordinal(case.now) - self.days + 1) for z in self.select.zones(case)]

    @staticmethod
    def _inside(times: list[datetime], start: datetime) -> int:
        return sum(1 for at in times if at >= start)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Frequency:
    """The clause of one table."""
    kind, n = values["window"]["kind"], values["window"]["n"]
    if (n is None) == (kind in ("consecutive_days", "rolling_hours")):
        raise fields.FieldError(
            "window.n", f"a {kind} window takes {'an' if n is None else 'no'} n"
        )
    days = n if kind == "consecutive_days" else _DAYS.get(kind)
    hours = n if kind == "rolling_hours" else None
    span = f"{hours} hours" if days is None else ("a day" if days == 1 else f"{days} days")
    return Frequency(
        select=counting.selection(
            values, values["counts"], channels, but_answers=values["not_replies"]
        ),
        label=f"{values['counts']} in {span}",
        limit=values["limit"],
        days=days,
        hours=hours,
        after_first_talk=values["after_first_talk"],
        not_replies=values["not_replies"],
        agreed=values["agreement"] == "lifts",
    )

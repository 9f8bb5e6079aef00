"""Frequency: at most so many counted events in a window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from compliance import fields
from compliance.case import SAME_PARTY, TALK, Case
from compliance.consents import agreed, asked_for
from compliance.facts import Channel
from compliance.kinds import counting
from compliance.kinds.counting import Events
from compliance.kinds.periods import Dates, Elapsed, Ever, Period
from compliance.permit import Counter
from compliance.rule import Clause, Reading, Rule
from compliance.windows import EARLIEST, FAR, Fixed

NAME = "frequency"

_WINDOWS = ("calendar_day", "consecutive_days", "rolling_hours", "week", "month", "ever")
_DAYS = {"calendar_day": 1, "week": 7, "month": 30}

FIELDS: Mapping[str, fields.Field] = {
    **counting.FIELDS,
    "counts": fields.choice("which events count", counting.COUNTS, required=True),
    "limit": fields.number("how many are allowed in the window", minimum=0, required=True),
    "window": fields.table(
        "the window; a week is any seven consecutive dates, a month any thirty, ever has no end",
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
    """At most `limit` events in a period."""

    select: counting.Selection
    label: str
    limit: int
    period: Period
    after_first_talk: bool
    not_replies: bool
    agreed: bool

    def read(self, rule: Rule, case: Case) -> Reading | None:
        """Closed until enough counted events have left the window, for every debt asked about."""
        select = self.select
        if not select.concerns(case) or self._free(case):
            return None
        reading = Reading(reason=f"within the cap of {self.limit}")
        counters: list[Counter] = []
        until = select.unknown_until(case, self.period, reading, "the cap is full")
        counted = select.counted(case)
        for debt in select.debts(case):
            times = select.times(case, counted, debt)
            end = self._closed_until(case, times)
            counters.append(self._counter(case, debt, times))
            if end > case.now:
                until = max(until, end)
                reading.reason = f"the cap of {self.limit} is reached"
                self._blame(case, counted, debt, reading)
            elif select.misdirected_by is not None and case.wrong:
                self._thank(case, counted, debt, reading)
        reading.reason = f"{self.label}: {reading.reason}"
        reading.counters = tuple(counters)
        if until > case.now:
            reading.closed = Fixed((EARLIEST, until))
            if self.agreed and case.facts.consents:
                reading.lifts = agreed(case, asked_for)
                reading.lift_reason = "the consumer agreed to further contacts"
        return reading

    def counts(self) -> tuple[timedelta, int]:
        """How far back the window reaches, and the channels counted."""
        return self.period.back, self.select.any_of

    def _free(self, case: Case) -> bool:
        if self.not_replies and case.replies():
            return True
        if not self.after_first_talk or case.facts.history_known_from is None:
            return False
        return case.facts.spoken_on is None and not case.some(TALK | SAME_PARTY)

    def _closed_until(self, case: Case, times: list[datetime]) -> datetime:
        if len(times) < self.limit:
            return EARLIEST
        if self.limit == 0:
            return FAR
        return self.period.lapses(sorted(times)[-self.limit], self.select.zones(case))

    def _blame(self, case: Case, counted: Events, debt: int, reading: Reading) -> None:
        """Name the rule of scope where the cap is full only because debts are one."""
        grouped_by = self.select.grouped_by
        if grouped_by is None or not case.facts.debt_groups:
            return
        alone = self.select.times(case, counted, debt, grouped=False)
        if self._closed_until(case, alone) <= case.now:
            reading.blames = (grouped_by,)

    def _thank(self, case: Case, counted: Events, debt: int, reading: Reading) -> None:
        """Name the rule that left out misdirected calls where the cap would be full with them."""
        with_wrong = self.select.times(case, counted, debt, misdirected=True)
        if self._closed_until(case, with_wrong) > case.now and self.select.misdirected_by:
            reading.thanks = (self.select.misdirected_by,)

    def _counter(self, case: Case, debt: int, times: list[datetime]) -> Counter:
        start = self.period.begins(case.now, self.select.zones(case))
        before = sum([at >= start for at in times])
        of = f" on {case.debts[debt]}" if self.select.per_debt and case.debts else ""
        return Counter(name=f"{self.label}{of}", before=before, after=before + 1, limit=self.limit)


def build(values: dict[str, Any], channels: frozenset[Channel]) -> Frequency:
    """The clause of one table."""
    kind, n = values["window"]["kind"], values["window"]["n"]
    if (n is None) == (kind in ("consecutive_days", "rolling_hours")):
        raise fields.FieldError(
            "window.n", f"a {kind} window takes {'an' if n is None else 'no'} n"
        )
    if kind == "rolling_hours":
        period: Period = Elapsed(timedelta(hours=n))
        span = f"{n} hours"
    elif kind == "ever":
        period, span = Ever(), "all time"
    else:
        days = _DAYS.get(kind, n)
        period = Dates(days)
        span = "a day" if days == 1 else f"{days} days"
    return Frequency(
        select=counting.selection(
            values, values["counts"], channels, but_answers=values["not_replies"]
        ),
        label=f"{values['counts']} in {span}",
        limit=values["limit"],
        period=period,
        after_first_talk=values["after_first_talk"],
        not_replies=values["not_replies"],
        agreed=values["agreement"] == "lifts",
    )

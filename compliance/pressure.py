"""Signs of pressure on one person, for the auditor and the supervisor.

They forbid nothing by themselves: the pack `house` keeps a gap and a cap so that they do not
arise. After comments 14(b)(2)(i)-2.i and .ii to 12 CFR 1006.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise

from compliance.facts import Channel, ContactEvent, Direction
from compliance.outcomes import Counts, classes
from compliance.zones import Zone

RAPID_WITHIN = timedelta(minutes=5)
MANY_A_DAY = 7
VOICEMAILS_IN_A_ROW = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """One sign: its name, the events that make it, and when the last of them was."""

    name: str
    at: datetime
    events: tuple[str, ...]


def signs(history: Iterable[ContactEvent], where: Zone) -> tuple[Sign, ...]:
    """All signs in a person's history, by instant; `where` says which date a call falls on."""
    ordered = sorted(history, key=lambda e: e.at)
    dials = [e for e in ordered if e.direction is Direction.OUT and e.channel is Channel.CALL]
    found = [*_rapid(dials), *_many(dials, where), *_voicemails(dials), *_after_refusal(ordered)]
    return tuple(sorted(found, key=lambda s: (s.at, s.name)))


def _sign(name: str, events: Sequence[ContactEvent]) -> Sign:
    return Sign(name=name, at=events[-1].at, events=tuple(e.event_id for e in events))


def _rapid(dials: Sequence[ContactEvent]) -> list[Sign]:
    unanswered = [e for e in dials if classes(e.outcome) & Counts.DIAL_UNANSWERED]
    return [
        _sign("rapid_redial", (a, b))
        for a, b in pairwise(unanswered)
        if b.at - a.at <= RAPID_WITHIN
    ]


def _many(dials: Sequence[ContactEvent], where: Zone) -> list[Sign]:
    days: dict[date, list[ContactEvent]] = {}
    for e in dials:
        days.setdefault(date.fromordinal(where.ordinal(e.at)), []).append(e)
    return [_sign("many_in_a_day", d) for d in days.values() if len(d) >= MANY_A_DAY]


def _voicemails(dials: Sequence[ContactEvent]) -> list[Sign]:
    found: list[Sign] = []
    row: list[ContactEvent] = []
    for e in dials:
        of_machine = classes(e.outcome) & Counts.MACHINE
        row = [*row, e] if of_machine else []
        if len(row) == VOICEMAILS_IN_A_ROW:
            found.append(_sign("voicemails_in_a_row", row))
    return found


def _after_refusal(ordered: Sequence[ContactEvent]) -> list[Sign]:
    refusals: dict[Channel, ContactEvent] = {}
    found: list[Sign] = []
    for e in ordered:
        refusal = refusals.get(e.channel)
        if e.direction is Direction.OUT and refusal is not None:
            found.append(_sign("contact_after_refusal", (refusal, e)))
        if classes(e.outcome) & (Counts.OPT_OUT_WORD | Counts.REFUSED):
            refusals[e.channel] = e
    return found

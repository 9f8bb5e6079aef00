"""Permitted time as interval algebra: when a contact opens, when it closes, and which rule binds.

A rule gives the spans in which it forbids the contact; a lift takes time out of them. The first
lawful moment is the first instant that no rule's remaining span covers.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

Span = tuple[datetime, datetime]
"""Half-open time [start, end) in UTC."""

EARLIEST = datetime(1, 1, 2, tzinfo=UTC)
FAR = datetime(9999, 12, 1, tzinfo=UTC)
"""The end of a span that only an event can end."""

_STEP = timedelta(hours=36)
_HORIZON = timedelta(days=800)


class Closed(Protocol):
    """The time in which something is forbidden."""

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The closed spans that meet [start, end), in any order; they may reach beyond it."""
        ...


class Fixed:
    """Closed spans known in full."""

    __slots__ = ("spans",)

    def __init__(self, *spans: Span) -> None:
        self.spans = spans

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The spans that meet [start, end)."""
        return [s for s in self.spans if s[0] < end and start < s[1]]


ALWAYS = Fixed((EARLIEST, FAR))
"""Closed until an event opens it."""


class Lifted:
    """Closed time less the spans in which a lift holds."""

    __slots__ = ("_closed", "_ends", "_lifts")

    def __init__(self, closed: Closed, lifts: Iterable[Span]) -> None:
        self._closed = closed
        self._lifts = union(lifts)
        self._ends = [end for _, end in self._lifts]

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The closed spans that meet [start, end), less the lifts."""
        left: list[Span] = []
        for opens, closes in self._closed.within(start, end):
            place = bisect_right(self._ends, max(opens, start))
            after = max(opens, self._ends[place - 1]) if place else opens
            for lift in self._lifts[place:]:
                if after >= end or closes <= lift[0]:
                    break
                if max(after, start) < lift[0]:
                    left.append((after, lift[0]))
                after = lift[1]
            if after < min(closes, end):
                left.append((after, closes))
        return left


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans in order that neither overlap nor touch."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        elif start < end:
            joined.append((start, end))
    return joined


def minus(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The spans with every hole taken out."""
    left = list(spans)
    for hole_start, hole_end in holes:
        kept: list[Span] = []
        for start, end in left:
            if hole_end <= start or end <= hole_start:
                kept.append((start, end))
                continue
            if start < hole_start:
                kept.append((start, hole_start))
            if hole_end < end:
                kept.append((hole_end, end))
        left = kept
    return left


def covers(spans: Iterable[Span], at: datetime) -> bool:
    """Whether an instant lies in one of the spans."""
    return any(start <= at < end for start, end in spans)


def shut(closed: Closed, at: datetime) -> bool:
    """Whether an instant is closed."""
    return covers(closed.within(at, at + timedelta.resolution), at)


def next_closing(closed: Iterable[Closed], at: datetime, limit: datetime) -> datetime:
    """The first instant after `at` that is closed, or `limit` where none comes sooner."""
    soonest = limit
    for one in closed:
        for start, _ in one.within(at, limit):
            if at < start < soonest:
                soonest = start
    return soonest


def first_open(closed: Sequence[Closed], at: datetime) -> tuple[datetime | None, int | None]:
    """The first instant from `at` on that nothing closes, and the index of what closed last.

    The instant is None where only an event can open the time, or where it does not open within
    800 days; the index is None where `at` itself is open.
    """
    moment, binding = at, None
    moved = True
    while moved:
        moved = False
        for index, one in enumerate(closed):
            for start, end in one.within(moment, moment + _STEP):
                if start <= moment < end:
                    moment, binding, moved = end, index, True
            if moment - at > _HORIZON:
                return None, binding
    return moment, binding

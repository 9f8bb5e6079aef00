"""Permitted time as interval algebra: when a contact opens, when it closes, and which rule binds.

A rule gives the spans in which it forbids the contact; a lift takes time out of them. The first
lawful moment is the first instant that no rule's remaining span covers.
"""

from __future__ import annotations

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


class Spans(Protocol):
    """A set of time, worked out only where somebody looks."""

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """Spans that hold all of this time in [start, end), and no other time there.

        They come in any order; what they say of the time outside [start, end) means nothing.
        """
        ...


class Fixed:
    """Spans known in full."""

    __slots__ = ("spans",)

    def __init__(self, *spans: Span) -> None:
        self.spans = spans

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """All of them."""
        return self.spans


ALWAYS = Fixed((EARLIEST, FAR))
"""Until an event ends it."""


class Lifted:
    """Closed time less the time of its lifts."""

    __slots__ = ("_closed", "_lifts")

    def __init__(self, closed: Spans, lifts: Sequence[Spans]) -> None:
        self._closed = closed
        self._lifts = lifts

    def within(self, start: datetime, end: datetime) -> Sequence[Span]:
        """The closed spans less the lifts, cut to [start, end): the lifts are known only there."""
        spans = self._closed.within(start, end)
        closed = [(max(a, start), min(b, end)) for a, b in spans if a < end and start < b]
        if not closed:
            return closed
        return minus(closed, (s for lift in self._lifts for s in lift.within(start, end)))


def lifted(closed: Spans, lifts: Sequence[Spans]) -> Spans:
    """Closed time less the time of its lifts; worked out at once where all is known in full."""
    known = Fixed(*(s for lift in lifts if isinstance(lift, Fixed) for s in lift.spans))
    rest = [lift for lift in lifts if not isinstance(lift, Fixed)]
    if isinstance(closed, Fixed) and not rest:
        return Fixed(*minus(closed.spans, known.spans))
    if known.spans:
        rest.append(known)
    return Lifted(closed, rest) if rest else closed


def common(left: Iterable[Span], right: Sequence[Span]) -> list[Span]:
    """The time that lies both in a span of the one and in a span of the other."""
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in left for b in right]
    return [span for span in both if span[0] < span[1]]


def minus(spans: Iterable[Span], holes: Iterable[Span]) -> list[Span]:
    """The spans with every hole taken out."""
    left = list(spans)
    for hole_start, hole_end in holes:
        kept: list[Span] = []
        for start, end in left:
            if start < hole_start:
                kept.append((start, min(end, hole_start)))
            if hole_end < end:
                kept.append((max(start, hole_end), end))
        left = kept
    return left


def includes(time: Spans, at: datetime) -> bool:
    """Whether an instant lies in this time."""
    return any(start <= at < end for start, end in time.within(at, at + timedelta.resolution))


def next_closing(closed: Iterable[Spans], at: datetime, limit: datetime) -> datetime:
    """The first instant after `at` that is closed, or `limit` where none comes sooner."""
    soonest = limit
    for one in closed:
        for start, end in one.within(at, limit):
            if at < start < min(end, soonest):
                soonest = start
    return soonest


def first_open(closed: Sequence[Spans], at: datetime) -> tuple[datetime | None, int | None]:
    """The first instant from `at` on that nothing closes, and the index of what closed last.

    The instant is None where only an event can open the time, or where 800 days of hours and
    wishes leave nothing open; the index is None where `at` itself is open.
    """
    moment, binding, since = at, None, at
    moved = True
    while moved:
        moved = False
        for index, one in enumerate(closed):
            if not includes(one, moment):
                continue
            for start, end in one.within(moment, moment + _STEP):
                if start <= moment < end:
                    if end - moment > _STEP:
                        since = end  # one long bar, such as a hold until a date, is no search
                    moment, binding, moved = end, index, True
            if moment >= FAR or moment - since > _HORIZON:
                return None, binding
    return moment, binding

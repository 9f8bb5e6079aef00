"""Statutory holidays, written in a pack in a small closed notation.

`01-01` a fixed date; `easter-2`, `easter+1` days from (Western) Easter Sunday; `mon#1@09` the
first Monday of September (`mon#-1@05` the last of May); `mon<05-25` the last Monday before
25 May; `07-01>mon-if-sun` moved to Monday where it falls on a Sunday.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from functools import lru_cache

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

_FIXED = re.compile(r"^(\d\d)-(\d\d)(>mon-if-sun|>mon-if-weekend)?$")
_EASTER = re.compile(r"^easter([+-]\d{1,2})?$")
_NTH = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)#(-1|[1-4])@(\d\d)$")
_BEFORE = re.compile(r"^(mon|tue|wed|thu|fri|sat|sun)<(\d\d)-(\d\d)$")


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar (Meeus, Jones, Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)


def check(notation: str) -> str:
    """The notation itself; ValueError where it is not one."""
    on(notation, 2024)
    return notation


def on(notation: str, year: int) -> date:
    """The day of a holiday in a year."""
    if found := _FIXED.match(notation):
        day = date(year, int(found[1]), int(found[2]))
        return _moved(day, found[3])
    if found := _EASTER.match(notation):
        return easter(year) + timedelta(days=int(found[1] or 0))
    if found := _NTH.match(notation):
        return _nth(WEEKDAYS.index(found[1]), int(found[2]), year, int(found[3]))
    if found := _BEFORE.match(notation):
        limit = date(year, int(found[2]), int(found[3]))
        back = (limit.weekday() - WEEKDAYS.index(found[1]) - 1) % 7 + 1
        return limit - timedelta(days=back)
    raise ValueError(f"{notation!r} is not a holiday such as 01-01, easter-2, mon#1@09, mon<05-25")


def _moved(day: date, rule: str | None) -> date:
    if rule == ">mon-if-sun" and day.weekday() == 6:
        return day + timedelta(days=1)
    if rule == ">mon-if-weekend" and day.weekday() >= 5:
        return day + timedelta(days=7 - day.weekday())
    return day


def _nth(weekday: int, nth: int, year: int, month: int) -> date:
    if nth > 0:
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))
    after = date(year + month // 12, month % 12 + 1, 1)
    last = after - timedelta(days=1)
    return last - timedelta(days=(last.weekday() - weekday) % 7)


@lru_cache(maxsize=512)
def days(notations: tuple[str, ...], year: int) -> frozenset[date]:
    """All holidays of a year by a pack's list."""
    return frozenset(on(n, year) for n in notations)

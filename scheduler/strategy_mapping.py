"""Strategies to and from plain data, checked on the way in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import time, timedelta

from compliance.facts import Channel
from scheduler.strategy import (
    ATTEMPT_OUTCOMES,
    OUTCOMES,
    Anchor,
    NumbersOrder,
    RetryRule,
    Step,
    Strategy,
    StrategyError,
    WindowPreference,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
LONGEST = timedelta(days=3660)


def strategy_from(mapping: Mapping[str, object]) -> Strategy:
    """Read a strategy from plain data (TOML, JSON).

    Durations are days as a number (0.5) or ISO 8601 ("PT30M", "P1DT12H"). Raises StrategyError
    that names the field, for example `steps[1].after`.
    """
    source = _Reader(mapping, "")
    source.only(
        [
            "name",
            "steps",
            "retries",
            "stop",
            "stop_channel",
            "drop_point",
            "numbers",
            "minimum_gap",
        ],
    )
    steps = tuple(_step(reader) for reader in source.tables("steps"))
    if not steps:
        raise StrategyError("steps: at least one step is needed")
    plain = Strategy(name=source.text("name"), steps=steps)
    return Strategy(
        name=plain.name,
        steps=steps,
        retries=tuple(_retry(reader) for reader in source.tables("retries", optional=True)),
        stop=source.outcomes("stop", plain.stop),
        stop_channel=source.outcomes("stop_channel", plain.stop_channel),
        drop_point=source.outcomes("drop_point", plain.drop_point),
        numbers=NumbersOrder(source.choice("numbers", list(NumbersOrder), plain.numbers)),
        minimum_gap=source.duration("minimum_gap", timedelta(0)),
    )


def to_mapping(strategy: Strategy) -> dict[str, object]:
    """Plain data from which `strategy_from` makes the same strategy."""
    return {
        "name": strategy.name,
        "steps": [_step_mapping(step) for step in strategy.steps],
        "retries": [
            {
                "outcomes": sorted(rule.outcomes),
                "after": iso_duration(rule.after),
                "maximum": rule.maximum,
                "factor": rule.factor,
                "channels": sorted(rule.channels),
            }
            for rule in strategy.retries
        ],
        "stop": sorted(strategy.stop),
        "stop_channel": sorted(strategy.stop_channel),
        "drop_point": sorted(strategy.drop_point),
        "numbers": str(strategy.numbers),
        "minimum_gap": iso_duration(strategy.minimum_gap),
    }


def iso_duration(value: timedelta) -> str:
    """ISO 8601 form in days and seconds: P1DT3600S."""
    seconds = f"{value.seconds}.{value.microseconds:06d}".rstrip("0").rstrip(".")
    return f"P{value.days}D" + (f"T{seconds}S" if seconds != "0" else "")


_ISO = re.compile(
    r"P(?=[\dT])(?:(?P<weeks>\d+(?:\.\d+)?)W)?(?:(?P<days>\d+(?:\.\d+)?)D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d+(?:\.\d+)?)H)?(?:(?P<minutes>\d+(?:\.\d+)?)M)?"
    r"(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)


def _duration(value: object, field: str) -> timedelta:
    if isinstance(value, str):
        match = _ISO.fullmatch(value)
        if match is None:
            raise StrategyError(f"{field}: {value!r} is not an ISO 8601 duration without months")
        parts = {unit: float(number) for unit, number in match.groupdict(default="0").items()}
    elif isinstance(value, int | float) and not isinstance(value, bool):
        parts = {"days": float(value)}
    else:
        raise StrategyError(f"{field}: {value!r} is neither a number of days nor a duration")
    in_days = parts.get("weeks", 0.0) * 7 + parts.get("days", 0.0)
    if not 0 <= in_days <= LONGEST.days:
        raise StrategyError(f"{field}: {value!r} is not between 0 and {LONGEST.days} days")
    found = _sum_of(parts, value, field)
    if found > LONGEST:
        raise StrategyError(f"{field}: {value!r} is longer than {LONGEST.days} days")
    return found


def _sum_of(parts: Mapping[str, float], value: object, field: str) -> timedelta:
    try:
        return timedelta(**parts)
    except OverflowError as error:
        raise StrategyError(f"{field}: {value!r} is longer than {LONGEST.days} days") from error


def _step(source: _Reader) -> Step:
    source.only(["channel", "template", "after", "from", "window"])
    window = source.table("window")
    return Step(
        channel=Channel(source.choice("channel", list(Channel), None)),
        template=source.text("template"),
        after=source.duration("after", None),
        anchor=Anchor(source.choice("from", list(Anchor), Anchor.PLACEMENT)),
        window=None if window is None else _window(window),
    )


def _window(source: _Reader) -> WindowPreference:
    source.only(["opens", "closes", "days"])
    opens = source.time("opens")
    closes = source.time("closes")
    if opens is None or (closes is not None and closes <= opens):
        raise StrategyError(f"{source.path('closes')}: must be later than opens")
    days = source.words("days", WEEKDAYS, frozenset(WEEKDAYS))
    if not days:
        raise StrategyError(f"{source.path('days')}: at least one weekday is needed")
    return WindowPreference(
        opens=opens, closes=closes, weekdays=frozenset(WEEKDAYS.index(day) for day in days)
    )


def _retry(source: _Reader) -> RetryRule:
    source.only(["outcomes", "after", "maximum", "factor", "channels"])
    outcomes = source.words("outcomes", ATTEMPT_OUTCOMES, frozenset())
    if not outcomes:
        raise StrategyError(f"{source.path('outcomes')}: at least one outcome is needed")
    channels = source.words("channels", list(Channel), frozenset(Channel))
    if not channels:
        raise StrategyError(f"{source.path('channels')}: at least one channel is needed")
    return RetryRule(
        outcomes=outcomes,
        after=source.duration("after", None),
        maximum=int(source.number("maximum", None, 0, 100, whole=True)),
        factor=source.number("factor", 1.0, 1, 10),
        channels=frozenset(Channel(channel) for channel in channels),
    )


def _step_mapping(step: Step) -> dict[str, object]:
    plain: dict[str, object] = {
        "channel": str(step.channel),
        "template": step.template,
        "after": iso_duration(step.after),
        "from": str(step.anchor),
    }
    if step.window is not None:
        closes = step.window.closes
        plain["window"] = {
            "opens": step.window.opens.isoformat("minutes"),
            "closes": "24:00" if closes is None else closes.isoformat("minutes"),
            "days": [WEEKDAYS[day] for day in sorted(step.window.weekdays)],
        }
    return plain


class _Reader:
    """Reads one table of the description; every complaint names the full field."""

    def __init__(self, table: Mapping[str, object], prefix: str) -> None:
        self._table = table
        self._prefix = prefix

    def path(self, key: str) -> str:
        return f"{self._prefix}{key}"

    def only(self, known: Sequence[str]) -> None:
        for key in self._table:
            if key not in known:
                raise StrategyError(f"{self.path(str(key))}: unknown field")

    def text(self, key: str) -> str:
        value = self._table.get(key)
        if not isinstance(value, str) or not value.strip():
            raise StrategyError(f"{self.path(key)}: a text is needed, not {value!r}")
        return value

    def choice(self, key: str, known: Iterable[str], default: str | None) -> str:
        value = self._table.get(key, default)
        allowed = [str(word) for word in known]
        if value not in allowed:
            raise StrategyError(f"{self.path(key)}: {value!r} is not one of {', '.join(allowed)}")
        return str(value)

    def words(self, key: str, known: Iterable[str], default: frozenset[str]) -> frozenset[str]:
        value = self._table.get(key, None)
        if value is None:
            return frozenset(str(word) for word in default)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise StrategyError(f"{self.path(key)}: a list is needed, not {value!r}")
        allowed = {str(word) for word in known}
        for word in value:
            if word not in allowed:
                raise StrategyError(f"{self.path(key)}: {word!r} is not a known word")
        return frozenset(str(word) for word in value)

    def outcomes(self, key: str, default: frozenset[str]) -> frozenset[str]:
        return self.words(key, OUTCOMES, default)

    def duration(self, key: str, default: timedelta | None) -> timedelta:
        if key not in self._table and default is not None:
            return default
        return _duration(self._table.get(key), self.path(key))

    def number(
        self, key: str, default: float | None, low: float, high: float, *, whole: bool = False
    ) -> float:
        value = self._table.get(key, default)
        fits = isinstance(value, int) if whole else isinstance(value, int | float)
        if not fits or isinstance(value, bool) or not low <= float(str(value)) <= high:
            kind = "whole number" if whole else "number"
            raise StrategyError(
                f"{self.path(key)}: a {kind} from {low:g} to {high:g} is needed, not {value!r}"
            )
        return float(str(value))

    def time(self, key: str) -> time | None:
        value = self._table.get(key)
        if value == "24:00":
            return None
        if not isinstance(value, str) or not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", value):
            raise StrategyError(f"{self.path(key)}: a time such as 18:30 is needed, not {value!r}")
        return time.fromisoformat(value)

    def table(self, key: str) -> _Reader | None:
        value = self._table.get(key)
        if value is None:
            return None
        if not isinstance(value, Mapping):
            raise StrategyError(f"{self.path(key)}: a table is needed, not {value!r}")
        return _Reader(value, f"{self.path(key)}.")

    def tables(self, key: str, *, optional: bool = False) -> list[_Reader]:
        value = self._table.get(key, [] if optional else None)
        if isinstance(value, str) or not isinstance(value, Sequence):
            raise StrategyError(f"{self.path(key)}: a list of tables is needed, not {value!r}")
        found = []
        for index, item in enumerate(value):
            if not isinstance(item, Mapping):
                raise StrategyError(f"{self.path(key)}[{index}]: a table is needed, not {item!r}")
            found.append(_Reader(item, f"{self.path(key)}[{index}]."))
        return found

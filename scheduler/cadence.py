"""When the next attempt of a case is due, from its history and its strategy. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum

from compliance.facts import Channel
from scheduler.strategy import (
    ALWAYS_STOP,
    ATTEMPT_OUTCOMES,
    OUTCOMES,
    PAUSES,
    Anchor,
    NumbersOrder,
    RetryRule,
    Step,
    Strategy,
    StrategyError,
    WindowPreference,
)
from scheduler.strategy_mapping import strategy_from, to_mapping

__all__ = [
    "ALWAYS_STOP",
    "ATTEMPT_OUTCOMES",
    "OUTCOMES",
    "PAUSES",
    "Anchor",
    "Ending",
    "Finished",
    "Next",
    "NextWindow",
    "NumbersOrder",
    "Past",
    "RetryRule",
    "Step",
    "Strategy",
    "StrategyError",
    "WindowPreference",
    "next_attempt_at",
    "strategy_from",
    "to_mapping",
]

NextWindow = Callable[[Channel, datetime], datetime | None]
"""The first lawful moment of a channel at or after an instant; None when only an event opens it."""

PREFERENCE_TRIES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One entry of a case's history, oldest first: an attempt of ours, or something that happened.

    `step` is None outside the strategy (an agent's own call, an inbound message, a payment).
    `position` is the place of the contact point among those of its channel. An attempt without
    a known outcome yet has a word that no rule names, so it is not repeated.
    """

    at: datetime
    outcome: str
    step: int | None = None
    channel: Channel | None = None
    position: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """The next attempt. `due` is UTC; `retry` is 0 for the first try of a step."""

    step: int
    channel: Channel
    template: str
    position: int
    retry: int
    due: datetime
    reason: str


class Ending(StrEnum):
    STOPPED = "stopped"  # for good, by an outcome or event
    PAUSED = "paused"  # until the event that wakes it
    EXHAUSTED = "exhausted"  # every step is done
    BLOCKED = "blocked"  # steps are left, but no contact point or no lawful moment for any


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """No attempt is to be planned; ask again when an event changes the case."""

    ending: Ending
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Candidate:
    step: int
    retry: int
    wanted: datetime
    why: str


def next_attempt_at(
    history: Sequence[Past],
    strategy: Strategy,
    now: datetime,
    next_window: NextWindow,
    *,
    placed_at: datetime,
    points: Mapping[Channel, Sequence[int]],
    zone: tzinfo | None = None,
) -> Next | Finished:
    """The next attempt of a case, or why there is none.

    `points` gives the usable contact points of each channel by position; those that history shows
    to be bad are left out as well. `zone` is the consumer's, for preferred hours; without it no
    preference is applied. A retry comes before the next step unless that step counts from
    placement and was wanted earlier. Raises ValueError for a naive instant.
    """
    for instant in (now, placed_at, *(entry.at for entry in history)):
        if instant.tzinfo is None:
            raise ValueError(f"{instant.isoformat()} has no time zone")
    ended = _ended(history, strategy)
    if ended is not None:
        return ended
    left_out: list[str] = []
    for candidate in _candidates(history, strategy, placed_at):
        step = strategy.steps[candidate.step]
        obstacle = f"step {candidate.step + 1} ({step.channel})"
        if _channel_stopped(history, strategy, step.channel):
            left_out.append(f"{obstacle}: the consumer opted out")
            continue
        position = _position(history, strategy, step.channel, points.get(step.channel, ()))
        if position is None:
            left_out.append(f"{obstacle}: no valid contact point")
            continue
        due = _lawful(step, max(candidate.wanted, now), next_window, zone)
        if due is None:
            left_out.append(f"{obstacle}: no lawful moment without an event")
            continue
        return Next(
            step=candidate.step,
            channel=step.channel,
            template=step.template,
            position=position,
            retry=candidate.retry,
            due=due.astimezone(UTC),
            reason=_words(candidate, strategy, due, now),
        )
    if left_out:
        return Finished(ending=Ending.BLOCKED, reason="; ".join(left_out))
    return Finished(ending=Ending.EXHAUSTED, reason="every step is done")


def _ended(history: Sequence[Past], strategy: Strategy) -> Finished | None:
    stops = ALWAYS_STOP | strategy.stop
    for entry in history:
        if entry.outcome in stops:
            when = entry.at.astimezone(UTC).isoformat()
            return Finished(ending=Ending.STOPPED, reason=f"{entry.outcome} on {when}")
    for pause, wakes in PAUSES.items():
        words = [entry.outcome for entry in history if entry.outcome in wakes | {pause}]
        if words and words[-1] == pause:
            told = " or ".join(sorted(wakes))
            return Finished(ending=Ending.PAUSED, reason=f"{pause}; resumes on {told}")
    return None


def _candidates(
    history: Sequence[Past], strategy: Strategy, placed_at: datetime
) -> Iterator[_Candidate]:
    """What could be done next, in the order in which it is wanted."""
    attempts = [entry for entry in history if entry.step is not None]
    current = max((entry.step for entry in attempts if entry.step is not None), default=-1)
    last_at = max((entry.at for entry in attempts), default=placed_at)
    earliest = last_at + strategy.minimum_gap if attempts else placed_at
    retry = _retry(attempts, current, strategy, earliest)
    later = list(_later_steps(strategy, current, last_at, earliest, placed_at))
    overtaken = (
        retry is not None
        and bool(later)
        and strategy.steps[later[0].step].anchor is Anchor.PLACEMENT
        and later[0].wanted < retry.wanted
    )
    if retry is not None and not overtaken:
        yield retry
    yield from later


def _later_steps(
    strategy: Strategy, current: int, last_at: datetime, earliest: datetime, placed_at: datetime
) -> Iterator[_Candidate]:
    before = last_at
    for index in range(current + 1, len(strategy.steps)):
        step = strategy.steps[index]
        from_placement = step.anchor is Anchor.PLACEMENT
        wanted = max(earliest, (placed_at if from_placement else before) + step.after)
        origin = "placement" if from_placement else "the step before"
        yield _Candidate(
            step=index, retry=0, wanted=wanted, why=f"{_span(step.after)} after {origin}"
        )
        # A step that is left out still takes its time, so that what follows is not rushed.
        before = wanted


def _retry(
    attempts: Sequence[Past], current: int, strategy: Strategy, earliest: datetime
) -> _Candidate | None:
    tries = [entry for entry in attempts if entry.step == current]
    if not tries or current >= len(strategy.steps):
        return None
    last = tries[-1]
    channel = strategy.steps[current].channel
    for rule in strategy.retries:
        if last.outcome in rule.outcomes and channel in rule.channels:
            used = sum(entry.outcome in rule.outcomes for entry in tries) - 1
            if used >= rule.maximum:
                return None
            delay = rule.delay(used)
            return _Candidate(
                step=current,
                retry=len(tries),
                wanted=max(earliest, last.at + delay),
                why=f"retry {used + 1} of {rule.maximum}, {_span(delay)} after {last.outcome}",
            )
    return None


def _channel_stopped(history: Sequence[Past], strategy: Strategy, channel: Channel) -> bool:
    return any(
        entry.outcome in strategy.stop_channel and entry.channel in (channel, None)
        for entry in history
    )


def _position(
    history: Sequence[Past], strategy: Strategy, channel: Channel, points: Sequence[int]
) -> int | None:
    used = [entry for entry in history if entry.channel is channel and entry.position is not None]
    bad = {entry.position for entry in used if entry.outcome in strategy.drop_point}
    good = sorted(position for position in points if position not in bad)
    if not good:
        return None
    if strategy.numbers is NumbersOrder.ROUND_ROBIN and used:
        last = used[-1].position
        return next(
            (position for position in good if last is not None and position > last), good[0]
        )
    return good[0]


def _lawful(
    step: Step, earliest: datetime, next_window: NextWindow, zone: tzinfo | None
) -> datetime | None:
    """The first lawful moment in the preferred hours, or, failing that, the first lawful one."""
    first = _ask(next_window, step.channel, earliest)
    if first is None or step.window is None or zone is None:
        return first
    moment: datetime | None = first
    for _ in range(PREFERENCE_TRIES):
        if moment is None or _preferred(step.window, moment, zone):
            break
        moment = _ask(next_window, step.channel, _next_preferred(step.window, moment, zone))
    if moment is not None and _preferred(step.window, moment, zone):
        return moment
    return first


def _ask(next_window: NextWindow, channel: Channel, instant: datetime) -> datetime | None:
    found = next_window(channel, instant)
    if found is not None and found < instant:
        raise ValueError(f"next_window gave {found.isoformat()} for {instant.isoformat()}")
    return found


def _preferred(window: WindowPreference, instant: datetime, zone: tzinfo) -> bool:
    local = instant.astimezone(zone)
    return (
        local.weekday() in window.weekdays
        and local.time() >= window.opens
        and (window.closes is None or local.time() < window.closes)
    )


def _next_preferred(window: WindowPreference, instant: datetime, zone: tzinfo) -> datetime:
    today = instant.astimezone(zone).date()
    for days in range(9):
        day = today + timedelta(days=days)
        opens = datetime.combine(day, window.opens, tzinfo=zone).astimezone(UTC)
        if opens > instant and day.weekday() in window.weekdays:
            return opens
    raise ValueError("a window preference has no weekday")


def _words(candidate: _Candidate, strategy: Strategy, due: datetime, now: datetime) -> str:
    step = strategy.steps[candidate.step]
    told = f"Step {candidate.step + 1} of {len(strategy.steps)} ({step.channel}): {candidate.why}"
    if due > max(candidate.wanted, now):
        return f"{told}; moved to the next suitable lawful moment"
    if candidate.wanted < now:
        return f"{told}; overdue"
    return told


def _span(value: timedelta) -> str:
    units = (("day", 86400.0), ("hour", 3600.0), ("minute", 60.0), ("second", 1.0))
    seconds = value.total_seconds()
    name, size = next((unit for unit in units if seconds >= unit[1]), units[-1])
    amount = f"{seconds / size:.3g}"
    return f"{amount} {name}{'' if amount == '1' else 's'}"

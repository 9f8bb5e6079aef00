"""The safety budget outside every mode: how much abandonment the law's period still bears.

A mode proposes lines; `plan` lets them through, steps down to progressive dialing, or stops.
16 CFR 310.4(b)(4)(i): at most three per cent of calls answered by a person, for one campaign,
over its duration if under 30 days, else over each successive 30 days; the former Ofcom policy:
three per cent of live calls in 24 hours, with a reasoned estimate of detection's mistakes added.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from dialer.pacing.modes.counting import in_flight
from dialer.pacing.snapshot import Snapshot


class Period(Enum):
    """Over what the cap is counted, for each campaign."""

    SUCCESSIVE_30_DAYS = "successive-30-days"
    DAY = "24-hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRule:
    """The cap of the rule pack and how it is counted.

    `cap` is a share of live answers; `confidence` that of the bound on detection's losses;
    `assumed_loss` the share of persons hung up by detection while no sample has been listened to;
    `settle` the live answers before which the worst that the plan does is to step down.
    """

    cap: float
    period: Period
    rule_id: str
    confidence: float = 0.95
    assumed_loss: float = 0.01
    settle: int = 100

    def __post_init__(self) -> None:
        if not 0 < self.cap < 1:
            raise ValueError(f"{self.rule_id}: cap must lie between 0 and 1: {self.cap}")
        if not 0.5 <= self.confidence < 1:
            raise ValueError(f"{self.rule_id}: confidence must lie in [0.5, 1): {self.confidence}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Re-listened calls that detection hung up as machines: how many, and persons among them."""

    listened: int = 0
    persons: int = 0

    def __post_init__(self) -> None:
        if not 0 <= self.persons <= self.listened:
            raise ValueError(f"{self.persons} persons in {self.listened} re-listened calls")


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """The period so far: live answers that reached the dialer, abandoned, hung up as machines."""

    live: int = 0
    abandoned: int = 0
    hung_up: int = 0


class Stance(Enum):
    """What the budget allows."""

    FREE = "free"
    PROGRESSIVE = "progressive"
    STOP = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The budget as a supervisor sees it; rates are shares of live answers, losses included.

    `rate_bound` takes the upper confidence bound of detection's losses; `left` is the number of
    further abandonments that the period bears at that bound; `pacer_cap` what a pacer may spend.
    """

    stance: Stance
    rate: float
    rate_bound: float
    left: float
    lost: float
    lost_bound: float
    pacer_cap: float
    reason: str

    def explain(self) -> dict[str, Any]:
        return {
            "stance": self.stance.value,
            "rate": self.rate,
            "rate_bound": self.rate_bound,
            "left": self.left,
            "detection_loss": self.lost,
            "detection_loss_bound": self.lost_bound,
            "pacer_cap": self.pacer_cap,
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Lines to dial now and why."""

    lines: int
    reason: str


def period_start(
    period: Period, campaign_start: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    """The start of the period that holds `now`: midnight in `zone`, or the campaign's 30 days."""
    if now < campaign_start:
        raise ValueError(f"now {now} lies before the campaign's start {campaign_start}")
    if period is Period.DAY:
        return now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    length = timedelta(days=30)
    return campaign_start + length * ((now - campaign_start) // length)


def upper_bound(sample: Sample, confidence: float) -> float:
    """The Clopper-Pearson upper bound of the share of persons among calls hung up."""
    n, k = sample.listened, sample.persons
    if k == n:
        return 1.0
    low, high = k / n, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if _at_most(k, n, middle) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _at_most(k: int, n: int, p: float) -> float:
    """P(a binomial count of n trials is at most k), for 0 < p < 1."""
    log_p, log_q, log_n = math.log(p), math.log1p(-p), math.lgamma(n + 1)
    return sum(
        math.exp(log_n - math.lgamma(i + 1) - math.lgamma(n - i + 1) + i * log_p + (n - i) * log_q)
        for i in range(k + 1)
    )


def assess(rule: BudgetRule, counts: Counts, sample: Sample) -> Standing:
    """Where the period stands. Persons hung up by detection count as answered and abandoned."""
    lost, lost_bound = _losses(rule, counts, sample)
    rate = (counts.abandoned + lost) / max(1.0, counts.live + lost)
    bound = (counts.abandoned + lost_bound) / max(1.0, counts.live + lost_bound)
    left = rule.cap * (counts.live + lost_bound) - counts.abandoned - lost_bound
    share = lost_bound / max(1.0, counts.live + lost_bound) if counts.live else rule.assumed_loss
    settled = counts.live >= rule.settle
    if rate >= rule.cap and settled:
        stance = Stance.STOP
        reason = f"{rule.rule_id}: {rate:.2%} abandoned reaches the cap of {rule.cap:.2%}"
    elif bound >= rule.cap:
        stance = Stance.PROGRESSIVE
        reason = (
            f"{rule.rule_id}: {bound:.2%} abandoned, at the bound of detection's mistakes, "
            f"reaches the cap of {rule.cap:.2%}"
        )
    else:
        stance = Stance.FREE
        reason = f"{rule.rule_id}: {left:.1f} abandonments left of the period's cap"
    return Standing(
        stance=stance,
        rate=rate,
        rate_bound=bound,
        left=left,
        lost=lost,
        lost_bound=lost_bound,
        pacer_cap=max(0.0, rule.cap - share),
        reason=reason,
    )


def _losses(rule: BudgetRule, counts: Counts, sample: Sample) -> tuple[float, float]:
    """Persons hung up by detection: the estimate and its upper bound."""
    if counts.hung_up == 0:
        return 0.0, 0.0
    if sample.listened == 0:
        assumed = min(float(counts.hung_up), rule.assumed_loss * counts.live)
        return assumed, assumed
    share = sample.persons / sample.listened
    return counts.hung_up * share, counts.hung_up * upper_bound(sample, rule.confidence)


def forecast(standing: Standing, counts: Counts, *, live_to_come: float, recent: float) -> float:
    """The period's rate at its end if `live_to_come` answers are abandoned at rate `recent`."""
    live = counts.live + standing.lost_bound
    missed = counts.abandoned + standing.lost_bound
    return (missed + recent * live_to_come) / max(1.0, live + live_to_come)


def plan(standing: Standing, snap: Snapshot, wanted: int) -> Plan:
    """Bound the mode's `wanted` lines by the budget, the agents and the room."""
    if standing.stance is Stance.STOP:
        return Plan(lines=0, reason=standing.reason)
    if snap.logged_in == 0:
        return Plan(lines=0, reason="no agent is logged in")
    lines = min(wanted, snap.room)
    if standing.stance is Stance.PROGRESSIVE:
        lines = min(lines, len(snap.ready) - in_flight(snap))
    return Plan(lines=max(0, lines), reason=standing.reason)

"""From a case and its strategy to what comes next: a contact now, a later one, or none. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from compliance.facts import Channel
from dialer.model.campaign import Campaign
from dialer.model.case import Case, CaseStatus
from dialer.store.work import FollowUp, WorkState
from scheduler.cadence import Ending, Finished, Next, Past, Strategy, next_attempt_at, strategy_from

HELD = frozenset({Ending.PAUSED, Ending.BLOCKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A campaign with its strategy read."""

    campaign: Campaign
    strategy: Strategy


def read_order(campaign: Campaign) -> Order:
    """Raises StrategyError that names the field."""
    return Order(campaign=campaign, strategy=strategy_from(campaign.strategy))


def plan_next(
    order: Order, case: Case, *, placed_at: datetime, now: datetime, also: Iterable[Past] = ()
) -> Next | Finished:
    """What the strategy wants next for a case; `also` is what the store does not hold yet.

    Lawful hours are left to the gate: it refuses with the first lawful moment, and the case is
    due then.
    """
    if case.status is not CaseStatus.OPEN:
        return Finished(ending=Ending.STOPPED, reason=f"the case is {case.status}")
    return next_attempt_at(
        [*_history(order.campaign, case), *also],
        order.strategy,
        now,
        lambda _channel, instant: instant,
        placed_at=placed_at,
        points={
            channel: [point.position for point in case.usable_points(channel)]
            for channel in (Channel.CALL, Channel.SMS, Channel.EMAIL)
        },
        zone=ZoneInfo(case.zones[0]) if len(case.zones) == 1 else None,
    )


def follow_up(planned: Next | Finished) -> FollowUp:
    """Where the campaign puts the case."""
    if isinstance(planned, Next):
        return FollowUp(
            state=WorkState.DUE, step=planned.step, channel=planned.channel, at=planned.due
        )
    return FollowUp(state=WorkState.HELD if planned.ending in HELD else WorkState.DONE)


def _history(campaign: Campaign, case: Case) -> list[Past]:
    return [
        Past(
            at=contact.at,
            outcome=contact.outcome,
            step=contact.step if contact.campaign_id == campaign.id else None,
            channel=contact.channel,
            position=contact.position,
        )
        for contact in case.history
    ]

"""The candidate contact that a planned step stands for. Pure."""

from __future__ import annotations

from datetime import timedelta

from compliance.facts import Channel, ContactRequest, Mode
from dialer.engine.planning import Order
from dialer.model.case import Case
from dialer.model.contact_point import ContactPoint
from dialer.store.gate import Candidate
from scheduler.cadence import Next

RESERVATION = timedelta(seconds=90)


def point_of(case: Case, planned: Next) -> ContactPoint:
    """The contact point that the plan means."""
    return next(
        point for point in case.usable_points(planned.channel) if point.position == planned.position
    )


def candidate(order: Order, case: Case, planned: Next, *, attempt_id: str, owner: str) -> Candidate:
    """What the gate is asked for."""
    point = point_of(case, planned)
    campaign = order.campaign
    return Candidate(
        request=ContactRequest(
            attempt_id=attempt_id,
            person_id=case.consumer.id,
            channel=planned.channel,
            contact_point=point.id,
            address=point.value,
            debts=tuple(debt.id for debt in case.debts if debt.status == "open"),
            creditor=campaign.creditor or case.creditor,
            campaign_id=campaign.id,
            mode=Mode.PRERECORDED if planned.channel is Channel.CALL else None,
            # Templates without the opt-out instruction are refused when they are loaded.
            has_optout_notice=True if planned.channel is not Channel.CALL else None,
            by=campaign.actor,
        ),
        case_id=case.id,
        actor=campaign.actor,
        owner=owner,
        lease=RESERVATION,
        step=planned.step,
    )

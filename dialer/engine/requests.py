"""The candidate contact that a planned step stands for. Pure."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from compliance.facts import Channel, ContactRequest, Mode
from compliance.kinds.optout import CONFIRMATION
from dialer.engine.planning import Order
from dialer.model.case import Case
from dialer.model.contact_point import ContactPoint
from dialer.store.gate import Candidate
from dialer.store.ids import new_id
from scheduler.cadence import Next

RESERVATION = timedelta(seconds=90)
SPEAKER = {"agentless": Mode.PRERECORDED, "predictive": Mode.PREDICTIVE, "power": Mode.PREDICTIVE}
"""Who speaks on a campaign's calls, by its mode; where no more lines than free agents are dialed,
an agent does."""


def point_of(case: Case, planned: Next) -> ContactPoint:
    """The contact point that the plan means."""
    return next(
        point for point in case.usable_points(planned.channel) if point.position == planned.position
    )


def candidate(order: Order, case: Case, planned: Next, *, attempt_id: str, owner: str) -> Candidate:
    """What the gate is asked for."""
    campaign = order.campaign
    request = _request(
        case, planned.channel, point_of(case, planned), attempt_id=attempt_id, actor=campaign.actor
    )
    if planned.channel is Channel.CALL:
        request = replace(request, mode=SPEAKER.get(campaign.mode, Mode.AGENT_DIALLED))
    return Candidate(
        request=replace(
            request, creditor=campaign.creditor or case.creditor, campaign_id=campaign.id
        ),
        case_id=case.id,
        actor=campaign.actor,
        owner=owner,
        lease=RESERVATION,
        step=planned.step,
    )


def hypothetical(
    case: Case,
    channel: Channel,
    *,
    actor: str,
    mode: Mode | None = None,
    point_id: str | None = None,
) -> ContactRequest | None:
    """A contact that is only asked about; None where no contact point serves the channel.

    `mode` says who would speak on a call: a recorded message where it is not given. `point_id` is
    the contact point that it has to be by.
    """
    points = [p for p in case.usable_points(channel) if point_id in (None, p.id)]
    if not points:
        return None
    request = _request(case, channel, points[0], attempt_id="next", actor=actor)
    return request if mode is None else replace(request, mode=mode)


def confirmation(case: Case, number: str, *, actor: str, owner: str) -> Candidate | None:
    """The confirmation of an opt-out to the number that it came from; None for another's."""
    point = next((p for p in case.usable_points(Channel.SMS) if p.value == number), None)
    if point is None:
        return None
    request = _request(case, Channel.SMS, point, attempt_id=new_id("attempt"), actor=actor)
    return Candidate(
        request=replace(request, content=CONFIRMATION, in_reply=True),
        case_id=case.id,
        actor=actor,
        owner=owner,
        lease=RESERVATION,
    )


def _request(
    case: Case, channel: Channel, point: ContactPoint, *, attempt_id: str, actor: str
) -> ContactRequest:
    return ContactRequest(
        attempt_id=attempt_id,
        person_id=case.consumer.id,
        channel=channel,
        contact_point=point.id,
        address=point.value,
        debts=tuple(debt.id for debt in case.debts if debt.status == "open"),
        creditor=case.creditor,
        mode=Mode.PRERECORDED if channel is Channel.CALL else None,
        # Templates without the opt-out instruction are refused when they are loaded.
        has_optout_notice=True if channel is not Channel.CALL else None,
        by=actor,
    )

"""Step 5 of a contact attempt: mark it active, then dial or send."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from compliance.permit import Permit
from dialer.engine.channels import Attempted, ContactChannel
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.store import attempts
from dialer.store.attempts import NOT_SENT, AttemptLost
from dialer.store.database import Database
from scheduler.clock import Clock

ACTIVE_LEASE = timedelta(seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """What a permit is to be used for."""

    permit: Permit
    case: Case
    template: str
    campaign: Campaign | None = None


async def send(db: Database, clock: Clock, channel: ContactChannel, errand: Errand) -> Attempted:
    """Make the contact; a reservation that has lapsed meanwhile sends nothing."""
    try:
        await attempts.activate(db, errand.permit.attempt_id, now=clock.now(), lease=ACTIVE_LEASE)
    except AttemptLost as error:
        return Attempted(outcome=NOT_SENT, detail={"reason": str(error)})
    return await channel.contact(errand.permit, errand.campaign, errand.case, errand.template)

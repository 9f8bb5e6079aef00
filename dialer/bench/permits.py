"""Permits for benches of the wire alone: from the one mint, under an empty rulebook."""

from __future__ import annotations

from datetime import datetime

from compliance.decision import decide
from compliance.facts import Channel, ContactFacts, ContactRequest, Location, LocationKind
from compliance.pack import Rulebook
from compliance.permit import Permit
from dialer.bench.people import ACTOR


def permit_for(channel: Channel, address: str, name: str, now: datetime) -> Permit:
    """Leave to contact an invented address from `now` on."""
    place = Location(kind=LocationKind.ADDRESS, tz="America/New_York", country="US")
    request = ContactRequest(
        attempt_id=name,
        person_id=name,
        channel=channel,
        contact_point=name,
        address=address,
        debts=(),
    )
    facts = ContactFacts(known_at=now, actor=ACTOR, locations=(place,), history_known_from=now)
    answer = decide(request, facts, Rulebook.of([]), now)
    assert isinstance(answer, Permit), answer
    return answer

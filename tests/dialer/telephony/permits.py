"""Where the tests of this room get their permits: from the one mint, under an empty rulebook."""

from __future__ import annotations

from datetime import datetime

from compliance.decision import decide
from compliance.facts import (
    Channel,
    ContactFacts,
    ContactRequest,
    Location,
    LocationKind,
    Mode,
)
from compliance.pack import Rulebook
from compliance.permit import Permit


def permit_for(number: str, now: datetime) -> Permit:
    """Leave to call `number` for as long as the mint gives it from `now` on."""
    place = Location(
        kind=LocationKind.CONSUMER_STATED, tz="America/New_York", country="US", known_at=now
    )
    answer = decide(
        ContactRequest(
            attempt_id="attempt-1",
            person_id="person-1",
            channel=Channel.CALL,
            contact_point="point-1",
            address=number,
            debts=("debt-1",),
            mode=Mode.AGENT_DIALLED,
        ),
        ContactFacts(
            known_at=now,
            actor="third_party_collector",
            locations=(place,),
            history_known_from=now,
        ),
        Rulebook.of([]),
        now,
    )
    assert isinstance(answer, Permit), answer
    return answer

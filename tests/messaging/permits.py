"""Where the tests of this room get their permits: a decision under a pack that is always open."""

from __future__ import annotations

from datetime import datetime

from compliance.decision import decide
from compliance.facts import Channel, ContactFacts, ContactRequest, Location, LocationKind
from compliance.pack import Rulebook, parse
from compliance.permit import Permit

ALWAYS_OPEN = Rulebook.of(
    [
        parse(
            """
            [pack]
            id = "test.open"
            version = "2026-11-24"
            title = "Always open"
            source = "tests"
            legal_review = "pending"
            actor = ["third_party_collector"]
            countries = ["US"]

            [[hours]]
            id = "TEST-HOURS"
            channels = ["call", "sms", "email"]
            open = "00:00"
            close = "24:00"
            cite = "none"
            confidence = "S"
            text = "At any hour."
            """
        )
    ]
)


def permit_for(channel: Channel, address: str, now: datetime) -> Permit:
    request = ContactRequest(
        attempt_id="attempt-1",
        person_id="person-1",
        channel=channel,
        contact_point="point-1",
        address=address,
        debts=("debt-1",),
    )
    facts = ContactFacts(
        known_at=now,
        actor="third_party_collector",
        locations=(
            Location(kind=LocationKind.ADDRESS, tz="America/New_York", country="US", region="NY"),
        ),
        history_known_from=datetime(2000, 1, 1, tzinfo=now.tzinfo),
    )
    answer = decide(request, facts, ALWAYS_OPEN, now)
    assert isinstance(answer, Permit), answer
    return answer

"""Where the tests of this room get their permits."""

from __future__ import annotations

from datetime import datetime, timedelta

from compliance import permit as answers
from compliance.facts import Channel


def permit_for(
    number: str, now: datetime, *, valid_for: timedelta = timedelta(minutes=5)
) -> answers.Permit:
    make = answers.Permit
    return make(
        attempt_id="attempt-1",
        person_id="person-1",
        channel=Channel.CALL,
        contact_point="point-1",
        debts=("debt-1",),
        decided_at=now,
        tz_version="test",
        pack_sha256={},
        findings=(),
        strength=answers.Strength.PROHIBITION,
        first_allowed_at=now,
        address=number,
        expires_at=now + valid_for,
    )

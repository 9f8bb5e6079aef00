"""The kinds of rule that a pack may hold: each name, its keys, and what makes its clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compliance.facts import Channel
from compliance.fields import Field
from compliance.kinds import (
    abandonment,
    consent,
    contact_point,
    cooldown,
    dialing,
    disclosure,
    documented,
    electronic_consent,
    email_procedure,
    express_consent,
    first_notice,
    frequency,
    hold,
    hours,
    inconvenient_place,
    inconvenient_time,
    location_inquiry,
    optout,
    optout_notice,
    recording,
    reply,
    retention,
    sms_procedure,
    third_party,
    work_email,
    workplace,
)
from compliance.rule import Clause


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: the name of its tables in a pack, their own keys, and the clause they become."""

    name: str
    fields: Mapping[str, Field]
    build: Callable[[dict[str, Any], frozenset[Channel]], Clause]


_ALL = (
    Kind(hours.NAME, hours.FIELDS, hours.build),
    Kind(inconvenient_time.NAME, inconvenient_time.FIELDS, inconvenient_time.build),
    Kind(inconvenient_place.NAME, inconvenient_place.FIELDS, inconvenient_place.build),
    Kind(frequency.NAME, frequency.FIELDS, frequency.build),
    Kind(cooldown.NAME, cooldown.FIELDS, cooldown.build),
    Kind(hold.NAME, hold.FIELDS, hold.build),
    Kind(optout.NAME, optout.FIELDS, optout.build),
    Kind(consent.NAME, consent.FIELDS, consent.build),
    Kind(reply.NAME, reply.FIELDS, reply.build),
    Kind(third_party.NAME, third_party.FIELDS, third_party.build),
    Kind(location_inquiry.NAME, location_inquiry.FIELDS, location_inquiry.build),
    Kind(workplace.NAME, workplace.FIELDS, workplace.build),
    Kind(contact_point.NAME, contact_point.FIELDS, contact_point.build),
    Kind(email_procedure.NAME, email_procedure.FIELDS, email_procedure.build),
    Kind(sms_procedure.NAME, sms_procedure.FIELDS, sms_procedure.build),
    Kind(work_email.NAME, work_email.FIELDS, work_email.build),
    Kind(optout_notice.NAME, optout_notice.FIELDS, optout_notice.build),
    Kind(express_consent.NAME, express_consent.FIELDS, express_consent.build),
    Kind(electronic_consent.NAME, electronic_consent.FIELDS, electronic_consent.build),
    Kind(first_notice.NAME, first_notice.FIELDS, first_notice.build),
    Kind(disclosure.NAME, disclosure.FIELDS, disclosure.build),
    Kind(recording.NAME, recording.FIELDS, recording.build),
    Kind(dialing.NAME, dialing.FIELDS, dialing.build),
    Kind(abandonment.NAME, abandonment.FIELDS, abandonment.build),
    Kind(retention.NAME, retention.FIELDS, retention.build),
    Kind(documented.DUTY, documented.FIELDS, documented.build),
    Kind(documented.SCOPE, documented.FIELDS, documented.build),
    Kind(documented.EXCLUSION, documented.FIELDS, documented.build),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind by the name of its tables."""

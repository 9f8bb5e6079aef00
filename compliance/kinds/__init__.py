"""The kinds of rule that a pack may hold: each name, its keys, and what makes its clause."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from compliance.facts import Channel
from compliance.fields import Field
from compliance.kinds import (
    basis,
    contact_point,
    cooldown,
    duties,
    frequency,
    hold,
    hours,
    inconvenient,
    lifting,
    optout,
    parties,
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
    Kind(inconvenient.TIME_NAME, inconvenient.TIME_FIELDS, inconvenient.build_time),
    Kind(inconvenient.PLACE_NAME, inconvenient.PLACE_FIELDS, inconvenient.build_place),
    Kind(frequency.NAME, frequency.FIELDS, frequency.build),
    Kind(cooldown.NAME, cooldown.FIELDS, cooldown.build),
    Kind(hold.NAME, hold.FIELDS, hold.build),
    Kind(optout.NAME, optout.FIELDS, optout.build),
    Kind(lifting.CONSENT_NAME, lifting.CONSENT_FIELDS, lifting.build_consent),
    Kind(lifting.REPLY_NAME, lifting.REPLY_FIELDS, lifting.build_reply),
    Kind(parties.THIRD_PARTY_NAME, parties.THIRD_PARTY_FIELDS, parties.build_third_party),
    Kind(parties.LOCATION_NAME, parties.LOCATION_FIELDS, parties.build_location),
    Kind(parties.WORKPLACE_NAME, parties.WORKPLACE_FIELDS, parties.build_workplace),
    Kind(contact_point.NAME, contact_point.FIELDS, contact_point.build),
    Kind(basis.EMAIL_NAME, basis.EMAIL_FIELDS, basis.build_email),
    Kind(basis.SMS_NAME, basis.SMS_FIELDS, basis.build_sms),
    Kind(basis.WORK_EMAIL_NAME, basis.WORK_EMAIL_FIELDS, basis.build_work_email),
    Kind(basis.OPTOUT_NOTICE_NAME, basis.OPTOUT_NOTICE_FIELDS, basis.build_optout_notice),
    Kind(basis.EXPRESS_CONSENT_NAME, basis.EXPRESS_CONSENT_FIELDS, basis.build_express),
    Kind(basis.ELECTRONIC_CONSENT_NAME, basis.ELECTRONIC_CONSENT_FIELDS, basis.build_electronic),
    Kind(basis.FIRST_NOTICE_NAME, basis.FIRST_NOTICE_FIELDS, basis.build_first_notice),
    Kind(duties.DISCLOSURE_NAME, duties.DISCLOSURE_FIELDS, duties.build_disclosure),
    Kind(duties.RECORDING_NAME, duties.RECORDING_FIELDS, duties.build_recording),
    Kind(duties.DIALING_NAME, duties.DIALING_FIELDS, duties.build_dialing),
    Kind(duties.ABANDONMENT_NAME, duties.ABANDONMENT_FIELDS, duties.build_abandonment),
    Kind(duties.RETENTION_NAME, duties.RETENTION_FIELDS, duties.build_retention),
    Kind(duties.DUTY_NAME, duties.DUTY_FIELDS, duties.build_documented),
    Kind(duties.SCOPE_NAME, duties.SCOPE_FIELDS, duties.build_documented),
    Kind(duties.EXCLUSION_NAME, duties.SCOPE_FIELDS, duties.build_documented),
)

KINDS: Mapping[str, Kind] = {kind.name: kind for kind in _ALL}
"""Every kind by the name of its tables."""

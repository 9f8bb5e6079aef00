"""Whether a callback may be promised for an hour: the gate's own decision, asked beforehand.

A consumer who asks to be called at an hour gives their leave for that call (12 CFR
1006.14(b)(3)(i)): it is put before the rules with the question, and kept with the callback.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from compliance.decision import decide
from compliance.facts import Channel, Consent, Mode
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Permit, Refusal
from dialer.engine.requests import hypothetical
from dialer.store import cases
from dialer.store.database import Database
from dialer.store.facts import read_facts
from dialer.store.ids import new_id

LEEWAY = timedelta(hours=2)
"""The leave outlasts the hour so long: a line or an agent may not be free to the minute."""

NO_HOUR_LEEWAY = timedelta(days=3)
"""The same, for a consumer who named no hour: a weekend may lie between."""

TRIES = 3
"""The hour that a refusal names was found without the leave for that hour: it is asked again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why the hour can't be promised; from when on one could, where that is known."""

    why: str
    first_allowed_at: datetime | None = None
    rule: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A lawful hour, with the consumer's leave for it."""

    at: datetime
    consent: Consent


async def appointment(
    db: Database,
    catalogue: Catalogue,
    case_id: str,
    at: datetime,
    *,
    actor: str,
    evidence: str,
    point_id: str | None = None,
    good_for: timedelta = LEEWAY,
) -> Consent | Refused:
    """The consumer's leave for a call at `at`, where such a call would be lawful.

    `point_id` is the number that they want to be called at, None = the first usable one; the leave
    lasts for `good_for` from that hour on.
    """
    now = db.clock.now()
    if at <= now:
        return Refused(why="the hour is past")
    async with db.read() as conn:
        loaded = await cases.load(conn, [case_id])
        if case_id not in loaded:
            raise LookupError(f"there is no case {case_id}")
        case = loaded[case_id]
        request = hypothetical(
            case, Channel.CALL, actor=actor, mode=Mode.PREDICTIVE, point_id=point_id
        )
        if request is None:
            return Refused(why="no usable phone number")
        known = await read_facts(conn, [request])
    consent = Consent(
        consent_id=new_id("consent"),
        channel=Channel.CALL,
        given_to="collector",
        given_at=now,
        contact_point=request.contact_point,
        expires_at=at + good_for,
        evidence=evidence,
        scope=f"asked to be called at {at.isoformat()}",
    )
    facts = known.facts(request, actor, at)
    facts = replace(facts, consents=(*facts.consents, consent))
    answer: Permit | Refusal = decide(request, facts, select_packs(catalogue, request, facts), at)
    if isinstance(answer, Permit):
        return consent
    return Refused(
        why=f"{answer.binding_rule}: {answer.unlock or 'not at that hour'}",
        first_allowed_at=answer.first_allowed_at,
        rule=answer.binding_rule,
    )


async def first_appointment(
    db: Database,
    catalogue: Catalogue,
    case_id: str,
    *,
    earliest: datetime,
    actor: str,
    evidence: str,
    point_id: str,
) -> Granted | Refused:
    """The first lawful hour from `earliest` on for who wants to be called back at this number.

    They named no hour, so their leave outlasts it for longer: until somebody is at work again.
    """
    at, refused = earliest, Refused(why="no lawful hour was found")
    for _ in range(TRIES):
        answer = await appointment(
            db,
            catalogue,
            case_id,
            at,
            actor=actor,
            evidence=evidence,
            point_id=point_id,
            good_for=NO_HOUR_LEEWAY,
        )
        if isinstance(answer, Consent):
            return Granted(at=at, consent=answer)
        refused = answer
        if answer.first_allowed_at is None or answer.first_allowed_at <= at:
            break
        at = answer.first_allowed_at
    return refused

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Why the hour can't be promised; from when on one could, where that is known."""

    why: str
    first_allowed_at: datetime | None = None
    rule: str | None = None


async def appointment(
    db: Database,
    catalogue: Catalogue,
    case_id: str,
    at: datetime,
    *,
    actor: str,
    evidence: str,
) -> Consent | Refused:
    """The consumer's leave for a call at `at`, where such a call would be lawful."""
    now = db.clock.now()
    if at <= now:
        return Refused(why="the hour is past")
    async with db.read() as conn:
        loaded = await cases.load(conn, [case_id])
        if case_id not in loaded:
            raise LookupError(f"there is no case {case_id}")
        case = loaded[case_id]
        request = hypothetical(case, Channel.CALL, actor=actor, mode=Mode.PREDICTIVE)
        if request is None:
            return Refused(why="no usable phone number")
        known = await read_facts(conn, [request])
    consent = Consent(
        consent_id=new_id("consent"),
        channel=Channel.CALL,
        given_to="collector",
        given_at=now,
        contact_point=request.contact_point,
        expires_at=at + LEEWAY,
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

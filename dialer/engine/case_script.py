"""The agent's script for a case now: who to ask for, what must be said, what may be."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from compliance.decision import decide
from compliance.facts import Channel, ContactFacts, ContactRequest, Mode
from compliance.kinds.third_party import NAME as KIND
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Condition, Permit, Verdict
from dialer.casework.script import ScriptLine, script
from dialer.casework.terms import Terms, terms_for
from dialer.engine.requests import hypothetical
from dialer.store import cases, identity, tables
from dialer.store.case_rows import NoSuchCase
from dialer.store.database import Database
from dialer.store.facts import read_facts

THIRD_PARTY = "third_party"


async def case_script(
    db: Database, catalogue: Catalogue, terms: Terms, case_id: str, *, by: str, now: datetime
) -> tuple[ScriptLine, ...]:
    """The lines for an agent's call to the consumer. Raises NoSuchCase, NoTerms.

    The duties are those of a permit now; a call that would be refused has none to show.
    """
    async with db.read() as conn:
        case = (await cases.load(conn, [case_id])).get(case_id)
        if case is None:
            raise NoSuchCase(f"there is no case {case_id}")
        verified = await identity.verified(conn, case_id, by=by, now=now)
        places, campaigns = tables.campaign_cases, tables.campaigns
        found = await conn.execute(
            select(campaigns.c.actor)
            .join(places, places.c.campaign_id == campaigns.c.id)
            .where(places.c.case_id == case_id)
            .order_by(places.c.placed_at.desc())
            .limit(1)
        )
        actor = found.scalar_one_or_none()
        asked = hypothetical(case, Channel.CALL, actor=actor) if actor else None
        duties: tuple[Condition, ...] = ()
        others: str | None = None
        if actor is not None and asked is not None:
            asked = replace(asked, mode=Mode.AGENT_DIALLED)
            facts = (await read_facts(conn, [asked])).facts(asked, actor, now)
            answer = decide(asked, facts, select_packs(catalogue, asked, facts), now)
            duties = answer.conditions if isinstance(answer, Permit) else ()
            others = _against_others(asked, facts, catalogue, now)
    return script(
        full_name=case.consumer.full_name,
        conditions=duties,
        questions=terms_for(terms, case.consumer.country).identity,
        language=case.consumer.language or "en",
        verified=verified,
        third_party_rule=others,
    )


def _against_others(
    asked: ContactRequest, facts: ContactFacts, catalogue: Catalogue, now: datetime
) -> str | None:
    """The rule that forbids to speak of the debt with somebody else, by the packs that apply."""
    other = replace(asked, party=THIRD_PARTY)
    answer = decide(other, facts, select_packs(catalogue, other, facts), now)
    if isinstance(answer, Permit):
        return None
    denying = (f for f in answer.findings if f.verdict is Verdict.DENY and f.kind == KIND)
    return next((finding.rule_id for finding in denying), None)

"""Whether the law would have a talk on a case recorded."""

from __future__ import annotations

from compliance.facts import Channel, Mode
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from dialer.engine.requests import hypothetical
from dialer.model.case import Case
from dialer.store.database import Database
from dialer.store.facts import read_facts


async def must_record(db: Database, catalogue: Catalogue, case: Case, *, actor: str) -> bool:
    """Also True where nobody can tell: no number, or a place whose law we do not know."""
    request = hypothetical(case, Channel.CALL, actor=actor, mode=Mode.AGENT_DIALLED)
    if request is None:
        return True
    async with db.read() as conn:
        facts = (await read_facts(conn, [request])).facts(request, actor, db.clock.now())
    rulebook = select_packs(catalogue, request, facts)
    duties = (duty for rule in rulebook.rules for duty in rule.clause.conditions(rule))
    return bool(rulebook.gaps) or any(duty.name == "record_call" for duty in duties)

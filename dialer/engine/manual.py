"""An agent's own choice of whom to call, in a campaign dialed by hand."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from dialer.engine.desk import Desk
from dialer.engine.previews import LEASE, MODES, Preview, Wanted
from dialer.engine.screens import NotNow
from dialer.model.agent import AgentState
from dialer.store import claims, tables
from dialer.store.database import Database


async def call_case(
    db: Database, desk: Desk, agent: str, case_ref: str, *, lease: timedelta = LEASE
) -> None:
    """Let the loop call this case for the agent. Raises NotNow, LookupError.

    The gate still decides: what it refuses is told to the agent.
    """
    if desk.view(agent).agent.state is not AgentState.READY:
        raise NotNow("be ready first")
    listed, cases, known = tables.campaign_cases, tables.cases, tables.campaigns
    async with db.read() as conn:
        found = await conn.execute(
            select(listed.c.campaign_id, listed.c.case_id)
            .join(cases, cases.c.id == listed.c.case_id)
            .join(known, known.c.id == listed.c.campaign_id)
            .where(
                cases.c.case_ref == case_ref.strip(),
                known.c.state == "running",
                known.c.mode.in_(sorted(MODES)),
            )
            .order_by(known.c.name)
        )
        rows = found.all()
    mine = [row for row in rows if agent in desk.ready(row.campaign_id)]
    if not mine:
        raise LookupError(f"no campaign of yours that is dialed by hand has a case {case_ref}")
    now = db.clock.now()
    due = await claims.claim_case(
        db, mine[0].campaign_id, mine[0].case_id, owner=db.writer, now=now, lease=lease
    )
    if due is None:
        raise NotNow("somebody works this case just now")
    desk.look(agent, Preview(due=due, since=now, wanted=Wanted.DIAL))

"""Why is nobody being dialed? One answer for each campaign, from the store alone.

What only the running service knows (agents, lines, trunk) comes from its loop's last report.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.pack import RulePack
from dialer.reports.campaign_figures import campaign_figures
from dialer.reports.next_due import Ahead, ahead_of
from dialer.reports.standstill import RUNNING, Note, notes_on
from dialer.store import loop_reports
from dialer.store.tables import campaign_cases, cases, locations

FRESH = timedelta(seconds=30)
"""A loop that has said nothing for so long is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One campaign: `notes` say what holds it up, none where it dials.

    `agents` and `lines` are those of the loop's report, empty without one.
    """

    campaign_id: str
    name: str
    state: str
    mode: str
    due: int
    waiting: int
    under_way: int
    notes: tuple[Note, ...]
    agents: Mapping[str, int]
    lines: Mapping[str, int]

    def document(self) -> dict[str, Any]:
        """The answer in JSON's types."""
        return {
            "campaign_id": self.campaign_id,
            "name": self.name,
            "state": self.state,
            "mode": self.mode,
            "due": self.due,
            "waiting": self.waiting,
            "under_way": self.under_way,
            "agents": dict(self.agents),
            "lines": dict(self.lines),
            "notes": [
                {
                    "why": note.why,
                    "cases": note.cases,
                    "until": note.until.isoformat() if note.until else None,
                    "zone": note.zone,
                    "rule": note.rule,
                    "channel": note.channel,
                    "reason": note.reason,
                }
                for note in self.notes
            ],
        }


async def why(
    conn: AsyncConnection,
    packs: Mapping[str, RulePack],
    *,
    now: datetime,
    since: datetime,
    campaign_id: str | None = None,
) -> list[Answer]:
    """The answer for every campaign, running ones first, or for one."""
    figures = await campaign_figures(conn, since=since, now=now, campaign_id=campaign_id)
    ahead = await ahead_of(conn, [f.id for f in figures if f.state == RUNNING], now)
    said = {
        one.campaign_id: one.report
        for one in reversed(await loop_reports.read(conn))
        if now - one.at <= FRESH
    }
    answers = []
    for one in figures:
        report = said.get(one.id)
        waiting = str(report["waiting"]) if report else ""
        notes = notes_on(one, waiting, ahead.get(one.id, Ahead()), packs)
        if one.state != RUNNING:
            notes = [Note(why="not_running", cases=one.cases)]
        elif report is None:
            notes = [Note(why="no_service"), *notes]
        answers.append(
            Answer(
                campaign_id=one.id,
                name=one.name,
                state=one.state,
                mode=one.mode,
                due=one.due,
                waiting=one.waiting,
                under_way=one.under_way,
                notes=tuple([await _placed(conn, one.id, note) for note in notes]),
                agents=report["agents"] if report else {},
                lines=report["lines"] if report else {},
            )
        )
    return answers


async def _placed(conn: AsyncConnection, campaign_id: str, note: Note) -> Note:
    """The note with the zone of the case that is due first."""
    if note.why != "hours" or note.until is None:
        return note
    found = await conn.execute(
        select(locations.c.tz)
        .join(cases, cases.c.consumer_id == locations.c.consumer_id)
        .join(campaign_cases, campaign_cases.c.case_id == cases.c.id)
        .where(
            campaign_cases.c.campaign_id == campaign_id,
            campaign_cases.c.state == "due",
            campaign_cases.c.next_at == note.until,
            locations.c.superseded_at.is_(None),
            locations.c.tz.is_not(None),
        )
        .order_by(locations.c.tz)
        .limit(1)
    )
    zone: str | None = found.scalar_one_or_none()
    return replace(note, zone=zone)

"""The floor's roster in the store: agents' teams and skills, shifts, the longest times."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.roster import FloorRules, Profile, Roster, ShiftRule
from dialer.store.database import Database, lock
from dialer.store.floor_tables import agent_profiles, floor_rules, shifts
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append

FLOOR = "floor"


async def read(conn: AsyncConnection, defaults: FloorRules | None = None) -> Roster:
    """The whole roster; `defaults` are the longest times where none were set."""
    people = await conn.execute(select(agent_profiles))
    hours = await conn.execute(select(shifts).order_by(shifts.c.created_at, shifts.c.id))
    kept = await conn.execute(select(floor_rules.c.rules).where(floor_rules.c.id == FLOOR))
    rules: dict[str, Any] | None = kept.scalar_one_or_none()
    base = defaults or FloorRules()
    return Roster(
        rules=base if rules is None else _rules(rules, base),
        profiles={
            row.agent: Profile(teams=frozenset(row.teams), skills=frozenset(row.skills))
            for row in people.all()
        },
        shifts=tuple(
            ShiftRule(
                id=row.id,
                agent=row.agent,
                team=row.team,
                days=frozenset(row.days),
                starts=row.starts,
                ends=row.ends,
                zone=row.zone,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            )
            for row in hours.all()
        ),
    )


async def assign(
    db: Database,
    agent: str,
    *,
    teams: Collection[str],
    skills: Collection[str],
    now: datetime,
    by: str,
) -> None:
    """Give an agent these teams and skills, in the place of those before."""
    facts: dict[str, Any] = {"agent": agent, "teams": sorted(teams), "skills": sorted(skills)}
    async with db.write() as conn:
        await lock(conn, [f"agent profile {agent}"])
        await conn.execute(delete(agent_profiles).where(agent_profiles.c.agent == agent))
        await conn.execute(insert(agent_profiles), {**facts, "by": by, "updated_at": now})
        await append(db, conn, [Draft(kind="agent.profile", body={**facts, "by": by})])


async def add_shift(db: Database, rule: ShiftRule, *, now: datetime, by: str) -> str:
    """Enter working hours; their id. The rule's own id is not used."""
    ident = new_id("shift")
    plain = {
        "agent": rule.agent,
        "team": rule.team,
        "days": sorted(rule.days),
        "zone": rule.zone,
    }
    hours = {
        "starts": rule.starts,
        "ends": rule.ends,
        "valid_from": rule.valid_from,
        "valid_until": rule.valid_until,
    }
    async with db.write() as conn:
        row = {"id": ident, **plain, **hours, "by": by, "created_at": now}
        await conn.execute(insert(shifts), row)
        said = {name: None if at is None else at.isoformat() for name, at in hours.items()}
        body = {"shift": ident, **plain, **said, "by": by}
        await append(db, conn, [Draft(kind="shift.added", body=body)])
    return ident


async def drop_shift(db: Database, ident: str, *, by: str) -> None:
    """Take working hours away. LookupError when there are none of this id."""
    async with db.write() as conn:
        gone = await conn.execute(delete(shifts).where(shifts.c.id == ident))
        if gone.rowcount != 1:
            raise LookupError(f"there is no shift {ident}")
        await append(db, conn, [Draft(kind="shift.removed", body={"shift": ident, "by": by})])


async def limit(db: Database, rules: FloorRules, *, now: datetime, by: str) -> None:
    """Set the longest wrap-up and breaks; None = no limit."""
    document = {
        "longest_wrap_up_s": _seconds(rules.longest_wrap_up),
        "longest_break_s": _seconds(rules.longest_break),
        "breaks_s": {reason: _seconds(length) for reason, length in rules.breaks.items()},
    }
    async with db.write() as conn:
        await lock(conn, ["floor rules"])
        await conn.execute(delete(floor_rules).where(floor_rules.c.id == FLOOR))
        row = {"id": FLOOR, "rules": document, "by": by, "updated_at": now}
        await conn.execute(insert(floor_rules), row)
        await append(db, conn, [Draft(kind="floor.rules", body={**document, "by": by})])


def _rules(document: dict[str, Any], base: FloorRules) -> FloorRules:
    return replace(
        base,
        longest_wrap_up=_length(document["longest_wrap_up_s"]),
        longest_break=_length(document["longest_break_s"]),
        breaks={reason: timedelta(seconds=s) for reason, s in document["breaks_s"].items()},
    )


def _length(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else round(length.total_seconds())

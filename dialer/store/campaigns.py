"""Campaigns in the store: made from a strategy, given cases, started, paused, stopped."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.campaign import Campaign, CampaignId, CampaignState, move
from dialer.model.campaign_settings import CampaignSettings, settings_from
from dialer.store import tables
from dialer.store.database import Database, lock
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import WorkState
from scheduler.strategy_mapping import strategy_from

_TABLE = tables.campaigns
_RANK_WEIGHT = 10**9  # more than any list is long


async def create(
    db: Database,
    *,
    name: str,
    strategy: Mapping[str, object],
    mode: str,
    lines: int,
    actor: str,
    now: datetime,
    creditor: str | None = None,
    caller_id: str | None = None,
    sms_sender: str | None = None,
    email_sender: str | None = None,
    by: str | None = None,
) -> Campaign:
    """A new campaign, as a draft. StrategyError names the field of a strategy that is wrong."""
    strategy_from(strategy)
    campaign = Campaign(
        id=CampaignId(new_id("campaign")),
        name=name,
        state=CampaignState.DRAFT,
        mode=mode,
        lines=lines,
        actor=actor,
        strategy=strategy,
        creditor=creditor,
        caller_id=caller_id,
        sms_sender=sms_sender,
        email_sender=email_sender,
        created_at=now,
    )
    async with db.write() as conn:
        await conn.execute(
            insert(_TABLE),
            {
                "id": campaign.id,
                "name": name,
                "state": campaign.state,
                "mode": mode,
                "lines": lines,
                "actor": actor,
                "creditor": creditor,
                "strategy": dict(strategy),
                "caller_id": caller_id,
                "sms_sender": sms_sender,
                "email_sender": email_sender,
                "created_at": now,
                "updated_at": now,
            },
        )
        body = {"campaign": campaign.id, "mode": mode, "by": by}
        await append(db, conn, [Draft(kind="campaign.created", body=body)])
    return campaign


async def load(conn: AsyncConnection, campaign_id: str) -> Campaign:
    """The campaign; LookupError when there is none."""
    row = (await conn.execute(select(_TABLE).where(_TABLE.c.id == campaign_id))).one_or_none()
    if row is None:
        raise LookupError(f"there is no campaign {campaign_id}")
    return _campaign(row)


async def find(conn: AsyncConnection, name: str) -> Campaign | None:
    """The campaign with this name."""
    row = (await conn.execute(select(_TABLE).where(_TABLE.c.name == name))).one_or_none()
    return None if row is None else _campaign(row)


async def list_all(conn: AsyncConnection) -> list[Campaign]:
    """All campaigns, by name."""
    return [_campaign(row) for row in await conn.execute(select(_TABLE).order_by(_TABLE.c.name))]


async def of_case(conn: AsyncConnection, case_id: str) -> frozenset[str]:
    """The ids of the campaigns that a case is in."""
    placed = tables.campaign_cases
    found = await conn.execute(select(placed.c.campaign_id).where(placed.c.case_id == case_id))
    return frozenset(found.scalars())


async def start(db: Database, campaign_id: str, *, now: datetime, by: str | None = None) -> None:
    """Start or resume. Held cases are looked at again: a pack or a fact may have changed."""
    table = tables.campaign_cases
    async with db.write() as conn:
        if not await _move(conn, campaign_id, CampaignState.RUNNING, now):
            return
        await conn.execute(
            update(table)
            .where(table.c.campaign_id == campaign_id, table.c.state == WorkState.HELD)
            .values(state=WorkState.DUE, next_at=now, updated_at=now)
        )
        await append(db, conn, [_moved(campaign_id, CampaignState.RUNNING, by)])


async def pause(db: Database, campaign_id: str, *, now: datetime, by: str | None = None) -> None:
    """Start nothing new; what is under way ends by itself."""
    await _halt(db, campaign_id, CampaignState.PAUSED, now, by)


async def stop(db: Database, campaign_id: str, *, now: datetime, by: str | None = None) -> None:
    """End the campaign; it may be started again."""
    await _halt(db, campaign_id, CampaignState.STOPPED, now, by)


async def pace(
    db: Database,
    campaign_id: str,
    *,
    mode: str,
    lines: int,
    pacing: Mapping[str, float],
    now: datetime,
    by: str | None = None,
) -> None:
    """Change how fast a campaign dials, also while it runs. LookupError when there is none."""
    values = {"mode": mode, "lines": lines, "pacing": dict(pacing), "updated_at": now}
    async with db.write() as conn:
        await lock(conn, [f"campaign {campaign_id}"])
        await load(conn, campaign_id)
        await conn.execute(update(_TABLE).where(_TABLE.c.id == campaign_id).values(values))
        exact = {name: str(value) for name, value in pacing.items()}
        body = {"campaign": campaign_id, "mode": mode, "lines": lines, "by": by, "pacing": exact}
        await append(db, conn, [Draft(kind="campaign.paced", body=body)])


async def configure(
    db: Database,
    campaign_id: str,
    settings: CampaignSettings,
    *,
    now: datetime,
    by: str | None = None,
) -> None:
    """Set team, lists, numbers and quotas, also while it runs. LookupError when there is none."""
    document = settings.document()
    async with db.write() as conn:
        await lock(conn, [f"campaign {campaign_id}"])
        await load(conn, campaign_id)
        values = {"settings": document, "updated_at": now}
        await conn.execute(update(_TABLE).where(_TABLE.c.id == campaign_id).values(values))
        body = {"campaign": campaign_id, "settings": document, "by": by}
        await append(db, conn, [Draft(kind="campaign.configured", body=body)])


async def add_cases(
    conn: AsyncConnection,
    campaign_id: str,
    case_ids: Sequence[str],
    *,
    now: datetime,
    list_name: str = "",
) -> int:
    """Put cases into a campaign, due as the strategy's first step says; how many are new.

    Of cases due at the same instant the higher rank goes first, then the earlier one in the list.
    `list_name` is the list that they came with, where lists have weights.
    """
    table, cases = tables.campaign_cases, tables.cases
    await lock(conn, [f"campaign cases {campaign_id}"])
    first = strategy_from((await load(conn, campaign_id)).strategy).steps[0]
    known = await conn.execute(
        select(table.c.case_id).where(
            table.c.campaign_id == campaign_id, table.c.case_id.in_(case_ids)
        )
    )
    old = set(known.scalars())
    new = [ident for ident in dict.fromkeys(case_ids) if ident not in old]
    if not new:
        return 0
    ranked = await conn.execute(select(cases.c.id, cases.c.rank).where(cases.c.id.in_(new)))
    ranks = {row.id: row.rank for row in ranked}
    counted = await conn.execute(
        select(func.count()).select_from(table).where(table.c.campaign_id == campaign_id)
    )
    place = counted.scalar_one()
    rows = [
        {
            "campaign_id": campaign_id,
            "case_id": ident,
            "placed_at": now,
            "position": place + offset - ranks[ident] * _RANK_WEIGHT,
            "state": WorkState.DUE,
            "next_channel": first.channel,
            "next_at": now + first.after,
            "list_name": list_name,
            "updated_at": now,
        }
        for offset, ident in enumerate(new)
    ]
    await conn.execute(insert(table), rows)
    return len(rows)


async def _halt(
    db: Database, campaign_id: str, wanted: CampaignState, now: datetime, by: str | None
) -> None:
    async with db.write() as conn:
        if await _move(conn, campaign_id, wanted, now):
            await append(db, conn, [_moved(campaign_id, wanted, by)])


async def _move(
    conn: AsyncConnection, campaign_id: str, wanted: CampaignState, now: datetime
) -> bool:
    await lock(conn, [f"campaign {campaign_id}"])
    campaign = await load(conn, campaign_id)
    if not move(campaign.name, campaign.state, wanted):
        return False
    values: dict[str, Any] = {"state": wanted, "updated_at": now}
    if wanted is CampaignState.RUNNING:
        values |= {"started_at": campaign.started_at or now, "stopped_at": None}
    if wanted is CampaignState.STOPPED:
        values["stopped_at"] = now
    await conn.execute(update(_TABLE).where(_TABLE.c.id == campaign_id).values(values))
    return True


def _moved(campaign_id: str, state: CampaignState, by: str | None) -> Draft:
    return Draft(kind=f"campaign.{state}", body={"campaign": campaign_id, "by": by})


def _campaign(row: Row[Any]) -> Campaign:
    return Campaign(
        id=CampaignId(row.id),
        name=row.name,
        state=CampaignState(row.state),
        mode=row.mode,
        lines=row.lines,
        actor=row.actor,
        strategy=row.strategy,
        creditor=row.creditor,
        caller_id=row.caller_id,
        sms_sender=row.sms_sender,
        email_sender=row.email_sender,
        created_at=row.created_at,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
        pacing=row.pacing or {},
        settings=settings_from(row.settings or {}),
    )

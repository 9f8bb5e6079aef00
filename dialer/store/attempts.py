"""The life of an attempt in the store, from the gate's reservation to its outcome.

`activate` just before the wire, `settle` once when the outcome is known, `revise` when more is
learned later (a delivery receipt). Each is one transaction with its ledger entry and its event
for outside systems. What a crash leaves open, `recover` closes: what may have reached the wire as
`unknown`, which counts; what can't have reached it as `not_sent`, which gives its slot back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import outbox, tables
from dialer.store.database import Database, lock
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import FollowUp, WorkState, move_on

NOT_SENT = "not_sent"
"""The outcome of an attempt that never left us: no rule counts it."""

UNKNOWN = "unknown"
RECOVERY_BATCH = 100
LEDGER_DETAIL = (
    "sip_code",
    "q850",
    "ringing_seen",
    "ring_ms",
    "talk_ms",
    "hung_up_by",
    "machine",
    "recovered",
)
"""What the ledger repeats of an attempt's detail; free text may name people, so it does not."""

_TABLE = tables.attempts


class AttemptLost(Exception):
    """The attempt is no longer ours to start: its lease lapsed, or it was started already."""


class StillOpen(Exception):
    """What was learned belongs to an attempt that is not settled yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of an attempt.

    `detail` holds the carrier's words (SIP code, Q.850 cause, ringing, AMD, provider ids).
    `counts_as_connected` is the reading of `telephony.causes`; None = `outcome` decides.
    `debts` narrows the debts to those in fact discussed; `also_discussed` names those that the
    consumer or we raised besides.
    """

    outcome: str
    at: datetime
    detail: Mapping[str, object] | None = None
    counts_as_connected: bool | None = None
    debts: tuple[str, ...] | None = None
    also_discussed: tuple[str, ...] = ()
    discussion_started_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """An attempt that a crash had left open, and how it was closed."""

    attempt_id: str
    case_id: str
    campaign_id: str | None
    outcome: str


async def activate(db: Database, attempt_id: str, *, now: datetime, lease: timedelta) -> None:
    """Mark that the contact goes out now. Nothing may be sent where this raises AttemptLost."""
    async with db.write() as conn:
        started = await conn.execute(
            update(_TABLE)
            .where(
                _TABLE.c.id == attempt_id,
                _TABLE.c.state == "reserved",
                _TABLE.c.lease_until > now,
            )
            .values(state="active", active_at=now, lease_until=now + lease)
        )
    if started.rowcount != 1:
        raise AttemptLost(f"attempt {attempt_id} is not reserved any more")


async def renew(db: Database, owner: str, *, now: datetime, lease: timedelta) -> int:
    """Prolong the leases of all open attempts of `owner` that have not lapsed; how many."""
    async with db.write() as conn:
        renewed = await conn.execute(
            update(_TABLE)
            .where(_TABLE.c.owner == owner, _TABLE.c.state != "closed", _TABLE.c.lease_until > now)
            .values(lease_until=now + lease)
        )
    return renewed.rowcount


async def settle(
    db: Database, attempt_id: str, outcome: Outcome, *, follow_up: FollowUp | None = None
) -> bool:
    """Close an attempt: outcome, case, campaign, outbox and ledger in one transaction.

    Without `follow_up` the case is due at once, to be planned. False when the attempt was closed
    before: then nothing changes. Raises LookupError for an unknown attempt.
    """
    async with db.write() as conn:
        row = await _locked(conn, attempt_id)
        if row.state == "closed":
            return False
        await append(db, conn, [await _close(conn, row, outcome, follow_up)])
    return True


async def revise(db: Database, attempt_id: str, outcome: Outcome) -> bool:
    """Write what was learned after the attempt was closed; False when it says nothing new.

    Raises StillOpen before that, and LookupError for an unknown attempt.
    """
    async with db.write() as conn:
        draft = await revise_within(conn, attempt_id, outcome)
        if draft is None:
            return False
        await append(db, conn, [draft])
    return True


async def revise_within(conn: AsyncConnection, attempt_id: str, outcome: Outcome) -> Draft | None:
    """The same within the caller's transaction; what the ledger is to say, None if nothing."""
    row = await _locked(conn, attempt_id)
    if row.state != "closed":
        raise StillOpen(f"attempt {attempt_id} is still open: settle it")
    if not _says_more(row, outcome):
        return None
    outcome = replace(outcome, counts_as_connected=_counts(row, outcome))
    await _write(conn, row, outcome, closed_at=row.closed_at)
    if row.campaign_id is not None:
        table = tables.campaign_cases
        await conn.execute(
            update(table)
            .where(table.c.campaign_id == row.campaign_id, table.c.case_id == row.case_id)
            .where(table.c.last_attempt_id == row.id)
            .values(last_outcome=outcome.outcome)
        )
    return await _tell(conn, row, outcome, "attempt.revised")


async def recover(
    db: Database,
    *,
    now: datetime,
    owner: str | None = None,
    retry_after: timedelta = timedelta(minutes=15),
) -> list[Recovered]:
    """Close what a crash left open: all lapsed attempts, and all of `owner`, who starts only now.

    Their cases are due again after `retry_after`, to be planned.
    """
    recovered: list[Recovered] = []
    while batch := await _recover_batch(db, now, owner, retry_after):
        recovered += batch
    return recovered


async def _recover_batch(
    db: Database, now: datetime, owner: str | None, retry_after: timedelta
) -> list[Recovered]:
    lost = _TABLE.c.lease_until <= now
    if owner is not None:
        lost = or_(lost, _TABLE.c.owner == owner)
    query = select(_TABLE).where(_TABLE.c.state != "closed", lost).order_by(_TABLE.c.id)
    async with db.write() as conn:
        rows = (await conn.execute(query.limit(RECOVERY_BATCH))).all()
        await lock(conn, [row.consumer_id for row in rows])
        ids = [row.id for row in rows]
        rows = (await conn.execute(query.where(_TABLE.c.id.in_(ids)).with_for_update())).all()
        drafts, recovered = [], []
        for row in rows:
            word = UNKNOWN if row.state == "active" else NOT_SENT
            outcome = Outcome(outcome=word, at=now, detail={"recovered": True})
            follow_up = FollowUp(state=WorkState.DUE, step=row.step, at=now + retry_after)
            drafts.append(await _close(conn, row, outcome, follow_up))
            recovered.append(
                Recovered(
                    attempt_id=row.id,
                    case_id=row.case_id,
                    campaign_id=row.campaign_id,
                    outcome=word,
                )
            )
        await append(db, conn, drafts)
    return recovered


async def _locked(conn: AsyncConnection, attempt_id: str) -> Row[Any]:
    """The attempt's row, with its person held until the transaction ends."""
    query = select(_TABLE).where(_TABLE.c.id == attempt_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no attempt {attempt_id}")
    await lock(conn, [row.consumer_id])
    return (await conn.execute(query.with_for_update())).one()


async def _close(
    conn: AsyncConnection, row: Row[Any], outcome: Outcome, follow_up: FollowUp | None
) -> Draft:
    await _write(conn, row, outcome, closed_at=outcome.at)
    if row.campaign_id is not None:
        await move_on(
            conn,
            campaign_id=row.campaign_id,
            case_id=row.case_id,
            follow_up=follow_up or FollowUp(state=WorkState.DUE, step=row.step, at=outcome.at),
            now=outcome.at,
            outcome=outcome.outcome,
        )
    return await _tell(conn, row, outcome, "attempt.closed")


async def _write(
    conn: AsyncConnection, row: Row[Any], outcome: Outcome, *, closed_at: datetime
) -> None:
    values: dict[str, object] = {
        "state": "closed",
        "outcome": outcome.outcome,
        "counts_as_connected": outcome.counts_as_connected,
        "detail": {**row.detail, **(outcome.detail or {})},
        "closed_at": closed_at,
        "lease_until": None,
    }
    if outcome.debts is not None:
        values["debts"] = list(outcome.debts)
    if outcome.also_discussed:
        values["also_discussed"] = list(outcome.also_discussed)
    if outcome.discussion_started_by is not None:
        values["discussion_started_by"] = outcome.discussion_started_by
    await conn.execute(update(_TABLE).where(_TABLE.c.id == row.id).values(values))


async def _tell(conn: AsyncConnection, row: Row[Any], outcome: Outcome, kind: str) -> Draft:
    """Tell the case and the outside; what the ledger is to say of it."""
    cases = tables.cases
    await conn.execute(
        update(cases)
        .where(cases.c.id == row.case_id)
        .values(last_outcome=outcome.outcome, last_activity_at=outcome.at, updated_at=outcome.at)
    )
    told = {
        "attempt": row.id,
        "channel": row.channel,
        "campaign": row.campaign_id,
        "outcome": outcome.outcome,
        "debts": list(row.debts if outcome.debts is None else outcome.debts),
    }
    await outbox.enqueue(conn, row.case_id, kind, told, outcome.at)
    body = {
        **told,
        "case": row.case_id,
        "counts": outcome.counts_as_connected,
        "at": outcome.at,
        "detail": _for_ledger({**row.detail, **(outcome.detail or {})}),
    }
    return Draft(kind=kind, body=body, person=row.consumer_id)


def _for_ledger(detail: Mapping[str, Any]) -> dict[str, object]:
    """The figures of a detail that can name nobody, and the digest of all of it."""
    known = {key: detail[key] for key in LEDGER_DETAIL if key in detail}
    whole = json.dumps(detail, sort_keys=True, default=str).encode()
    return {**known, "sha256": sha256(whole).hexdigest()}


def _counts(row: Row[Any], outcome: Outcome) -> bool | None:
    """A later word keeps the carrier's reading unless it brings one of its own."""
    if outcome.counts_as_connected is None:
        known: bool | None = row.counts_as_connected
        return known
    return outcome.counts_as_connected


def _says_more(row: Row[Any], said: Outcome) -> bool:
    details = (row.detail.get(key) != value for key, value in (said.detail or {}).items())
    narrowed = said.debts is not None and list(said.debts) != row.debts
    raised = bool(said.also_discussed) and list(said.also_discussed) != row.also_discussed
    return row.outcome != said.outcome or narrowed or raised or any(details)

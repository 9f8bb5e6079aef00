"""The demo's summary: attempts, outcomes, refusals and proofs in one document."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports.contact_audit import audit
from dialer.store.attempts import NOT_SENT
from dialer.store.database import Database
from dialer.store.ledger_reader import verify
from dialer.store.tables import attempts, contact_events, decisions, promises, recordings

CALL_FIGURES = {
    "conversation": "answered_human",
    "conversation_general": "answered_human",
    "conversation_refused": "answered_human",
    "message_played": "answered_human",
    "answered_dropped": "answered_human",
    "voicemail_message": "answered_machine",
    "voicemail_no_message": "answered_machine",
    "voicemail_limited_content": "answered_machine",
    "busy": "busy",
    "no_answer": "no_answer",
    "no_answer_voicemail_available": "no_answer",
    "abandoned": "abandoned",
}
Counts = Counter[tuple[str, str]]
CHANNELS = ("call", "sms", "email")


async def demo_summary(db: Database, seconds: int, wire: Mapping[str, int]) -> dict[str, object]:
    """What came of a demo of `seconds`; `wire` is what the far side counted."""
    verified = await verify(db)
    async with db.read() as conn:
        outcomes = await _outcomes(conn)
        audited = await audit(conn)
        calls = _call_figures(outcomes)
        live = calls["answered_human"] + calls["abandoned"]
        return {
            "seconds": seconds,
            "attempts": {
                name: sum(n for (channel, _), n in outcomes.items() if channel == name)
                for name in CHANNELS
            },
            "outcomes": {"call": calls, **_message_figures(outcomes, await _inbound(conn))},
            "refusals": await _refusals(conn),
            "decisions": await _count(conn, decisions),
            "recordings": await _count(conn, recordings),
            "promises": await _count(conn, promises),
            "caps_exceeded": audited.caps_exceeded,
            "outside_hours": audited.outside_hours,
            "abandon_rate": round(calls["abandoned"] / live, 4) if live else 0.0,
            "ledger": {"entries": verified.entries, "verified": verified.broken is None},
            "wire": dict(wire),
        }


async def _outcomes(conn: AsyncConnection) -> Counts:
    rows = await conn.execute(
        select(attempts.c.channel, attempts.c.outcome, func.count().label("n"))
        .where(attempts.c.outcome != NOT_SENT)
        .group_by(attempts.c.channel, attempts.c.outcome)
    )
    return Counter({(row.channel, row.outcome): row.n for row in rows})


async def _inbound(conn: AsyncConnection) -> Counts:
    columns = contact_events.c
    rows = await conn.execute(
        select(columns.channel, columns.outcome, func.count().label("n"))
        .where(columns.direction == "in")
        .group_by(columns.channel, columns.outcome)
    )
    return Counter({(row.channel, row.outcome): row.n for row in rows})


async def _refusals(conn: AsyncConnection) -> dict[str, int]:
    refused = await conn.execute(select(decisions.c.rules).where(decisions.c.allowed.is_(False)))
    return dict(sorted(Counter(rule for rules in refused.scalars() for rule in rules).items()))


async def _count(conn: AsyncConnection, table: Table) -> int:
    return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


def _call_figures(outcomes: Counts) -> dict[str, int]:
    figures = dict.fromkeys([*CALL_FIGURES.values(), "failed"], 0)
    for (channel, outcome), n in outcomes.items():
        if channel == "call":
            figures[CALL_FIGURES.get(outcome, "failed")] += n
    return figures


def _message_figures(outcomes: Counts, inbound: Counts) -> dict[str, dict[str, int]]:
    mailed = sum(n for (channel, _), n in outcomes.items() if channel == "email")
    return {
        "sms": {
            "delivered": outcomes["sms", "delivered"],
            "undeliverable": outcomes["sms", "undeliverable"],
            "replied": inbound["sms", "received"],
            "opted_out": inbound["sms", "STOP"],
        },
        "email": {
            "sent": mailed - outcomes["email", "bounced"],
            "bounced": outcomes["email", "bounced"],
            "unsubscribed": inbound["email", "unsubscribed"],
        },
    }

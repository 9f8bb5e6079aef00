"""Consultations in the ledger, each step of them; and whom nobody may consult."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.contact_point import PointKind
from dialer.store import outbox, tables
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append


class Step(StrEnum):
    ASKED = "asked"
    JOINED = "joined"
    CONFIRMED = "confirmed"  # somebody outside may be told of the debt, says the agent
    TOGETHER = "together"
    HANDED_OVER = "handed_over"
    BACK = "back"  # the agent went back to the consumer
    LEFT = "left"  # the third party has left
    ENDED = "ended"  # the talk was over before it came to anything else


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsultationStep:
    """What happened. `guest` is a colleague's name, or a number that the campaign lists."""

    step: Step
    call_id: str
    inbound: bool
    case_id: str
    consumer_id: str
    by: str
    guest: str
    outside: bool
    confirmed: bool


async def enter(db: Database, happened: ConsultationStep) -> None:
    """Enter a step; outside systems hear of a call that was handed over."""
    body = {
        "attempt": happened.call_id,
        "by": happened.by,
        "guest": happened.guest,
        "outside": happened.outside,
        "confirmed": happened.confirmed,
    }
    entry = Draft(kind=f"consultation.{happened.step}", body=body, person=happened.consumer_id)
    async with db.write() as conn:
        if happened.step is Step.HANDED_OVER:
            told = {
                "attempt": None if happened.inbound else happened.call_id,
                "by": happened.by,
                "to": None if happened.outside else happened.guest,
            }
            await outbox.enqueue(conn, happened.case_id, "call.handed_over", told, db.clock.now())
        await append(db, conn, [entry])


async def is_consumers(conn: AsyncConnection, number: str) -> bool:
    """Whether this is a consumer's number: a call to it needs a permit."""
    points = tables.contact_points
    query = select(exists().where(points.c.kind == PointKind.PHONE, points.c.value_key == number))
    return bool((await conn.execute(query)).scalar_one())

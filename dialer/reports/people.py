"""Finding a person: by name, case number, own id, phone number or e-mail address."""

from __future__ import annotations

import re
from dataclasses import dataclass

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store.tables import cases, consumer_contact_points, consumers, contact_points

MOST = 50
FEWEST_DIGITS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonRow:
    """One consumer as a search finds them."""

    id: str
    full_name: str
    country: str | None
    region: str | None
    case_refs: tuple[str, ...]


async def find_people(conn: AsyncConnection, words: str) -> list[PersonRow]:
    """At most MOST consumers that fit, by name. Nothing for an empty search.

    A name fits by any part of it; an id, case number or address must be whole; a phone number may
    be given by its last digits, at least FEWEST_DIGITS.
    """
    words = words.strip()
    if not words:
        return []
    pattern = f"%{_escaped(words.casefold())}%"
    fits = [
        consumers.c.id == words,
        func.lower(consumers.c.full_name).like(pattern, escape="\\"),
        consumers.c.id.in_(select(cases.c.consumer_id).where(cases.c.case_ref == words)),
        consumers.c.id.in_(_owners().where(contact_points.c.value == words.lower())),
    ]
    digits = re.sub(r"[\s().-]", "", words).removeprefix("+")
    if digits.isdecimal() and len(digits) >= FEWEST_DIGITS:
        fits.append(
            consumers.c.id.in_(
                _owners().where(
                    contact_points.c.kind == "phone", contact_points.c.value.like(f"%{digits}")
                )
            )
        )
    rows = (
        await conn.execute(
            select(consumers).where(or_(*fits)).order_by(consumers.c.full_name).limit(MOST)
        )
    ).all()
    refs: dict[str, list[str]] = {row.id: [] for row in rows}
    for case_row in await conn.execute(
        select(cases.c.consumer_id, cases.c.case_ref)
        .where(cases.c.consumer_id.in_(refs))
        .order_by(cases.c.case_ref)
    ):
        refs[case_row.consumer_id].append(case_row.case_ref)
    return [
        PersonRow(
            id=row.id,
            full_name=row.full_name,
            country=row.country,
            region=row.region,
            case_refs=tuple(refs[row.id]),
        )
        for row in rows
    ]


def _owners() -> Select[tuple[str]]:
    return select(consumer_contact_points.c.consumer_id).join(
        contact_points, contact_points.c.id == consumer_contact_points.c.contact_point_id
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)

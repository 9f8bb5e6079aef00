"""Finding a person: by name, case number, own id, phone number or e-mail address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, false, func, or_, select
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


class FindBy(StrEnum):
    """What the words of a search are."""

    ANYTHING = ""
    NAME = "name"
    CASE = "case"
    ADDRESS = "address"  # a phone number or e-mail address, whole


async def find_people(
    conn: AsyncConnection, words: str, by: FindBy = FindBy.ANYTHING
) -> list[PersonRow]:
    """At most MOST consumers that fit, by name. Nothing for an empty search.

    A name fits by any part of it; an id, case number or address must be whole. Where the words may
    be anything, a phone number may be given by its last digits, at least FEWEST_DIGITS.
    """
    words = words.strip()
    if not words:
        return []
    fits = {
        FindBy.NAME: (_named,),
        FindBy.CASE: (_with_case,),
        FindBy.ADDRESS: (_at_address,),
        FindBy.ANYTHING: (_with_id, _named, _with_case, _at_address, _at_last_digits),
    }[by]
    query = select(consumers).where(or_(*(fit(words) for fit in fits)))
    rows = (await conn.execute(query.order_by(consumers.c.full_name).limit(MOST))).all()
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


def _with_id(words: str) -> ColumnElement[bool]:
    return consumers.c.id == words


def _named(words: str) -> ColumnElement[bool]:
    pattern = f"%{_escaped(words.casefold())}%"
    return func.lower(consumers.c.full_name).like(pattern, escape="\\")


def _with_case(words: str) -> ColumnElement[bool]:
    return consumers.c.id.in_(select(cases.c.consumer_id).where(cases.c.case_ref == words))


def _at_address(words: str) -> ColumnElement[bool]:
    """A number with or without its marks of writing; one without a country may be American."""
    digits = _digits(words)
    written = [words.lower(), f"+{digits}", f"+1{digits}"]
    return consumers.c.id.in_(_owners().where(contact_points.c.value.in_(written)))


def _at_last_digits(words: str) -> ColumnElement[bool]:
    digits = _digits(words)
    if not digits.isdecimal() or len(digits) < FEWEST_DIGITS:
        return false()
    ends = contact_points.c.value.like(f"%{digits}")
    return consumers.c.id.in_(_owners().where(contact_points.c.kind == "phone", ends))


def _digits(words: str) -> str:
    return re.sub(r"[\s().-]", "", words).removeprefix("+")


def _owners() -> Select[tuple[str]]:
    return select(consumer_contact_points.c.consumer_id).join(
        contact_points, contact_points.c.id == consumer_contact_points.c.contact_point_id
    )


def _escaped(text: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", text)

"""Finding a person: by name, case number, own id, phone number or e-mail address."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import ColumnElement, Select, and_, false, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.model.consumer import name_key
from dialer.model.consumer import name_words as words_of
from dialer.store.fact_rows import ENDING_DIGITS
from dialer.store.tables import (
    cases,
    consumer_contact_points,
    consumers,
    contact_points,
    name_words,
)

MOST = 50


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

    A name fits by any of its words, of which all that are given must be in it; an id, case number
    or address must be whole. Where the words may be anything, a phone number may be given by its
    last digits, at least ENDING_DIGITS. Words and numbers are found by their blind indexes, so
    that no half of a word finds anything.
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
    fitting = [await fit(conn, words) for fit in fits]
    query = select(consumers).where(or_(*fitting)).order_by(consumers.c.id).limit(MOST)
    rows = sorted(await conn.execute(query), key=lambda row: (name_key(row.full_name), row.id))
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


async def _with_id(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    return consumers.c.id == words


async def _named(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    table = name_words
    named = (
        consumers.c.id.in_(select(table.c.consumer_id).where(table.c.word == word))
        for word in sorted(words_of(words))
    )
    return and_(*named)


async def _with_case(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    return consumers.c.id.in_(select(cases.c.consumer_id).where(cases.c.case_ref == words))


async def _at_address(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    """A number with or without its marks of writing; one without a country may be American."""
    digits = _digits(words)
    written = [words.lower(), f"+{digits}", f"+1{digits}"]
    return consumers.c.id.in_(_owners().where(contact_points.c.value_key.in_(written)))


async def _at_last_digits(conn: AsyncConnection, words: str) -> ColumnElement[bool]:
    digits = _digits(words)
    if not digits.isdecimal() or len(digits) < ENDING_DIGITS:
        return false()
    points = contact_points
    alike = select(points.c.id, points.c.value).where(
        points.c.ending_key == digits[-ENDING_DIGITS:]
    )
    found = [row.id for row in await conn.execute(alike) if row.value.endswith(digits)]
    return consumers.c.id.in_(_owners().where(points.c.id.in_(found)))


def _digits(words: str) -> str:
    return re.sub(r"[\s().-]", "", words).removeprefix("+")


def _owners() -> Select[tuple[str]]:
    return select(consumer_contact_points.c.consumer_id).join(
        contact_points, contact_points.c.id == consumer_contact_points.c.contact_point_id
    )

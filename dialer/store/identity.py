"""Checks of identity: held against what is known, kept without the answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.casework.script import right_answers
from dialer.casework.terms import CaseTerms
from dialer.store import notes, tables
from dialer.store.case_rows import read_case
from dialer.store.casework_tables import case_notes
from dialer.store.database import Database
from dialer.store.notes import NewNote, NoteKind

MOST_TRIES = 3
WITHIN = timedelta(hours=24)
TALK = timedelta(minutes=30)
PASSED, FAILED = "passed", "failed"
FIRST_IDENTITY = (
    "First check who is on the line: nothing is agreed before the consumer's identity is known."
)
OR_A_CLAIM = (
    "First check who is on the line. Where they will not say, note that they would not identify"
    " themselves: the dispute is then kept as an unverified claim, and contact stops all the same."
)
"""Why something said on a call is not noted; the console knows these words in each language."""


class TooManyTries(Exception):
    """So many checks failed within a day that no further one is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityCheck:
    """Whether we speak with the consumer. Which answer was wrong is not told."""

    verified: bool
    right: int
    needed: int


async def check(
    db: Database,
    case_id: str,
    answers: Mapping[str, str],
    terms: CaseTerms,
    *,
    by: str,
    now: datetime,
) -> IdentityCheck:
    """Check answers, by fact, against the store. Raises NoSuchCase, TooManyTries."""
    asked = {question.fact for question in terms.identity}
    async with db.read() as conn:
        case = await read_case(conn, case_id)
        tried = await conn.execute(
            select(case_notes.c.text).where(
                case_notes.c.case_id == case_id,
                case_notes.c.kind == NoteKind.IDENTITY,
                case_notes.c.at > now - WITHIN,
            )
        )
        if sum(told.startswith(FAILED) for told in tried.scalars()) >= MOST_TRIES:
            raise TooManyTries(f"{MOST_TRIES} checks failed within {WITHIN}")
        facts = await facts_of(conn, case.consumer_id, terms)
    right = right_answers(facts, {key: text for key, text in answers.items() if key in asked})
    enough = len(right) >= terms.needed_answers
    word = PASSED if enough else FAILED
    told = ", ".join(sorted(asked & answers.keys()))
    told = f"{word}: {len(right)} of {terms.needed_answers} needed, asked {told}"
    note = NewNote(case_id=case_id, kind=NoteKind.IDENTITY, text=told, by=by)
    await notes.add(db, note, now=now)
    return IdentityCheck(verified=enough, right=len(right), needed=terms.needed_answers)


async def facts_of(
    conn: AsyncConnection, consumer_id: str, terms: CaseTerms
) -> Mapping[str, str | None]:
    """What is known of the consumer that the questions ask for."""
    people = tables.consumers
    person = (await conn.execute(select(people).where(people.c.id == consumer_id))).one()
    return {question.fact: getattr(person, question.fact, None) for question in terms.identity}


async def verified(conn: AsyncConnection, case_id: str, *, by: str, now: datetime) -> bool:
    """Whether this agent's last check of the case passed, not longer ago than a talk lasts."""
    return await verified_since(conn, case_id, by=by, since=now - TALK)


async def verified_since(conn: AsyncConnection, case_id: str, *, by: str, since: datetime) -> bool:
    """Whether this agent's last check of the case passed, and was later than this."""
    found = await conn.execute(
        select(case_notes.c.text)
        .where(
            case_notes.c.case_id == case_id,
            case_notes.c.kind == NoteKind.IDENTITY,
            case_notes.c.by == by,
            case_notes.c.at > since,
        )
        .order_by(case_notes.c.at.desc(), case_notes.c.id)
        .limit(1)
    )
    last = found.scalar_one_or_none()
    return last is not None and last.startswith(PASSED)

"""Notes on a case: remarks, what was answered, checks of identity, and the hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select

from dialer.store.case_rows import hold_case
from dialer.store.casework_tables import case_notes
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import Draft, append


class NoteKind(StrEnum):
    NOTE = "note"
    ANSWER = "answer"  # what the consumer was told, from an article or freely
    HAND_OVER = "hand_over"  # for the next colleague; the latest one counts
    IDENTITY = "identity"  # which questions were answered, never the answers


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    case_id: str
    kind: NoteKind
    text: str
    by: str
    article_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """A note as it was written; notes are never changed."""

    id: str
    kind: NoteKind
    text: str
    article_id: str | None
    by: str
    at: datetime


async def add(db: Database, new: NewNote, *, now: datetime) -> Note:
    """Write a note. Raises NoSuchCase, ValueError for an empty one."""
    if not new.text.strip():
        raise ValueError("a note needs its text")
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        row: dict[str, Any] = {
            "id": new_id("note"),
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "kind": new.kind,
            "text": new.text.strip(),
            "article_id": new.article_id,
            "by": new.by,
            "at": now,
        }
        await conn.execute(insert(case_notes), row)
        told = {"note": row["id"], "case": case.id, "kind": new.kind, "article": new.article_id}
        body = {**told, "by": new.by}
        await append(db, conn, [Draft(kind="note", body=body, person=case.consumer_id)])
        kept = (await conn.execute(select(case_notes).where(case_notes.c.id == row["id"]))).one()
    return note_from(kept)


def note_from(row: Row[Any]) -> Note:
    """A note from its row."""
    return Note(
        id=row.id,
        kind=NoteKind(row.kind),
        text=row.text,
        article_id=row.article_id,
        by=row.by,
        at=row.at,
    )

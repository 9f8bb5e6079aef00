"""Papers of a case: kept as they came, found again unchanged by their digest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, Select, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import case_events
from dialer.store.case_events import News
from dialer.store.case_rows import hold_case
from dialer.store.casework_tables import documents
from dialer.store.database import Database
from dialer.store.ids import new_id
from dialer.store.ledger_writer import append

MOST_BYTES = 10 * 1024 * 1024
EVIDENCE = "evidence"


class TooLarge(ValueError):
    """A paper is larger than MOST_BYTES."""


class Altered(RuntimeError):
    """The stored content is not what was filed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDocument:
    """A paper to file. `kind` is `evidence`, or what a legal file calls it.

    `subject` is the dispute, complaint or plan that it belongs to.
    """

    case_id: str
    kind: str
    name: str
    media_type: str
    content: bytes
    by: str
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A paper in the store, without its content."""

    id: str
    case_id: str
    consumer_id: str
    kind: str
    subject: str | None
    name: str
    media_type: str
    sha256: str
    by: str
    added_at: datetime


async def add(db: Database, new: NewDocument, *, now: datetime) -> Filed:
    """File a paper. Raises NoSuchCase, TooLarge."""
    if len(new.content) > MOST_BYTES:
        raise TooLarge(f"{new.name} has more than {MOST_BYTES} bytes")
    async with db.write() as conn:
        case = await hold_case(conn, new.case_id)
        row = {
            "id": new_id("document"),
            "case_id": case.id,
            "consumer_id": case.consumer_id,
            "kind": new.kind,
            "subject": new.subject,
            "name": new.name,
            "media_type": new.media_type,
            "sha256": sha256(new.content).hexdigest(),
            "content": new.content,
            "by": new.by,
            "added_at": now,
        }
        await conn.execute(insert(documents), row)
        facts = {"kind": new.kind, "sha256": row["sha256"], "about": new.subject, "by": new.by}
        news = News(kind="document.filed", subject=str(row["id"]), facts=facts, at=now)
        await append(db, conn, [await case_events.tell(conn, case, news)])
        kept = (await conn.execute(select_filed().where(documents.c.id == row["id"]))).one()
    return filed_from(kept)


async def of_case(conn: AsyncConnection, case_id: str) -> list[Filed]:
    """The papers of a case, oldest first."""
    query = select_filed().where(documents.c.case_id == case_id)
    rows = await conn.execute(query.order_by(documents.c.added_at, documents.c.id))
    return [filed_from(row) for row in rows]


async def content(conn: AsyncConnection, document_id: str) -> tuple[Filed, bytes]:
    """A paper with its content. Raises LookupError, Altered."""
    query = select(documents).where(documents.c.id == document_id)
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        raise LookupError(f"there is no document {document_id}")
    if sha256(row.content).hexdigest() != row.sha256:
        raise Altered(f"document {document_id} is not what was filed")
    return filed_from(row), row.content


def select_filed() -> Select[Any]:
    """Papers without their content."""
    return select(*(column for column in documents.c if column.name != "content"))


def filed_from(row: Row[Any]) -> Filed:
    """A paper from its row."""
    return Filed(
        id=row.id,
        case_id=row.case_id,
        consumer_id=row.consumer_id,
        kind=row.kind,
        subject=row.subject,
        name=row.name,
        media_type=row.media_type,
        sha256=row.sha256,
        by=row.by,
        added_at=row.added_at,
    )

"""What is held on one person, for that person: a ZIP of JSON, with the papers as files.

`person.json` has every row by table, instants in UTC and money in minor units. Digests that serve
look-ups only are left out, for they say nothing. The audio of calls is named with its digest and
handed out by `ringfence recordings fetch`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import Row, Table
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.store import casework_tables, tables
from dialer.store.person_rows import rows_of
from dialer.store.sealing import BlindIndex

NAME = "person.json"
_JSON_TEXTS = (tables.decisions.c.record, tables.ledger.c.body)


async def subject_export(conn: AsyncConnection, consumer_id: str, now: datetime) -> bytes:
    """The ZIP. Raises NobodyThere."""
    found = await rows_of(conn, consumer_id)
    document = {
        "person": consumer_id,
        "made_at": now.isoformat(),
        "tables": {
            table.name: [_told(table, row) for row in rows]
            for table, rows in found.items()
            if table is not tables.name_words
        },
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        text = json.dumps(document, ensure_ascii=False, indent=1, default=_plain)
        archive.writestr(_entry(NAME, now), text)
        for paper in found.get(casework_tables.documents, ()):
            archive.writestr(_entry(_file(paper.id), now), paper.content)
    return out.getvalue()


def _told(table: Table, row: Row[Any]) -> Mapping[str, object]:
    told: dict[str, object] = {}
    for column in table.columns:
        value = getattr(row, column.name)
        if isinstance(column.type, BlindIndex):
            continue
        if column in _JSON_TEXTS:
            told[column.name] = json.loads(value)
        elif isinstance(value, bytes):
            told[column.name] = _file(row.id)
        else:
            told[column.name] = value
    return told


def _file(document_id: str) -> str:
    return f"documents/{document_id}"


def _entry(name: str, now: datetime) -> zipfile.ZipInfo:
    return zipfile.ZipInfo(name, now.timetuple()[:6])


def _plain(value: object) -> str:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")

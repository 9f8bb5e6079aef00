"""The legal file as one PDF with an index, and as a ZIP with every paper and its digest."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from reportlab.lib.units import mm
from reportlab.platypus import PageBreak, Spacer
from reportlab.platypus.tableofcontents import TableOfContents
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from dialer.reports import pdf
from dialer.reports.spreadsheet import as_csv
from dialer.store import documents, legal, legal_papers, tables
from dialer.store.case_rows import read_case
from dialer.store.documents import Filed
from dialer.store.legal import LegalFile
from dialer.store.legal_papers import Paper


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """All that a bundle is made of. `custody` is what the ledger says of the person, in order."""

    case_ref: str
    full_name: str
    file: LegalFile | None
    papers: Mapping[str, Paper]
    filed: tuple[tuple[Filed, bytes], ...]
    custody: tuple[Mapping[str, object], ...]
    made_at: datetime


async def collect(conn: AsyncConnection, case_id: str, *, now: datetime) -> Bundle:
    """Read a case's bundle from one state of the store. Raises NoSuchCase."""
    case = await read_case(conn, case_id)
    people = tables.consumers
    name = await conn.execute(select(people.c.full_name).where(people.c.id == case.consumer_id))
    files = await legal.of_case(conn, case_id)
    papers = await legal_papers.papers(conn, case_id)
    filed = [
        await documents.content(conn, paper.id) for paper in await documents.of_case(conn, case_id)
    ]
    return Bundle(
        case_ref=case.case_ref,
        full_name=name.scalar_one(),
        file=files[-1] if files else None,
        papers={str(document): paper for document, paper in papers.items()},
        filed=tuple(filed),
        custody=await _custody(conn, case.consumer_id),
        made_at=now,
    )


def as_zip(bundle: Bundle) -> bytes:
    """The PDF, each paper as CSV, the papers filed, the ledger's entries, and an index."""
    files: dict[str, bytes] = {"bundle.pdf": as_pdf(bundle)}
    for name, paper in bundle.papers.items():
        files[f"papers/{name}.csv"] = as_csv(paper.header, paper.rows)
    for filed, content in bundle.filed:
        files[f"documents/{filed.id}/{_file_name(filed.name)}"] = content
    lines = [json.dumps(entry, sort_keys=True) for entry in bundle.custody]
    files["ledger.jsonl"] = "".join(f"{line}\n" for line in lines).encode()
    index = {
        "case": bundle.case_ref,
        "made_at": bundle.made_at.isoformat(),
        "files": [
            {"name": name, "bytes": len(content), "sha256": sha256(content).hexdigest()}
            for name, content in files.items()
        ],
    }
    files["index.json"] = json.dumps(index, indent=2).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content)
    return out.getvalue()


def as_pdf(bundle: Bundle) -> bytes:
    """The bundle for a court: cover, index, every paper as a table, papers filed, custody."""
    out = io.BytesIO()
    template = pdf.page_of(out, f"Legal file {bundle.case_ref}")

    def index(flowable: Any) -> None:
        if getattr(flowable, "in_index", False):
            template.notify("TOCEntry", (0, flowable.getPlainText(), template.page))

    template.afterFlowable = index
    story: list[Any] = [*_cover(bundle), _contents(), PageBreak()]
    for name, paper in bundle.papers.items():
        story += [_heading(name.replace("_", " ").capitalize()), _digest(paper.sha256)]
        story += [pdf.table(paper.header, paper.rows, template.width), Spacer(1, 8 * mm)]
    story.append(_heading("Documents filed"))
    papers = [
        (f.name, f.kind, f.added_at.isoformat(timespec="seconds"), f.sha256)
        for f, _ in bundle.filed
    ]
    story += [pdf.table(("name", "kind", "added_at", "sha256"), papers, template.width)]
    story += [Spacer(1, 8 * mm), _heading("Chain of custody")]
    entries = [
        (str(e["at"]), str(e["kind"]), f"{e['stream']} {e['seq']}", str(e["entry_hash"]))
        for e in bundle.custody
    ]
    story += [pdf.table(("at", "entry", "place", "hash"), entries, template.width)]
    template.multiBuild(story, onFirstPage=pdf.foot, onLaterPages=pdf.foot)
    return out.getvalue()


def _heading(text: str) -> Any:
    heading = pdf.heading(text)
    heading.in_index = True
    return heading


def _digest(value: str) -> Any:
    return pdf.paragraph(f"SHA-256 {value}", pdf.style("digest", 7, spaceAfter=2 * mm))


def _contents() -> Any:
    return TableOfContents(levelStyles=[pdf.style("contents", 10)], dotsMinLevel=0)


def _cover(bundle: Bundle) -> list[Any]:
    lines = [
        pdf.paragraph(f"Legal file {bundle.case_ref}", pdf.style("title", 20, spaceAfter=6 * mm)),
        pdf.paragraph(bundle.full_name, pdf.style("name", 14, spaceAfter=4 * mm)),
        pdf.paragraph(f"Made {bundle.made_at.isoformat(timespec='seconds')}", pdf.style("made", 9)),
    ]
    if bundle.file is not None:
        limit = bundle.file.limitation
        told = (
            f"A claim can be brought until {limit.last_day.isoformat()}, counted from"
            f" {limit.counted_from.isoformat()} ({limit.because}, {limit.rule_id})."
        )
        lines.append(pdf.paragraph(told, pdf.style("limit", 9)))
        steps = [
            (str(step.stage), step.on.isoformat(), step.by, step.note) for step in bundle.file.steps
        ]
        lines += [Spacer(1, 6 * mm), pdf.table(("stage", "on", "by", "note"), steps, 174 * mm)]
    return [*lines, Spacer(1, 8 * mm)]


async def _custody(conn: AsyncConnection, consumer_id: str) -> tuple[Mapping[str, object], ...]:
    table = tables.ledger
    rows = await conn.execute(
        select(table)
        .where(table.c.subject == consumer_id)
        .order_by(table.c.at, table.c.stream, table.c.seq)
    )
    return tuple(
        {
            "stream": row.stream,
            "seq": row.seq,
            "at": row.at.isoformat(),
            "kind": row.kind,
            "body": json.loads(row.body),
            "prev_hash": row.prev_hash,
            "entry_hash": row.entry_hash,
        }
        for row in rows
    )


def _file_name(name: str) -> str:
    """The name without anything that could lead out of the folder."""
    last = name.replace("\\", "/").rsplit("/", maxsplit=1)[-1]
    safe = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in last)
    return safe.lstrip(".") or "document"

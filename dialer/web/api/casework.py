"""The API of case work: a case on one page, and what is done with it.

A refusal by terms, authority or state answers 409 with every reason. Every look at a case stands
in the ledger; what is sensitive needs a purpose.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query, Request, UploadFile
from starlette.responses import Response

from dialer.casework.script import ScriptLine
from dialer.engine.case_script import case_script
from dialer.model.circumstance import Circumstance
from dialer.reports.case_view import CaseView, before_identity, case_view
from dialer.store import (
    circumstances,
    consumers,
    documents,
    identity,
    knowledge,
    notes,
)
from dialer.store.circumstances import NewCircumstance
from dialer.store.documents import Filed, NewDocument
from dialer.store.identity import IdentityCheck
from dialer.store.knowledge import Article, NewArticle
from dialer.store.notes import NewNote, Note, NoteKind
from dialer.web.api import casework_bodies as bodies
from dialer.web.api import (
    casework_disputes,
    casework_money,
    casework_superiors,
    casework_work,
    report_schedules,
    v1,
)
from dialer.web.api.casework_base import (
    Decides,
    Done,
    Works,
    answering,
    case_and_terms,
    debt_shown,
    need_identity,
)
from dialer.web.auth import Permission, may, services_of
from dialer.web.looking import add_to_look
from dialer.web.masking import mask
from dialer.web.problems import PROBLEM_RESPONSES

router = APIRouter(
    prefix="/api/v1", responses=PROBLEM_RESPONSES, dependencies=v1.router.dependencies
)
router.include_router(casework_money.router)
router.include_router(casework_disputes.router)
router.include_router(casework_superiors.router)
router.include_router(report_schedules.router)
router.include_router(casework_work.router)

TALK, BEFORE_IDENTITY = "talk with the consumer", "before the identity is checked"
"""The purpose of a look for which none was given."""

Purpose = Annotated[str | None, Query(min_length=3, max_length=200)]


@router.get("/cases/{case_id}", tags=["cases"])
async def get_case(
    request: Request, actor: Works, case_id: str, purpose: Purpose = None
) -> CaseView:
    """One case. Nothing of the debt before the consumer's identity is checked in this talk.

    Who may review cases sees it with a purpose; by role a purpose shows sensitive facts too.
    """
    services = services_of(request)
    with answering():
        _, terms = await case_and_terms(request, case_id)
    sensitive = purpose is not None and may(actor, Permission.SEE_SENSITIVE)
    shown = await debt_shown(request, actor, case_id, purpose)
    why = purpose or (TALK if shown else BEFORE_IDENTITY)
    add_to_look(request, purpose=why, sensitive=sensitive, debt=shown)
    async with services.db.read() as conn:
        view = await case_view(
            conn,
            case_id,
            now=services.clock.now(),
            sensitive=sensitive,
            allowance=terms.allowance,
        )
    assert view is not None
    if not shown:
        view = before_identity(view)
    if may(actor, Permission.SEE_NUMBERS):
        return view
    return replace(
        view,
        points=tuple(replace(point, value=mask(point.value)) for point in view.points),
        history=tuple(
            replace(entry, address=mask(entry.address) if entry.address else None)
            for entry in view.history
        ),
    )


@router.get("/cases/{case_id}/script", tags=["cases"])
async def get_script(request: Request, actor: Works, case_id: str) -> list[ScriptLine]:
    """What to say now: before the identity is checked nothing about the debt."""
    services = services_of(request)
    with answering():
        lines = await case_script(
            services.db,
            services.packs,
            services.terms,
            case_id,
            by=actor.name,
            now=services.clock.now(),
        )
    return list(lines)


@router.post("/cases/{case_id}/identity", tags=["cases"])
async def check_identity(
    request: Request, actor: Works, case_id: str, body: bodies.IdentityBody
) -> IdentityCheck:
    """Check the answers; 409 after too many that failed. The answers are not kept."""
    services = services_of(request)
    with answering():
        _, terms = await case_and_terms(request, case_id)
        return await identity.check(
            services.db,
            case_id,
            body.answers,
            terms,
            by=actor.name,
            now=services.clock.now(),
        )


@router.post("/cases/{case_id}/wrong-number", tags=["cases"])
async def mark_wrong(
    request: Request, actor: Works, case_id: str, body: bodies.WrongNumberBody
) -> Done:
    """The number is not the consumer's: it is not used for them again."""
    services = services_of(request)
    with answering():
        case, _ = await case_and_terms(request, case_id)
    changed = await consumers.mark_wrong(
        services.db,
        case.consumer_id,
        body.contact_point_id,
        at=services.clock.now(),
        source="agent",
    )
    return Done(changed=changed)


@router.post("/cases/{case_id}/documents", tags=["documents"], status_code=201)
async def file_document(
    request: Request,
    actor: Works,
    case_id: str,
    file: UploadFile,
    *,
    kind: str = documents.EVIDENCE,
    subject: str | None = None,
) -> Filed:
    """File a paper, as evidence or for the legal file."""
    services = services_of(request)
    content = await file.read(documents.MOST_BYTES + 1)
    new = NewDocument(
        case_id=case_id,
        kind=kind,
        name=(file.filename or "document")[:200],
        media_type=(file.content_type or "application/octet-stream")[:120],
        content=content,
        by=actor.name,
        subject=subject,
    )
    with answering():
        return await documents.add(services.db, new, now=services.clock.now())


@router.get("/documents/{document_id}", tags=["documents"])
async def get_document(request: Request, actor: Works, document_id: str) -> Response:
    """The paper as it was filed, as a download."""
    with answering():
        async with services_of(request).db.read() as conn:
            filed, content = await documents.content(conn, document_id)
    await need_identity(request, actor, filed.case_id)
    add_to_look(request, consumer_id=filed.consumer_id)
    headers = {"Content-Disposition": "attachment", "X-Content-Type-Options": "nosniff"}
    return Response(content, media_type=filed.media_type, headers=headers)


@router.post("/cases/{case_id}/circumstances", tags=["circumstances"], status_code=201)
async def record_circumstance(
    request: Request, actor: Works, case_id: str, body: bodies.CircumstanceBody
) -> Circumstance:
    """Note a fact about the person, and what it was asked for."""
    services = services_of(request)
    new = NewCircumstance(case_id=case_id, by=actor.name, **body.model_dump())
    with answering():
        return await circumstances.record(services.db, new, now=services.clock.now())


@router.post("/circumstances/{circumstance_id}/end", tags=["circumstances"])
async def end_circumstance(request: Request, actor: Works, circumstance_id: str) -> Done:
    """The fact holds no longer."""
    services = services_of(request)
    with answering():
        changed = await circumstances.end(
            services.db, circumstance_id, by=actor.name, now=services.clock.now()
        )
    return Done(changed=changed)


@router.post("/cases/{case_id}/notes", tags=["cases"], status_code=201)
async def add_note(request: Request, actor: Works, case_id: str, body: bodies.NoteBody) -> Note:
    """Write a note, what was answered, or the hand-over."""
    if body.kind is NoteKind.IDENTITY:
        raise HTTPException(409, "a check of identity is noted by the check itself")
    services = services_of(request)
    new = NewNote(case_id=case_id, by=actor.name, **body.model_dump())
    with answering():
        return await notes.add(services.db, new, now=services.clock.now())


@router.get("/articles", tags=["knowledge"])
async def find_articles(
    request: Request,
    actor: Works,
    q: str,
    *,
    language: str | None = None,
    creditor: str | None = None,
    product: str | None = None,
) -> list[Article]:
    """Articles with all words of the query, best first."""
    async with services_of(request).db.read() as conn:
        return await knowledge.search(
            conn, q, language=language, creditor=creditor, product=product
        )


@router.put("/articles", tags=["knowledge"])
async def write_article(request: Request, actor: Decides, body: bodies.ArticleBody) -> Article:
    """Write an article, new or anew."""
    services = services_of(request)
    new = NewArticle(by=actor.name, **body.model_dump())
    return await knowledge.write(services.db, new, now=services.clock.now())

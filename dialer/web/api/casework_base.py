"""What the routes of case work share: who may, refusals as problems, the case and its terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel
from sqlalchemy import select

from dialer.casework.terms import CaseTerms, NoTerms, terms_for
from dialer.store.accounts import Actor
from dialer.store.case_rows import CaseRow, read_case
from dialer.store.casework_tables import documents, plans
from dialer.store.identity import FIRST_IDENTITY, TooManyTries, verified
from dialer.store.tables import promises
from dialer.web.auth import Permission, may, require, services_of
from dialer.web.looking import add_to_look
from dialer.web.scope import sees_case

_may_work = require(Permission.WORK_CASES)


async def works(request: Request) -> Actor:
    """Who may work the case of the path; to an agent another team's case is not there: 404."""
    actor = await _may_work(request)
    case_id = await _case_of(request)
    if case_id is not None and not await sees_case(request, actor, case_id):
        raise HTTPException(404, f"there is no case {case_id}")
    return actor


async def _case_of(request: Request) -> str | None:
    """The case that the path names, itself or by what belongs to it."""
    named = request.path_params
    if "case_id" in named:
        return str(named["case_id"])
    for name, table in _OF_A_CASE.items():
        if name in named:
            query = select(table.c.case_id).where(table.c.id == named[name])
            async with services_of(request).db.read() as conn:
                found: str | None = (await conn.execute(query)).scalar_one_or_none()
            return found
    return None


_OF_A_CASE = {"plan_id": plans, "promise_id": promises, "document_id": documents}

Works = Annotated[Actor, Depends(works)]
Decides = Annotated[Actor, Depends(require(Permission.DECIDE_CASES))]
Pays = Annotated[Actor, Depends(require(Permission.RECORD_PAYMENTS))]


class Done(BaseModel):
    """Whether anything changed; False when it was so before."""

    changed: bool


class Replayed(BaseModel):
    """How many events will be delivered again."""

    events: int


@contextmanager
def answering() -> Iterator[None]:
    """Refusals as problem documents."""
    try:
        yield
    except (NoTerms, TooManyTries) as error:
        raise HTTPException(409, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error
    except ValueError as error:
        raise HTTPException(409, str(error)) from error


async def debt_shown(request: Request, actor: Actor, case_id: str, purpose: str | None) -> bool:
    """Whether debts may be shown: to who checked the consumer's identity in this talk, to who was
    asked into it by such a colleague, or to a reviewer who says what for, which is then written
    down with the look.
    """
    if purpose is not None and may(actor, Permission.REVIEW_CASES):
        return True
    services = services_of(request)
    floor = services.floor
    asked_by = floor.desk.consulting.asked_by(actor.name, case_id) if floor else None
    now = services.clock.now()
    async with services.db.read() as conn:
        if await verified(conn, case_id, by=actor.name, now=now):
            return True
        return asked_by is not None and await verified(conn, case_id, by=asked_by, now=now)


async def need_identity(
    request: Request, actor: Actor, case_id: str, *, on_call: bool = False
) -> None:
    """409 for who has not checked the consumer's identity in this talk.

    A reviewer needs no talk, unless it is about what was said `on_call`.
    """
    if may(actor, Permission.REVIEW_CASES) and not on_call:
        return
    if not await debt_shown(request, actor, case_id, None):
        raise HTTPException(409, FIRST_IDENTITY)


async def case_and_terms(request: Request, case_id: str) -> tuple[CaseRow, CaseTerms]:
    """The case with the terms of its country."""
    services = services_of(request)
    async with services.db.read() as conn:
        case = await read_case(conn, case_id)
    add_to_look(request, consumer_id=case.consumer_id)
    return case, terms_for(services.terms, case.country)

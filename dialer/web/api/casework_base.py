"""What the routes of case work share: who may, refusals as problems, the case and its terms."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from pydantic import BaseModel

from dialer.casework.terms import CaseTerms, NoTerms, terms_for
from dialer.store.accounts import Actor
from dialer.store.case_rows import CaseRow, read_case
from dialer.store.identity import TooManyTries
from dialer.web.auth import Permission, require, services_of
from dialer.web.looking import add_to_look

Works = Annotated[Actor, Depends(require(Permission.WORK_CASES))]
Decides = Annotated[Actor, Depends(require(Permission.DECIDE_CASES))]
Pays = Annotated[Actor, Depends(require(Permission.RECORD_PAYMENTS))]


class Done(BaseModel):
    """Whether anything changed; False when it was so before."""

    changed: bool


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


async def case_and_terms(request: Request, case_id: str) -> tuple[CaseRow, CaseTerms]:
    """The case with the terms of its country."""
    services = services_of(request)
    async with services.db.read() as conn:
        case = await read_case(conn, case_id)
    add_to_look(request, consumer_id=case.consumer_id)
    return case, terms_for(services.terms, case.country)

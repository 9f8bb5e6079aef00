"""The consumer's page behind the link of an agreement: read it, accept it. No log-in.

The token in the address is the only right; it shows nothing before a question is answered. GET
changes nothing, since link scanners open it too.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, HTTPException, Request
from starlette.responses import Response

from dialer.casework.agreement_link import BadLink, LinkExpired
from dialer.engine.agreement_offers import AgreementOffers, Browser
from dialer.model.plan import PlanRefused
from dialer.web.auth import VISITOR_COOKIE, ensure_visitor, services_of, set_cookie
from dialer.web.i18n import language_of
from dialer.web.render import render

router = APIRouter(prefix="/agree", include_in_schema=False)

NAME_LENGTH = 200


@router.get("/{token}")
async def ask(request: Request, token: str) -> Response:
    """The question."""
    return await _ask(request, token, wrong=False)


@router.post("/{token}")
async def show(
    request: Request, token: str, answer: Annotated[str, Form(max_length=200)] = ""
) -> Response:
    """The agreement, if the answer is right."""
    try:
        shown = await _offers(request).show(token, answer)
    except (BadLink, LinkExpired, LookupError) as error:
        return _page(request, token=token, gone=isinstance(error, LinkExpired), status_code=404)
    if shown is None:
        return await _ask(request, token, wrong=True)
    return _page(request, plan=shown.plan, token=token, seen=shown.token)


@router.post("/{token}/accept")
async def accept(
    request: Request,
    token: str,
    seen: Annotated[str, Form()],
    agreement_sha256: Annotated[str, Form(pattern="^[0-9a-f]{64}$")],
) -> Response:
    """Accept what the page showed."""
    browser = Browser(
        address=request.client.host if request.client else None,
        name=request.headers.get("user-agent", "")[:NAME_LENGTH] or None,
    )
    try:
        agreed = await _offers(request).accept(seen, agreement_sha256, browser)
    except LinkExpired:
        return await _ask(request, token, wrong=False)
    except (BadLink, LookupError):
        return _page(request, token=token, status_code=404)
    if isinstance(agreed, PlanRefused):
        return _page(request, token=token, refused=True, status_code=409)
    return _page(request, token=token, plan=agreed)


async def _ask(request: Request, token: str, *, wrong: bool) -> Response:
    try:
        question = await _offers(request).question(token)
    except (BadLink, LinkExpired, LookupError) as error:
        return _page(request, token=token, gone=isinstance(error, LinkExpired), status_code=404)
    if question is None:
        return _page(request, token=token, closed=True, status_code=403)
    spoken = language_of(request).tag.split("-", maxsplit=1)[0]
    words = question.words.get(spoken) or question.words["en"]
    return _page(
        request, question=words, wrong=wrong, token=token, status_code=403 if wrong else 200
    )


def _page(
    request: Request,
    *,
    status_code: int = 200,
    plan: object = None,
    token: str = "",
    seen: str = "",
    question: str = "",
    wrong: bool = False,
    closed: bool = False,
    refused: bool = False,
    gone: bool = False,
) -> Response:
    visitor = ensure_visitor(request)
    response = render(
        request,
        "agreement.html",
        status_code=status_code,
        there=f"/agree/{token}",
        plan=plan,
        token=token,
        seen=seen,
        question=question,
        wrong=wrong,
        closed=closed,
        refused=refused,
        gone=gone,
        phone=services_of(request).settings.phone,
    )
    set_cookie(request, response, VISITOR_COOKIE, visitor)
    return response


def _offers(request: Request) -> AgreementOffers:
    offers = services_of(request).offers
    if offers is None:
        raise HTTPException(404)
    return offers

"""Errors: problem documents (RFC 9457) for programs, a plain page for people."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, RedirectResponse, Response

from dialer.web.auth import Forbidden, NotAuthenticated, PasswordMustChange
from dialer.web.render import render

MEDIA_TYPE = "application/problem+json"
PAGES_FOR_PEOPLE = ("text/html", "application/xhtml+xml")


class Problem(BaseModel):
    """An error as RFC 9457 describes it."""

    type: str = Field(default="about:blank", description="Names the kind of problem.")
    title: str = Field(description="The kind of problem in words.")
    status: int = Field(description="The HTTP status.")
    detail: str | None = Field(default=None, description="What went wrong this time.")
    instance: str | None = Field(default=None, description="The path that was asked for.")
    errors: list[dict[str, Any]] | None = Field(
        default=None, description="Each wrong field: where it is, and what is wrong with it."
    )


PROBLEM_RESPONSES: dict[int | str, dict[str, Any]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for status in (400, 401, 403, 404, 409, 422)
}


def problem(
    request: Request,
    status: int,
    detail: str | None = None,
    *,
    errors: Sequence[dict[str, Any]] | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem document as the answer."""
    body = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        instance=request.url.path,
        errors=list(errors) if errors is not None else None,
    )
    return JSONResponse(
        body.model_dump(exclude_none=True), status, headers=headers, media_type=MEDIA_TYPE
    )


def wants_page(request: Request) -> bool:
    """Whether a person looks at the answer."""
    accept = request.headers.get("accept", "")
    return not request.url.path.startswith("/api/") and any(t in accept for t in PAGES_FOR_PEOPLE)


def is_fragment(request: Request) -> bool:
    """Whether htmx asks for a part of a page."""
    return request.headers.get("hx-request") == "true"


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document, or a page."""
    app.add_exception_handler(NotAuthenticated, _not_authenticated)
    app.add_exception_handler(PasswordMustChange, _password_must_change)
    app.add_exception_handler(Forbidden, _forbidden)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _failed)


async def _not_authenticated(request: Request, _: Exception) -> Response:
    if wants_page(request):
        return _go(request, f"/login?next={quote(_came_from(request))}")
    return problem(
        request, 401, "log in, or send a bearer token", headers={"WWW-Authenticate": "Bearer"}
    )


async def _password_must_change(request: Request, _: Exception) -> Response:
    if wants_page(request):
        return _go(request, "/password")
    return problem(request, 403, "the one-time secret must be changed first")


async def _forbidden(request: Request, error: Exception) -> Response:
    return _answer(request, 403, str(error))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    return _answer(request, error.status_code, detail, headers=dict(error.headers or {}))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    errors = [
        {"where": ".".join(str(part) for part in e["loc"]), "what": e["msg"]}
        for e in error.errors()
    ]
    if wants_page(request):
        return _answer(request, 422, "; ".join(f"{e['where']}: {e['what']}" for e in errors))
    return problem(request, 422, "the request does not fit", errors=errors)


async def _failed(request: Request, _: Exception) -> Response:
    return _answer(request, 500, "The log says more.")


def _answer(
    request: Request, status: int, detail: str | None, headers: dict[str, str] | None = None
) -> Response:
    if not wants_page(request):
        return problem(request, status, detail, headers=headers)
    return render(
        request,
        "error.html",
        status_code=status,
        status=status,
        title=HTTPStatus(status).phrase,
        detail=detail,
    )


def _go(request: Request, where: str) -> Response:
    if is_fragment(request):
        return Response(status_code=401, headers={"HX-Redirect": where})
    return RedirectResponse(where, 303)


def _came_from(request: Request) -> str:
    if is_fragment(request) or request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")

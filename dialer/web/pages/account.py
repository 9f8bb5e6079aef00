"""One's own account: log-in and log-out, password, language."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from dialer.store.accounts import (
    Actor,
    find_account,
    open_session,
    revoke_session,
    set_password,
)
from dialer.web.auth import (
    SESSION_COOKIE,
    VISITOR_COOKIE,
    NotAuthenticated,
    check_csrf,
    ensure_visitor,
    identify,
    require,
    services_of,
    set_cookie,
)
from dialer.web.i18n import LANGUAGE_COOKIE, LANGUAGES
from dialer.web.limits import FailureLimit
from dialer.web.passwords import MINIMUM_LENGTH, hash_password, verify_password
from dialer.web.render import render, translate

router = APIRouter(include_in_schema=False)

FIRST_PAGE = "/campaigns"


@router.get("/")
async def first_page() -> Response:
    return RedirectResponse(FIRST_PAGE, 303)


@router.get("/login")
async def login_page(request: Request, next: str = FIRST_PAGE) -> Response:
    if await identify(request) is not None:
        return RedirectResponse(_local(next), 303)
    return _login_form(request, next)


@router.post("/login")
async def login(
    request: Request,
    name: Annotated[str, Form(max_length=120)],
    password: Annotated[str, Form(max_length=1024)],
    next: Annotated[str, Form()] = FIRST_PAGE,
) -> Response:
    """Open a session. A new one each time, so that none can be planted beforehand."""
    await check_csrf(request)
    services = services_of(request)
    failures: FailureLimit = request.app.state.failures
    keys = (f"name:{name.strip().casefold()}", f"from:{_client(request)}")
    wait = failures.wait(*keys)
    if wait > 0:
        return _login_form(
            request,
            next,
            status_code=429,
            name=name,
            error=translate(request, "Too many failed log-ins. Try again in a few minutes."),
            headers={"Retry-After": str(int(wait) + 1)},
        )
    async with services.db.read() as conn:
        account = await find_account(conn, name)
    fits = await verify_password(account.password_hash if account else None, password)
    if account is None or not fits or not account.active:
        failures.failed(*keys)
        return _login_form(
            request,
            next,
            status_code=401,
            name=name,
            error=translate(request, "This name and password do not fit together."),
        )
    failures.succeeded(keys[0])
    async with services.db.write() as conn:
        secret = await open_session(conn, account_id=account.id, now=services.clock.now())
    where = "/password" if account.must_change_password else _local(next)
    response = RedirectResponse(where, 303)
    set_cookie(request, response, SESSION_COOKIE, secret)
    response.delete_cookie(VISITOR_COOKIE)
    return response


@router.post("/logout")
async def logout(request: Request, actor: Annotated[Actor, Depends(require(None))]) -> Response:
    services = services_of(request)
    async with services.db.write() as conn:
        await revoke_session(conn, request.cookies.get(SESSION_COOKIE, ""), services.clock.now())
    response = RedirectResponse("/login", 303)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/password")
async def password_page(
    request: Request, actor: Annotated[Actor, Depends(require(None))]
) -> Response:
    return render(request, "password.html", error=None, minimum=MINIMUM_LENGTH)


@router.post("/password")
async def change_password(
    request: Request,
    actor: Annotated[Actor, Depends(require(None))],
    present: Annotated[str, Form(max_length=1024)],
    wanted: Annotated[str, Form(max_length=1024)],
    again: Annotated[str, Form(max_length=1024)],
) -> Response:
    """Change one's own password; every other session of the account ends."""
    services = services_of(request)
    async with services.db.read() as conn:
        account = await find_account(conn, actor.name) if actor.account_id else None
    if account is None:
        raise NotAuthenticated
    error = None
    if not await verify_password(account.password_hash, present):
        error = translate(request, "The present password is not right.")
    elif len(wanted) < MINIMUM_LENGTH:
        error = translate(request, "The new password is too short.")
    elif wanted != again:
        error = translate(request, "The two new passwords differ.")
    elif wanted == present:
        error = translate(request, "The new password must differ from the present one.")
    if error is not None:
        return render(
            request, "password.html", status_code=422, error=error, minimum=MINIMUM_LENGTH
        )
    password_hash = await hash_password(wanted)
    now = services.clock.now()
    async with services.db.write() as conn:
        await set_password(conn, account_id=account.id, password_hash=password_hash, now=now)
        secret = await open_session(conn, account_id=account.id, now=now)
    response = RedirectResponse(FIRST_PAGE, 303)
    set_cookie(request, response, SESSION_COOKIE, secret)
    return response


@router.post("/language")
async def choose_language(
    request: Request,
    language: Annotated[str, Form()],
    next: Annotated[str, Form()] = FIRST_PAGE,
) -> Response:
    """Keep the reader's choice of language for a year."""
    await identify(request)
    await check_csrf(request)
    response = RedirectResponse(_local(next), 303)
    if language in LANGUAGES:
        response.set_cookie(
            LANGUAGE_COOKIE,
            language,
            max_age=365 * 24 * 3600,
            httponly=True,
            samesite="lax",
            secure=services_of(request).settings.https,
        )
    return response


def _login_form(
    request: Request,
    next: str,
    *,
    status_code: int = 200,
    name: str = "",
    error: str | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    visitor = ensure_visitor(request)
    response = render(
        request, "login.html", status_code=status_code, next=_local(next), name=name, error=error
    )
    response.headers.update(headers or {})
    set_cookie(request, response, VISITOR_COOKIE, visitor)
    return response


def _local(where: str) -> str:
    """A path of our own site, whatever was asked for."""
    fine = where.startswith("/") and not where.startswith("//") and "\\" not in where
    return where if fine and where.isprintable() else FIRST_PAGE


def _client(request: Request) -> str:
    return request.client.host if request.client else "unknown"

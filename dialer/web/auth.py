"""Who asks, and what may they do: deny by default.

A browser brings a session cookie, a program a bearer token. Every unsafe request that leans on a
cookie must repeat a token that only our own pages know (CSRF). Each route names the permission
that it needs by `require(...)`; what no role is granted here, nobody may do.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from hashlib import sha256
from typing import cast

from fastapi import Request
from starlette.responses import Response

from dialer.store.accounts import (
    Actor,
    Role,
    find_session,
    find_token,
    touch_session,
)
from dialer.web.looking import open_look
from dialer.web.services import Services

SESSION_COOKIE = "ringfence_session"
VISITOR_COOKIE = "ringfence_visitor"
CSRF_FIELD = "csrf_token"
CSRF_HEADER = "x-csrf-token"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Permission(StrEnum):
    SEE_CAMPAIGNS = "see_campaigns"
    CONTROL_CAMPAIGNS = "control_campaigns"
    SEE_ATTEMPTS = "see_attempts"
    SEE_DECISIONS = "see_decisions"
    FIND_PEOPLE = "find_people"
    SEE_NAMES = "see_names"  # of consumers, whole
    SEE_NUMBERS = "see_numbers"  # whole, not masked
    SEE_LEDGER = "see_ledger"
    EXPORT_LEDGER = "export_ledger"
    ERASE_PEOPLE = "erase_people"  # at a person's own request
    PROVE = "prove"  # take away a person's proof pack
    SEE_PACKS = "see_packs"
    TRY_DRAFTS = "try_drafts"  # put past decisions before a draft pack
    WORK_DESK = "work_desk"  # take calls, and note what came of them
    WORK_CASES = "work_cases"
    REVIEW_CASES = "review_cases"  # see debts with a purpose, without the consumer on the line
    DECIDE_CASES = "decide_cases"  # disputes, complaints, legal files
    APPROVE_PLANS = "approve_plans"  # beyond what an agent may agree to, though not one's own
    SEE_SENSITIVE = "see_sensitive"  # hardship and vulnerability, with a purpose
    RECORD_PAYMENTS = "record_payments"
    SEE_REPORTS = "see_reports"
    SCHEDULE_REPORTS = "schedule_reports"  # have them sent by e-mail
    HEAR_RECORDINGS = "hear_recordings"  # with a purpose that fits the role, and a reason
    MANAGE_ACCOUNTS = "manage_accounts"


_P = Permission
_SUPERVISES = frozenset(
    {
        _P.SEE_CAMPAIGNS,
        _P.CONTROL_CAMPAIGNS,
        _P.SEE_ATTEMPTS,
        _P.SEE_DECISIONS,
        _P.FIND_PEOPLE,
        _P.SEE_NAMES,
        _P.SEE_LEDGER,
        _P.SEE_PACKS,
        _P.WORK_CASES,
        _P.REVIEW_CASES,
        _P.ERASE_PEOPLE,
        _P.DECIDE_CASES,
        _P.SEE_SENSITIVE,
        _P.RECORD_PAYMENTS,
        _P.SEE_REPORTS,
        _P.SCHEDULE_REPORTS,
        _P.HEAR_RECORDINGS,
    }
)
GRANTS: Mapping[Role, frozenset[Permission]] = {
    Role.AGENT: frozenset(
        {
            _P.SEE_CAMPAIGNS,
            _P.SEE_ATTEMPTS,
            _P.SEE_NAMES,
            _P.SEE_PACKS,
            _P.WORK_DESK,
            _P.WORK_CASES,
            _P.HEAR_RECORDINGS,
        }
    ),
    Role.SUPERVISOR: _SUPERVISES,
    Role.MANAGER: _SUPERVISES | {_P.APPROVE_PLANS},
    Role.AUDITOR: frozenset(
        {
            _P.SEE_CAMPAIGNS,
            _P.SEE_ATTEMPTS,
            _P.SEE_DECISIONS,
            _P.FIND_PEOPLE,
            _P.SEE_NAMES,
            _P.SEE_NUMBERS,
            _P.SEE_LEDGER,
            _P.EXPORT_LEDGER,
            _P.PROVE,
            _P.SEE_PACKS,
            _P.TRY_DRAFTS,
            _P.SEE_REPORTS,
            _P.HEAR_RECORDINGS,
        }
    ),
    Role.ADMINISTRATOR: frozenset(
        {
            _P.SEE_CAMPAIGNS,
            _P.CONTROL_CAMPAIGNS,
            _P.SEE_ATTEMPTS,
            _P.SEE_DECISIONS,
            _P.SEE_LEDGER,
            _P.EXPORT_LEDGER,
            _P.SEE_PACKS,
            _P.TRY_DRAFTS,
            _P.RECORD_PAYMENTS,
            _P.SEE_REPORTS,
            _P.MANAGE_ACCOUNTS,
        }
    ),
}


WATCHED = frozenset(
    {_P.FIND_PEOPLE, _P.PROVE, _P.ERASE_PEOPLE, _P.WORK_CASES, _P.DECIDE_CASES, _P.APPROVE_PLANS}
)
"""Whoever uses these is written down; of an auditor everything is."""


class NotAuthenticated(Exception):
    """Nobody we know asks."""


class PasswordMustChange(Exception):
    """The account has a one-time secret and may do nothing but change it."""


class Forbidden(Exception):
    """The account's role does not include what was asked, or the CSRF token is missing."""


def may(actor: Actor, permission: Permission) -> bool:
    return permission in GRANTS.get(actor.role, frozenset())


def services_of(request: Request) -> Services:
    return cast(Services, request.app.state.services)


async def identify(request: Request) -> Actor | None:
    """The account of the bearer token or session cookie, or None."""
    services = services_of(request)
    now = services.clock.now()
    scheme, _, secret = request.headers.get("authorization", "").partition(" ")
    if secret and scheme.lower() == "bearer":
        request.state.bearer = True
        async with services.db.read() as conn:
            return await find_token(conn, secret.strip(), now)
    secret = request.cookies.get(SESSION_COOKIE, "")
    if not secret:
        return None
    async with services.db.read() as conn:
        found = await find_session(conn, secret, now)
    if found is None:
        return None
    actor, stale = found
    if stale:
        async with services.db.write() as conn:
            await touch_session(conn, secret, now)
    request.state.session = secret
    return actor


def require(permission: Permission | None) -> Callable[[Request], Awaitable[Actor]]:
    """A dependency that gives the actor, or raises: nobody, forbidden, password to be changed.

    None needs a log-in and no more, and is open to accounts that must change their password.
    """

    async def actor_of(request: Request) -> Actor:
        actor = await identify(request)
        if actor is None:
            raise NotAuthenticated
        request.state.actor = actor
        if permission is not None:
            if actor.must_change_password:
                raise PasswordMustChange
            if not may(actor, permission):
                raise Forbidden(f"the role {actor.role} does not include {permission}")
        await check_csrf(request)
        if permission is not None and (actor.role is Role.AUDITOR or permission in WATCHED):
            open_look(request, actor)
        return actor

    return actor_of


async def check_csrf(request: Request) -> None:
    """Raise Forbidden for an unsafe request by cookie without the page's token."""
    if request.method in SAFE_METHODS:
        return
    if getattr(request.state, "bearer", False):
        return  # another site can't make a browser send it
    given = request.headers.get(CSRF_HEADER)
    if given is None:
        form = await request.form()
        field = form.get(CSRF_FIELD)
        given = field if isinstance(field, str) else ""
    expected = csrf_token(request)
    if not expected or not secrets.compare_digest(given.encode(), expected.encode()):
        raise Forbidden("the form is too old or was not ours; load the page again")


def csrf_token(request: Request) -> str:
    """What our forms must repeat: bound to the session, or to the visitor's cookie before it."""
    secret = _secret(request)
    return sha256(f"csrf:{secret}".encode()).hexdigest() if secret else ""


def _secret(request: Request) -> str | None:
    session: str | None = getattr(request.state, "session", None)
    return session or getattr(request.state, "visitor", None) or request.cookies.get(VISITOR_COOKIE)


def ensure_visitor(request: Request) -> str:
    """The visitor's own random value, which binds the forms shown before a log-in."""
    visitor = request.cookies.get(VISITOR_COOKIE) or secrets.token_urlsafe(32)
    request.state.visitor = visitor
    return visitor


def set_cookie(request: Request, response: Response, name: str, value: str) -> None:
    """Set a cookie that scripts can't read and other sites' requests don't carry along."""
    response.set_cookie(
        name,
        value,
        httponly=True,
        samesite="lax",
        secure=services_of(request).settings.https,
        path="/",
    )

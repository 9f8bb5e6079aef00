"""The administrator's page: accounts and API tokens."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from sqlalchemy.exc import IntegrityError
from starlette.responses import RedirectResponse, Response

from dialer.store.accounts import (
    Actor,
    Role,
    create_account,
    create_token,
    list_accounts,
    list_tokens,
    revoke_token,
    set_active,
    set_one_time_password,
)
from dialer.web.auth import Permission, require, services_of
from dialer.web.passwords import hash_password, one_time_secret
from dialer.web.render import render, translate

router = APIRouter(prefix="/accounts", include_in_schema=False)

Manages = Annotated[Actor, Depends(require(Permission.MANAGE_ACCOUNTS))]


@router.get("")
async def accounts_page(request: Request, actor: Manages) -> Response:
    return await _page(request)


@router.post("")
async def add_account(
    request: Request,
    actor: Manages,
    name: Annotated[str, Form(min_length=1, max_length=120)],
    role: Annotated[Role, Form()],
) -> Response:
    """Make an account; its one-time secret is shown on this answer and nowhere else."""
    services = services_of(request)
    secret = one_time_secret()
    password_hash = await hash_password(secret)
    try:
        async with services.db.write() as conn:
            await create_account(
                conn,
                name=name,
                role=role,
                password_hash=password_hash,
                must_change_password=True,
                now=services.clock.now(),
            )
    except IntegrityError:
        error = translate(request, "There is an account of this name already.")
        return await _page(request, status_code=409, error=error)
    return await _page(request, secret=secret, secret_of=name)


@router.post("/{account_id}/reset")
async def reset_password(request: Request, actor: Manages, account_id: str) -> Response:
    """Give the account a new one-time secret and end its sessions."""
    services = services_of(request)
    async with services.db.read() as conn:
        names = {account.id: account.name for account in await list_accounts(conn)}
    if account_id not in names:
        raise HTTPException(404)
    secret = one_time_secret()
    password_hash = await hash_password(secret)
    async with services.db.write() as conn:
        await set_one_time_password(
            conn,
            account_id=account_id,
            password_hash=password_hash,
            now=services.clock.now(),
        )
    return await _page(request, secret=secret, secret_of=names[account_id])


@router.post("/tokens")
async def add_token(
    request: Request,
    actor: Manages,
    name: Annotated[str, Form(min_length=1, max_length=120)],
    role: Annotated[Role, Form()],
) -> Response:
    """Make an API token; it is shown on this answer and nowhere else."""
    services = services_of(request)
    try:
        async with services.db.write() as conn:
            secret = await create_token(conn, name=name, role=role, now=services.clock.now())
    except IntegrityError:
        error = translate(request, "There is a token of this name already.")
        return await _page(request, status_code=409, error=error)
    return await _page(request, secret=secret, secret_of=name)


@router.post("/tokens/revoke")
async def end_token(request: Request, actor: Manages, name: Annotated[str, Form()]) -> Response:
    services = services_of(request)
    async with services.db.write() as conn:
        await revoke_token(conn, name=name, now=services.clock.now())
    return RedirectResponse("/accounts", 303)


@router.post("/{account_id}/{state}")
async def switch_account(request: Request, actor: Manages, account_id: str, state: str) -> Response:
    """Enable or disable an account, though not one's own."""
    if state not in ("enable", "disable"):
        raise HTTPException(404)
    if account_id == actor.account_id:
        error = translate(request, "You can't switch off your own account.")
        return await _page(request, status_code=409, error=error)
    services = services_of(request)
    async with services.db.write() as conn:
        await set_active(
            conn, account_id=account_id, active=state == "enable", now=services.clock.now()
        )
    return RedirectResponse("/accounts", 303)


async def _page(request: Request, *, status_code: int = 200, **shown: Any) -> Response:
    async with services_of(request).db.read() as conn:
        accounts = await list_accounts(conn)
        tokens = await list_tokens(conn)
    return render(
        request,
        "accounts.html",
        status_code=status_code,
        accounts=accounts,
        tokens=tokens,
        roles=list(Role),
        **{"secret": None, "secret_of": None, "error": None, **shown},
    )

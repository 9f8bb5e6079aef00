"""What comes in from outside: a consumer's one click to unsubscribe, and the mail host's mail."""

from __future__ import annotations

import secrets

from fastapi import APIRouter, HTTPException, Request
from starlette.responses import Response

from dialer.web.auth import services_of
from dialer.web.render import render

MOST_BYTES = 10 * 1024 * 1024

router = APIRouter(prefix="/hooks", include_in_schema=False)


@router.get("/unsubscribe/{token}")
async def ask_unsubscribe(request: Request, token: str) -> Response:
    """A page with a button. It changes nothing, since link scanners open it too."""
    return render(request, "unsubscribe.html", token=token, done=None)


@router.post("/unsubscribe/{token}")
async def unsubscribe(request: Request, token: str) -> Response:
    """RFC 8058: one POST without log-in, cookie or redirect ends these e-mails.

    It can't be forged to harm: the token is the only right that is needed.
    """
    done = await services_of(request).unsubscribe(token)
    return render(
        request, "unsubscribe.html", status_code=200 if done else 404, token=token, done=done
    )


@router.post("/mail", status_code=202)
async def mail(request: Request) -> Response:
    """One raw message (message/rfc822) from the mail host, which knows the bearer secret."""
    services = services_of(request)
    expected = services.settings.mail_hook_secret
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if expected is None or scheme.lower() != "bearer":
        raise HTTPException(401, "the mail host's bearer secret is needed")
    if not secrets.compare_digest(given.strip().encode(), expected.encode()):
        raise HTTPException(401, "the bearer secret is not the mail host's")
    await services.inbound_mail(await _body(request))
    return Response(status_code=202)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(413, f"a message may have {MOST_BYTES} bytes at most")
    return bytes(body)

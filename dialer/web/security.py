"""Headers that every answer carries, and the count of requests."""

from __future__ import annotations

from prometheus_client import Counter
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "object-src 'none'",
    )
)

HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

REQUESTS = Counter(
    "ringfence_http_requests", "HTTP requests answered", ["method", "route", "status"]
)


class Headers:
    """ASGI middleware: security headers on all answers, and no caching but of static files.

    `https` adds Strict-Transport-Security.
    """

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = dict(HEADERS)
        if https:
            self._headers["Strict-Transport-Security"] = "max-age=31536000"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                headers["Cache-Control"] = _caching(scope, message["status"])
                REQUESTS.labels(scope["method"], _route(scope), str(message["status"])).inc()
            await send(message)

        await self._app(scope, receive, send_with_headers)


def _caching(scope: Scope, status: int) -> str:
    static = scope["path"].startswith("/static/") and status in (200, 304)
    versioned = scope["query_string"].startswith(b"v=")
    return "public, max-age=31536000, immutable" if static and versioned else "no-store"


def _route(scope: Scope) -> str:
    """The route's pattern, never the path itself: that may name a person."""
    return getattr(scope.get("route"), "path", None) or "other"

"""Who looked at what: every query of an auditor goes into the ledger as `audit.looked`.

An entry names the page and the opaque ids on it, never what was typed into a search. Entries are
written together behind the answers, so that no page waits for them; what hands something out
(a proof pack, an export) writes its own first, by `write_now`.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.store.accounts import Actor
from dialer.store.database import Database
from dialer.store.ledger_writer import Draft, append

log = structlog.get_logger(__name__)

KIND = "audit.looked"
SAME_LOOK_S = 300.0
"""A page that reads itself again is one look for so long."""
REMEMBERED = 10_000
ERROR = 400
_ID = re.compile(r"[A-Za-z]+[_.][\w.-]{1,80}")


def open_look(request: Request, actor: Actor) -> None:
    """Begin the entry of this request; it is written once the answer went out well."""
    names = {name: value for name, value in request.path_params.items() if _ID.fullmatch(value)}
    request.state.look = {"by": actor.name, "role": actor.role, **names}


def add_to_look(request: Request, **more: object) -> None:
    """Say more of the look, where this one is written down: opaque ids, instants, a purpose."""
    look: dict[str, Any] | None = getattr(request.state, "look", None)
    if look is not None:
        look.update(more)


async def write_now(request: Request, actor: Actor, *, person: str | None, **more: object) -> None:
    """Write this look down before anything is handed out; it raises where that fails."""
    looks: Looks = request.app.state.looks
    open_look(request, actor)
    add_to_look(request, **more)
    look = request.state.look
    request.state.look = None
    await looks.write([_draft(_page(request.scope), look, person)])


class Looks:
    """Writes looks, many in one transaction."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._pending: list[Draft] = []
        self._writing: asyncio.Task[None] | None = None
        self._seen: OrderedDict[tuple[object, ...], float] = OrderedDict()

    def note(self, draft: Draft, key: tuple[object, ...] | None) -> None:
        """Take one look; with a `key` that came within SAME_LOOK_S it is the same look."""
        if key is not None and self._again(key):
            return
        self._pending.append(draft)
        if self._writing is None:
            self._writing = asyncio.create_task(self._drain())

    async def written(self) -> None:
        """Wait until what was noted stands in the ledger, or could not be written."""
        if self._writing is not None:
            await asyncio.wait({self._writing})

    async def write(self, drafts: Sequence[Draft]) -> None:
        """Write looks in one transaction."""
        async with self._db.write() as conn:
            await append(self._db, conn, drafts)

    async def _drain(self) -> None:
        batch: list[Draft] = []
        try:
            while self._pending:
                batch, self._pending = self._pending, []
                await self.write(batch)
                batch = []
        finally:
            self._writing = None
            if batch:  # not lost: the next look tries again
                self._pending = [*batch, *self._pending]
                log.error("looks not written", looks=len(self._pending))

    def _again(self, key: tuple[object, ...]) -> bool:
        now = self._db.clock.monotonic()
        before = self._seen.get(key)
        if before is not None and now - before < SAME_LOOK_S:
            return True
        self._seen[key] = now
        self._seen.move_to_end(key)
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        return False


class Looking:
    """ASGI middleware: notes the look of a request that was answered well."""

    def __init__(self, app: ASGIApp, *, looks: Looks) -> None:
        self._app = app
        self._looks = looks

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        status = ERROR

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        await self._app(scope, receive, watch)
        look = scope.get("state", {}).get("look")
        if look is not None and status < ERROR:
            person = look.get("consumer_id")
            key = None
            if scope["method"] == "GET":
                key = (look["by"], scope["path"], scope["query_string"])
            self._looks.note(_draft(_page(scope), look, person), key)


def _page(scope: Scope) -> str:
    """The route's pattern, never the path or the query: these may name a person."""
    route = getattr(scope.get("route"), "path", "")
    return f"{scope['method']} {route}"


def _draft(page: str, look: dict[str, Any], person: str | None) -> Draft:
    body = {name: value for name, value in look.items() if name != "consumer_id"}
    return Draft(kind=KIND, body={"page": page, **body}, person=person)

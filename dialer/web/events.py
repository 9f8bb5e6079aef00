"""The live feed to browsers and programs as server-sent events, with resume."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request
from prometheus_client import Gauge
from starlette.responses import StreamingResponse

from dialer.feed.feed import GAP, FeedEvent
from dialer.store.accounts import Actor
from dialer.web.api.casework_work import WORK
from dialer.web.auth import Permission, identify, may, require, services_of

HEARTBEAT_S = 15.0
"""A comment goes out, and the session is looked at again, at least this often."""

RETRY_MS = 2000

TOPICS: Mapping[str, Permission] = {
    "campaign": Permission.SEE_CAMPAIGNS,
    "agent": Permission.SEE_CAMPAIGNS,
    "attempt": Permission.SEE_ATTEMPTS,
    "refusal": Permission.SEE_DECISIONS,
    WORK: Permission.WORK_CASES,
}
"""The topics that leave the service, each with the permission it takes."""

SHOWN = frozenset(
    {
        "attempt_id",
        "campaign_id",
        "case_id",
        "channel",
        "decision_id",
        "lost",
        "outcome",
        "reason",
        "rule",
        "state",
    }
)
"""What of an event's data leaves the service: ids and closed words, nothing of a person."""

OPEN = Gauge("ringfence_event_streams", "Open streams of live events")

router = APIRouter()


class Streams:
    """All open streams of the app, so that they can be ended before the server waits for them."""

    def __init__(self) -> None:
        self.closing = asyncio.Event()

    def close(self) -> None:
        """End every stream; browsers come back by themselves."""
        self.closing.set()


@router.get("/events", include_in_schema=False)
async def events(
    request: Request,
    actor: Annotated[Actor, Depends(require(Permission.SEE_CAMPAIGNS))],
    topics: Annotated[str, Query(description="Topics, separated by commas; empty = all.")] = "",
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Live events of the topics that the role may see, from `Last-Event-ID` on where given."""
    wanted = [topic for topic in topics.split(",") if topic] or list(TOPICS)
    allowed = [topic for topic in wanted if topic in TOPICS and may(actor, TOPICS[topic])]
    return StreamingResponse(
        _frames(request, actor, allowed, last_event_id),
        media_type="text/event-stream",
        headers={"X-Accel-Buffering": "no"},
    )


async def _frames(
    request: Request, actor: Actor, topics: list[str], after: str | None
) -> AsyncIterator[str]:
    services = services_of(request)
    streams: Streams = request.app.state.streams
    async with services.feed.subscribe(*(topics or [GAP]), after=after) as feed:
        OPEN.inc()
        closing = asyncio.ensure_future(streams.closing.wait())
        following = asyncio.ensure_future(anext(feed))
        looked_at = services.clock.monotonic()
        try:
            yield f"retry: {RETRY_MS}\n\n"
            while True:
                done, _ = await asyncio.wait(
                    {closing, following},
                    timeout=HEARTBEAT_S,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if closing in done:
                    return
                if services.clock.monotonic() - looked_at >= HEARTBEAT_S:
                    looked_at = services.clock.monotonic()
                    if not await _still_known(request):
                        return
                if following in done:
                    event_id, event = following.result()
                    if _concerns(event, actor):
                        yield _frame(event_id, event)
                    following = asyncio.ensure_future(anext(feed))
                else:
                    yield ": still here\n\n"
        except StopAsyncIteration:
            return
        finally:
            closing.cancel()
            following.cancel()
            OPEN.dec()


def _concerns(event: FeedEvent, actor: Actor) -> bool:
    """Whether it is for everybody, or for this account or role."""
    if event.topic != WORK:
        return True
    whose = event.data.get("account"), event.data.get("role")
    return actor.name == whose[0] or actor.role == whose[1]


async def _still_known(request: Request) -> bool:
    return await identify(request) is not None


def _frame(event_id: str, event: FeedEvent) -> str:
    data = {key: value for key, value in event.data.items() if key in SHOWN}
    text = json.dumps({"at": event.at.isoformat(), **data}, ensure_ascii=False)
    return f"id: {event_id}\nevent: {event.topic}\ndata: {text}\n\n"

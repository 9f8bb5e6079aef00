"""Delivers the case-store feed: signed JSON webhooks, in order per case, retried with back-off."""

from __future__ import annotations

import json

import httpx
import structlog

from dialer.model.webhook_signature import SIGNATURE_HEADER, sign
from dialer.store import outbox
from dialer.store.database import Database
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

BATCH = 100
PATIENCE_S = 10.0


class OutboxSender:
    """Sends what the outbox holds to one receiver."""

    def __init__(
        self, db: Database, client: httpx.AsyncClient, clock: Clock, *, url: str, secret: bytes
    ) -> None:
        self._db = db
        self._client = client
        self._clock = clock
        self._url = url
        self._secret = secret

    async def run_once(self) -> int:
        """Deliver the events due now; how many arrived."""
        delivered = 0
        for event in await outbox.claim(self._db, now=self._clock.now(), limit=BATCH):
            if await self._deliver(event):
                delivered += 1
        return delivered

    async def _deliver(self, event: outbox.OutboxEvent) -> bool:
        now = self._clock.now()
        body = json.dumps(event.document(), ensure_ascii=False, separators=(",", ":")).encode()
        headers = {
            "content-type": "application/json",
            SIGNATURE_HEADER: sign(self._secret, body, now),
        }
        try:
            answer = await self._client.post(
                self._url, content=body, headers=headers, timeout=PATIENCE_S
            )
            answer.raise_for_status()
        except httpx.HTTPError as error:
            log.warning("webhook not taken", event_id=event.event_id, error=type(error).__name__)
            await outbox.mark_failed(self._db, event.event_id, now=now, error=str(error))
            return False
        await outbox.mark_sent(self._db, event.event_id, now=now)
        return True

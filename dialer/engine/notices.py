"""One written contact that a case itself gives reason for: a reminder, an agreement to accept.

It is a contact like any other: the gate decides on it, and it goes by the first channel of the
consumer's that is open now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.decision import decide
from compliance.facts import Channel, ContactRequest
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Permit, Refusal
from dialer.engine.channels import Attempted, ContactChannel
from dialer.engine.requests import RESERVATION, hypothetical
from dialer.engine.sending import Errand, send
from dialer.model.case import Case
from dialer.store import attempts
from dialer.store.attempts import Outcome
from dialer.store.database import Database
from dialer.store.facts import read_facts
from dialer.store.gate import Candidate, Gate
from dialer.store.ids import new_id
from scheduler.clock import Clock

WRITTEN = (Channel.SMS, Channel.EMAIL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Notices:
    """Writes to consumers outside campaigns. `actor` is whom the rules bind."""

    db: Database
    gate: Gate
    catalogue: Catalogue
    channels: Mapping[Channel, ContactChannel]
    clock: Clock
    owner: str
    actor: str

    def ways(
        self, case: Case, purpose: str, *, only: Sequence[Channel] = WRITTEN
    ) -> list[ContactRequest]:
        """The written contacts that the consumer's points and our channels allow to ask for."""
        asked = [
            hypothetical(case, channel, actor=self.actor)
            for channel in only
            if channel in self.channels
        ]
        return [
            replace(request, attempt_id=new_id("attempt"), purpose=purpose)
            for request in asked
            if request is not None
        ]

    async def open_now(
        self, conn: AsyncConnection, ways: Sequence[ContactRequest]
    ) -> ContactRequest | None:
        """The first that would be permitted now, so that no refusal piles up."""
        for asked in ways:
            now = self.clock.now()
            facts = (await read_facts(conn, [asked])).facts(asked, self.actor, now)
            rulebook = select_packs(self.catalogue, asked, facts)
            if isinstance(decide(asked, facts, rulebook, now), Permit):
                return asked
        return None

    async def admit(self, asked: ContactRequest, case: Case) -> Permit | Refusal:
        """The gate's word, written down."""
        return await self.gate.admit(
            Candidate(
                request=asked,
                case_id=case.id,
                actor=self.actor,
                owner=self.owner,
                lease=RESERVATION,
            )
        )

    async def send(self, permit: Permit, case: Case, template: str) -> Attempted:
        """Send by the permit's channel, and write down what came of it."""
        errand = Errand(permit=permit, case=case, template=template)
        attempted = await send(self.db, self.clock, self.channels[permit.channel], errand)
        outcome = Outcome(outcome=attempted.outcome, at=self.clock.now(), detail=attempted.detail)
        await attempts.settle(self.db, permit.attempt_id, outcome)
        return attempted

"""The one message that may follow an opt-out: its confirmation, by the same medium.

12 CFR 1006.14(h)(2)(i); 47 CFR 64.1200(a)(12) presumes it fine within five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.facts import Channel
from compliance.permit import Refusal
from dialer.engine.channels import ContactChannel
from dialer.engine.requests import confirmation
from dialer.engine.sending import Errand, send
from dialer.store import attempts, cases
from dialer.store.attempts import Outcome
from dialer.store.database import Database
from dialer.store.gate import Gate
from scheduler.clock import Clock

TEMPLATE = "opt_out_confirmation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmations:
    """Confirms withdrawals of texts."""

    db: Database
    gate: Gate
    channels: Mapping[Channel, ContactChannel]
    clock: Clock
    owner: str

    async def confirm(self, case_id: str, number: str, actor: str) -> None:
        """Confirm to a number that no more texts will come, if the rules let us."""
        async with self.db.read() as conn:
            case = (await cases.load(conn, [case_id]))[case_id]
        asked = confirmation(case, number, actor=actor, owner=self.owner)
        channel = self.channels.get(Channel.SMS)
        if asked is None or channel is None:
            return
        decision = await self.gate.admit(asked)
        if isinstance(decision, Refusal):
            return
        errand = Errand(permit=decision, case=case, template=TEMPLATE)
        attempted = await send(self.db, self.clock, channel, errand)
        outcome = Outcome(outcome=attempted.outcome, at=self.clock.now(), detail=attempted.detail)
        await attempts.settle(self.db, decision.attempt_id, outcome)

"""What callers ask for when nobody can take them: a callback at the first lawful hour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from compliance.packs import Catalogue
from dialer.engine.appointments import Refused, first_appointment
from dialer.engine.recording_duty import recording_duty
from dialer.model.campaign import CampaignState
from dialer.model.offer import Booked, Choice
from dialer.store import campaigns, cases, inbound, inbound_calls
from dialer.store.callbacks import NewCallback
from dialer.store.database import Database
from dialer.store.inbound import Caller, Unmatched

BREATH = timedelta(minutes=2)
"""Nobody is called back while they still hold the receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CallerWishes:
    """Books callbacks by the gate's own rules. `actor` is whom the rules bind."""

    db: Database
    catalogue: Catalogue
    actor: str

    async def book(self, call_id: str, who: Caller) -> Booked:
        """Give the wish its hour, at the number that called; else it is left to a supervisor."""
        campaign_id = await self._campaign(who.campaigns)
        now = self.db.clock.now()
        answer = await first_appointment(
            self.db,
            self.catalogue,
            who.case_id,
            earliest=now + BREATH,
            actor=self.actor,
            evidence=f"call {call_id}",
            point_id=who.contact_point_id,
        )
        if isinstance(answer, Refused) or campaign_id is None:
            rule = answer.rule if isinstance(answer, Refused) else None
            await inbound_calls.refused(self.db, call_id, rule)
            return Booked(at_an_hour=False)
        new = NewCallback(
            case_id=who.case_id,
            consumer_id=who.consumer_id,
            campaign_id=campaign_id,
            at=answer.at,
            source="asked",
            contact_point_id=who.contact_point_id,
        )
        await inbound_calls.booked(self.db, call_id, new, answer.consent, now=now)
        return Booked(at_an_hour=True)

    async def assign(self, call_id: str, case_ref: str, *, by: str) -> str:
        """Put a stranger's call down to a case, and book the callback if they asked for one.

        The case's id. Raises LookupError, inbound_calls.NotOpen.
        """
        async with self.db.read() as conn:
            case_id = await inbound_calls.case_of(conn, case_ref)
            case = (await cases.load(conn, [case_id]))[case_id]
        duty = await recording_duty(self.db, self.catalogue, case, actor=self.actor)
        call = await inbound_calls.assign(self.db, call_id, case_id, by=by, duties=duty.document())
        if call.outcome == Choice.CALLBACK and call.number is not None:
            async with self.db.read() as conn:
                who = await inbound.caller(conn, call.number, person=case.consumer.id)
            if not isinstance(who, Unmatched):
                await self.book(call_id, who)
        return case_id

    async def _campaign(self, ids: Sequence[str]) -> str | None:
        """The campaign whose agents call back: the first that runs, else the first."""
        async with self.db.read() as conn:
            known = [await campaigns.load(conn, ident) for ident in ids]
        running = [c.id for c in known if c.state is CampaignState.RUNNING]
        return next(iter([*running, *(c.id for c in known)]), None)

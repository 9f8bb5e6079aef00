"""An agent's word on a call: checked, written, and the desk is free for the next one."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from compliance.packs import Catalogue
from dialer.casework.terms import CaseTerms, NoTerms, Terms, shipped, terms_for
from dialer.engine.appointments import Refused, appointment
from dialer.engine.desk import Desk
from dialer.engine.lines import Errand
from dialer.engine.screens import OnScreen
from dialer.model.disposition import Code, problems
from dialer.model.dispute import DisputeKind
from dialer.model.promise import PromiseRefused
from dialer.store import dispositions, disputes, identity, promises
from dialer.store.case_rows import read_case
from dialer.store.database import Database
from dialer.store.dispositions import Appointment, Disposition
from dialer.store.disputes import NewDispute
from dialer.store.promises import Asked

SETTLE_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PromiseSaid:
    """What the consumer promised, in the minor unit of `currency`; no debt = the whole case."""

    amount_minor: int
    currency: str
    due_on: date
    debt_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackSaid:
    """When the consumer wants to be called; `own`: by this agent."""

    at: datetime
    own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeSaid:
    """What the consumer disputes, in their words.

    `unidentified`: they would not say who they are. It is kept all the same, as a claim.
    """

    kind: DisputeKind
    statement: str
    unidentified: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """All that an agent notes of one call."""

    call_id: str
    code: Code
    debts: tuple[str, ...] = ()
    notes: str = ""
    promise: PromiseSaid | None = None
    callback: CallbackSaid | None = None
    dispute: DisputeSaid | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotDisposed:
    """Nothing is noted; each reason is a sentence for the agent."""

    reasons: tuple[str, ...]
    first_allowed_at: datetime | None = None


def _without_identity(said: Said) -> str | None:
    """Why what was said can't be noted of a call on which nobody was identified; None if it can."""
    if said.promise is not None:
        return identity.FIRST_IDENTITY
    if said.dispute is not None and not said.dispute.unidentified:
        return identity.OR_A_CLAIM
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Disposal:
    """Takes what agents say. `actor` is whom the rules bind, `terms` what may be agreed on."""

    db: Database
    desk: Desk
    catalogue: Catalogue
    actor: str
    terms: Terms = field(default_factory=shipped)

    async def dispose(self, agent: str, said: Said) -> str | NotDisposed:
        """Note what came of the agent's call, and end the wrap-up; the disposition's id.

        A promise or a dispute is a transaction of its own before it: where one can't be taken,
        nothing is noted. Raises `desk.NotNow`, `dispositions.AlreadyDisposed`.
        """
        wrong = problems(
            said.code,
            promise=said.promise is not None,
            callback=said.callback is not None,
            dispute=said.dispute is not None,
            debts=said.debts,
        )
        if wrong:
            return NotDisposed(reasons=wrong)
        screen = await self.desk.screens.settled(agent, said.call_id, seconds=SETTLE_S)
        errand = screen.errand
        known = await self._known(agent, screen)
        unknown = None if known else _without_identity(said)
        if unknown is not None:
            return NotDisposed(reasons=(unknown,))
        wanted = await self._appointment(agent, errand.case_id, said)
        if isinstance(wanted, NotDisposed):
            return wanted
        refused = await self._agreed(agent, errand, said, known=known)
        if refused is not None:
            return refused
        ident = await dispositions.dispose(
            self.db,
            Disposition(
                attempt_id=said.call_id,
                case_id=errand.case_id,
                campaign_id=errand.campaign_id,
                code=said.code,
                debts=said.debts,
                notes=said.notes,
                by=agent,
                callback=wanted,
                inbound=errand.inbound,
            ),
            now=self.db.clock.now(),
        )
        self.desk.disposed(agent, said.call_id)
        return ident

    async def _known(self, agent: str, screen: OnScreen) -> bool:
        """Whether the agent checked in this very contact who is on the line."""
        async with self.db.read() as conn:
            return await identity.verified_since(
                conn, screen.errand.case_id, by=agent, since=screen.since
            )

    async def _appointment(
        self, agent: str, case_id: str, said: Said
    ) -> Appointment | NotDisposed | None:
        if said.callback is None:
            return None
        answer = await appointment(
            self.db,
            self.catalogue,
            case_id,
            said.callback.at,
            actor=self.actor,
            evidence=f"call {said.call_id}",
        )
        if isinstance(answer, Refused):
            return NotDisposed(
                reasons=(f"no callback then: {answer.why}",),
                first_allowed_at=answer.first_allowed_at,
            )
        own = agent if said.callback.own else None
        return Appointment(at=said.callback.at, agent=own, consent=answer)

    async def _agreed(
        self, agent: str, errand: Errand, said: Said, *, known: bool
    ) -> NotDisposed | None:
        """Take the promise and the dispute by the terms of the consumer's country."""
        if said.promise is None and said.dispute is None:
            return None
        case_id = errand.case_id
        async with self.db.read() as conn:
            case = await read_case(conn, case_id)
        try:
            terms = terms_for(self.terms, case.country)
        except NoTerms as error:
            return NotDisposed(reasons=(str(error),))
        if said.promise is not None:
            refused = await self._promise(agent, errand, said.promise, terms)
            if refused is not None:
                return refused
        if said.dispute is not None:
            await self._dispute(agent, case_id, said, terms, known=known)
        return None

    async def _promise(
        self, agent: str, errand: Errand, promise: PromiseSaid, terms: CaseTerms
    ) -> NotDisposed | None:
        taken = await promises.take(
            self.db,
            Asked(
                case_id=errand.case_id,
                amount_minor=promise.amount_minor,
                currency=promise.currency,
                due_on=promise.due_on,
                by=agent,
                debt_id=promise.debt_id,
                attempt_id=None if errand.inbound else errand.call_id,
            ),
            terms.promise,
            now=self.db.clock.now(),
        )
        return NotDisposed(reasons=taken.reasons) if isinstance(taken, PromiseRefused) else None

    async def _dispute(
        self,
        agent: str,
        case_id: str,
        said: Said,
        terms: CaseTerms,
        *,
        known: bool,
    ) -> None:
        now, dispute = self.db.clock.now(), said.dispute
        assert dispute is not None
        new = NewDispute(
            case_id=case_id,
            kind=dispute.kind,
            received_at=now,
            in_writing=False,
            statement=dispute.statement,
            by=agent,
            debts=said.debts,
            identified=known,
        )
        await disputes.receive(self.db, new, terms.deadlines, now=now)

"""The API of what is agreed and paid: promises, payments, instalment plans."""

from __future__ import annotations

from datetime import date

from fastapi import APIRouter, HTTPException, Request

from compliance.ledger import instant
from dialer.casework.proposals import Proposal
from dialer.engine.agreement_offers import NotOffered, Offered
from dialer.engine.notices import WRITTEN
from dialer.model.plan import PlanRefused, Waiver
from dialer.model.plan_progress import Settlement
from dialer.model.promise import PromiseRefused
from dialer.store import (
    creditor_updates,
    outbox,
    payments,
    plan_proposals,
    plans,
    promises,
)
from dialer.store.accounts import Role
from dialer.store.creditor_updates import Reported
from dialer.store.outbox import Between
from dialer.store.payments import NewPayment, Receipt, Reversed
from dialer.store.plan_rows import StoredPlan, StoredState
from dialer.store.plans import Evidence, Wish
from dialer.store.promises import Asked, Promised
from dialer.web.api import casework_bodies as bodies
from dialer.web.api.casework_base import (
    Done,
    Pays,
    Replayed,
    Works,
    answering,
    case_and_terms,
    need_identity,
)
from dialer.web.api.casework_work import tell
from dialer.web.auth import services_of

router = APIRouter()

LEVEL = {Role.AGENT: "agent", Role.SUPERVISOR: "team_leader", Role.MANAGER: "manager"}
"""Which row of the creditor's authority table a role stands for."""
ALONE = LEVEL | {Role.MANAGER: LEVEL[Role.SUPERVISOR]}
"""And for plans, where what only a manager may agree to takes two people."""


@router.post("/cases/{case_id}/promises", tags=["promises"], status_code=201)
async def take_promise(
    request: Request, actor: Works, case_id: str, body: bodies.PromiseBody
) -> Promised:
    """Take a promise to pay."""
    services = services_of(request)
    with answering():
        _, terms = await case_and_terms(request, case_id)
        await need_identity(request, actor, case_id, on_call=body.attempt_id is not None)
        asked = Asked(case_id=case_id, by=actor.name, **body.model_dump())
        taken = await promises.take(services.db, asked, terms.promise, now=services.clock.now())
    if isinstance(taken, PromiseRefused):
        raise HTTPException(409, "; ".join(taken.reasons))
    return taken


@router.post("/promises/{promise_id}/withdraw", tags=["promises"])
async def withdraw_promise(request: Request, actor: Works, promise_id: str) -> Done:
    """Take back an open promise."""
    services = services_of(request)
    with answering():
        changed = await promises.withdraw(
            services.db, promise_id, by=actor.name, now=services.clock.now()
        )
    return Done(changed=changed)


@router.post("/payments", tags=["payments"], status_code=201)
async def record_payment(request: Request, actor: Pays, body: bodies.PaymentBody) -> Receipt:
    """Record a payment; the same reference again changes nothing."""
    services = services_of(request)
    with answering():
        _, terms = await case_and_terms(request, body.case_id)
        new = NewPayment(
            payment_ref=body.payment_ref,
            case_id=body.case_id,
            amount_minor=body.amount_minor,
            currency=body.currency,
            received_on=body.received_on,
            source="api",
            directed_to=body.debt_id,
            deducted=body.deducted,
            by=actor.name,
        )
        return await payments.receive(services.db, new, terms.allocation, now=services.clock.now())


@router.post("/payments/{payment_ref}/reverse", tags=["payments"])
async def reverse_payment(
    request: Request, actor: Pays, payment_ref: str, body: bodies.ReversalBody
) -> Done:
    """Take a payment back; what it had kept or closed is judged anew."""
    services = services_of(request)
    undone = Reversed(on=body.on, reason=body.reason, by=actor.name)
    with answering():
        changed = await payments.take_back(
            services.db, payment_ref, undone, now=services.clock.now()
        )
    return Done(changed=changed)


@router.get("/cases/{case_id}/proposals", tags=["plans"])
async def get_proposals(
    request: Request,
    actor: Works,
    case_id: str,
    debt_id: str,
    first_due_on: date,
    *,
    monthly_minor: int | None = None,
    front_payment_minor: int = 0,
    waive_fees_minor: int = 0,
    waive_interest_minor: int = 0,
) -> list[Proposal]:
    """Plans that can be offered: by length, and the shortest for what a month allows."""
    services = services_of(request)
    asked = plan_proposals.Asked(
        debt_id=debt_id,
        first_due_on=first_due_on,
        monthly_minor=monthly_minor,
        front_payment_minor=front_payment_minor,
        waiver=Waiver(interest_minor=waive_interest_minor, fees_minor=waive_fees_minor),
    )
    with answering():
        case, terms = await case_and_terms(request, case_id)
        await need_identity(request, actor, case_id)
        async with services.db.read() as conn:
            found = await plan_proposals.proposals(
                conn, case, asked, terms, now=services.clock.now()
            )
    return list(found)


@router.post("/cases/{case_id}/plans", tags=["plans"], status_code=201)
async def propose_plan(
    request: Request, actor: Works, case_id: str, body: bodies.PlanBody
) -> StoredPlan:
    """Propose an instalment plan within the limits and the authority of the role.

    One beyond that authority is refused, or, with a reason, waits for a manager's approval.
    """
    services = services_of(request)
    wish = Wish(
        case_id=case_id,
        debt_id=body.debt_id,
        instalments=body.instalments,
        first_due_on=body.first_due_on,
        by=actor.name,
        level=ALONE[actor.role],
        collector=services.settings.business_name,
        frequency=body.frequency,
        day_of_month=body.day_of_month,
        front_payment_minor=body.front_payment_minor,
        waiver=Waiver(
            interest_minor=body.waive_interest_minor,
            fees_minor=body.waive_fees_minor,
            interest_frozen=body.freeze_interest,
        ),
        replaces=body.replaces,
        reason=body.reason,
    )
    with answering():
        _, terms = await case_and_terms(request, case_id)
        await need_identity(request, actor, case_id)
        made = await plans.propose(services.db, wish, terms, now=services.clock.now())
    if isinstance(made, PlanRefused):
        raise HTTPException(409, "; ".join(made.reasons))
    if made.state is StoredState.REQUESTED:
        await tell(request, role=Role.MANAGER)
    return made


@router.post("/plans/{plan_id}/accept", tags=["plans"])
async def accept_plan(
    request: Request, actor: Works, plan_id: str, body: bodies.AcceptanceBody
) -> StoredPlan:
    """The consumer accepted the agreement's text; say how, and where it can be seen."""
    services = services_of(request)
    evidence = Evidence(by=actor.name, **body.model_dump())
    with answering():
        async with services.db.read() as conn:
            case_id = (await plans.find(conn, plan_id)).case_id
        if body.how == "call":
            await need_identity(request, actor, case_id, on_call=True)
        agreed = await plans.accept(services.db, plan_id, evidence, now=services.clock.now())
    if isinstance(agreed, PlanRefused):
        raise HTTPException(409, "; ".join(agreed.reasons))
    return agreed


@router.post("/plans/{plan_id}/offer", tags=["plans"])
async def offer_plan(
    request: Request, actor: Works, plan_id: str, body: bodies.OfferBody
) -> Offered:
    """Send the agreement to the consumer as a link, by text or e-mail; 409 if that may not be."""
    services = services_of(request)
    if services.offers is None:
        raise HTTPException(409, "this process writes to nobody")
    only = (body.channel,) if body.channel else WRITTEN
    with answering():
        sent = await services.offers.send(plan_id, by=actor.name, only=only)
    if isinstance(sent, NotOffered):
        opens = sent.first_allowed_at
        reasons = (*sent.reasons, *((f"open from {instant(opens)}",) if opens else ()))
        raise HTTPException(409, "; ".join(reasons))
    return sent


@router.post("/plans/{plan_id}/withdraw", tags=["plans"])
async def withdraw_plan(request: Request, actor: Works, plan_id: str) -> Done:
    """End a proposal, or a plan at the consumer's wish."""
    services = services_of(request)
    with answering():
        changed = await plans.withdraw(
            services.db, plan_id, by=actor.name, now=services.clock.now()
        )
    return Done(changed=changed)


@router.get("/plans/{plan_id}/settlement", tags=["plans"])
async def get_settlement(
    request: Request, actor: Works, plan_id: str, discount_minor: int = 0
) -> Settlement:
    """What would end the plan at once."""
    services = services_of(request)
    with answering():
        async with services.db.read() as conn:
            case_id = (await plans.find(conn, plan_id)).case_id
        _, terms = await case_and_terms(request, case_id)
        await need_identity(request, actor, case_id)
        offer = await plans.settlement(
            services.db,
            plan_id,
            terms,
            level=LEVEL[actor.role],
            discount_minor=discount_minor,
            now=services.clock.now(),
        )
    if isinstance(offer, PlanRefused):
        raise HTTPException(409, "; ".join(offer.reasons))
    return offer


@router.put("/debts/{debt_id}/balance", tags=["debts"], status_code=204)
async def report_balance(
    request: Request, actor: Pays, debt_id: str, body: bodies.BalanceBody
) -> None:
    """The creditor's figures of a debt; older ones than are known are refused."""
    services = services_of(request)
    told = Reported(**body.model_dump())
    with answering():
        await creditor_updates.report(
            services.db, debt_id, told, by=actor.name, now=services.clock.now()
        )


@router.post("/cases/{case_id}/recall", tags=["debts"])
async def recall_case(request: Request, actor: Pays, case_id: str, body: bodies.RecallBody) -> Done:
    """The creditor takes debts back: nothing more is collected on them."""
    services = services_of(request)
    with answering():
        changed = await creditor_updates.recall(
            services.db, case_id, tuple(body.debts), by=actor.name, now=services.clock.now()
        )
    return Done(changed=changed)


@router.post("/feed/replay", tags=["feed"])
async def replay_feed(request: Request, actor: Pays, body: bodies.ReplayBody) -> Replayed:
    """Have the events of a period delivered again, in order per case."""
    services = services_of(request)
    period = Between(**body.model_dump())
    again = await outbox.replay(services.db, period, by=actor.name, now=services.clock.now())
    return Replayed(events=again)

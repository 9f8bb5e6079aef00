"""Does what the lines of a walkthrough say, on a real store and gate, and tells what came of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import update

from compliance import packs
from compliance.facts import Channel, Consent, Mode
from compliance.permit import Permit, Refusal
from dialer.casework.allocation import Line, Part
from dialer.casework.legal_file import Stage
from dialer.casework.terms import CaseTerms
from dialer.engine.agreement_offers import AgreementOffers, Browser, NotOffered
from dialer.engine.channels import Attempted
from dialer.engine.notices import Notices
from dialer.engine.reminders import Reminders, assess_plans, judge_promises
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.model.circumstance import CircumstanceKind
from dialer.model.dispute import DisputeKind, DisputeState
from dialer.model.plan import PlanRefused, Waiver
from dialer.model.promise import PromiseRefused
from dialer.store import (
    attempts,
    circumstances,
    consumers,
    disputes,
    documents,
    identity,
    legal,
    payments,
    plans,
    promises,
    tables,
)
from dialer.store.attempts import Outcome
from dialer.store.circumstances import NewCircumstance
from dialer.store.database import Database
from dialer.store.disputes import Decision, NewDispute
from dialer.store.documents import NewDocument
from dialer.store.gate import Gate
from dialer.store.ids import new_id
from dialer.store.legal import LegalFile, LegalStep, ReferralRefused
from dialer.store.payments import NewPayment
from dialer.store.plans import Wish
from dialer.store.promises import Asked
from scheduler.clock import ManualClock
from tests.dialer.store.owing import case as case_of
from tests.dialer.store.people import LEASE, Somebody, call


@dataclass(slots=True)
class Sent:
    """A channel that counts what went out."""

    templates: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)

    async def ready(self) -> str | None:
        return None

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        self.templates.append(template)
        self.links += [case.offer.url] if case.offer else []
        return Attempted(outcome="delivered")

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        pass


@dataclass(slots=True, kw_only=True)
class Walk:
    """One consumer's case, and the acts on it by their names."""

    db: Database
    gate: Gate
    clock: ManualClock
    one: Somebody
    zone: ZoneInfo
    actor: str
    currency: str
    terms: CaseTerms
    region: str | None
    last: dict[str, str] = field(default_factory=dict)  # the last plan, dispute, file

    async def go(self, when: str, act: str) -> str:
        """Do the act at that local time; what came of it."""
        at = datetime.fromisoformat(when).replace(tzinfo=self.zone)
        await self.clock.advance((at - self.clock.now()).total_seconds())
        name, *words = act.split()
        acts: dict[str, Callable[..., Awaitable[str]]] = {
            "consent": self.consent,
            "call": self.call,
            "text": self.text,
            "verify": self.verify,
            "told": self.told,
            "promise": self.promise,
            "plan": self.plan,
            "offer": self.offer,
            "accept": self.accept,
            "pay": self.pay,
            "remind": self.remind,
            "night": self.night,
            "dispute": self.dispute,
            "decide": self.decide,
            "file": self.file,
            "refer": self.refer,
            "stage": self.stage,
        }
        return await acts[name](*words)

    async def consent(self, channel: str) -> str:
        given = Consent(
            consent_id=new_id("consent"),
            channel=Channel(channel),
            given_to="collector",
            given_at=self.clock.now(),
            contact_point=self.one.point,
        )
        await consumers.add_consent(
            self.db, self.one.person, given, source="agent", now=self.clock.now()
        )
        return "kept"

    async def call(self, outcome: str) -> str:
        return await self._contact(Channel.CALL, Mode.AGENT_DIALLED, outcome)

    async def text(self, outcome: str) -> str:
        return await self._contact(Channel.SMS, None, outcome)

    async def _contact(self, channel: Channel, mode: Mode | None, outcome: str) -> str:
        asked = call(self.one, actor=self.actor)
        request = replace(
            asked.request,
            channel=channel,
            mode=mode,
            has_optout_notice=True if channel is Channel.SMS else None,
            by=self.actor,
        )
        answer = await self.gate.admit(replace(asked, request=request))
        if isinstance(answer, Refusal):
            opens = answer.first_allowed_at
            until = f"{opens.astimezone(self.zone):%Y-%m-%d %H:%M}" if opens else answer.unlock
            return f"refused by {', '.join(answer.rules)}, until {until}"
        now = self.clock.now()
        await attempts.activate(self.db, answer.attempt_id, now=now, lease=LEASE)
        await attempts.settle(self.db, answer.attempt_id, Outcome(outcome=outcome, at=now))
        return "permitted"

    async def verify(self, *answers: str) -> str:
        given = {
            fact: words.replace("_", " ")
            for fact, words in (answer.split("=", maxsplit=1) for answer in answers)
        }
        check = await identity.check(
            self.db, self.one.case, given, self.terms, by="agent-1", now=self.clock.now()
        )
        return "verified" if check.verified else "not verified"

    async def told(self, kind: str, *words: str) -> str:
        body: dict[str, object] = {"text": " ".join(words)}
        if kind in ("income", "outgoing"):
            body = {"label": kind, "amount_minor": self._minor(words[0])}
        if kind == "household":
            body = {"adults": 1, "children": 0}
        new = NewCircumstance(
            case_id=self.one.case,
            kind=CircumstanceKind(kind),
            body=body,
            purpose="to find a plan",
            by="agent-1",
        )
        await circumstances.record(self.db, new, now=self.clock.now())
        if self.terms.allowance is None:
            return "noted"
        async with self.db.read() as conn:
            facts = await circumstances.of_consumer(conn, self.one.person, sensitive=True)
        able = circumstances.ability(facts, self.terms.allowance).affordable_minor
        return "noted" if able is None else f"noted, {self._money(able)} a month is affordable"

    async def promise(self, amount: str, due_on: str) -> str:
        asked = Asked(
            case_id=self.one.case,
            amount_minor=self._minor(amount),
            currency=self.currency,
            due_on=date.fromisoformat(due_on),
            by="agent-1",
        )
        taken = await promises.take(self.db, asked, self.terms.promise, now=self.clock.now())
        if isinstance(taken, PromiseRefused):
            return f"refused: {'; '.join(taken.reasons)}"
        return "taken"

    async def plan(self, count: str, first: str, level: str, *waived: str) -> str:
        wish = Wish(
            case_id=self.one.case,
            debt_id=self.one.debt,
            instalments=int(count),
            first_due_on=date.fromisoformat(first),
            by="agent-1",
            level=level,
            collector="Fernwood",
            waiver=Waiver(fees_minor=self._minor(waived[0]) if waived else 0),
        )
        made = await plans.propose(self.db, wish, self.terms, now=self.clock.now())
        if isinstance(made, PlanRefused):
            return f"refused: {'; '.join(made.reasons)}"
        self.last["plan"] = made.id
        part = made.plan.schedule[0]
        return f"offered, {len(made.plan.schedule)} instalments of {self._money(part.amount_minor)}"

    async def offer(self) -> str:
        sent = Sent()
        came = await self._offers(sent).send(self.last["plan"], by="agent-1")
        if isinstance(came, NotOffered):
            return "; ".join(came.reasons)
        (self.last["link"],) = sent.links
        return f"sent {', '.join(sent.templates)}"

    async def accept(self, answer: str) -> str:
        page = self._offers(Sent())
        shown = await page.show(self.last["link"], answer)
        if shown is None:
            return "not shown"
        browser = Browser(address="192.0.2.1", name=None)
        agreed = await page.accept(shown.token, shown.plan.agreement_sha256, browser)
        return "refused" if isinstance(agreed, PlanRefused) else "in force"

    def _offers(self, sent: Sent) -> AgreementOffers:
        return AgreementOffers(
            db=self.db,
            notices=self._notices(sent),
            terms={self.terms.country: self.terms},
            base="",
            key=b"k" * 32,
        )

    async def pay(self, amount: str) -> str:
        new = NewPayment(
            payment_ref=new_id("ref"),
            case_id=self.one.case,
            amount_minor=self._minor(amount),
            currency=self.currency,
            received_on=self.clock.now().astimezone(self.zone).date(),
            source="bank",
        )
        await payments.receive(self.db, new, self.terms.allocation, now=self.clock.now())
        return await self._stands()

    async def remind(self) -> str:
        sent = Sent()
        await Reminders(db=self.db, notices=self._notices(sent)).remind()
        return f"sent {', '.join(sent.templates)}" if sent.templates else "nothing is due"

    def _notices(self, sent: Sent) -> Notices:
        return Notices(
            db=self.db,
            gate=self.gate,
            catalogue=packs.shipped(),
            channels={Channel.SMS: sent},
            clock=self.clock,
            owner="main",
            actor=self.actor,
        )

    async def night(self) -> str:
        await judge_promises(self.db)
        await assess_plans(self.db)
        return await self._stands()

    async def dispute(self, kind: str) -> str:
        new = NewDispute(
            case_id=self.one.case,
            kind=DisputeKind(kind),
            received_at=self.clock.now(),
            in_writing=True,
            statement="as written in the letter",
            by="agent-1",
        )
        taken = await disputes.receive(self.db, new, self.terms.deadlines, now=self.clock.now())
        self.last["dispute"] = taken.dispute_id
        async with self.db.read() as conn:
            due = (await disputes.deadlines_of(conn, taken.dispute_id))[0]
        return f"held, {due.duty} by {due.due_on.isoformat()}"

    async def decide(self, state: str, *amount: str) -> str:
        less = tuple(
            Line(debt_id=self.one.debt, part=Part.PRINCIPAL, amount_minor=self._minor(words))
            for words in amount
        )
        decision = Decision(
            state=DisputeState(state), reason="as checked", by="sup-1", write_off=less
        )
        await disputes.move(self.db, self.last["dispute"], decision, now=self.clock.now())
        return await self._stands()

    async def file(self, *kinds: str) -> str:
        for kind in kinds:
            new = NewDocument(
                case_id=self.one.case,
                kind=kind,
                name=f"{kind}.pdf",
                media_type="application/pdf",
                content=kind.encode(),
                by="sup-1",
            )
            await documents.add(self.db, new, now=self.clock.now())
        return "filed"

    async def refer(self) -> str:
        opened = await legal.refer(
            self.db,
            self.one.case,
            self.terms.required,
            self.terms.limitation_in(self.region),
            by="sup-1",
            now=self.clock.now(),
        )
        if isinstance(opened, ReferralRefused):
            return f"refused: {'; '.join(opened.reasons)}"
        self.last["file"] = opened.id
        return f"referred, a claim can be brought until {opened.limitation.last_day.isoformat()}"

    async def stage(self, name: str) -> str:
        step = LegalStep(
            stage=Stage(name),
            on=self.clock.now().astimezone(self.zone).date(),
            remind_on=None,
            note="done",
            by="sup-1",
        )
        file: LegalFile = await legal.move(self.db, self.last["file"], step, now=self.clock.now())
        return f"{len(file.steps)} stages"

    async def _stands(self) -> str:
        """What is owed, and how promise, plan and case stand."""
        now = await case_of(self.db, self.one)
        (debt,) = now.debts
        told = [f"{self._money(debt.balance_minor or 0)} owed"]
        async with self.db.read() as conn:
            made = await promises.of_case(conn, self.one.case)
            told += [f"promise {made[-1].state}"] if made else []
            agreed = await plans.of_case(conn, self.one.case)
            told += [f"plan {agreed[-1].state}"] if agreed else []
        return ", ".join([*told, f"case {now.status}"])

    def _minor(self, amount: str) -> int:
        whole, _, cents = amount.partition(".")
        return int(whole) * 100 + int(cents or 0)

    def _money(self, minor: int) -> str:
        return f"{minor // 100}.{minor % 100:02}"


async def settle_in(db: Database, one: Somebody, *, country: str, region: str | None) -> None:
    """What the walk's consumer is known by."""
    people, places = tables.consumers, tables.locations
    async with db.write() as conn:
        await conn.execute(
            update(people)
            .where(people.c.id == one.person)
            .values(country=country, region=region, id_last4="4321", postal_code="10001")
        )
        await conn.execute(
            update(places).where(places.c.consumer_id == one.person).values(region=region)
        )

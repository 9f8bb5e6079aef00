"""Reminders are lawful contacts, once each; broken promises and plans are found at their time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from compliance import packs
from compliance.facts import Channel, Consent
from compliance.permit import Permit
from dialer.engine.channels import Attempted
from dialer.engine.notices import Notices
from dialer.engine.reminders import Reminders, assess_plans, judge_promises
from dialer.engine.written import House, text_composer
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.model.plan import PlanRefused
from dialer.store import consumers, plans, tables
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import open_gate
from dialer.store.ids import new_id
from dialer.store.plans import Evidence, Wish
from messaging.templates import sample_templates
from scheduler.clock import ManualClock
from tests.dialer.store.owing import US, owe, pay, promise, words
from tests.dialer.store.people import ACTOR, Somebody, add_somebody
from tests.keys import KEYS

NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC)  # a Tuesday, noon in New York
HOUSE = House(
    name="Fernwood",
    phone="+1 212 555 0100",
    postal_address="1 Elm Street",
    sms_sender="+12125550100",
    email_sender="desk@fernwood.example",
    unsubscribe_base="https://fernwood.example/u/",
    unsubscribe_key=b"k" * 32,
)


@dataclass(frozen=True, slots=True)
class Paper:
    """A channel that writes each text down instead of sending it."""

    texts: list[str] = field(default_factory=list)

    async def ready(self) -> str | None:
        return None

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        compose = text_composer(sample_templates(), HOUSE)
        self.texts.append(compose(permit, campaign, case, template).text)
        return Attempted(outcome="sent", detail={})

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        pass


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOON)


@pytest.fixture
async def db(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Database]:
    url = f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"
    await migrate(url, KEYS)
    async with open_database(url, KEYS, clock=clock) as database:
        yield database


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
async def reminders(db: Database, clock: ManualClock, paper: Paper) -> AsyncIterator[Reminders]:
    catalogue = {name: packs.shipped()[name] for name in ("core", "us.regf")}
    async with open_gate(db, catalogue) as gate:
        notices = Notices(
            db=db,
            gate=gate,
            catalogue=catalogue,
            channels={Channel.SMS: paper},
            clock=clock,
            owner="main",
            actor=ACTOR,
        )
        yield Reminders(db=db, notices=notices)


async def agree(db: Database, one: Somebody) -> None:
    wish = Wish(
        case_id=one.case,
        debt_id=one.debt,
        instalments=3,
        first_due_on=date(2026, 12, 1),
        by="agent-1",
        level="agent",
        collector="Fernwood",
    )
    plan = await plans.propose(db, wish, US, now=db.clock.now())
    assert not isinstance(plan, PlanRefused)
    evidence = Evidence(
        how="call", reference=None, agreement_sha256=plan.agreement_sha256, by="agent-1"
    )
    await plans.accept(db, plan.id, evidence, now=db.clock.now())


async def reachable(db: Database, number: str = "+12125550123") -> Somebody:
    """Somebody who owes, and who agreed to texts."""
    one = await add_somebody(db, number=number)
    await owe(db, one)
    consent = Consent(
        consent_id=new_id("consent"),
        channel=Channel.SMS,
        given_to="collector",
        given_at=db.clock.now(),
        contact_point=one.point,
    )
    await consumers.add_consent(db, one.person, consent, source="agent", now=db.clock.now())
    return one


async def days(clock: ManualClock, count: float) -> None:
    await clock.advance(timedelta(days=count).total_seconds())


async def test_a_promise_is_reminded_of_once_in_lawful_hours(
    db: Database, clock: ManualClock, reminders: Reminders, paper: Paper
) -> None:
    one = await reachable(db)
    await promise(db, one, 10_000, days=7)
    assert await reminders.remind() == 0
    await days(clock, 4.5)  # the night before the reminder's day
    assert await reminders.remind() == 0
    await days(clock, 0.3)  # 7 in the morning: the day has come, the hour has not
    assert await reminders.remind() == 0
    async with db.read() as conn:
        assert (await conn.execute(select(tables.decisions))).all() == []
    await days(clock, 0.2)
    assert await reminders.remind() == 1
    assert await reminders.remind() == 0
    (text,) = paper.texts
    assert "Dec 1, 2026" in text or "December 1, 2026" in text
    assert "$" not in text  # who else reads the phone learns nothing of a debt
    async with db.read() as conn:
        attempt = (await conn.execute(select(tables.attempts))).one()
    assert (attempt.channel, attempt.outcome, attempt.campaign_id) == ("sms", "sent", None)


async def test_what_is_paid_is_not_reminded_of(
    db: Database, clock: ManualClock, reminders: Reminders
) -> None:
    one = await reachable(db)
    await promise(db, one, 10_000, days=7)
    await pay(db, one, 10_000)
    await days(clock, 5)
    assert await reminders.remind() == 0


async def test_an_instalment_is_reminded_of_though_ordinary_dunning_rests(
    db: Database, clock: ManualClock, reminders: Reminders, paper: Paper
) -> None:
    one = await reachable(db)
    await agree(db, one)
    await days(clock, 5)
    assert await reminders.remind() == 1
    assert await reminders.remind() == 0
    await pay(db, one, 30_000, date(2026, 11, 29))
    await days(clock, 31)
    assert await reminders.remind() == 1
    assert len(paper.texts) == 2


async def test_days_that_pass_without_money_are_found(db: Database, clock: ManualClock) -> None:
    one = await reachable(db)
    other = await reachable(db, "+12125550124")
    await promise(db, one, 10_000, days=7)
    await agree(db, other)
    await days(clock, 10)  # both are in their grace
    assert (await judge_promises(db), await assess_plans(db)) == (0, 0)
    await days(clock, 4)
    assert await judge_promises(db) == 1
    assert await words(db, one) == ["promise_made", "promise_broken"]
    assert await assess_plans(db) == 2  # the plan is behind, its stop mark is lifted
    assert await words(db, other) == ["plan_agreed"]
    await days(clock, 40)
    assert await assess_plans(db) == 1
    assert await words(db, other) == ["plan_agreed", "plan_broken"]

"""Agreements by link for the console's tests: a real gate, and a channel that writes texts down."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from compliance import packs
from compliance.facts import Channel, Consent
from compliance.permit import Permit
from dialer.casework.terms import shipped
from dialer.engine.agreement_offers import AgreementOffers
from dialer.engine.channels import Attempted
from dialer.engine.notices import Notices
from dialer.engine.written import House, text_composer
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.store import consumers
from dialer.store.database import Database
from dialer.store.gate import open_gate
from dialer.store.ids import new_id
from messaging.templates import sample_templates
from tests.dialer.store.people import ACTOR, Somebody

BASE = "https://fernwood.example/agree/"
HOUSE = House(
    name="Fernwood",
    phone="+1 212 555 0100",
    postal_address="1 Elm Street",
    sms_sender="+12125550100",
    email_sender="desk@fernwood.example",
    unsubscribe_base="https://fernwood.example/u/",
    unsubscribe_key=b"k" * 32,
)


@dataclass(slots=True)
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
        return Attempted(outcome="sent")

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        pass


@asynccontextmanager
async def open_offers(db: Database, paper: Paper) -> AsyncIterator[AgreementOffers]:
    catalogue = {name: packs.shipped()[name] for name in ("core", "us.regf")}
    async with open_gate(db, catalogue) as gate:
        notices = Notices(
            db=db,
            gate=gate,
            catalogue=catalogue,
            channels={Channel.SMS: paper},
            clock=db.clock,
            owner="main",
            actor=ACTOR,
        )
        yield AgreementOffers(db=db, notices=notices, terms=shipped(), base=BASE, key=b"k" * 32)


async def allow_texts(db: Database, one: Somebody) -> None:
    consent = Consent(
        consent_id=new_id("consent"),
        channel=Channel.SMS,
        given_to="collector",
        given_at=db.clock.now(),
        contact_point=one.point,
    )
    await consumers.add_consent(db, one.person, consent, source="agent", now=db.clock.now())


def path_in(text: str) -> str:
    """The path of the link in a text."""
    found = re.search(r"https://fernwood\.example(/agree/\S+)", text)
    assert found is not None, text
    return found.group(1)

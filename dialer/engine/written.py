"""The written channels: a text or an e-mail from a template, by its transport."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from compliance.permit import NotCovered, Permit
from dialer.engine.channels import Attempted
from dialer.model.campaign import Campaign
from dialer.model.case import Case
from dialer.store.attempts import NOT_SENT
from messaging.email.unsubscribe import Subscription, make_token
from messaging.message import EmailMessage, TextMessage
from messaging.templates import LANGUAGES, BadTemplate, Templates
from messaging.transport import MessageTransport, TransportError

M = TypeVar("M", TextMessage, EmailMessage)
Compose = Callable[[Permit, Campaign | None, Case, str], M]
"""`(permit, campaign, case, template) -> message`; raises BadTemplate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """How the operation signs what it writes."""

    name: str
    phone: str
    postal_address: str
    sms_sender: str
    email_sender: str
    unsubscribe_base: str  # https; the token is appended
    unsubscribe_key: bytes


@dataclass(frozen=True, slots=True)
class WrittenChannel(Generic[M]):
    """Sends one message. `refused` is the outcome when there is no such address."""

    transport: MessageTransport[M]
    compose: Compose[M]
    refused: str

    async def ready(self) -> str | None:
        health = await self.transport.health()
        return None if health.ready else health.detail

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        try:
            accepted = await self.transport.send(
                permit, self.compose(permit, campaign, case, template)
            )
        except (BadTemplate, NotCovered) as error:
            return Attempted(outcome=NOT_SENT, detail={"reason": str(error)})
        except TransportError as error:
            return Attempted(
                outcome=self._failed(error), detail={"reason": str(error), "code": error.code}
            )
        return Attempted(outcome="sent", detail={"provider_id": accepted.provider_id})

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        """Receipts and replies come later, by the transport's events."""

    def _failed(self, error: TransportError) -> str:
        if error.outcome_unknown:
            return "unknown"
        if error.retryable:
            return NOT_SENT
        return self.refused if error.address_refused else "undeliverable"


def text_composer(templates: Templates, house: House) -> Compose[TextMessage]:
    def compose(
        permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> TextMessage:
        words = templates.render(template, "sms", _language(case), _values(house, case))
        return TextMessage(
            message_id=permit.attempt_id,
            to=permit.address,
            sender=(campaign and campaign.sms_sender) or house.sms_sender,
            text=words.text,
        )

    return compose


def mail_composer(templates: Templates, house: House) -> Compose[EmailMessage]:
    def compose(
        permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> EmailMessage:
        subscription = Subscription(
            person_id=permit.person_id, contact_point=permit.contact_point, channel="email"
        )
        link = house.unsubscribe_base + make_token(subscription, house.unsubscribe_key)
        language = _language(case)
        words = templates.render(
            template, "email", language, {**_values(house, case), "unsubscribe_url": link}
        )
        return EmailMessage(
            message_id=permit.attempt_id,
            to=permit.address,
            sender=(campaign and campaign.email_sender) or house.email_sender,
            subject=words.subject,
            text=words.text,
            html=words.html,
            unsubscribe_url=link,
            language=language,
        )

    return compose


def _language(case: Case) -> str:
    spoken = (case.consumer.language or LANGUAGES[0]).split("-", maxsplit=1)[0]
    return spoken if spoken in LANGUAGES else LANGUAGES[0]


def _values(house: House, case: Case) -> dict[str, object]:
    """What a template may say. A figure that is not known is left out, and so is the message."""
    values: dict[str, object] = {
        "collector": house.name,
        "phone": house.phone,
        "postal_address": house.postal_address,
        "full_name": case.consumer.full_name,
        "first_name": case.consumer.full_name.split(maxsplit=1)[0],
        "creditor": case.creditor,
    }
    debt = case.debts[0] if case.debts else None
    if debt is not None and debt.balance_minor is not None and debt.currency is not None:
        values |= {
            "balance": debt.balance_minor,
            "currency": debt.currency,
            "as_of": debt.as_of.date(),
        }
    agreed = case.next_payment
    if agreed is not None:
        values |= {
            "instalment": agreed.amount_minor,
            "currency": agreed.currency,
            "due_on": agreed.due_on,
            "instalments_left": agreed.instalments_left,
        }
    if case.offer is not None:
        values |= {"agreement_url": case.offer.url, "accept_until": case.offer.until.date()}
    return {name: value for name, value in values.items() if value is not None}

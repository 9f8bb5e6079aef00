"""What programs send to the routes of case work. Amounts are in minor units; unknown keys fail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from compliance.facts import Channel
from dialer.casework.allocation import Part
from dialer.model.circumstance import CircumstanceKind
from dialer.model.complaint import Category, RootCause
from dialer.model.dispute import DisputeKind, DisputeState
from dialer.model.plan import Frequency
from dialer.store.notes import NoteKind


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PromiseBody(_Body):
    amount_minor: int = Field(gt=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    due_on: date
    debt_id: str | None = None
    attempt_id: str | None = None


class PaymentBody(_Body):
    payment_ref: str = Field(min_length=1, max_length=120, description="the same one is one")
    case_id: str
    amount_minor: int = Field(gt=0)
    currency: str = Field(pattern="^[A-Z]{3}$")
    received_on: date
    debt_id: str | None = Field(default=None, description="the debt that the consumer named")
    deducted: bool = Field(default=False, description="the balance reflects it already")


class ReversalBody(_Body):
    on: date
    reason: str = Field(min_length=1, max_length=200)


class PlanBody(_Body):
    debt_id: str
    instalments: int = Field(ge=1, le=300)
    first_due_on: date
    frequency: Frequency = Frequency.MONTHLY
    day_of_month: int | None = Field(default=None, ge=1, le=31)
    front_payment_minor: int = Field(default=0, ge=0)
    waive_interest_minor: int = Field(default=0, ge=0)
    waive_fees_minor: int = Field(default=0, ge=0)
    freeze_interest: bool = False
    replaces: str | None = None
    reason: str | None = Field(
        default=None,
        min_length=3,
        max_length=2_000,
        description="why a plan beyond one's own authority should be approved",
    )


class AcceptanceBody(_Body):
    agreement_sha256: str = Field(pattern="^[0-9a-f]{64}$")
    how: str = Field(pattern="^(call|letter|branch)$")
    reference: str | None = Field(default=None, description="attempt or document that shows it")


class OfferBody(_Body):
    channel: Literal[Channel.SMS, Channel.EMAIL] | None = Field(
        default=None, description="none = the first that is open now"
    )


class DisputeBody(_Body):
    kind: DisputeKind
    received_at: AwareDatetime
    in_writing: bool
    statement: str = Field(min_length=1, max_length=10_000)
    debts: list[str] = Field(default=[], description="none = all of the case")
    in_validation_period: bool | None = None
    disputed_minor: int | None = Field(default=None, gt=0)
    unidentified: bool = Field(default=False, description="they would not say who they are")


class WriteOff(_Body):
    debt_id: str
    part: Part
    amount_minor: int = Field(gt=0)


class DisputeStepBody(_Body):
    state: DisputeState
    reason: str = Field(min_length=1, max_length=10_000)
    write_off: list[WriteOff] = []


class ComplaintBody(_Body):
    category: Category
    statement: str = Field(min_length=1, max_length=10_000)
    about: str | None = None


class ReviewBody(_Body):
    upheld: bool
    reason: str = Field(min_length=1, max_length=10_000)
    root_cause: RootCause


class CircumstanceBody(_Body):
    kind: CircumstanceKind
    body: Mapping[str, object]
    purpose: str = Field(min_length=1, max_length=200)
    sensitive: bool = False


class NoteBody(_Body):
    kind: NoteKind = NoteKind.NOTE
    text: str = Field(min_length=1, max_length=10_000)
    article_id: str | None = None


class IdentityBody(_Body):
    answers: Mapping[str, str]


class ArticleBody(_Body):
    name: str = Field(min_length=1, max_length=120)
    language: str = Field(min_length=2, max_length=35)
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=50_000)
    creditor: str = ""
    product: str = ""


class WrongNumberBody(_Body):
    contact_point_id: str


class BalanceBody(_Body):
    balance_minor: int = Field(ge=0)
    as_of: AwareDatetime
    parts: Mapping[Part, int] | None = Field(default=None, description="they sum to the balance")
    days_past_due: int | None = Field(default=None, ge=0)
    due_date: date | None = None


class RecallBody(_Body):
    debts: list[str] = Field(default=[], description="none = all of the case")


class ReplayBody(_Body):
    since: AwareDatetime
    until: AwareDatetime | None = Field(default=None, description="the instant after the last")
    case_id: str | None = Field(default=None, description="none = every case")

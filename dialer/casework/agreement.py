"""The text of an instalment agreement: what the consumer is shown and accepts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision

from dialer.model.plan import Plan

FALLBACK = "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """Whose agreement it is, as it is written into the text."""

    full_name: str
    creditor: str
    collector: str
    debt_ref: str


def agreement(plan: Plan, parties: Parties, texts: Mapping[str, str], language: str | None) -> str:
    """The agreement in the consumer's language, else in English; ValueError where it has none."""
    spoken = (language or FALLBACK).split("-", maxsplit=1)[0]
    locale = spoken if spoken in texts else FALLBACK
    if locale not in texts:
        raise ValueError("the terms hold no text of an agreement")
    terms = plan.terms

    def money(minor: int) -> str:
        precision = get_currency_precision(terms.currency)
        amount = Decimal(minor).scaleb(-precision)
        return str(format_currency(amount, terms.currency, locale=locale))

    def day(value: date) -> str:
        return str(format_date(value, format="long", locale=locale))

    schedule = "\n".join(
        f"{part.number:>3}  {day(part.due_on)}  {money(part.amount_minor)}"
        for part in plan.schedule
    )
    return (
        texts[locale]
        .strip()
        .format(
            full_name=parties.full_name,
            creditor=parties.creditor,
            collector=parties.collector,
            debt_ref=parties.debt_ref,
            agreed_on=day(terms.agreed_on),
            debt=money(terms.debt_minor),
            waived=money(terms.waiver.total_minor),
            agreed=money(terms.agreed_minor),
            schedule=schedule,
        )
    )


def digest(text: str) -> str:
    """What an acceptance names, so that nobody can say that another text was meant."""
    return sha256(text.encode()).hexdigest()

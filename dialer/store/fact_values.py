"""Rows of the store as the values that compliance and the model work with."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Row

from compliance.facts import (
    Channel,
    Consent,
    ContactEvent,
    ContactPointFacts,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    Location,
    LocationKind,
    OptOut,
)
from compliance.outcomes import Counts, classes
from dialer.model.contact_point import ContactPoint, ContactPointId, PointKind
from dialer.model.debt import Debt, DebtId


def debt_from(row: Row[Any]) -> Debt:
    return Debt(
        id=DebtId(row.id),
        debt_ref=row.debt_ref,
        position=row.position,
        as_of=row.as_of,
        creditor=row.creditor,
        product=row.product,
        currency=row.currency,
        balance_minor=row.balance_minor,
        days_past_due=row.days_past_due,
        due_date=row.due_date,
        status=row.status,
        one_with=row.one_with,
    )


def contact_point_from(row: Row[Any]) -> ContactPoint:
    """A row of the consumer's contact point joined with the contact point itself."""
    return ContactPoint(
        id=ContactPointId(row.contact_point_id),
        kind=PointKind(row.kind),
        value=row.value,
        position=row.position,
        type=row.type,
        raw=row.raw,
        valid=row.valid,
        wrong_since=row.wrong_since,
    )


def event(row: Row[Any], direction: Direction) -> ContactEvent:
    """A contact from its row. Where a debt was talked about, the allotment has lapsed."""
    talked = classes(row.outcome) & Counts.EFFECTIVE_CONVERSATION
    return ContactEvent(
        event_id=row.id,
        at=row.at,
        channel=Channel(row.channel),
        direction=direction,
        outcome=row.outcome,
        contact_point=row.contact_point_id,
        debts=tuple(row.debts),
        also_discussed=tuple(row.also_discussed),
        discussion_started_by=row.discussion_started_by,
        party=row.party,
        by=row.by,
        creditor=row.creditor,
        campaign_id=row.campaign_id,
        under_consent=row.under_consent,
        counts_as_connected=row.counts_as_connected,
        allotted_debt=None if talked else row.allotted_debt,
    )


def location(row: Row[Any]) -> Location:
    return Location(
        kind=LocationKind(row.kind),
        tz=row.tz,
        country=row.country,
        region=row.region,
        city=row.city,
        code=row.code,
        medium=row.medium,
        known_at=row.known_at,
    )


def consent(row: Row[Any]) -> Consent:
    return Consent(
        consent_id=row.id,
        channel=Channel(row.channel) if row.channel else None,
        given_to=row.given_to,
        given_at=row.given_at,
        basis=row.basis,
        debts=tuple(row.debts),
        contact_point=row.contact_point_id,
        opens=row.opens,
        closes=row.closes,
        valid_dates=tuple(date.fromisoformat(day) for day in row.valid_dates),
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
        ended_by=row.ended_by,
        evidence=row.evidence,
        scope=row.scope,
    )


def hold(row: Row[Any]) -> Hold:
    return Hold(
        kind=HoldKind(row.kind),
        received_at=row.received_at,
        debts=tuple(row.debts),
        scope=row.scope,
        starts_on=row.starts_on,
        ends_at=row.ends_at,
        in_writing=row.in_writing,
        detail=row.detail,
        resolved_at=row.resolved_at,
    )


def opt_out(row: Row[Any]) -> OptOut:
    return OptOut(
        channel=Channel(row.channel),
        contact_point=row.contact_point_id,
        received_at=row.received_at,
        lifted_at=row.lifted_at,
    )


def inconvenient(row: Row[Any]) -> InconvenientTime:
    return InconvenientTime(
        weekdays=frozenset(row.weekdays),
        opens=row.opens,
        closes=row.closes,
        known_at=row.known_at,
    )


def point(row: Row[Any]) -> ContactPointFacts:
    return ContactPointFacts(
        contact_point=row.contact_point_id,
        kind=row.type,
        valid=row.valid,
        wrong_since=row.wrong_since,
        email_basis=row.email_basis,
        notice_sent=row.notice_sent,
        optout_by=row.optout_by,
        opted_out=row.opted_out,
        reassigned_check_at=row.reassigned_check_at,
        ported_at=row.ported_at,
    )

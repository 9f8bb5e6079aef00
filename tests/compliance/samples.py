"""Short ways to say a case: a person in New York, a call about one debt, on a Wednesday."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from compliance.decision import decide
from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    ContactRequest,
    Direction,
    Location,
    LocationKind,
    Mode,
)
from compliance.pack import Rulebook, RulePack, parse
from compliance.packs import shipped
from compliance.permit import Permit, Refusal

NOW = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
"""Wednesday, 11:00 in New York, 08:00 in Los Angeles, 23:00 in Shanghai."""

DAWN = datetime(2000, 1, 1, tzinfo=UTC)

REQUEST = ContactRequest(
    attempt_id="a1",
    person_id="p1",
    channel=Channel.CALL,
    contact_point="n1",
    address="+12125550100",
    debts=("D1",),
    mode=Mode.AGENT_DIALLED,
)


def place(tz: str | None = "America/New_York", country: str | None = "US", **more: Any) -> Location:
    """A place by its address."""
    return Location(kind=LocationKind.ADDRESS, tz=tz, country=country, **more)


FACTS = ContactFacts(
    known_at=NOW,
    actor="third_party_collector",
    locations=(place(),),
    history_known_from=DAWN,
)


def instant(text: str) -> datetime:
    """An instant of a text such as 2026-06-10T15:00 (UTC)."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def event(at: str | datetime, outcome: str = "no_answer", **more: Any) -> ContactEvent:
    """An outbound call to the consumer about D1, or what `more` makes of it."""
    when = instant(at) if isinstance(at, str) else at
    values: dict[str, Any] = {
        "event_id": f"e-{when.isoformat()}",
        "at": when,
        "channel": Channel.CALL,
        "direction": Direction.OUT,
        "outcome": outcome,
        "contact_point": "n1",
        "debts": ("D1",),
    }
    return ContactEvent(**{**values, **more})


def book(*packs: str) -> Rulebook:
    """The rulebook of shipped packs by id."""
    catalogue = shipped()
    return Rulebook.of(catalogue[p] for p in packs)


HEAD = """
[pack]
id = "test"
version = "1"
title = "Test"
source = "Test"
legal_review = "pending"
actor = ["any"]
applies = "named"
"""


def pack(rules: str, head: str = HEAD) -> RulePack:
    """A pack of some rules, each with the marks that every rule needs."""
    return parse(head + rules.replace("[[", "\n[["), "test.toml")


MARKS = 'cite = "Test"\nconfidence = "P"\n'


def ask(
    rulebook: Rulebook | str,
    *history: ContactEvent,
    at: datetime | str = NOW,
    facts: dict[str, Any] | None = None,
    **request: Any,
) -> Permit | Refusal:
    """The decision on the sample request with changes, under packs by id or a rulebook."""
    when = instant(at) if isinstance(at, str) else at
    under = book(*rulebook.split()) if isinstance(rulebook, str) else rulebook
    known = replace(FACTS, history=history, known_at=when, **(facts or {}))
    return decide(replace(REQUEST, **request), known, under, when)


def denied(decision: Permit | Refusal) -> tuple[str, ...]:
    """The rules that deny; fails where the contact was allowed, or where a rule gives no reason."""
    assert isinstance(decision, Refusal), "allowed"
    assert all(finding.reason for finding in decision.findings)
    return decision.rules


def allowed(decision: Permit | Refusal) -> tuple[str, ...]:
    """The rules that explain a permit; fails where the contact was denied."""
    assert isinstance(decision, Permit), decision.rules
    return decision.rules


def days(events: Iterable[str], outcome: str = "no_answer", **more: Any) -> list[ContactEvent]:
    """Events at 14:00 UTC on these dates."""
    return [event(f"{day}T14:00", outcome, **more) for day in events]

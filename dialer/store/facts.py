"""Reads, for a batch of candidates, all that a decision may look at.

Every table is read once a batch by an index on the person, so that the cost of a decision does not
grow with the store. Attempts that are not closed are in the history as `reserved`: they count as
the strictest outcome would.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, func, literal_column, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import (
    Consent,
    ContactEvent,
    ContactFacts,
    ContactPointFacts,
    ContactRequest,
    Direction,
    Hold,
    InconvenientTime,
    Location,
    OptOut,
)
from dialer.model.debt import Debt, days_past_due_at
from dialer.store import fact_values, tables
from dialer.store.attempts import NOT_SENT
from dialer.store.driver import Make, OneOf, Query, driver
from dialer.store.fact_values import debt_from

RESERVED = "reserved"
OTHER_PERSON = "other_person"
"""The party of contacts with somebody else: rules that count per person leave them out."""

_EVENT_COLUMNS = (
    "id",
    "consumer_id",
    "channel",
    "outcome",
    "contact_point_id",
    "debts",
    "also_discussed",
    "discussion_started_by",
    "party",
    "by",
    "creditor",
    "campaign_id",
    "under_consent",
    "counts_as_connected",
    "allotted_debt",
)


@dataclass(slots=True, kw_only=True)
class Known:
    """What is known of the people and numbers of one batch, growing as the batch reserves."""

    people: Mapping[str, Person]
    events: dict[str, list[ContactEvent]] = field(default_factory=lambda: defaultdict(list))
    by_number: dict[str, list[tuple[str, ContactEvent]]] = field(
        default_factory=lambda: defaultdict(list)
    )

    def add(self, consumer_id: str, event: ContactEvent) -> None:
        self.events[consumer_id].append(event)
        if event.contact_point is not None:
            self.by_number[event.contact_point].append((consumer_id, event))

    def facts(self, request: ContactRequest, actor: str, now: datetime) -> ContactFacts:
        """The facts for one request; a person who is not in the store has none."""
        person = self.people.get(request.person_id, NOBODY)
        return ContactFacts(
            known_at=now,
            actor=actor,
            locations=person.locations,
            superseded_locations=person.superseded,
            history=self._history(request),
            history_known_from=person.history_known_from,
            consents=person.consents,
            holds=person.holds,
            opt_outs=person.opt_outs,
            inconvenient_times=person.inconvenient_times,
            inconvenient_places=person.inconvenient_places,
            contact_points=person.contact_points,
            debt_groups=person.groups(request.debts),
            employer_prohibits=person.employer_prohibits,
            electronic_consent=person.electronic_consent,
            tcpa_consent=person.tcpa_consent,
            days_past_due=person.days_past_due(request.debts, now),
            notice_sent=person.notice_sent,
            spoken_on=person.spoken_on,
        )

    def _history(self, request: ContactRequest) -> tuple[ContactEvent, ...]:
        """The person's contacts, and ours with others by the same number, for caps per number."""
        others = (
            replace(event, party=OTHER_PERSON)
            for owner, event in self.by_number[request.contact_point]
            if owner != request.person_id and event.direction is Direction.OUT
        )
        return tuple(sorted((*self.events[request.person_id], *others), key=_when))


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """All facts about one person but the history."""

    locations: tuple[Location, ...] = ()
    superseded: tuple[Location, ...] = ()
    history_known_from: datetime | None = None
    consents: tuple[Consent, ...] = ()
    holds: tuple[Hold, ...] = ()
    opt_outs: tuple[OptOut, ...] = ()
    inconvenient_times: tuple[InconvenientTime, ...] = ()
    inconvenient_places: frozenset[str] = frozenset()
    contact_points: tuple[ContactPointFacts, ...] = ()
    debts: Mapping[str, Debt] = field(default_factory=dict)
    employer_prohibits: bool | None = None
    electronic_consent: bool | None = None
    tcpa_consent: bool | None = None
    notice_sent: date | None = None
    spoken_on: date | None = None

    def groups(self, wanted: Sequence[str]) -> tuple[tuple[str, ...], ...]:
        """The person's debts that count as one, where one of the wanted is among them."""
        marks: dict[str, list[str]] = defaultdict(list)
        for ident, debt in self.debts.items():
            if debt.one_with is not None:
                marks[debt.one_with].append(ident)
        groups = (tuple(sorted(group)) for group in marks.values() if len(group) > 1)
        return tuple(sorted(group for group in groups if not set(group).isdisjoint(wanted)))

    def days_past_due(self, wanted: Sequence[str], now: datetime) -> int | None:
        """Days past due of the youngest of these debts; None where one is unknown."""
        days: list[int] = []
        for ident in wanted:
            debt = self.debts.get(ident)
            reached = None if debt is None else days_past_due_at(debt, now)
            if reached is None:
                return None
            days.append(reached)
        return min(days, default=None)


NOBODY = Person()


async def read_facts(conn: AsyncConnection, requests: Sequence[ContactRequest]) -> Known:
    """Read what is known of everyone whom these requests are about."""
    people = sorted({request.person_id for request in requests})
    numbers = sorted({request.contact_point for request in requests})
    store = await driver(conn)
    known = Known(people=_people(await store.rows(_PEOPLE, {"people": people})))
    contacts = await store.rows(_CONTACTS, {"people": people, "numbers": numbers})
    for row in contacts["attempts"]:
        known.add(row.consumer_id, fact_values.event(row, Direction.OUT))
    for row in contacts["events"]:
        known.add(row.consumer_id, fact_values.event(row, Direction(row.direction)))
    return known


def reserved_event(
    request: ContactRequest, at: datetime, allotted_debt: str | None
) -> ContactEvent:
    """The attempt just reserved, as the next decision of the batch must see it."""
    return ContactEvent(
        event_id=request.attempt_id,
        at=at,
        channel=request.channel,
        direction=Direction.OUT,
        outcome=RESERVED,
        contact_point=request.contact_point,
        debts=request.debts,
        party=request.party,
        by=request.by,
        creditor=request.creditor,
        campaign_id=request.campaign_id,
        allotted_debt=allotted_debt,
    )


def _when(event: ContactEvent) -> tuple[datetime, str]:
    return event.at, event.event_id


def _of_people(table: Table) -> Make:
    """Every row about these people."""
    return lambda one_of: select(table).where(one_of(table.c.consumer_id, "people"))


def _contacts(
    table: Table, at: ColumnElement[datetime], *more: ColumnElement[Any], but: str | None = None
) -> Make:
    """The contacts with these people, and those that others had by the same numbers."""
    columns = [*(table.c[name] for name in _EVENT_COLUMNS), at.label("at"), *more]
    kept = true() if but is None else table.c.outcome != literal_column(f"'{but}'")

    def make(one_of: OneOf) -> Select[Any]:
        theirs = one_of(table.c.consumer_id, "people")
        shared = one_of(table.c.contact_point_id, "numbers")
        return select(*columns).where(or_(theirs, shared), kept)

    return make


def _select_consumers(one_of: OneOf) -> Select[Any]:
    """What the law looks at; names and addresses stay sealed."""
    table = tables.consumers
    return select(
        table.c.id,
        table.c.history_known_from,
        table.c.employer_prohibits,
        table.c.electronic_consent,
        table.c.tcpa_consent,
        table.c.notice_sent,
        table.c.spoken_on,
    ).where(one_of(table.c.id, "people"))


def _select_debts(one_of: OneOf) -> Select[Any]:
    cases, debts = tables.cases, tables.debts
    return (
        select(cases.c.consumer_id, debts)
        .join(debts, debts.c.case_id == cases.c.id)
        .where(one_of(cases.c.consumer_id, "people"))
    )


_CONTACTS = Query(
    attempts=_contacts(
        tables.attempts,
        func.coalesce(tables.attempts.c.active_at, tables.attempts.c.reserved_at),
        but=NOT_SENT,
    ),
    events=_contacts(
        tables.contact_events, tables.contact_events.c.at, tables.contact_events.c.direction
    ),
)
_PEOPLE = Query(
    consumers=_select_consumers,
    locations=_of_people(tables.locations),
    consents=_of_people(tables.consents),
    holds=_of_people(tables.holds),
    opt_outs=_of_people(tables.opt_outs),
    times=_of_people(tables.inconvenient_times),
    points=_of_people(tables.consumer_contact_points),
    debts=_select_debts,
)


def _people(rows: Mapping[str, Sequence[Any]]) -> dict[str, Person]:
    """Each person from the rows of all tables, those of one table in the order of their keys."""

    def of(name: str) -> Mapping[str, list[Any]]:
        grouped: dict[str, list[Any]] = defaultdict(list)
        for row in sorted(rows[name], key=_key):
            grouped[row.consumer_id].append(row)
        return grouped

    locations, points, debts = of("locations"), of("points"), of("debts")
    consents, holds, opt_outs, times = of("consents"), of("holds"), of("opt_outs"), of("times")
    return {
        row.id: Person(
            locations=tuple(
                fact_values.location(x) for x in locations[row.id] if x.superseded_at is None
            ),
            superseded=tuple(
                fact_values.location(x) for x in locations[row.id] if x.superseded_at is not None
            ),
            history_known_from=row.history_known_from,
            consents=tuple(map(fact_values.consent, consents[row.id])),
            holds=tuple(map(fact_values.hold, holds[row.id])),
            opt_outs=tuple(map(fact_values.opt_out, opt_outs[row.id])),
            inconvenient_times=tuple(
                fact_values.inconvenient(x) for x in times[row.id] if x.lifted_at is None
            ),
            inconvenient_places=frozenset(
                x.type for x in points[row.id] if x.inconvenient and x.type
            ),
            contact_points=tuple(map(fact_values.point, points[row.id])),
            debts={debt.id: debt_from(debt) for debt in debts[row.id]},
            employer_prohibits=row.employer_prohibits,
            electronic_consent=row.electronic_consent,
            tcpa_consent=row.tcpa_consent,
            notice_sent=row.notice_sent,
            spoken_on=row.spoken_on,
        )
        for row in rows["consumers"]
    }


def _key(row: Any) -> str:
    """What tells a row from the others of its table about the same person."""
    key: str = row.id if hasattr(row, "id") else row.contact_point_id
    return key

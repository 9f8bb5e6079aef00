"""Attempts, refusals and inbound contacts of a person as one list of happenings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Column, Select, String, false, literal_column, select

from dialer.store.tables import attempts, contact_events, contact_points, decisions


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One attempt, refusal or inbound contact. `id` opens the decision where there is one."""

    sort: str  # attempt, refusal, event
    id: str
    at: datetime
    channel: str
    direction: str
    address: str | None
    outcome: str | None
    rules: tuple[str, ...]  # those that denied


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Rows of one sort. `at` is when one happened, `person` whom it is about."""

    sort: str
    at: Column[Any]
    person: Column[Any]
    rows: Select[Any]

    def happening(self, row: Any) -> Happening:
        """A row as what happened."""
        return Happening(
            sort=self.sort,
            id=row.id,
            at=row.at,
            channel=row.channel,
            direction=row.direction,
            address=row.value,
            outcome=getattr(row, "outcome", None),
            rules=tuple(getattr(row, "rules", ())),
        )


def newest_first(happenings: Iterable[Happening]) -> tuple[Happening, ...]:
    """The happenings of all sorts in one order."""
    return tuple(sorted(happenings, key=attrgetter("at", "id"), reverse=True))


_OUT = literal_column("'out'", String).label("direction")

SOURCES = (
    Source(
        sort="attempt",
        at=attempts.c.reserved_at,
        person=attempts.c.consumer_id,
        rows=select(
            attempts.c.id,
            attempts.c.reserved_at.label("at"),
            attempts.c.channel,
            _OUT,
            contact_points.c.value,
            attempts.c.outcome,
        ).join(contact_points, contact_points.c.id == attempts.c.contact_point_id),
    ),
    Source(
        sort="refusal",
        at=decisions.c.decided_at,
        person=decisions.c.consumer_id,
        rows=select(
            decisions.c.id,
            decisions.c.decided_at.label("at"),
            decisions.c.channel,
            _OUT,
            contact_points.c.value,
            decisions.c.rules,
        )
        .join(contact_points, contact_points.c.id == decisions.c.contact_point_id)
        .where(decisions.c.allowed == false()),
    ),
    Source(
        sort="event",
        at=contact_events.c.at,
        person=contact_events.c.consumer_id,
        rows=select(
            contact_events.c.id,
            contact_events.c.at,
            contact_events.c.channel,
            contact_events.c.direction,
            contact_points.c.value,
            contact_events.c.outcome,
        ).outerjoin(contact_points, contact_points.c.id == contact_events.c.contact_point_id),
    ),
)

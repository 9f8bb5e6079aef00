"""Writes one chunk of good rows: what is new is inserted, what differs is updated.

Two rows are about the same person when they have the same `case_id`, or the same name (case and
spacing aside) and a phone number or e-mail address in common. A blank cell changes nothing; what
a later row says of a person or debt replaces what an earlier one said. Places, contact points and
stop marks are only ever added: an import lifts nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Table, bindparam, delete, update
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance.facts import Channel, Consent, Hold, HoldKind
from dialer.model.consumer import name_key
from dialer.store import campaigns, tables
from dialer.store.bulk import insert_many, insert_tables
from dialer.store.database import Database
from dialer.store.fact_rows import consent_row, hold_draft, hold_row, point_row, word_rows
from dialer.store.ids import new_id
from dialer.store.importing.known import (
    CASE_COLUMNS,
    DEBT_COLUMNS,
    ROW_COLUMNS,
    SOURCE,
    Known,
    KnownCase,
    Person,
    point_keys,
)
from dialer.store.importing.places import Place, number_country
from dialer.store.importing.rows import CaseRow, DebtCells
from dialer.store.importing.values import ConsentCell
from dialer.store.ledger_writer import append
from dialer.store.work import wake_all

_INSERT_ORDER = (
    tables.consumers,
    tables.name_words,
    tables.contact_points,
    tables.consumer_contact_points,
    tables.cases,
    tables.debts,
    tables.locations,
    tables.consents,
    tables.holds,
)
_NO_DEBT = DebtCells(
    debt_ref="",
    creditor=None,
    product=None,
    currency=None,
    balance_minor=None,
    days_past_due=None,
    due_date=None,
)


@dataclass(slots=True)
class _Changed:
    """The columns of one row that differ: as they were, and as they are to be."""

    old: dict[str, Any] = field(default_factory=dict)
    new: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Chunk:
    """The rows of one transaction on their way into the store."""

    known: Known
    now: datetime
    history_known_from: datetime | None
    consent_given_to: str
    inserts: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    updates: dict[Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    placements: dict[tuple[str, str], list[str]] = field(default_factory=lambda: defaultdict(list))
    new_people: set[str] = field(default_factory=set)
    without_debt: list[tuple[str, KnownCase]] = field(default_factory=list)
    changed: dict[tuple[Table, str], _Changed] = field(default_factory=dict)

    def take(self, row: CaseRow, campaign_id: str | None) -> None:
        """Work out what one row changes."""
        case = self.known.cases.get(row.case_ref)
        person = self._person(row, case)
        if case is None:
            case = self._new_case(row, person)
        else:
            self._change(tables.cases, case.id, case.columns, _case_columns(row))
        self._debt(case, row)
        self._points(person, row)
        self._places(person, row.places)
        for channel, cell in row.consents.items():
            self._consent(person, channel, cell)
        if row.dnc and not person.dnc:
            person.dnc = True
            hold = Hold(kind=HoldKind.DNC_GLOBAL, received_at=self.now)
            self._add(tables.holds, hold_row(person.id, hold, source=SOURCE, now=self.now))
        if campaign_id is not None:
            self.placements[campaign_id, row.list_name or ""].append(case.id)

    def finish(self) -> None:
        """Give every case at least one debt, since rules count per debt; settle the updates."""
        for ref, case in self.without_debt:
            if not case.debts:
                self._new_debt(case, ref, _NO_DEBT)
        for (table, ident), change in self.changed.items():
            net = {name: value for name, value in change.new.items() if value != change.old[name]}
            if net:
                row = {"row_id": ident, "updated_at": self.now, **net}
                if table is tables.debts:
                    row["as_of"] = self.now
                self.updates[table].append(row)

    def _person(self, row: CaseRow, case: KnownCase | None) -> Person:
        key = name_key(row.full_name)
        ident = case.person if case is not None else self._owner(key, row)
        told = self._told_of_person(row, key)
        if ident is None:
            return self._new_person(told)
        person = self.known.people[ident]
        self._change(tables.consumers, person.id, person.columns, told)
        return person

    def _told_of_person(self, row: CaseRow, key: str) -> dict[str, Any]:
        told = {name: getattr(row, name) for name in ROW_COLUMNS} | {"name_key": key}
        call, texts = row.consents.get(Channel.CALL), _electronic(row)
        told["tcpa_consent"] = None if call is None else call.given
        direct = self.consent_given_to == "collector"
        told["electronic_consent"] = texts if direct or not texts else None
        return told

    def _owner(self, key: str, row: CaseRow) -> str | None:
        for point in point_keys(row):
            ident = self.known.owners.get((key, self.known.points.get(point, "")))
            if ident is not None:
                return ident
        return None

    def _new_person(self, told: dict[str, Any]) -> Person:
        person = Person(id=new_id("person"), columns=told)
        self.known.people[person.id] = person
        self.new_people.add(person.id)
        row = {
            "id": person.id,
            **told,
            "history_known_from": self.history_known_from,
            "created_at": self.now,
            "updated_at": self.now,
        }
        self._add(tables.consumers, row)
        for word in word_rows(person.id, told["full_name"]):
            self._add(tables.name_words, word)
        return person

    def _new_case(self, row: CaseRow, person: Person) -> KnownCase:
        case = KnownCase(id=new_id("case"), person=person.id, columns=_case_columns(row))
        self.known.cases[row.case_ref] = case
        self._add(
            tables.cases,
            {
                "id": case.id,
                "case_ref": row.case_ref,
                "consumer_id": person.id,
                **case.columns,
                "created_at": self.now,
                "updated_at": self.now,
            },
        )
        return case

    def _debt(self, case: KnownCase, row: CaseRow) -> None:
        if row.debt is None:
            if not case.debts:
                self.without_debt.append((row.case_ref, case))
            return
        stored = case.debts.get(row.debt.debt_ref)
        if stored is None:
            self._new_debt(case, row.debt.debt_ref, row.debt)
            return
        ident, columns = stored
        told = {name: getattr(row.debt, name) for name in DEBT_COLUMNS}
        self._change(tables.debts, ident, columns, told)

    def _new_debt(self, case: KnownCase, ref: str, cells: DebtCells) -> None:
        columns = {name: getattr(cells, name) for name in DEBT_COLUMNS}
        ident = new_id("debt")
        self._add(
            tables.debts,
            {
                "id": ident,
                "case_id": case.id,
                "debt_ref": ref,
                "position": len(case.debts),
                **columns,
                "as_of": self.now,
                "created_at": self.now,
                "updated_at": self.now,
            },
        )
        case.debts[ref] = (ident, columns)

    def _points(self, person: Person, row: CaseRow) -> None:
        for kind, value in point_keys(row):
            phone = next((phone for phone in row.phones if phone.e164 == value), None)
            ident = self.known.points.get((kind, value))
            if ident is None:
                ident = new_id("point")
                self.known.points[(kind, value)] = ident
                country = number_country(phone.parsed) if phone else None
                row_of_point = point_row(ident, kind, value, country=country, now=self.now)
                self._add(tables.contact_points, row_of_point)
            self.known.owners.setdefault((person.columns["name_key"], ident), person.id)
            if ident in person.points:
                continue
            position = len(person.points)
            person.points[ident] = position
            person.touched = True
            self._add(
                tables.consumer_contact_points,
                {
                    "consumer_id": person.id,
                    "contact_point_id": ident,
                    "position": position,
                    "type": phone.type if phone else None,
                    "raw": phone.raw if phone else row.email,
                    "created_at": self.now,
                },
            )

    def _places(self, person: Person, found: Sequence[Place]) -> None:
        for place in found:
            if place in person.places or (place.tz is None and person.places):
                continue
            person.places.add(place)
            person.touched = True
            self._add(
                tables.locations,
                {
                    "id": new_id("location"),
                    "consumer_id": person.id,
                    "kind": place.kind,
                    "tz": place.tz,
                    "country": place.country,
                    "region": place.region,
                    "city": place.city,
                    "code": place.code,
                    "medium": place.medium,
                    "source": SOURCE,
                    "known_at": self.now,
                },
            )

    def _consent(self, person: Person, channel: Channel, cell: ConsentCell) -> None:
        """`no` ends what an import gave; `yes` alone does not bring back what was ended."""
        kept = person.consents.setdefault(channel, [])
        if not cell.given:
            for index, (ident, given_at, revoked_at) in enumerate(kept):
                if revoked_at is None:
                    kept[index] = (ident, given_at, self.now)
                    ended = {"row_id": ident, "revoked_at": self.now, "ended_by": SOURCE}
                    self.updates[tables.consents].append(ended)
            return
        if kept and cell.since in (None, *(given_at for _, given_at, _ in kept)):
            return
        consent = Consent(
            consent_id=new_id("consent"),
            channel=channel,
            given_to=self.consent_given_to,
            given_at=cell.since or self.now,
            basis=SOURCE,
        )
        kept.append((consent.consent_id, consent.given_at, None))
        person.touched = True
        self._add(tables.consents, consent_row(person.id, consent, source=SOURCE, now=self.now))

    def _change(
        self, table: Table, ident: str, stored: dict[str, Any], told: Mapping[str, Any]
    ) -> None:
        """Note what is told and differs from what is stored. Blank cells tell nothing."""
        for name, value in told.items():
            if value is None or value == stored[name]:
                continue
            change = self.changed.setdefault((table, ident), _Changed())
            change.old.setdefault(name, stored[name])
            change.new[name] = stored[name] = value

    def _add(self, table: Table, row: dict[str, Any]) -> None:
        self.inserts[table].append(row)


def _case_columns(row: CaseRow) -> dict[str, Any]:
    return {name: getattr(row, name) for name in CASE_COLUMNS}


def _electronic(row: CaseRow) -> bool | None:
    """Whether the row tells of consent to texts or e-mail; None = it says nothing."""
    cells = [row.consents[c] for c in (Channel.SMS, Channel.EMAIL) if c in row.consents]
    return any(cell.given for cell in cells) if cells else None


async def write(db: Database, conn: AsyncConnection, chunk: Chunk) -> dict[str, int]:
    """Write the chunk; how many rows were added to or changed in each table."""
    chunk.finish()
    await insert_tables(conn, ((table, chunk.inserts[table]) for table in _INSERT_ORDER))
    counts = {
        f"{table.name}.added": len(chunk.inserts[table])
        for table in _INSERT_ORDER
        if chunk.inserts[table]
    }
    for table, rows in chunk.updates.items():
        await _update(conn, table, rows)
        if table is tables.consumers:
            await _name_anew(conn, rows)
        counts[f"{table.name}.changed"] = len(rows)
    for (campaign_id, list_name), case_ids in chunk.placements.items():
        placed = await campaigns.add_cases(
            conn, campaign_id, case_ids, now=chunk.now, list_name=list_name
        )
        if placed:
            counts["campaign_cases.added"] = counts.get("campaign_cases.added", 0) + placed
    await _wake(conn, chunk)
    await append(db, conn, [hold_draft(row) for row in chunk.inserts[tables.holds]])
    return counts


async def _update(conn: AsyncConnection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    by_columns: dict[tuple[str, ...], list[Mapping[str, Any]]] = defaultdict(list)
    for row in rows:
        by_columns[tuple(sorted(row))].append(row)
    for columns, alike in by_columns.items():
        values: dict[str, Any] = {
            name: bindparam(f"new_{name}") for name in columns if name != "row_id"
        }
        statement = update(table).where(table.c.id == bindparam("row_id")).values(values)
        await conn.execute(
            statement,
            [
                {name if name == "row_id" else f"new_{name}": value for name, value in row.items()}
                for row in alike
            ],
        )


async def _name_anew(conn: AsyncConnection, rows: Sequence[Mapping[str, Any]]) -> None:
    """People who have another name now are found by it, and no longer by the old one."""
    named = {row["row_id"]: row["full_name"] for row in rows if "full_name" in row}
    if named:
        words = tables.name_words
        await conn.execute(delete(words).where(words.c.consumer_id.in_(named)))
        new = [word for ident, name in named.items() for word in word_rows(ident, name)]
        await insert_many(conn, words, new)


async def _wake(conn: AsyncConnection, chunk: Chunk) -> None:
    """Held cases of people of whom something new is known are due again."""
    people = {
        person.id
        for person in chunk.known.people.values()
        if person.touched and person.id not in chunk.new_people
    }
    if people:
        await wake_all(conn, people, chunk.now)

"""One row of a case file as checked values, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from compliance.facts import Channel
from dialer.store.importing import values
from dialer.store.importing.columns import CONSENTS, PHONES, Layout
from dialer.store.importing.places import Evidence, Place, places, zip5
from dialer.store.importing.report import Problem
from dialer.store.importing.values import ConsentCell, Phone

T = TypeVar("T")

_CHANNELS = {
    "consent_call": Channel.CALL,
    "consent_sms": Channel.SMS,
    "consent_email": Channel.EMAIL,
}
RANKS = (-1_000_000, 1_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """A good row. `debt` columns are None where the row has none of them."""

    number: int
    case_ref: str
    full_name: str
    debt: DebtCells | None
    creditor: str | None
    phones: tuple[Phone, ...]
    email: str | None
    country: str | None
    region: str | None
    city: str | None
    postal_code: str | None
    address: str | None
    places: tuple[Place, ...]
    language: str | None
    id_last4: str | None
    consents: Mapping[Channel, ConsentCell]
    dnc: bool | None
    notes: str | None
    campaign: str | None
    list_name: str | None
    rank: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DebtCells:
    """What a row says of one debt. Without `debt_id` the case number names the debt."""

    debt_ref: str
    creditor: str | None
    product: str | None
    currency: str | None
    balance_minor: int | None
    days_past_due: int | None
    due_date: date | None


class _Cells:
    """Reads cells one by one and gathers what is wrong."""

    def __init__(self, number: int, record: Mapping[str, str]) -> None:
        self.number = number
        self.record = record
        self.problems: list[Problem] = []

    def take(self, column: str, read: Callable[[str], T]) -> T | None:
        cell = self.record.get(column)
        if cell is None:
            return None
        try:
            return read(cell)
        except ValueError as error:
            self.wrong(column, str(error))
            return None

    def text(self, column: str, longest: int) -> str | None:
        return self.take(column, lambda cell: values.text(cell, longest))

    def wrong(self, column: str, reason: str) -> None:
        self.problems.append(Problem(row=self.number, column=column, reason=reason))


def parse_all(
    rows: Sequence[tuple[int, Sequence[str]]],
    layout: Layout,
    *,
    default_country: str,
    now: datetime,
) -> list[CaseRow | list[Problem]]:
    """Check numbered rows, each by itself."""
    checked: list[CaseRow | list[Problem]] = []
    for number, cells in rows:
        record = layout.record(number, cells)
        if isinstance(record, list):
            checked.append(record)
        else:
            checked.append(parse(number, record, default_country=default_country, now=now))
    return checked


def parse(
    number: int, record: Mapping[str, str], *, default_country: str, now: datetime
) -> CaseRow | list[Problem]:
    """Check one row. `record` holds the cells that are not blank, by column."""
    cells = _Cells(number, record)
    for column in ("case_id", "full_name"):
        if column not in record:
            cells.wrong(column, "is missing")
    country = cells.take("country", values.country)
    phones = _phones(cells, country or default_country)
    email = cells.take("email", values.email)
    if not phones and email is None and not cells.problems:
        cells.wrong("phone", "neither a phone number nor an e-mail address")
    zone = cells.take("timezone", values.timezone)
    region = cells.text("state", 40)
    postal_code = cells.text("postal_code", 20)
    row = CaseRow(
        number=number,
        case_ref=cells.text("case_id", 120) or "",
        full_name=" ".join((cells.text("full_name", 200) or "").split()),
        debt=_debt(cells),
        creditor=cells.text("creditor", 120),
        phones=phones,
        email=email,
        country=country,
        region=region.upper() if region and len(region) <= 3 else region,
        city=cells.text("city", 120),
        postal_code=zip5(postal_code) if postal_code and country == "US" else postal_code,
        address=cells.text("address", 300),
        places=(),
        language=cells.take("language", values.language),
        id_last4=cells.text("id_last4", 8),
        consents=_consents(cells, now),
        dnc=cells.take("dnc", values.yes_no),
        notes=cells.text("notes", 10_000),
        campaign=cells.text("campaign", 120),
        list_name=cells.text("list", 120),
        rank=cells.take("rank", lambda cell: values.whole(cell, *RANKS)) or 0,
    )
    return cells.problems or _placed(row, zone, default_country)


def _placed(row: CaseRow, stated_zone: str | None, default_country: str) -> CaseRow:
    """The row with its candidate places. An address without a country is in the default one."""
    addressed = row.region or row.postal_code or row.city or row.address
    evidence = Evidence(
        country=row.country or (default_country if addressed else None),
        region=row.region,
        city=row.city,
        postal_code=row.postal_code,
        stated_zone=stated_zone,
        numbers=tuple((phone.parsed, phone.kind) for phone in row.phones),
    )
    return replace(row, places=places(evidence))


def _phones(cells: _Cells, country: str) -> tuple[Phone, ...]:
    found: dict[str, Phone] = {}
    for column in PHONES:
        phone = cells.take(column, lambda cell: values.phone(cell, country))
        if phone is not None:
            found.setdefault(phone.e164, phone)
    return tuple(found.values())


def _debt(cells: _Cells) -> DebtCells | None:
    told = ("debt_id", "product", "balance", "days_past_due", "due_date")
    if not any(column in cells.record for column in told):
        return None
    currency = cells.take("currency", values.currency)
    balance = None
    if "balance" in cells.record and "currency" not in cells.record:
        cells.wrong("currency", "is missing, so the balance can't be read")
    elif currency is not None:
        balance = cells.take("balance", lambda cell: values.money(cell, currency))
    return DebtCells(
        debt_ref=cells.text("debt_id", 120) or cells.record.get("case_id", ""),
        creditor=cells.text("creditor", 120),
        product=cells.text("product", 60),
        currency=currency,
        balance_minor=balance,
        days_past_due=cells.take("days_past_due", lambda cell: values.whole(cell, 0, 36_500)),
        due_date=cells.take("due_date", values.day),
    )


def _consents(cells: _Cells, now: datetime) -> dict[Channel, ConsentCell]:
    found: dict[Channel, ConsentCell] = {}
    for column in CONSENTS:
        cell = cells.take(column, lambda text: values.consent(text, now))
        if cell is not None:
            found[_CHANNELS[column]] = cell
    return found

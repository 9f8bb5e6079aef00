"""Reading one cell. Each function raises ValueError with a reason that the operator can act on."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from functools import lru_cache

import phonenumbers
from babel.core import get_global
from babel.numbers import get_currency_precision
from phonenumbers import (
    NumberParseException,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberType,
)

from compliance.zones import zone
from dialer.store.importing.places import known_country

_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]]+@(?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+[a-z0-9-]{2,}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*")
_YES = frozenset({"yes", "y", "true", "1"})
_NO = frozenset({"no", "n", "false", "0"})


@dataclass(frozen=True, slots=True)
class Phone:
    """A valid number: E.164, as given, parsed, and its kind in the numbering plan."""

    e164: str
    raw: str
    parsed: PhoneNumber
    kind: int

    @property
    def type(self) -> str | None:
        """`mobile`, or None where the number does not tell."""
        return "mobile" if self.kind == PhoneNumberType.MOBILE else None


@dataclass(frozen=True, slots=True)
class ConsentCell:
    """What a consent cell says: given or not, and since when, where it tells."""

    given: bool
    since: datetime | None = None


def phone(cell: str, default_country: str) -> Phone:
    """A number in international form, or in the national form of the default country."""
    try:
        parsed = phonenumbers.parse(cell, default_country)
    except NumberParseException as error:
        raise ValueError(f"{cell!r} is not a phone number") from error
    kind = phonenumbers.number_type(parsed)
    if kind == PhoneNumberType.UNKNOWN:
        raise ValueError(f"{cell!r} is not a valid number in {default_country} or abroad")
    if parsed.extension:
        raise ValueError(f"{cell!r} has an extension, which can't be dialed")
    e164 = phonenumbers.format_number(parsed, PhoneNumberFormat.E164)
    return Phone(e164, cell, parsed, kind)


def email(cell: str) -> str:
    """An e-mail address in lower case."""
    address = cell.lower()
    if len(address) > 254 or not _EMAIL.fullmatch(address):
        raise ValueError(f"{cell!r} is not an e-mail address")
    return address


@lru_cache(maxsize=1024)
def country(cell: str) -> str:
    """An ISO 3166-1 code, of two letters or of three."""
    code = cell.upper()
    if len(code) == 3:
        code = (get_global("territory_aliases").get(code) or [code])[0]
    if not known_country(code):
        raise ValueError(f"{cell!r} is not an ISO 3166 country code")
    return code


@lru_cache(maxsize=1024)
def timezone(cell: str) -> str:
    """An IANA zone."""
    if zone(cell) is None:
        raise ValueError(f"{cell!r} is not an IANA time zone")
    return cell


def language(cell: str) -> str:
    """A BCP 47 tag."""
    if not _LANGUAGE.fullmatch(cell):
        raise ValueError(f"{cell!r} is not a language tag")
    return cell.replace("_", "-")


@lru_cache(maxsize=1024)
def currency(cell: str) -> str:
    """An ISO 4217 code."""
    code = cell.upper()
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise ValueError(f"{cell!r} is not an ISO 4217 currency code")
    return code


def money(cell: str, code: str) -> int:
    """An amount in minor units of the currency. A point is decimal; commas group thousands."""
    plain = cell.replace(" ", "")
    if "," in plain:
        if not re.fullmatch(r"-?\d{1,3}(,\d{3})+(\.\d+)?", plain):
            raise ValueError(f"{cell!r} is not an amount: use a point for decimals")
        plain = plain.replace(",", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation as error:
        raise ValueError(f"{cell!r} is not an amount") from error
    minor = amount.scaleb(get_currency_precision(code))
    if not amount.is_finite() or minor != minor.to_integral_value() or abs(minor) >= 2**62:
        raise ValueError(f"{cell!r} is not an amount in {code}")
    return int(minor)


def whole(cell: str, low: int, high: int) -> int:
    """A whole number between two bounds, both included."""
    try:
        value = int(cell)
    except ValueError as error:
        raise ValueError(f"{cell!r} is not a whole number") from error
    if not low <= value <= high:
        raise ValueError(f"{cell!r} is not between {low} and {high}")
    return value


def day(cell: str) -> date:
    """An ISO 8601 date."""
    try:
        return date.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(f"{cell!r} is not a date: use YYYY-MM-DD") from error


def instant(cell: str) -> datetime:
    """An ISO 8601 instant with its offset, such as 2026-11-24T15:04:05Z."""
    try:
        at = datetime.fromisoformat(cell)
    except ValueError as error:
        raise ValueError(f"{cell!r} is not an instant: use 2026-11-24T15:04:05Z") from error
    if at.tzinfo is None:
        raise ValueError(f"{cell!r} has no time zone: add Z or an offset")
    return at.astimezone(UTC)


def yes_no(cell: str) -> bool:
    """yes, no, true, false, 1 or 0."""
    word = cell.casefold()
    if word in _YES or word in _NO:
        return word in _YES
    raise ValueError(f"{cell!r} is neither yes nor no")


def consent(cell: str, now: datetime) -> ConsentCell:
    """yes or no, or since when: a date (from its start in UTC) or an instant, not to come."""
    word = cell.casefold()
    if word in _YES:
        return ConsentCell(True)
    if word in _NO:
        return ConsentCell(False)
    try:
        dated = len(cell) == 10
        since = datetime.combine(day(cell), time(), UTC) if dated else instant(cell)
    except ValueError as error:
        raise ValueError(f"{cell!r} is neither yes nor no, nor a date or instant") from error
    if since > now:
        raise ValueError(f"{cell!r} is still to come")
    return ConsentCell(True, since)


def text(cell: str, longest: int) -> str:
    """A text of limited length without control characters."""
    if len(cell) > longest:
        raise ValueError(f"longer than {longest} characters")
    if not cell.isprintable() and any(ord(c) < 32 and c not in "\n\r\t" for c in cell):
        raise ValueError("holds a control character")
    return cell

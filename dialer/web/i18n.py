"""The reader's language and time zone, and how words, numbers and instants look in them."""

from __future__ import annotations

import gettext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from babel import Locale
from babel.dates import format_date
from babel.numbers import (
    format_currency,
    format_decimal,
    format_percent,
    get_currency_precision,
)
from fastapi import Request

LANGUAGE_COOKIE = "ringfence_language"
ZONE_COOKIE = "ringfence_zone"
LOCALES = Path(__file__).parent / "locale"
DOMAIN = "messages"


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """A language of the console. `tag` is BCP 47, `folder` the catalogue's, `name` its own."""

    tag: str
    folder: str | None
    name: str

    @property
    def locale(self) -> Locale:
        return Locale.parse(self.tag, sep="-")

    @property
    def translations(self) -> gettext.NullTranslations:
        """The catalogue; English is written in the code itself."""
        return _translations(self.folder)


ENGLISH = Language(tag="en", folder=None, name="English")
CHINESE = Language(tag="zh-Hans", folder="zh_Hans", name="简体中文")
LANGUAGES = {language.tag: language for language in (ENGLISH, CHINESE)}


@cache
def _translations(folder: str | None) -> gettext.NullTranslations:
    if folder is None:
        return gettext.NullTranslations()
    return gettext.translation(DOMAIN, LOCALES, [folder])


def language_of(request: Request) -> Language:
    """The reader's choice, else the first language of Accept-Language that we have."""
    chosen = LANGUAGES.get(request.cookies.get(LANGUAGE_COOKIE, ""))
    return chosen or accepted(request.headers.get("accept-language", ""))


def accepted(header: str) -> Language:
    """The best of our languages for an Accept-Language header; English where none fits."""
    wishes: list[tuple[float, str]] = []
    for part in header.split(","):
        tag, _, parameter = part.partition(";")
        try:
            quality = float(parameter.partition("=")[2]) if parameter else 1.0
        except ValueError:
            continue
        wishes.append((quality, tag.strip().lower()))
    for quality, tag in sorted(wishes, key=lambda wish: -wish[0]):
        if quality <= 0:
            continue
        primary = tag.partition("-")[0]
        if primary == "zh":
            return CHINESE
        if primary in ("en", "*"):
            return ENGLISH
    return ENGLISH


def zone_of(request: Request) -> tzinfo:
    """The reader's IANA zone as their browser told it, else UTC."""
    name = request.cookies.get(ZONE_COOKIE, "")
    return ZoneInfo(name) if name in zone_names() else UTC


@cache
def zone_names() -> frozenset[str]:
    """The names of all IANA time zones."""
    return frozenset(available_timezones())


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How values look to one reader."""

    language: Language
    zone: tzinfo

    def number(self, value: float) -> str:
        return str(format_decimal(value, locale=self.language.locale))

    def percent(self, value: float) -> str:
        return str(format_percent(value, "#,##0.0%", locale=self.language.locale))

    def money(self, minor: int, currency: str) -> str:
        """An amount given in minor units."""
        amount = Decimal(minor).scaleb(-get_currency_precision(currency))
        return str(format_currency(amount, currency, locale=self.language.locale))

    def day(self, at: datetime) -> str:
        local = at.astimezone(self.zone).date()
        return str(format_date(local, "medium", locale=self.language.locale))

    def clock(self, at: datetime) -> str:
        """The time of day with seconds, in the reader's zone."""
        return at.astimezone(self.zone).strftime("%H:%M:%S")

    def moment(self, at: datetime) -> str:
        """Date and time to the second in the reader's zone."""
        return at.astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")

    def short(self, at: datetime, now: datetime) -> str:
        """The time of day for today, the date with hours and minutes for another day."""
        local = at.astimezone(self.zone)
        if local.date() == now.astimezone(self.zone).date():
            return self.clock(at)
        return local.strftime("%m-%d %H:%M")

    def lasted(self, length: timedelta) -> str:
        """How long something has lasted, as a clock that counts up."""
        minutes, seconds = divmod(max(0, int(length.total_seconds())), 60)
        hours, minutes = divmod(minutes, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"

    def utc(self, at: datetime) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")

    def there(self, at: datetime, zone: str) -> str:
        """The wall clock of a zone with its offset and name."""
        local = at.astimezone(ZoneInfo(zone))
        return f"{local.isoformat(sep=' ', timespec='seconds')} {zone}"

    def midnight(self, now: datetime) -> datetime:
        """The beginning of the reader's day."""
        return now.astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)

    def start_of(self, day: str) -> datetime | None:
        """The beginning of a day of the reader's, given as `2026-11-24`; None for no such day."""
        try:
            return datetime.fromisoformat(f"{day}T00:00:00").replace(tzinfo=self.zone)
        except ValueError:
            return None

    def end_of(self, day: str) -> datetime | None:
        """The beginning of the day after."""
        start = self.start_of(day)
        return start + timedelta(days=1) if start else None

    @property
    def zone_name(self) -> str:
        return str(self.zone)

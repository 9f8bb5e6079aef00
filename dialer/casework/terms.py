"""What a creditor lets its collectors agree to, and the times that bind them, read from TOML.

One file a country. The shipped ones are a careful start: limits and times with their sources, and
an authority table that a creditor replaces with its own.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any, ClassVar

from pydantic import ConfigDict, TypeAdapter, ValidationError

from dialer.casework.affordability import AllowanceTable
from dialer.casework.allocation import AllocationOrder
from dialer.casework.authority import Authority
from dialer.casework.legal_file import Document, LimitationRule
from dialer.model.dispute import DeadlineRule
from dialer.model.plan import PlanLimits
from dialer.model.plan_progress import DefaultRule
from dialer.model.promise import PromiseTerms
from scheduler.calendar import Period


class BadTerms(ValueError):
    """A file of terms does not hold; the message names the file and the field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLimitation:
    """A limitation rule and the region where it holds; no region = the whole country."""

    rule: LimitationRule
    region: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityQuestion:
    """What is asked before anything about the debt is said; `fact` names what it is held against.

    `words` are by language.
    """

    fact: str
    words: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseTerms:
    """Everything that binds the work on a case in one country.

    `agreement` is the text of an instalment agreement by language, with {names}.
    `waiver_lapses`: what was let go is owed again when a plan is broken.
    `needed_answers`: so many identity questions must be answered rightly.
    """

    country: str
    title: str
    allocation: AllocationOrder
    authority: tuple[Authority, ...]
    required: tuple[Document, ...]
    identity: tuple[IdentityQuestion, ...]
    agreement: Mapping[str, str]
    promise: PromiseTerms
    plan: PlanLimits
    default: DefaultRule
    needed_answers: int = 2
    waiver_lapses: bool = True
    settlement_days: int = 14
    allowance: AllowanceTable | None = None
    deadlines: tuple[DeadlineRule, ...] = ()
    limitation: tuple[PlaceLimitation, ...] = ()
    complaint_days: int = 15

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="forbid")

    def level(self, name: str) -> Authority:
        """The authority of a level. Raises KeyError for one that the table does not have."""
        return {entry.level: entry for entry in self.authority}[name]

    def limitation_in(self, region: str | None) -> LimitationRule | None:
        """The rule of the region, else the country's; None where none is known."""
        by_region = {entry.region: entry.rule for entry in self.limitation}
        return by_region.get(region) or by_region.get(None)


Terms = Mapping[str, CaseTerms]
"""Terms by country, ISO 3166-1 alpha-2."""


class NoTerms(LookupError):
    """No terms are known for the consumer's country, so nothing can be agreed."""


def terms_for(terms: Terms, country: str | None) -> CaseTerms:
    """The terms of a country. Raises NoTerms."""
    found = terms.get(country or "")
    if found is None:
        raise NoTerms(f"there are no case terms for {country or 'an unknown country'}")
    return found


@lru_cache(maxsize=1)
def shipped() -> Terms:
    """The terms that come with the product."""
    files = resources.files("dialer.casework.house_terms").iterdir()
    texts = {file.name: file.read_text("utf-8") for file in files if file.name.endswith(".toml")}
    return _by_country(texts)


def read(directory: Path) -> Terms:
    """The terms (`*.toml`) of a folder. Raises BadTerms."""
    return _by_country({str(f): f.read_text("utf-8") for f in sorted(directory.glob("*.toml"))})


def parse(text: str, name: str) -> CaseTerms:
    """One file's terms. Raises BadTerms."""
    try:
        table = tomllib.loads(text)
        for entry in table.get("limitation", ()):
            _periods(entry["rule"])
        return _ADAPTER.validate_python(table)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadTerms(f"{name}: {where}: {first['msg']}") from error
    except (tomllib.TOMLDecodeError, ValueError, KeyError, TypeError) as error:
        raise BadTerms(f"{name}: {error}") from error


_ADAPTER: TypeAdapter[CaseTerms] = TypeAdapter(CaseTerms)


def _by_country(texts: Mapping[str, str]) -> dict[str, CaseTerms]:
    found: dict[str, CaseTerms] = {}
    for name, text in sorted(texts.items()):
        terms = parse(text, name)
        if terms.country in found:
            raise BadTerms(f"{name}: there are two files for {terms.country}")
        found[terms.country] = terms
    return found


def _periods(rule: dict[str, Any]) -> None:
    for name in ("period", "longest"):
        if name in rule:
            rule[name] = Period.parse(rule[name])

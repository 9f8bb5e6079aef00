"""What a campaign is set to beyond its mode: its team, its lists, its numbers, its quotas. Pure.

Kept as one JSON document; `settings_from` reads it strictly, and names the field that is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from enum import StrEnum
from types import MappingProxyType
from typing import Any

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedNumber:
    """A number outside that a campaign lets its agents consult; `CampaignSettings.listed` makes it.

    It is the key to a call for which there is no permit, as it is no call to a consumer.
    """

    e164: str


class SettingsError(ValueError):
    """A setting that can't be; the text names it."""


class QuotaBy(StrEnum):
    """Of what a quota counts each value by itself."""

    REGION = "region"
    LIST = "list"
    CREDITOR = "creditor"


class QuotaOf(StrEnum):
    """What fills a quota."""

    CALLS = "calls"
    CONVERSATIONS = "conversations"
    PROMISES = "promises"


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """At most `most` a day of `of` among the cases whose `by` has this `value`."""

    by: QuotaBy
    value: str
    of: QuotaOf
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignSettings:
    """The settings of one campaign.

    team: whose agents it has; None = every agent.
    rank: among the campaigns of a shared agent the lowest comes first.
    needs: skills that every agent of it must have; `needs_language` and `needs_licence` add the
        consumer's language and the licence of the consumer's state, as the agent's skills name
        them (`language:es`, `licence:US-FL`).
    caller_ids: numbers of the house; the one nearest to the consumer is shown.
    weights: how many cases are taken from each list before the next one has its turn; a list that
        is not named has 1.
    quotas: what may be reached a day.
    takes_calls: people of the campaign who call back reach its agents.
    consult_numbers: whom outside an agent may call about a case: the creditor, its attorney
        (15 U.S.C. 1692c(b) lets a collector speak with few others).
    """

    team: str | None = None
    rank: int = 5
    needs: tuple[str, ...] = ()
    needs_language: bool = False
    needs_licence: bool = False
    caller_ids: tuple[str, ...] = ()
    weights: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    quotas: tuple[Quota, ...] = ()
    takes_calls: bool = True
    consult_numbers: tuple[str, ...] = ()

    def listed(self, number: str) -> ListedNumber | None:
        """The number, if an agent may call it about a case."""
        return ListedNumber(e164=number) if number in self.consult_numbers else None

    def document(self) -> dict[str, Any]:
        """The settings in JSON's types, as `settings_from` reads them."""
        quotas = [
            {"by": q.by.value, "value": q.value, "of": q.of.value, "most": q.most}
            for q in self.quotas
        ]
        plain = {f.name: getattr(self, f.name) for f in fields(self)}
        return {
            **plain,
            "needs": list(self.needs),
            "caller_ids": list(self.caller_ids),
            "consult_numbers": list(self.consult_numbers),
            "weights": dict(self.weights),
            "quotas": quotas,
        }


def settings_from(document: Mapping[str, Any]) -> CampaignSettings:
    """Raises SettingsError that names the field."""
    unknown = sorted(set(document) - set(_READERS))
    if unknown:
        raise SettingsError(f"{unknown[0]}: there is no such setting")
    return CampaignSettings(**{name: _READERS[name](name, v) for name, v in document.items()})


def skills_needed(
    settings: CampaignSettings, *, language: str | None, country: str | None, region: str | None
) -> frozenset[str]:
    """The skills that a talk with this consumer takes.

    An unknown language needs none; a licence is needed where the state is unknown too: no agent
    has that one.
    """
    needs = set(settings.needs)
    if settings.needs_language and language:
        needs.add(f"language:{language.partition('-')[0].lower()}")
    if settings.needs_licence:
        needs.add(f"licence:{country or '?'}-{region or '?'}")
    return frozenset(needs)


def _text_or_none(name: str, value: Any) -> str | None:
    if value is None or (isinstance(value, str) and value.strip()):
        return value.strip() if value else None
    raise SettingsError(f"{name}: a name is expected, not {value!r}")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"{name}: true or false is expected, not {value!r}")
    return value


def _count(least: int, most: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise SettingsError(f"{name}: a number from {least} to {most} is expected: {value!r}")
        return value

    return read


def _words(name: str, value: Any) -> tuple[str, ...]:
    listed = isinstance(value, Sequence) and not isinstance(value, str)
    if not listed or not all(isinstance(word, str) and word.strip() for word in value):
        raise SettingsError(f"{name}: a list of words is expected, not {value!r}")
    return tuple(word.strip() for word in value)


def _numbers(name: str, value: Any) -> tuple[str, ...]:
    found = _words(name, value)
    for number in found:
        if not _NUMBER.fullmatch(number):
            raise SettingsError(f"{name}: {number!r} is no number in E.164")
    return found


def _weights(name: str, value: Any) -> Mapping[str, int]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name}: a weight for each list is expected, not {value!r}")
    weight = _count(1, 100)
    return MappingProxyType({str(key): weight(f"{name}.{key}", w) for key, w in value.items()})


def _quotas(name: str, value: Any) -> tuple[Quota, ...]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise SettingsError(f"{name}: a list is expected, not {value!r}")
    return tuple(_quota(f"{name}[{n}]", one) for n, one in enumerate(value))


def _quota(name: str, value: Any) -> Quota:
    if not isinstance(value, Mapping) or set(value) != {"by", "value", "of", "most"}:
        raise SettingsError(f"{name}: by, value, of and most are expected: {value!r}")
    try:
        by, of = QuotaBy(value["by"]), QuotaOf(value["of"])
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error
    most = _count(0, 1_000_000)(f"{name}.most", value["most"])
    return Quota(by=by, value=str(value["value"]), of=of, most=most)


_READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "team": _text_or_none,
    "rank": _count(1, 99),
    "needs": _words,
    "needs_language": _flag,
    "needs_licence": _flag,
    "caller_ids": _numbers,
    "weights": _weights,
    "quotas": _quotas,
    "takes_calls": _flag,
    "consult_numbers": _numbers,
}

"""The sample portfolio: the town's consumers as a creditor would hand them over, in CSV.

Two files: the cases in the import format, and the history of past contacts that says how much of
each legal limit is already used. Some cases are made to be refused: seven calls in the last seven
days, a conversation yesterday, a do-not-call mark, a history or a place that nobody knows.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from dialer.town.deck import deal
from dialer.town.population import Consumer, Population, make_population

CASE_COLUMNS = (
    "case_id",
    "full_name",
    "creditor",
    "debt_id",
    "product",
    "currency",
    "balance",
    "days_past_due",
    "due_date",
    "phone",
    "phone_2",
    "email",
    "country",
    "state",
    "postal_code",
    "city",
    "address",
    "timezone",
    "language",
    "id_last4",
    "consent_call",
    "consent_sms",
    "consent_email",
    "dnc",
    "campaign",
    "rank",
)
HISTORY_COLUMNS = ("case_id", "at", "channel", "direction", "outcome", "number", "debt_id")

_HISTORY_KNOWN_DAYS = 30


class Past(StrEnum):
    """What the opening balance of a case says."""

    NOTHING = "nothing"  # known, and no contact in it
    FEW_CALLS = "few_calls"
    SEVEN_CALLS = "seven_calls"  # the whole of a seven-day limit
    CONVERSATION = "conversation"  # yesterday
    UNKNOWN = "unknown"  # no row at all: counts as full use


class Whereabouts(StrEnum):
    """How much of the consumer's place the creditor knows."""

    ADDRESS = "address"
    STATED_ZONE = "stated_zone"  # the address, and a time zone
    NOWHERE = "nowhere"  # an e-mail address and nothing else
    NO_RULES = "no_rules"  # a country that no rule pack covers


_PASTS = {
    Past.NOTHING: 30,
    Past.FEW_CALLS: 3,
    Past.SEVEN_CALLS: 3,
    Past.CONVERSATION: 2,
    Past.UNKNOWN: 2,
}
_WHEREABOUTS = {
    Whereabouts.ADDRESS: 30,
    Whereabouts.STATED_ZONE: 7,
    Whereabouts.NOWHERE: 1,
    Whereabouts.NO_RULES: 2,
}
_CAMPAIGNS = {"early-calls": 20, "first-notice-sms": 11, "email-reminder": 9, "agents-calls": 24}
_DNC = {"": 38, "yes": 2}
_CONSENTS = {"yes": 36, "": 2, "no": 2}
_CREDITORS = {
    "US": (("Example Card Bank", "card"), ("Sample Stores Credit", "card"), ("Mock Loans", "loan")),
    "CN": (("示例银行", "card"), ("样本信用卡中心", "card")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Portfolio:
    """Where the files are, and whose cases they hold."""

    cases: Path
    history: Path
    population: Population
    pasts: dict[str, Past]  # by case_id


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    consumer: Consumer
    row: dict[str, str]
    past: Past


def cases_file(directory: Path) -> Path:
    """Where `write_portfolio` puts the cases."""
    return directory / "cases.csv"


def write_portfolio(directory: Path, seed: int, size: int, now: datetime) -> Portfolio:
    """Write `cases.csv` and `history.csv`; the same arguments give the same bytes.

    `now` (aware) is the instant that "yesterday" and "days past due" are counted from. Raises
    ValueError for a size that the town has no numbers for, OSError if the files can't be written.
    """
    population = make_population(seed, size)
    cases = list(_cases(population, now))
    directory.mkdir(parents=True, exist_ok=True)
    portfolio = Portfolio(
        cases=cases_file(directory),
        history=directory / "history.csv",
        population=population,
        pasts={case.row["case_id"]: case.past for case in cases},
    )
    _write(portfolio.cases, CASE_COLUMNS, (case.row for case in cases))
    _write(
        portfolio.history, HISTORY_COLUMNS, (row for case in cases for row in _history(case, now))
    )
    return portfolio


def _write(path: Path, columns: tuple[str, ...], rows: Iterator[dict[str, str]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _cases(population: Population, now: datetime) -> Iterator[_Case]:
    seed = population.seed
    campaigns = deal(seed, "campaign", _CAMPAIGNS)
    pasts = deal(seed, "past", _PASTS)
    places = deal(seed, "whereabouts", _WHEREABOUTS)
    dnc = deal(seed, "dnc", _DNC)
    consents = [deal(seed, f"consent {channel}", _CONSENTS) for channel in ("call", "sms", "email")]
    for consumer in population.consumers:
        call, sms, email = (next(deck) for deck in consents)
        campaign, where = next(campaigns), next(places)
        if where is Whereabouts.NOWHERE:
            campaign = "email-reminder"
        row = {
            "case_id": f"C{consumer.index + 1:06d}",
            "full_name": consumer.name,
            "email": consumer.mailbox.address,
            "language": consumer.language,
            "consent_call": call,
            "consent_sms": sms,
            "consent_email": email,
            "dnc": next(dnc),
            "campaign": campaign,
            "rank": str(consumer.index + 1),
        }
        row |= _debt(consumer, seed, now.date()) | _reach(consumer, where)
        yield _Case(consumer=consumer, row=row, past=next(pasts))


def _debt(consumer: Consumer, seed: int, today: date) -> dict[str, str]:
    rng = Random(f"{seed}/debt/{consumer.index}")
    country = consumer.place.country
    creditor, product = rng.choice(_CREDITORS[country])
    late = rng.choice((3, 12, 25, 45, 70, 100, 180))
    return {
        "debt_id": f"D{consumer.index + 1:06d}",
        "creditor": creditor,
        "product": product,
        "currency": "CNY" if country == "CN" else "USD",
        "balance": f"{rng.randrange(50_00, 9_000_00) / 100:.2f}",
        "days_past_due": str(late),
        "due_date": (today - timedelta(days=late)).isoformat(),
        "id_last4": f"{rng.randrange(10_000):04d}",
    }


def _reach(consumer: Consumer, where: Whereabouts) -> dict[str, str]:
    """Numbers and place, as far as the creditor knows them."""
    if where is Whereabouts.NOWHERE:
        return {}
    numbers = [phone.number for phone in consumer.phones]
    phones = {"phone": numbers[0], "phone_2": numbers[1] if len(numbers) > 1 else ""}
    if where is Whereabouts.NO_RULES:
        return phones | {"country": "AQ"}
    place = consumer.place
    return phones | {
        "country": place.country,
        "state": place.state,
        "postal_code": place.postal_code,
        "city": place.city,
        "address": consumer.street,
        "timezone": place.zone if where is Whereabouts.STATED_ZONE else "",
    }


def _history(case: _Case, now: datetime) -> Iterator[dict[str, str]]:
    """The rows of one case, oldest first; all `at` are UTC and before `now`.

    A row with the outcome `none` says that from its instant on the history is known.
    """
    if case.past is Past.UNKNOWN:
        return
    case_id = case.row["case_id"]
    known_from = (now - timedelta(days=_HISTORY_KNOWN_DAYS)).astimezone(UTC)
    yield {
        "case_id": case_id,
        "at": _instant(known_from),
        "channel": "call",
        "direction": "out",
        "outcome": "none",
    }
    zone = ZoneInfo(case.consumer.place.zone)
    today = now.astimezone(zone).date()
    for days_ago, hour, outcome in _CONTACTS[case.past]:
        local = datetime.combine(today - timedelta(days=days_ago), time(hour), zone)
        yield {
            "case_id": case_id,
            "at": _instant(local),
            "channel": "call",
            "direction": "out",
            "outcome": outcome,
            "number": case.consumer.phones[0].number,
            "debt_id": case.row["debt_id"],
        }


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


# Days ago, local hour, outcome.
_CONTACTS: dict[Past, tuple[tuple[int, int, str], ...]] = {
    Past.NOTHING: (),
    Past.FEW_CALLS: ((5, 11, "no_answer"), (3, 16, "no_answer")),
    Past.SEVEN_CALLS: (
        (6, 10, "no_answer"),
        (5, 11, "no_answer"),
        (4, 15, "no_answer"),
        (3, 12, "no_answer"),
        (2, 10, "no_answer"),
        (2, 16, "no_answer"),
        (1, 14, "no_answer"),
    ),
    Past.CONVERSATION: ((4, 13, "no_answer"), (1, 15, "conversation")),
}

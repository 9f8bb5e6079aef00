"""A whole portfolio in a store: people, cases, debts, contacts, refusals, promises and payments."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from sqlalchemy import Table

from dialer.bench.people import LONG_AGO, NOON
from dialer.model.contact_point import PointKind
from dialer.store import tables
from dialer.store.bulk import insert_many
from dialer.store.casework_tables import payment_lines, payments
from dialer.store.database import Database
from dialer.store.fact_rows import point_row
from dialer.store.work import WorkState

_AT_ONCE = 20_000  # cases
_OUTCOMES = ("no_answer", "no_answer", "busy", "message_played", "conversation")
_AGENTS = 40
_DAYS = 90
_MINUTES = _DAYS * 24 * 60

Rows = Iterator[tuple[Table, list[dict[str, Any]]]]


async def fill(db: Database, campaign: str, cases: int, attempts_each: int) -> int:
    """Fill an empty store; how many rows. Every case is due in the campaign.

    One case in five was refused a contact, one in ten has a promise and a payment.
    """
    written = 0
    for start in range(0, cases, _AT_ONCE):
        numbers = range(start, min(cases, start + _AT_ONCE))
        async with db.write() as conn:
            for table, rows in _rows(numbers, campaign, attempts_each):
                await insert_many(conn, table, rows)
                written += len(rows)
    async with db.write() as conn:
        await conn.exec_driver_sql("analyze")
    return written


def _rows(numbers: range, campaign: str, attempts_each: int) -> Rows:
    stamps = {"created_at": NOON, "updated_at": NOON}
    named = {"full_name": "Otto Abendroth", "name_key": "otto abendroth", "language": "en"}
    place = {"country": "US", "region": "NY", "city": "New York"}
    yield (
        tables.consumers,
        [{"id": f"person-{n:08d}", **named, **place, "history_known_from": LONG_AGO, **stamps}
         for n in numbers],
    )  # fmt: skip
    yield (
        tables.locations,
        [{"id": f"place-{n:08d}", "consumer_id": f"person-{n:08d}", "kind": "address", **place,
          "tz": "America/New_York", "source": "import", "known_at": NOON} for n in numbers],
    )  # fmt: skip
    yield (
        tables.contact_points,
        [point_row(f"point-{n:08d}", PointKind.PHONE, f"+1212555{n:08d}", now=NOON)
         for n in numbers],
    )  # fmt: skip
    yield (
        tables.consumer_contact_points,
        [{"consumer_id": f"person-{n:08d}", "contact_point_id": f"point-{n:08d}",
          "created_at": NOON} for n in numbers],
    )  # fmt: skip
    yield (
        tables.cases,
        [{"id": f"case-{n:08d}", "case_ref": f"C{n:08d}", "consumer_id": f"person-{n:08d}",
          "creditor": f"Bank {n % 7}", **stamps} for n in numbers],
    )  # fmt: skip
    yield (
        tables.debts,
        [{"id": f"debt-{n:08d}", "case_id": f"case-{n:08d}", "debt_ref": "D1",
          "creditor": f"Bank {n % 7}", "currency": "USD", "balance_minor": 10_000 + n % 90_000,
          "days_past_due": n % 200, "as_of": NOON, **stamps} for n in numbers],
    )  # fmt: skip
    yield (
        tables.campaign_cases,
        [{"campaign_id": campaign, "case_id": f"case-{n:08d}", "placed_at": LONG_AGO, "position": n,
          "state": WorkState.DUE, "next_channel": "call",
          "next_at": NOON - timedelta(seconds=n % 5000), "updated_at": NOON} for n in numbers],
    )  # fmt: skip
    yield from _contacts(numbers, campaign, attempts_each)
    yield from _money(numbers)


def _contacts(numbers: range, campaign: str, attempts_each: int) -> Rows:
    about = {"debts": [], "also_discussed": [], "detail": {}, "owner": "bench", "state": "closed"}
    yield (
        tables.attempts,
        [{"id": f"attempt-{n:08d}-{k}", "case_id": f"case-{n:08d}",
          "consumer_id": f"person-{n:08d}", "campaign_id": campaign, "channel": "call",
          "contact_point_id": f"point-{n:08d}", **about,
          "outcome": _OUTCOMES[(n + k) % len(_OUTCOMES)], "permit_expires_at": NOON,
          "reserved_at": _ago(n, k), "closed_at": _ago(n, k)}
         for n in numbers for k in range(attempts_each)],
    )  # fmt: skip
    verdict = {"allowed": False, "rules": ["US-REGF-7IN7"], "strength": "law", "record": "{}",
               "record_sha256": "0" * 64, "pack_sha256": {}, "tz_version": "2026a"}  # fmt: skip
    yield (
        tables.decisions,
        [{"id": f"refusal-{n:08d}", "case_id": f"case-{n:08d}", "consumer_id": f"person-{n:08d}",
          "campaign_id": campaign, "channel": "call", "contact_point_id": f"point-{n:08d}",
          "decided_at": _ago(n, 9), **verdict} for n in numbers if n % 5 == 0],
    )  # fmt: skip


def _money(numbers: range) -> Rows:
    some = [n for n in numbers if n % 10 == 0]
    yield (
        tables.promises,
        [{"id": f"promise-{n:08d}", "case_id": f"case-{n:08d}", "consumer_id": f"person-{n:08d}",
          "debt_id": f"debt-{n:08d}", "amount_minor": 5_000, "currency": "USD",
          "due_on": _ago(n, 0).date(), "state": "kept" if n % 20 else "broken",
          "by": f"agent-{n // 10 % _AGENTS}", "created_at": _ago(n, 1)} for n in some],
    )  # fmt: skip
    yield (
        payments,
        [{"id": f"payment-{n:08d}", "payment_ref": f"P{n}", "case_id": f"case-{n:08d}",
          "consumer_id": f"person-{n:08d}", "amount_minor": 5_000, "currency": "USD",
          "received_on": _ago(n, 0).date(), "deducted": False, "unallocated_minor": 0,
          "source": "import", "recorded_at": _ago(n, 0)} for n in some],
    )  # fmt: skip
    yield (
        payment_lines,
        [{"payment_id": f"payment-{n:08d}", "debt_id": f"debt-{n:08d}", "part": "principal",
          "amount_minor": 5_000} for n in some],
    )  # fmt: skip


def _ago(number: int, contact: int) -> Any:
    """An instant of the last ninety days, spread evenly over the cases and their contacts."""
    return NOON - timedelta(minutes=(number * 7919 + contact * 17_393) % _MINUTES)

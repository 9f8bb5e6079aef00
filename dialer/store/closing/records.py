"""What the far side says it took: files of call records, receipts and the mail log.

Calls come as a JSON list (`number`, `started_at`, `answered_at`, `code`) or as Asterisk's CSV of
call detail records, in UTC (`usegmtime=yes`), with or without a header. Texts come as a JSON list
(`smsc_ids`, `number`, `at`, `state`), mails too (`address`, `at`, `code`, `message_id`).
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

ASTERISK_COLUMNS = (
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
    "uniqueid",
    "userfield",
)
TAKEN = 400
"""SMTP replies below this took the recipient."""


class BadRecords(ValueError):
    """A file of records that cannot be read; the message names file, record and reason."""


class Result(StrEnum):
    """What the far side says came of a contact."""

    ANSWERED = "answered"
    NOT_ANSWERED = "not_answered"
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    TAKEN = "taken"
    REFUSED = "refused"
    OPEN = "open"  # not known yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One contact as the far side has it. `ids` are its names for it, where it has any."""

    ids: tuple[str, ...]
    address: str
    at: datetime
    result: Result


def read_calls(path: Path) -> list[Record]:
    """Call records; BadRecords where one cannot be read."""
    text = path.read_text("utf-8-sig")
    if text.lstrip().startswith("["):
        return _each(path, _items(path, text), _call)
    return _each(path, _asterisk(text), _asterisk_call)


def read_texts(path: Path) -> list[Record]:
    """The SMSC's record of texts and what their receipts say."""
    return _each(path, _items(path, path.read_text("utf-8-sig")), _text)


def read_mails(path: Path) -> list[Record]:
    """The mail log: one record a recipient."""
    return _each(path, _items(path, path.read_text("utf-8-sig")), _mail)


def _items(path: Path, text: str) -> list[Any]:
    try:
        items = json.loads(text)
    except ValueError as error:
        raise BadRecords(f"{path.name}: not JSON: {error}") from error
    if not isinstance(items, list):
        raise BadRecords(f"{path.name}: a list of records is needed")
    return items


def _each(path: Path, items: Iterable[Any], read: Any) -> list[Record]:
    records = []
    for number, item in enumerate(items, 1):
        try:
            records.append(read(item))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise BadRecords(f"{path.name}: record {number}: {error!r}") from error
    return records


def _call(item: Mapping[str, Any]) -> Record:
    answered = item.get("answered_at") is not None
    rings = not answered and item.get("code") is None
    return Record(
        ids=(str(item["call_id"]),) if item.get("call_id") else (),
        address=_number(item["number"]),
        at=_instant(item["started_at"]),
        result=_answered(answered) if not rings else Result.OPEN,
    )


def _asterisk(text: str) -> list[Mapping[str, str]]:
    lines = text.splitlines()
    headed = bool(lines) and "disposition" in lines[0].lower()
    columns = None if headed else ASTERISK_COLUMNS
    return [row for row in csv.DictReader(lines, fieldnames=columns) if row.get("dst")]


def _asterisk_call(row: Mapping[str, str]) -> Record:
    return Record(
        ids=(row["uniqueid"],) if row.get("uniqueid") else (),
        address=_number(row["dst"]),
        at=_instant(row["start"]),
        result=_answered(row["disposition"].upper() == "ANSWERED"),
    )


def _text(item: Mapping[str, Any]) -> Record:
    states = {"DELIVRD": Result.DELIVERED, "ACCEPTD": Result.OPEN, "ENROUTE": Result.OPEN}
    return Record(
        ids=tuple(str(one) for one in item["smsc_ids"]),
        address=_number(item["number"]),
        at=_instant(item["at"]),
        result=states.get(str(item["state"]), Result.UNDELIVERABLE),
    )


def _mail(item: Mapping[str, Any]) -> Record:
    return Record(
        ids=(str(item["message_id"]),) if item.get("message_id") else (),
        address=str(item["address"]).lower(),
        at=_instant(item["at"]),
        result=Result.TAKEN if int(item["code"]) < TAKEN else Result.REFUSED,
    )


def _answered(answered: bool) -> Result:
    return Result.ANSWERED if answered else Result.NOT_ANSWERED


def _number(text: str) -> str:
    digits = "".join(sign for sign in str(text) if sign.isdigit())
    if not digits:
        raise ValueError(f"{text!r} is no number")
    return f"+{digits}"


def _instant(text: str) -> datetime:
    """An ISO instant; one without an offset is UTC, as `usegmtime=yes` writes it."""
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)

"""One row of a history file as checked values, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from compliance.facts import Channel, Direction
from compliance.outcomes import CLASSES
from dialer.model.contact_point import KIND_OF_CHANNEL, PointKind
from dialer.store.fact_rows import digest
from dialer.store.importing import values
from dialer.store.importing.report import Problem

NONE = "none"
"""The outcome of a row that stands for no contact, only for known history."""

OUTCOMES = (*(word for word in CLASSES if word != "reserved"), NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """A good row of the file, not yet held against the store."""

    number: int
    cells: Sequence[str]
    case_ref: str
    at: datetime
    channel: Channel
    direction: Direction
    outcome: str
    address: str | None
    debt_ref: str | None

    @property
    def key(self) -> str:
        """What makes two rows the same contact."""
        told = (self.case_ref, self.at, self.channel, self.direction, self.outcome)
        return digest("/".join(map(str, (*told, self.address, self.debt_ref))))


def parse_past(
    number: int,
    cells: Sequence[str],
    record: Mapping[str, str],
    default_country: str,
    now: datetime,
) -> PastRow | list[Problem]:
    """Check one row. `record` holds the cells that are not blank, by column."""
    problems: list[Problem] = []
    found: dict[str, Any] = {}

    def wrong(column: str, reason: str) -> None:
        problems.append(Problem(row=number, column=column, reason=reason))

    readers: dict[str, Any] = {
        "case_id": lambda cell: values.text(cell, 120),
        "at": lambda cell: _past(cell, now),
        "channel": lambda cell: Channel(_word(cell, tuple(Channel))),
        "direction": lambda cell: Direction(_word(cell, tuple(Direction))),
        "outcome": lambda cell: _word(cell, OUTCOMES),
        "debt_id": lambda cell: values.text(cell, 120),
    }
    for column, read in readers.items():
        if column not in record:
            if column != "debt_id":
                wrong(column, "is missing")
            continue
        try:
            found[column] = read(record[column])
        except ValueError as error:
            wrong(column, str(error))
    address = None
    if "number" in record and "channel" in found:
        try:
            address = _address(record["number"], found["channel"], default_country)
        except ValueError as error:
            wrong("number", str(error))
    if problems:
        return problems
    return PastRow(
        number=number,
        cells=cells,
        case_ref=found["case_id"],
        at=found["at"],
        channel=found["channel"],
        direction=found["direction"],
        outcome=found["outcome"],
        address=address,
        debt_ref=found.get("debt_id"),
    )


def _past(cell: str, now: datetime) -> datetime:
    at = values.instant(cell)
    if at > now:
        raise ValueError(f"{cell!r} is still to come")
    return at


def _word(cell: str, known: Sequence[str]) -> str:
    for word in known:
        if word.casefold() == cell.casefold():
            return str(word)
    raise ValueError(f"{cell!r} is none of {', '.join(known)}")


def _address(cell: str, channel: Channel, default_country: str) -> str:
    if KIND_OF_CHANNEL.get(channel) is PointKind.EMAIL:
        return values.email(cell)
    return values.phone(cell, default_country).e164

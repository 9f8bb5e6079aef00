"""The columns of an import file, under their own names, VICIdial's, or a mapping file's."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dialer.store.importing.report import Problem

PHONES = ("phone", "phone_2", "phone_3", "phone_4", "phone_5")
CONSENTS = ("consent_call", "consent_sms", "consent_email")
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
    *PHONES,
    "email",
    "country",
    "state",
    "postal_code",
    "city",
    "address",
    "timezone",
    "language",
    "id_last4",
    *CONSENTS,
    "dnc",
    "notes",
    "campaign",
    "list",
    "rank",
)
HISTORY_COLUMNS = ("case_id", "at", "channel", "direction", "outcome", "number", "debt_id")

# VICIdial's lead columns. Several that feed one of ours are joined, in this order.
VICIDIAL = {
    "vendor_lead_code": "case_id",
    "first_name": "full_name",
    "middle_initial": "full_name",
    "last_name": "full_name",
    "phone_number": "phone",
    "alt_phone": "phone_2",
    "address1": "address",
    "address2": "address",
    "address3": "address",
    "country_code": "country",
    "province": "state",
    "comments": "notes",
    "list_id": "list",
}
PHONE_CODE = "phone_code"
"""VICIdial's country calling code; it goes before `phone_number`, and nowhere else."""


class BadFile(ValueError):
    """The file as a whole can't be imported; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Which cells of a row feed which column. `ignored` are headers that mean nothing to us."""

    width: int
    sources: Mapping[str, tuple[int, ...]]
    phone_code: int | None
    ignored: tuple[str, ...]

    def record(self, number: int, row: Sequence[str]) -> dict[str, str] | list[Problem]:
        """The row by column, blank cells left out, or what is wrong with its shape.

        A row shorter than the header ends in blank cells.
        """
        if any(cell.strip() for cell in row[self.width :]):
            reason = f"{len(row)} cells under {self.width} headers"
            return [Problem(row=number, column="(row)", reason=reason)]
        cells = [*row, *[""] * (self.width - len(row))]
        found: dict[str, str] = {}
        for column, places in self.sources.items():
            if len(places) == 1:
                value = cells[places[0]].strip()
            else:
                value = " ".join(part for i in places if (part := cells[i].strip()))
            if value:
                found[column] = value
        self._prefix(found, cells)
        return found

    def _prefix(self, found: dict[str, str], cells: Sequence[str]) -> None:
        if self.phone_code is None or "phone" not in found:
            return
        code = cells[self.phone_code].strip().lstrip("+")
        if code and not found["phone"].startswith("+"):
            found["phone"] = f"+{code}{found['phone']}"


def read_mapping(path: Path) -> dict[str, str]:
    """Read a mapping file: TOML with a table `columns`, their header to our column."""
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadFile(f"{path.name}: {error}") from error
    columns = table.get("columns")
    if not isinstance(columns, dict) or not all(isinstance(v, str) for v in columns.values()):
        raise BadFile(f'{path.name}: needs a table [columns] of "their header" = "our column"')
    return {str(theirs): str(ours) for theirs, ours in columns.items()}


def lay_out(
    header: Sequence[str],
    *,
    known: Sequence[str],
    required: Sequence[Sequence[str]],
    mapping: Mapping[str, str] | None = None,
) -> Layout:
    """Read a header row. `required` lists groups of columns, one of each must be there."""
    renamed = {_folded(theirs): ours for theirs, ours in (mapping or {}).items()}
    for ours in renamed.values():
        if ours not in known:
            raise BadFile(f"the mapping names {ours!r}, which is no column of ours")
    sources: dict[str, tuple[int, ...]] = {}
    ignored: list[str] = []
    own = {_folded(title) for title in header} & set(known)
    for place, title in enumerate(header):
        name = _folded(title)
        column = renamed.get(name) or (name if name in known else None)
        if column is None and name in VICIDIAL and VICIDIAL[name] not in own:
            column = VICIDIAL[name]
        if column is None or column not in known:
            if name != PHONE_CODE:
                ignored.append(title)
            continue
        if column in sources and VICIDIAL.get(name) != column:
            raise BadFile(f"two columns for {column}: the second is {title!r}")
        sources[column] = (*sources.get(column, ()), place)
    for group in required:
        if not any(column in sources for column in group):
            raise BadFile(f"the column {' or '.join(group)} is missing")
    folded = [_folded(title) for title in header]
    code = folded.index(PHONE_CODE) if PHONE_CODE in folded else None
    return Layout(width=len(header), sources=sources, phone_code=code, ignored=tuple(ignored))


def _folded(title: str) -> str:
    return "_".join(title.strip().casefold().replace("-", " ").split())

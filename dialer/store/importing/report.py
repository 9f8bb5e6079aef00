"""What an import did, and what was wrong with each bad row."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import TextIO

Progress = Callable[[int], None]
"""Called with the number of rows read so far."""

KEPT_PROBLEMS = 1000
"""So many problems are listed in the report; the rejected file has all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing wrong with one row. Row 1 is the header, as in a spreadsheet."""

    row: int
    column: str
    reason: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.column}: {self.reason}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """`changes` counts what was written, by kind (`cases.added`, `debts.changed` ...)."""

    file: str
    rows: int
    good: int
    bad: int
    changes: Mapping[str, int]
    without_zone: int  # people whose zone nobody knows: imported, and refused by the gate
    ignored_columns: tuple[str, ...]
    problems: tuple[Problem, ...]
    rejected_file: Path | None
    dry_run: bool

    def document(self) -> dict[str, object]:
        """The report as JSON data, without anything from the rows themselves."""
        return {
            "rows": self.rows,
            "good": self.good,
            "bad": self.bad,
            "changes": dict(self.changes),
            "without_zone": self.without_zone,
            "dry_run": self.dry_run,
        }


@dataclass(slots=True)
class Tally:
    """Counts while an import runs."""

    rows: int = 0
    good: int = 0
    bad: int = 0
    without_zone: int = 0
    changes: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)

    def reject(self, problems: Sequence[Problem]) -> None:
        """Count a bad row."""
        self.bad += 1
        self.problems += problems[: max(0, KEPT_PROBLEMS - len(self.problems))]


class Rejects:
    """Writes bad rows to `FILE.rejected.csv`: the row as it came, and what is wrong with it.

    The file can be mended and imported as it is: the added column is not read. It is made with
    the first bad row.
    """

    def __init__(self, source: Path, header: Sequence[str], delimiter: str) -> None:
        self.path = source.with_name(f"{source.stem}.rejected.csv")
        self._header = header
        self._delimiter = delimiter
        self._file: TextIO | None = None

    def __enter__(self) -> Rejects:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._file is not None:
            self._file.close()

    @property
    def written(self) -> Path | None:
        """The file, if there was anything to write."""
        return None if self._file is None else self.path

    def add(self, cells: Sequence[str], problems: Sequence[Problem]) -> None:
        """Write one bad row."""
        if self._file is None:
            self._file = self.path.open("w", encoding="utf-8", newline="")
            self._row([*self._header, "problem"])
        told = "; ".join(f"{problem.column}: {problem.reason}" for problem in problems)
        padded = [*cells, *[""] * (len(self._header) - len(cells))]
        self._row([*padded[: len(self._header)], told])

    def _row(self, cells: Sequence[str]) -> None:
        assert self._file is not None
        csv.writer(self._file, delimiter=self._delimiter, lineterminator="\n").writerow(cells)

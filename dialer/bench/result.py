"""What a bench found, as data and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rich.table import Table

Row = Mapping[str, Any]


class BenchFailed(ValueError):
    """What was measured did not do what it should; its time says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The rows of one bench. `left_out` says what was not measured, and why.

    A row's figures have their unit in their name: `_per_s`, `_ms`, `_s`; a name that starts with
    `ratio` is a share of a baseline of the same run. `aim` is what the row is to reach.
    """

    name: str
    about: str
    rows: Sequence[Row]
    left_out: Sequence[str] = ()

    def document(self) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "about": self.about,
            "rows": [dict(row) for row in self.rows],
            "left_out": list(self.left_out),
        }

    def table(self) -> Table:
        """The result for the eye."""
        shown = Table(title=f"{self.name}: {self.about}", title_justify="left")
        columns = list(dict.fromkeys(name for row in self.rows for name in row))
        for number, name in enumerate(columns):
            shown.add_column(name, justify="left" if number == 0 else "right")
        for row in self.rows:
            shown.add_row(*(_cell(row.get(name)) for name in columns))
        shown.caption = "\n".join(f"left out: {why}" for why in self.left_out) or None
        return shown


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) and not isinstance(value, bool) else str(value)

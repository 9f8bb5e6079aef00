"""A report as people read it: every cell a text in the reader's language, shares with their bar."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCell:
    """What stands in a cell; `share`, from 0 to 1, is drawn as a bar beside it."""

    text: str
    share: float | None = None
    number: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """Columns side by side, each with its label and its figure as it is written."""

    title: str
    columns: tuple[tuple[str, float, str], ...]

    @property
    def heights(self) -> tuple[float, ...]:
        """The height of each column, the highest being 1."""
        highest = max((value for _, value, _ in self.columns), default=0) or 1
        return tuple(value / highest for _, value, _ in self.columns)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSheet:
    """One table, with a chart where one tells more. `empty` is said where there are no rows."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[ShownCell, ...], ...]
    empty: str
    chart: Chart | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownReport:
    """The whole report."""

    title: str
    about: str
    sheets: tuple[ShownSheet, ...]

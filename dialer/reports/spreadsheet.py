"""Tables as CSV and XLSX files that no spreadsheet program takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from xlsxwriter import Workbook

Cell = str | int | float | None

_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", *"\uff1d\uff0b\uff0d\uff20")
"""The last four are the wide forms of the first, which spreadsheet programs in Chinese run too."""


def plain(cell: Cell) -> Cell:
    """A text that a spreadsheet would run, made plain by a leading apostrophe (CWE-1236)."""
    if isinstance(cell, str) and cell.startswith(_STARTS):
        return f"'{cell}"
    return cell


def as_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """UTF-8 with a byte order mark, so that spreadsheet programs read Chinese."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([plain(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(sheets: Iterable[tuple[str, Sequence[str], Iterable[Sequence[Cell]]]]) -> bytes:
    """A workbook of sheets, each `(name, header, rows)`; texts are texts, numbers are numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(out, options) as book:
        bold = book.add_format({"bold": True})
        for name, header, rows in sheets:
            sheet = book.add_worksheet(name[:31])
            sheet.write_row(0, 0, header, bold)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows, start=1):
                for place, cell in enumerate(row):
                    if isinstance(cell, str):
                        sheet.write_string(number, place, str(plain(cell)))
                    elif cell is not None:
                        sheet.write_number(number, place, cell)
            sheet.autofit()
    return out.getvalue()

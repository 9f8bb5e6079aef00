"""Reading a CSV file: encoding, delimiter, header, rows."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dialer.store.importing.columns import BadFile

DELIMITERS = ",;\t"
LONGEST_CELL = 1 << 20


@dataclass(frozen=True, slots=True)
class Source:
    """An open file. `rows` gives (row number, cells); row 1 was the header."""

    header: list[str]
    delimiter: str
    rows: Iterator[tuple[int, list[str]]]


@contextmanager
def open_csv(path: Path) -> Iterator[Source]:
    """Open UTF-8 CSV, with or without BOM, separated by comma, semicolon or tab."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            if not first.strip():
                raise BadFile(f"{path.name} has no header row")
            delimiter = max(DELIMITERS, key=first.count)
            file.seek(0)
            csv.field_size_limit(LONGEST_CELL)
            reader = csv.reader(file, delimiter=delimiter)
            yield Source(next(reader), delimiter, _rows(reader))
    except UnicodeDecodeError as error:
        raise BadFile(f"{path.name} is not UTF-8: byte {error.start} of a block") from error
    except csv.Error as error:
        raise BadFile(f"{path.name} is not CSV: {error}") from error


def _rows(reader: Iterator[list[str]]) -> Iterator[tuple[int, list[str]]]:
    for number, cells in enumerate(reader, 2):
        if any(cell.strip() for cell in cells):
            yield number, cells


def file_digest(path: Path) -> str:
    """The SHA-256 of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()

"""The place in a list where the next page begins: instant and id of the last row, as one text."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from fastapi import HTTPException


def write_cursor(at: datetime, row_id: str) -> str:
    return urlsafe_b64encode(f"{at.isoformat()} {row_id}".encode()).decode().rstrip("=")


def read_cursor(text: str | None) -> tuple[datetime, str] | None:
    """The place, or None for the first page; a 400 for what is no cursor of ours."""
    if not text:
        return None
    try:
        plain = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
        at, _, row_id = plain.partition(" ")
        place = datetime.fromisoformat(at), row_id
    except ValueError as error:
        raise HTTPException(400, "the cursor is not one of ours") from error
    if place[0].tzinfo is None or not row_id:
        raise HTTPException(400, "the cursor is not one of ours")
    return place

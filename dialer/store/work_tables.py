"""The table of what waits for one of our own people; the style is that of `tables`."""

from __future__ import annotations

from sqlalchemy import Column, Date, ForeignKey, Index, String, Table, UniqueConstraint

from dialer.store.columns import Id, UtcDateTime
from dialer.store.sealing import Sealed
from dialer.store.tables import Word, metadata

work_items = Table(
    "work_items",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", String(120), nullable=False),  # whose it is
    Column("kind", Word, nullable=False),  # dialer.store.work_items.Kind
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("subject", String(60), nullable=False),  # what it is about; told once to one person
    Column("due_on", Date),
    Column("text", Sealed("work_items.text")),  # what a person wrote to it
    Column("created_at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
    UniqueConstraint("account", "kind", "subject"),
    Index(None, "account", "done_at"),
    Index(None, "consumer_id"),
)

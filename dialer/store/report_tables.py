"""The tables of the reports that go out by themselves; the style is that of `tables`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Column,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Time,
    UniqueConstraint,
)

from dialer.store.columns import Id, UtcDateTime
from dialer.store.sealing import SealedJson
from dialer.store.tables import Word, metadata

report_schedules = Table(
    "report_schedules",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("every", Word, nullable=False),  # scheduler.recurrence.Every
    Column("at", Time, nullable=False),  # by the wall clock of the zone
    Column("zone", String(60), nullable=False),
    Column("weekday", SmallInteger, nullable=False),  # of a weekly one, 0 = Monday
    Column("day", SmallInteger, nullable=False),  # of a monthly one
    Column("creditor", String(120)),  # null = every one; so with campaign and team
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("team", String(60)),
    # Addresses of our own people.
    Column("recipients", SealedJson("report_schedules.recipients"), nullable=False),
    Column("formats", JSON, nullable=False),  # csv, xlsx, html, pdf
    Column("language", String(35), nullable=False),
    Column("state", Word, nullable=False),  # active, paused, deleted
    Column("by", String(120), nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Index(None, "state", "next_at"),
)

# One report of a schedule: from when it was due until every recipient has it, or it was given up.
report_runs = Table(
    "report_runs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("schedule_id", Id, ForeignKey("report_schedules.id"), nullable=False),
    Column("due_at", UtcDateTime, nullable=False),
    Column("first", Date, nullable=False),  # the days it covers, in the schedule's zone
    Column("last", Date, nullable=False),
    Column("state", Word, nullable=False),  # waiting, sent, failed
    Column("tries", SmallInteger, nullable=False),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("delivered", SealedJson("report_runs.delivered"), nullable=False),  # who has it
    Column("files", JSON, nullable=False),  # name and SHA-256 of each
    Column("error", String(300)),
    Column("ended_at", UtcDateTime),
    UniqueConstraint("schedule_id", "due_at"),
    Index(None, "state", "next_at"),
)

"""The tables of the agents' floor; the others are in `dialer.store.tables`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, ForeignKey, Index, String, Table

from dialer.store.columns import Id, UtcDateTime
from dialer.store.tables import Word, metadata

# A phone's password is derived from the service's own secret and this salt: a copy of the store
# alone lets nobody register.
agent_phones = Table(
    "agent_phones",
    metadata,
    Column("name", String(40), primary_key=True),  # the SIP user
    Column("agent", String(120), nullable=False, unique=True),  # the account's name
    Column("salt", String(64), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
)

# A callback outlives every new plan of its case: the strategy waits for it.
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), nullable=False),
    Column("contact_point_id", Id, ForeignKey("contact_points.id")),  # null = the first usable
    Column("at", UtcDateTime, nullable=False),
    Column("agent", String(120)),  # who promised it; null = anybody of the team
    Column("state", Word, nullable=False),  # open, made, withdrawn
    Column("source", Word, nullable=False),  # asked, agent_lost
    Column("made_by_attempt", Id),
    Column("by", String(120)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index(None, "case_id", "state"),
    Index(None, "state", "at"),
)

# What a pacer has learned, so that a restart does not forget it.
pacer_states = Table(
    "pacer_states",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("mode", Word, nullable=False),
    Column("shift_began_at", UtcDateTime, nullable=False),
    Column("state", JSON, nullable=False),
    Column("saved_at", UtcDateTime, nullable=False),
)

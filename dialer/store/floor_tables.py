"""The tables of the agents' floor; the others are in `dialer.store.tables`."""

from __future__ import annotations

from sqlalchemy import JSON, Column, Date, ForeignKey, Index, String, Table, Time

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

# What an agent may work on; one without a row has no team and no skill.
agent_profiles = Table(
    "agent_profiles",
    metadata,
    Column("agent", String(120), primary_key=True),  # the account's name
    Column("teams", JSON, nullable=False),
    Column("skills", JSON, nullable=False),
    Column("by", String(120)),
    Column("updated_at", UtcDateTime, nullable=False),
)

# Working hours, week by week, on the wall clock of a zone.
shifts = Table(
    "shifts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("agent", String(120)),
    Column("team", String(120)),
    Column("days", JSON, nullable=False),  # 0 = Monday
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    Column("zone", String(60), nullable=False),
    Column("valid_from", Date),
    Column("valid_until", Date),
    Column("by", String(120)),
    Column("created_at", UtcDateTime, nullable=False),
)

# One row: the longest offers, wrap-ups and breaks.
floor_rules = Table(
    "floor_rules",
    metadata,
    Column("id", Word, primary_key=True),
    Column("rules", JSON, nullable=False),
    Column("by", String(120)),
    Column("updated_at", UtcDateTime, nullable=False),
)

# What a worker's loop said last of each running campaign: agents, lines, why it waits.
loop_reports = Table(
    "loop_reports",
    metadata,
    Column("worker", String(120), primary_key=True),
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("report", JSON, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

# Calls that detection hung up as machines, as somebody who listened again heard them.
relistened = Table(
    "relistened",
    metadata,
    Column("attempt_id", Id, ForeignKey("attempts.id"), primary_key=True),
    Column("heard", Word, nullable=False),  # person, machine
    Column("by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

"""Recordings: copies for listening, legal holds, who listened, retention and its certificates."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.columns import UtcDateTime

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("recordings", sa.Column("notice_ms", sa.BigInteger(), nullable=True))
    op.add_column("recordings", sa.Column("playback", sa.String(length=120), nullable=True))
    op.add_column("recordings", sa.Column("retain_until", UtcDateTime(), nullable=True))
    op.add_column("recordings", sa.Column("certificate", sa.Text(), nullable=True))
    op.create_index(
        op.f("ix_recordings_state_retain_until"), "recordings", ["state", "retain_until"]
    )
    op.create_table(
        "recording_holds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("placed_by", sa.String(length=120), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("released_by", sa.String(length=120), nullable=True),
        sa.Column("released_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_recording_holds_case_id_cases")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_holds")),
    )
    op.create_index(op.f("ix_recording_holds_case_id"), "recording_holds", ["case_id"])
    op.create_table(
        "recording_listens",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("recording", sa.String(length=120), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("purpose", sa.String(length=40), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("until", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording"],
            ["recordings.name"],
            name=op.f("fk_recording_listens_recording_recordings"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording_listens")),
    )
    op.create_index(
        op.f("ix_recording_listens_recording_at"), "recording_listens", ["recording", "at"]
    )
    op.create_index(op.f("ix_recording_listens_by_at"), "recording_listens", ["by", "at"])

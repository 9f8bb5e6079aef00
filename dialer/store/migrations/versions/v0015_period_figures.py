"""Indexes of the attempts hold all that a period's figures are counted from."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.drop_index("ix_attempts_campaign_id_reserved_at", "attempts")
    op.create_index(
        "ix_attempts_campaign_id_reserved_at_channel_outcome_case_id",
        "attempts",
        ["campaign_id", "reserved_at", "channel", "outcome", "case_id"],
    )
    op.drop_index("ix_attempts_reserved_at", "attempts")
    op.create_index(
        "ix_attempts_reserved_at_channel_outcome",
        "attempts",
        ["reserved_at", "channel", "outcome"],
    )

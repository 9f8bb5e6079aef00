"""The floor's roster, settings of campaigns, lists, re-listened calls, what the loop says last."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.columns import UtcDateTime

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("settings", sa.JSON(), nullable=True))
    op.add_column(
        "campaign_cases",
        sa.Column("list_name", sa.String(length=120), nullable=False, server_default=sa.text("''")),
    )
    op.create_index(
        "ix_campaign_cases_due_of_list",
        "campaign_cases",
        ["campaign_id", "list_name", "state", "next_channel", "priority", "next_at", "position"],
        sqlite_where=sa.text("list_name <> ''"),
        postgresql_where=sa.text("list_name <> ''"),
    )
    op.create_table(
        "agent_profiles",
        sa.Column("agent", sa.String(length=120), nullable=False),
        sa.Column("teams", sa.JSON(), nullable=False),
        sa.Column("skills", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_agent_profiles")),
    )
    op.create_table(
        "shifts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("team", sa.String(length=120), nullable=True),
        sa.Column("days", sa.JSON(), nullable=False),
        sa.Column("starts", sa.Time(), nullable=False),
        sa.Column("ends", sa.Time(), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shifts")),
    )
    op.create_table(
        "floor_rules",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_floor_rules")),
    )
    op.create_table(
        "loop_reports",
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_loop_reports_campaign_id_campaigns")
        ),
        sa.PrimaryKeyConstraint("worker", "campaign_id", name=op.f("pk_loop_reports")),
    )
    op.create_table(
        "relistened",
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("heard", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_relistened_attempt_id_attempts")
        ),
        sa.PrimaryKeyConstraint("attempt_id", name=op.f("pk_relistened")),
    )

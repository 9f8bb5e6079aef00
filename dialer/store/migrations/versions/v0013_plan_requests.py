"""Plans that need an approval, and what waits for each of our own people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.columns import UtcDateTime

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    for column in (
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.String(length=120), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
    ):
        op.add_column("plans", column)
    op.create_table(
        "work_items",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("account", sa.String(length=120), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("subject", sa.String(length=60), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_work_items_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_work_items_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_items")),
        sa.UniqueConstraint(
            "account", "kind", "subject", name=op.f("uq_work_items_account_kind_subject")
        ),
    )
    op.create_index(op.f("ix_work_items_account_done_at"), "work_items", ["account", "done_at"])
    op.create_index(op.f("ix_work_items_consumer_id"), "work_items", ["consumer_id"])

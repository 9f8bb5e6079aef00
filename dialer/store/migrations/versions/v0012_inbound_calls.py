"""Calls that come in are kept one by one, with what their callers asked for; so is their audio."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.columns import UtcDateTime

revision = "0012"
down_revision = "0011"

_ID = sa.String(length=40)


def upgrade() -> None:
    op.create_table(
        "inbound_calls",
        sa.Column("id", _ID, nullable=False),
        sa.Column("worker", sa.String(length=120), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("ended_at", UtcDateTime(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("number_key", sa.String(length=32), nullable=True),
        sa.Column("matched", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", _ID, nullable=True),
        sa.Column("case_id", _ID, nullable=True),
        sa.Column("campaign_id", _ID, nullable=True),
        sa.Column("event_id", _ID, nullable=True),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("agent", sa.String(length=120), nullable=True),
        sa.Column("callback_id", _ID, nullable=True),
        sa.Column("refused_by", sa.String(length=60), nullable=True),
        sa.Column("message_ms", sa.BigInteger(), nullable=True),
        sa.Column("message_length_ms", sa.BigInteger(), nullable=True),
        sa.Column("duties", sa.JSON(), nullable=False),
        sa.Column("todo", sa.String(length=40), nullable=False),
        sa.Column("done_by", sa.String(length=120), nullable=True),
        sa.Column("done_at", UtcDateTime(), nullable=True),
        sa.Column("assigned_by", sa.String(length=120), nullable=True),
        sa.Column("assigned_at", UtcDateTime(), nullable=True),
        *(
            sa.ForeignKeyConstraint(
                [column], [f"{table}.id"], name=op.f(f"fk_inbound_calls_{column}_{table}")
            )
            for column, table in (
                ("consumer_id", "consumers"),
                ("case_id", "cases"),
                ("campaign_id", "campaigns"),
            )
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbound_calls")),
    )
    op.create_index(op.f("ix_inbound_calls_todo_at"), "inbound_calls", ["todo", "at"])
    op.create_index(op.f("ix_inbound_calls_case_id_at"), "inbound_calls", ["case_id", "at"])
    op.create_index(op.f("ix_inbound_calls_number_key"), "inbound_calls", ["number_key"])
    with op.batch_alter_table("recordings") as batch:
        batch.alter_column("attempt_id", existing_type=_ID, nullable=True)
        batch.alter_column("consumer_id", existing_type=_ID, nullable=True)
        batch.add_column(sa.Column("inbound_call_id", _ID, nullable=True))
        batch.create_foreign_key(
            op.f("fk_recordings_inbound_call_id_inbound_calls"),
            "inbound_calls",
            ["inbound_call_id"],
            ["id"],
        )
        batch.create_check_constraint(
            op.f("ck_recordings_one_call"), "(attempt_id is null) <> (inbound_call_id is null)"
        )
        batch.create_index(op.f("ix_recordings_inbound_call_id"), ["inbound_call_id"])

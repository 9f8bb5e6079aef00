"""The case store as first made."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from dialer.store.columns import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "campaigns",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=40), nullable=False),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("strategy", sa.JSON(), nullable=False),
        sa.Column("caller_id", sa.String(length=32), nullable=True),
        sa.Column("sms_sender", sa.String(length=32), nullable=True),
        sa.Column("email_sender", sa.String(length=320), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("stopped_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaigns")),
        sa.UniqueConstraint("name", name=op.f("uq_campaigns_name")),
    )
    op.create_table(
        "consumers",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("name_key", sa.String(length=200), nullable=False),
        sa.Column("language", sa.String(length=35), nullable=True),
        sa.Column("id_last4", sa.String(length=8), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=40), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("postal_code", sa.String(length=20), nullable=True),
        sa.Column("address", sa.String(length=300), nullable=True),
        sa.Column("history_known_from", UtcDateTime(), nullable=True),
        sa.Column("employer_prohibits", sa.Boolean(), nullable=True),
        sa.Column("electronic_consent", sa.Boolean(), nullable=True),
        sa.Column("tcpa_consent", sa.Boolean(), nullable=True),
        sa.Column("notice_sent", sa.Date(), nullable=True),
        sa.Column("spoken_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consumers")),
    )
    op.create_table(
        "contact_points",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("value", sa.String(length=320), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_points")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_contact_points_kind_value")),
    )
    op.create_table(
        "imports",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("file_sha256", sa.String(length=64), nullable=False),
        sa.Column("rows", sa.Integer(), nullable=False),
        sa.Column("good", sa.Integer(), nullable=False),
        sa.Column("bad", sa.Integer(), nullable=False),
        sa.Column("report", sa.JSON(), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imports")),
    )
    op.create_table(
        "ledger",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("monotonic", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=40), nullable=True),
        sa.PrimaryKeyConstraint("stream", "seq", name=op.f("pk_ledger")),
    )
    op.create_index(
        op.f("ix_ledger_kind_stream_seq"), "ledger", ["kind", "stream", "seq"], unique=False
    )
    op.create_index(op.f("ix_ledger_subject_at"), "ledger", ["subject", "at"], unique=False)
    op.create_table(
        "ledger_heads",
        sa.Column("stream", sa.String(length=120), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("stream", name=op.f("pk_ledger_heads")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_ref", sa.String(length=120), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=40), server_default="open", nullable=False),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("rank", sa.Integer(), server_default="0", nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("last_outcome", sa.String(length=40), nullable=True),
        sa.Column("last_activity_at", UtcDateTime(), nullable=True),
        sa.Column("outbox_seq", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_cases_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("case_ref", name=op.f("uq_cases_case_ref")),
    )
    op.create_index(op.f("ix_cases_consumer_id"), "cases", ["consumer_id"], unique=False)
    op.create_table(
        "consents",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=True),
        sa.Column("given_to", sa.String(length=40), nullable=False),
        sa.Column("given_at", UtcDateTime(), nullable=False),
        sa.Column("basis", sa.String(length=40), server_default="direct", nullable=False),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("contact_point_id", sa.String(length=40), nullable=True),
        sa.Column("opens", sa.Time(), nullable=True),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("valid_dates", sa.JSON(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("ended_by", sa.String(length=40), nullable=True),
        sa.Column("evidence", sa.Text(), nullable=True),
        sa.Column("scope", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_consents_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_consents_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consents")),
    )
    op.create_index(op.f("ix_consents_consumer_id"), "consents", ["consumer_id"], unique=False)
    op.create_table(
        "consumer_contact_points",
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("contact_point_id", sa.String(length=40), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("type", sa.String(length=40), nullable=True),
        sa.Column("raw", sa.String(length=320), nullable=True),
        sa.Column("valid", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.Column("invalid_reason", sa.String(length=120), nullable=True),
        sa.Column("wrong_since", UtcDateTime(), nullable=True),
        sa.Column("inconvenient", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("email_basis", sa.String(length=40), nullable=True),
        sa.Column("notice_sent", sa.Date(), nullable=True),
        sa.Column("optout_by", sa.Date(), nullable=True),
        sa.Column("opted_out", sa.Boolean(), nullable=True),
        sa.Column("reassigned_check_at", UtcDateTime(), nullable=True),
        sa.Column("ported_at", UtcDateTime(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"],
            ["consumers.id"],
            name=op.f("fk_consumer_contact_points_consumer_id_consumers"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_consumer_contact_points_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint(
            "consumer_id", "contact_point_id", name=op.f("pk_consumer_contact_points")
        ),
    )
    op.create_index(
        op.f("ix_consumer_contact_points_contact_point_id"),
        "consumer_contact_points",
        ["contact_point_id"],
        unique=False,
    )
    op.create_table(
        "holds",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("received_at", UtcDateTime(), nullable=True),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("scope", sa.String(length=120), nullable=True),
        sa.Column("starts_on", sa.Date(), nullable=True),
        sa.Column("ends_at", UtcDateTime(), nullable=True),
        sa.Column("in_writing", sa.Boolean(), nullable=True),
        sa.Column("detail", sa.String(length=120), nullable=True),
        sa.Column("resolved_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_holds_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holds")),
    )
    op.create_index(op.f("ix_holds_consumer_id"), "holds", ["consumer_id"], unique=False)
    op.create_table(
        "inconvenient_times",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("weekdays", sa.JSON(), nullable=False),
        sa.Column("opens", sa.Time(), nullable=False),
        sa.Column("closes", sa.Time(), nullable=True),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"],
            ["consumers.id"],
            name=op.f("fk_inconvenient_times_consumer_id_consumers"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inconvenient_times")),
    )
    op.create_index(
        op.f("ix_inconvenient_times_consumer_id"),
        "inconvenient_times",
        ["consumer_id"],
        unique=False,
    )
    op.create_table(
        "locations",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("tz", sa.String(length=64), nullable=True),
        sa.Column("country", sa.String(length=2), nullable=True),
        sa.Column("region", sa.String(length=40), nullable=True),
        sa.Column("city", sa.String(length=120), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=True),
        sa.Column("medium", sa.String(length=40), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("known_at", UtcDateTime(), nullable=False),
        sa.Column("superseded_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_locations_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
    )
    op.create_index(op.f("ix_locations_consumer_id"), "locations", ["consumer_id"], unique=False)
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("contact_point_id", sa.String(length=40), nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.Column("lifted_at", UtcDateTime(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_opt_outs_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_opt_outs_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_opt_outs")),
    )
    op.create_index(op.f("ix_opt_outs_consumer_id"), "opt_outs", ["consumer_id"], unique=False)
    op.create_table(
        "attempts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("mode", sa.String(length=40), nullable=True),
        sa.Column("party", sa.String(length=40), server_default="consumer", nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("contact_point_id", sa.String(length=40), nullable=False),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("also_discussed", sa.JSON(), nullable=False),
        sa.Column("discussion_started_by", sa.String(length=40), nullable=True),
        sa.Column("allotted_debt", sa.String(length=40), nullable=True),
        sa.Column("under_consent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("counts_as_connected", sa.Boolean(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("owner", sa.String(length=120), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("permit_expires_at", UtcDateTime(), nullable=False),
        sa.Column("reserved_at", UtcDateTime(), nullable=False),
        sa.Column("active_at", UtcDateTime(), nullable=True),
        sa.Column("closed_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_attempts_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_attempts_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_attempts_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_attempts_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempts")),
    )
    op.create_index(
        op.f("ix_attempts_campaign_id_reserved_at"),
        "attempts",
        ["campaign_id", "reserved_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_attempts_case_id_reserved_at"),
        "attempts",
        ["case_id", "reserved_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_attempts_consumer_id_reserved_at"),
        "attempts",
        ["consumer_id", "reserved_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_attempts_contact_point_id_reserved_at"),
        "attempts",
        ["contact_point_id", "reserved_at"],
        unique=False,
    )
    op.create_index(
        "ix_attempts_open",
        "attempts",
        ["lease_until"],
        unique=False,
        sqlite_where=sa.text("state <> 'closed'"),
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_index(op.f("ix_attempts_reserved_at"), "attempts", ["reserved_at"], unique=False)
    op.create_table(
        "campaign_cases",
        sa.Column("campaign_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("placed_at", UtcDateTime(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("step", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("next_channel", sa.String(length=40), nullable=True),
        sa.Column("next_at", UtcDateTime(), nullable=True),
        sa.Column("priority", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("lease_owner", sa.String(length=120), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("last_attempt_id", sa.String(length=40), nullable=True),
        sa.Column("last_outcome", sa.String(length=40), nullable=True),
        sa.Column("last_rule", sa.String(length=60), nullable=True),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.CheckConstraint("priority between 0 and 9", name=op.f("ck_campaign_cases_priority")),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_campaign_cases_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_campaign_cases_case_id_cases")
        ),
        sa.PrimaryKeyConstraint("campaign_id", "case_id", name=op.f("pk_campaign_cases")),
    )
    op.create_index(op.f("ix_campaign_cases_case_id"), "campaign_cases", ["case_id"], unique=False)
    op.create_index(
        "ix_campaign_cases_due",
        "campaign_cases",
        ["campaign_id", "state", "next_channel", "priority", "next_at", "position"],
        unique=False,
    )
    op.create_table(
        "contact_events",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("direction", sa.String(length=40), nullable=False),
        sa.Column("outcome", sa.String(length=40), nullable=False),
        sa.Column("contact_point_id", sa.String(length=40), nullable=True),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("also_discussed", sa.JSON(), nullable=False),
        sa.Column("discussion_started_by", sa.String(length=40), nullable=True),
        sa.Column("party", sa.String(length=40), server_default="consumer", nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("campaign_id", sa.String(length=40), nullable=True),
        sa.Column("under_consent", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("counts_as_connected", sa.Boolean(), nullable=True),
        sa.Column("allotted_debt", sa.String(length=40), nullable=True),
        sa.Column("in_reply_to", sa.String(length=40), nullable=True),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("source", sa.String(length=40), nullable=False),
        sa.Column("source_key", sa.String(length=64), nullable=True),
        sa.Column("recorded_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_contact_events_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_contact_events_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_contact_events_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_contact_events_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_events")),
        sa.UniqueConstraint("source_key", name=op.f("uq_contact_events_source_key")),
    )
    op.create_index(
        op.f("ix_contact_events_consumer_id_at"),
        "contact_events",
        ["consumer_id", "at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_contact_events_contact_point_id_at"),
        "contact_events",
        ["contact_point_id", "at"],
        unique=False,
    )
    op.create_table(
        "debts",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("debt_ref", sa.String(length=120), nullable=False),
        sa.Column("position", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("creditor", sa.String(length=120), nullable=True),
        sa.Column("product", sa.String(length=60), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("balance_minor", sa.BigInteger(), nullable=True),
        sa.Column("days_past_due", sa.Integer(), nullable=True),
        sa.Column("due_date", sa.Date(), nullable=True),
        sa.Column("as_of", UtcDateTime(), nullable=False),
        sa.Column("status", sa.String(length=40), server_default="open", nullable=False),
        sa.Column("one_with", sa.String(length=120), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_debts_case_id_cases")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_debts")),
        sa.UniqueConstraint("case_id", "debt_ref", name=op.f("uq_debts_case_id_debt_ref")),
    )
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("campaign_id", sa.String(length=40), nullable=True),
        sa.Column("channel", sa.String(length=40), nullable=False),
        sa.Column("contact_point_id", sa.String(length=40), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=False),
        sa.Column("allowed", sa.Boolean(), nullable=False),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("strength", sa.String(length=40), nullable=False),
        sa.Column("binding_rule", sa.String(length=60), nullable=True),
        sa.Column("first_allowed_at", UtcDateTime(), nullable=True),
        sa.Column("unlock", sa.Text(), nullable=True),
        sa.Column("pack_sha256", sa.JSON(), nullable=False),
        sa.Column("tz_version", sa.String(length=20), nullable=False),
        sa.Column("record", sa.Text(), nullable=False),
        sa.Column("record_sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_decisions_campaign_id_campaigns")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_decisions_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_decisions_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_points.id"],
            name=op.f("fk_decisions_contact_point_id_contact_points"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decisions")),
    )
    op.create_index(
        op.f("ix_decisions_allowed_decided_at"),
        "decisions",
        ["allowed", "decided_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_decisions_campaign_id_decided_at"),
        "decisions",
        ["campaign_id", "decided_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_decisions_consumer_id_decided_at"),
        "decisions",
        ["consumer_id", "decided_at"],
        unique=False,
    )
    op.create_index(
        op.f("ix_decisions_contact_point_id_decided_at"),
        "decisions",
        ["contact_point_id", "decided_at"],
        unique=False,
    )
    op.create_index(op.f("ix_decisions_decided_at"), "decisions", ["decided_at"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("event_id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("payload", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("attempts", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("sent_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id_cases")),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("case_id", "seq", name=op.f("uq_outbox_case_id_seq")),
    )
    op.create_index(
        "ix_outbox_pending",
        "outbox",
        ["next_at", "case_id", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "dispositions",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("debts", sa.JSON(), nullable=False),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_dispositions_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["case_id"], ["cases.id"], name=op.f("fk_dispositions_case_id_cases")
        ),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_dispositions_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispositions")),
    )
    op.create_index(
        op.f("ix_dispositions_attempt_id"), "dispositions", ["attempt_id"], unique=False
    )
    op.create_index(
        op.f("ix_dispositions_case_id_at"), "dispositions", ["case_id", "at"], unique=False
    )
    op.create_table(
        "promises",
        sa.Column("id", sa.String(length=40), nullable=False),
        sa.Column("case_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("debt_id", sa.String(length=40), nullable=True),
        sa.Column("attempt_id", sa.String(length=40), nullable=True),
        sa.Column("amount_minor", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("by", sa.String(length=120), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("settled_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_promises_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_promises_case_id_cases")),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_promises_consumer_id_consumers")
        ),
        sa.ForeignKeyConstraint(["debt_id"], ["debts.id"], name=op.f("fk_promises_debt_id_debts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promises")),
    )
    op.create_index(op.f("ix_promises_case_id"), "promises", ["case_id"], unique=False)
    op.create_index(op.f("ix_promises_state_due_on"), "promises", ["state", "due_on"], unique=False)
    op.create_table(
        "recordings",
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("attempt_id", sa.String(length=40), nullable=False),
        sa.Column("consumer_id", sa.String(length=40), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("duration_ms", sa.BigInteger(), nullable=False),
        sa.Column("key_id", sa.String(length=120), nullable=False),
        sa.Column("sealed_at", UtcDateTime(), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("legal_hold", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempts.id"], name=op.f("fk_recordings_attempt_id_attempts")
        ),
        sa.ForeignKeyConstraint(
            ["consumer_id"], ["consumers.id"], name=op.f("fk_recordings_consumer_id_consumers")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_recordings")),
    )
    op.create_index(op.f("ix_recordings_attempt_id"), "recordings", ["attempt_id"], unique=False)
    op.create_index(op.f("ix_recordings_consumer_id"), "recordings", ["consumer_id"], unique=False)
    op.create_index(
        op.f("ix_recordings_state_sealed_at"), "recordings", ["state", "sealed_at"], unique=False
    )

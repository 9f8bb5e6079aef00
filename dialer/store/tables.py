"""The case store's tables, all in one place so that they can be read together.

Identifiers are opaque text (`dialer.store.ids`). Instants are UTC (`UtcDateTime`); `known_at` and
`recorded_at` say when we learned a thing, beside when it became so. Money is integer minor units
with an ISO 4217 code. JSON columns hold lists of identifiers or small documents that no query
looks into. Nothing that the law counts is ever deleted: rows are ended by an instant.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    Time,
    UniqueConstraint,
    text,
)

from dialer.store.columns import Id, UtcDateTime
from dialer.store.sealing import BlindIndex, Sealed

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Word = String(40)
"""A word from a closed list: a state, a kind, a channel, a code."""

consumers = Table(
    "consumers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("full_name", Sealed("consumers.full_name"), nullable=False),
    # Of the folded name: two rows of a file merge only on equal keys.
    Column("name_key", BlindIndex("name"), nullable=False),
    Column("language", String(35)),
    Column("id_last4", Sealed("consumers.id_last4")),
    Column("country", String(2)),
    Column("region", String(40)),
    Column("city", Sealed("consumers.city")),
    Column("postal_code", Sealed("consumers.postal_code")),
    Column("address", Sealed("consumers.address")),
    Column("history_known_from", UtcDateTime),  # null = unknown: counts as full use
    Column("employer_prohibits", Boolean),
    Column("electronic_consent", Boolean),
    Column("tcpa_consent", Boolean),
    Column("notice_sent", Date),
    Column("spoken_on", Date),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)

# The words of every name, so that a person is found by one of them.
name_words = Table(
    "name_words",
    metadata,
    Column("word", BlindIndex("word"), primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), primary_key=True),
    Index(None, "consumer_id"),
)

# One row for each zone where the consumer may be; all that are not superseded must agree.
locations = Table(
    "locations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("kind", Word, nullable=False),  # compliance.facts.LocationKind
    Column("tz", String(64)),  # IANA; null = unknown, which refuses
    Column("country", String(2)),
    Column("region", String(40)),
    Column("city", Sealed("locations.city")),
    Column("code", Sealed("locations.code")),  # postal code or area code
    Column("medium", Word),  # mobile, landline
    Column("source", Word, nullable=False),  # import, consumer, agent
    Column("known_at", UtcDateTime, nullable=False),
    Column("superseded_at", UtcDateTime),
    Index(None, "consumer_id"),
)

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_ref", String(120), nullable=False, unique=True),  # the creditor's own number
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("status", Word, nullable=False, server_default="open"),  # open, paused, closed
    Column("creditor", String(120)),
    Column("rank", Integer, nullable=False, server_default="0"),  # higher goes first
    Column("notes", Sealed("cases.notes")),
    Column("last_outcome", Word),
    Column("last_activity_at", UtcDateTime),
    Column("outbox_seq", Integer, nullable=False, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Index(None, "consumer_id"),
)

debts = Table(
    "debts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("debt_ref", String(120), nullable=False),
    Column("position", SmallInteger, nullable=False, server_default="0"),
    Column("creditor", String(120)),
    Column("product", String(60)),
    Column("currency", String(3)),
    Column("balance_minor", BigInteger),
    Column("days_past_due", Integer),
    Column("due_date", Date),
    Column("as_of", UtcDateTime, nullable=False),  # when the figures were reported
    Column("status", Word, nullable=False, server_default="open"),  # open, paid, recalled
    Column("one_with", String(120)),  # debts with the same mark count as one (student loans)
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    UniqueConstraint("case_id", "debt_ref"),
)

# A number or address exists once, whoever shares it: caps per number need that.
contact_points = Table(
    "contact_points",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Word, nullable=False),  # phone, email
    # E.164, or an e-mail address in lower case.
    Column("value", Sealed("contact_points.value"), nullable=False),
    Column("value_key", BlindIndex("point"), nullable=False),
    Column("ending_key", BlindIndex("ending")),  # of a number's last four digits
    Column("country", String(2)),
    Column("created_at", UtcDateTime, nullable=False),
    UniqueConstraint("kind", "value_key"),
    Index(None, "ending_key"),
)

consumer_contact_points = Table(
    "consumer_contact_points",
    metadata,
    Column("consumer_id", Id, ForeignKey("consumers.id"), primary_key=True),
    Column("contact_point_id", Id, ForeignKey("contact_points.id"), primary_key=True),
    Column("position", SmallInteger, nullable=False, server_default="0"),
    Column("type", Word),  # mobile, home_landline, workplace, employer, personal ...
    Column("raw", Sealed("consumer_contact_points.raw")),  # as it was given to us
    Column("valid", Boolean, nullable=False, server_default=text("true")),
    Column("invalid_reason", String(120)),
    Column("wrong_since", UtcDateTime),  # learned not to be the consumer's
    Column("inconvenient", Boolean, nullable=False, server_default=text("false")),
    Column("email_basis", Word),
    Column("notice_sent", Date),
    Column("optout_by", Date),
    Column("opted_out", Boolean),
    Column("reassigned_check_at", UtcDateTime),
    Column("ported_at", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Index(None, "contact_point_id"),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("channel", Word),  # null = any
    Column("given_to", Word, nullable=False),  # collector, creditor, former_collector
    Column("given_at", UtcDateTime, nullable=False),
    Column("basis", Word, nullable=False, server_default="direct"),
    Column("debts", JSON, nullable=False),  # [] = all
    Column("contact_point_id", Id, ForeignKey("contact_points.id")),
    Column("opens", Time),
    Column("closes", Time),
    Column("valid_dates", JSON, nullable=False),
    Column("expires_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    Column("ended_by", Word),
    Column("evidence", Text),
    Column("scope", Text),
    Column("source", Word, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "consumer_id"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("kind", Word, nullable=False),  # compliance.facts.HoldKind
    Column("received_at", UtcDateTime),
    Column("debts", JSON, nullable=False),  # [] = all
    Column("scope", String(120)),
    Column("starts_on", Date),
    Column("ends_at", UtcDateTime),
    Column("in_writing", Boolean),
    Column("detail", String(120)),
    Column("resolved_at", UtcDateTime),
    Column("source", Word, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "consumer_id"),
)

opt_outs = Table(
    "opt_outs",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("channel", Word, nullable=False),
    Column("contact_point_id", Id, ForeignKey("contact_points.id")),  # null = the whole channel
    Column("received_at", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
    Column("source", Word, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "consumer_id"),
)

inconvenient_times = Table(
    "inconvenient_times",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("weekdays", JSON, nullable=False),  # 0 = Monday
    Column("opens", Time, nullable=False),
    Column("closes", Time),  # null = midnight at the end of the day
    Column("known_at", UtcDateTime, nullable=False),
    Column("lifted_at", UtcDateTime),
    Column("source", Word, nullable=False),
    Index(None, "consumer_id"),
)

campaigns = Table(
    "campaigns",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False, unique=True),
    Column("state", Word, nullable=False),  # draft, running, paused, stopped
    Column("mode", Word, nullable=False),
    Column("lines", Integer, nullable=False),
    Column("actor", Word, nullable=False),
    Column("creditor", String(120)),
    Column("strategy", JSON, nullable=False),
    Column("caller_id", String(32)),
    Column("sms_sender", String(32)),
    Column("email_sender", String(320)),
    Column("pacing", JSON),  # settings of the mode
    Column("settings", JSON),  # team, lists, numbers, quotas: dialer.model.campaign_settings
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("stopped_at", UtcDateTime),
)

campaign_cases = Table(
    "campaign_cases",
    metadata,
    Column("campaign_id", Id, ForeignKey("campaigns.id"), primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), primary_key=True),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("position", BigInteger, nullable=False),  # breaks ties: by rank, then as they came
    Column("state", Word, nullable=False),  # due, working, held, done
    Column("step", SmallInteger, nullable=False, server_default="0"),
    Column("next_channel", Word),
    Column("next_at", UtcDateTime),  # null = nothing to do until an event wakes the case
    Column("priority", SmallInteger, nullable=False, server_default="0"),  # callbacks outrank
    Column("lease_owner", String(120)),
    Column("lease_until", UtcDateTime),
    Column("last_attempt_id", Id),
    Column("last_outcome", Word),
    Column("last_rule", String(60)),  # what bound the last refusal
    Column("list_name", String(120), nullable=False, server_default=text("''")),
    Column("updated_at", UtcDateTime, nullable=False),
    CheckConstraint("priority between 0 and 9", name="priority"),
    # The claim walks this index, one priority after the other, and touches only due rows.
    Index(
        "ix_campaign_cases_due",
        "campaign_id",
        "state",
        "next_channel",
        "priority",
        "next_at",
        "position",
    ),
    # The same for a campaign whose lists have weights.
    Index(
        "ix_campaign_cases_due_of_list",
        "campaign_id",
        "list_name",
        "state",
        "next_channel",
        "priority",
        "next_at",
        "position",
        sqlite_where=text("list_name <> ''"),
        postgresql_where=text("list_name <> ''"),
    ),
    Index(None, "case_id"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("channel", Word, nullable=False),
    Column("mode", Word),
    Column("party", Word, nullable=False, server_default="consumer"),
    Column("by", String(120)),
    Column("creditor", String(120)),
    Column("contact_point_id", Id, ForeignKey("contact_points.id"), nullable=False),
    Column("debts", JSON, nullable=False),
    Column("also_discussed", JSON, nullable=False),
    Column("discussion_started_by", Word),
    Column("allotted_debt", Id),
    Column("under_consent", Boolean, nullable=False, server_default=text("false")),
    Column("step", SmallInteger, nullable=False, server_default="0"),
    Column("state", Word, nullable=False),  # reserved, active, closed
    Column("outcome", Word, nullable=False),  # `reserved` until it is closed
    Column("counts_as_connected", Boolean),
    Column("detail", JSON, nullable=False),  # sip code, q850, ringing, amd, provider ids
    Column("owner", String(120), nullable=False),
    Column("lease_until", UtcDateTime),
    Column("permit_expires_at", UtcDateTime, nullable=False),
    Column("reserved_at", UtcDateTime, nullable=False),
    Column("active_at", UtcDateTime),  # just before the wire
    Column("closed_at", UtcDateTime),
    Index(None, "consumer_id", "reserved_at"),
    Index(None, "contact_point_id", "reserved_at"),
    # Figures of a campaign are read from this index alone.
    Index(None, "campaign_id", "reserved_at", "channel", "outcome", "case_id"),
    Index(None, "case_id", "reserved_at"),
    Index(None, "reserved_at", "channel", "outcome"),  # and those of the hours from this one
    Index(
        "ix_attempts_open",
        "lease_until",
        sqlite_where=text("state <> 'closed'"),
        postgresql_where=text("state <> 'closed'"),
    ),
)

# Contacts that were not attempts of ours: history from before, and what consumers sent us.
contact_events = Table(
    "contact_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("at", UtcDateTime, nullable=False),
    Column("channel", Word, nullable=False),
    Column("direction", Word, nullable=False),
    Column("outcome", Word, nullable=False),
    Column("contact_point_id", Id, ForeignKey("contact_points.id")),
    Column("debts", JSON, nullable=False),
    Column("also_discussed", JSON, nullable=False),
    Column("discussion_started_by", Word),
    Column("party", Word, nullable=False, server_default="consumer"),
    Column("by", String(120)),
    Column("creditor", String(120)),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("under_consent", Boolean, nullable=False, server_default=text("false")),
    Column("counts_as_connected", Boolean),
    Column("allotted_debt", Id),
    Column("in_reply_to", Id),  # the attempt that it answers
    Column("body", Sealed("contact_events.body")),  # what the consumer wrote
    Column("source", Word, nullable=False),  # import, sms, email, call, agent
    Column("source_key", String(64), unique=True),  # digest of the source; a repeat is dropped
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "consumer_id", "at"),
    Index(None, "contact_point_id", "at"),
)

# One row for every candidate contact, allowed or not. `record` is the canonical JSON whose digest
# stands in the ledger; the other columns are copies for searching.
decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True),  # the attempt's id
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("channel", Word, nullable=False),
    Column("contact_point_id", Id, ForeignKey("contact_points.id"), nullable=False),
    Column("decided_at", UtcDateTime, nullable=False),
    Column("allowed", Boolean, nullable=False),
    Column("rules", JSON, nullable=False),
    Column("strength", Word, nullable=False),
    Column("binding_rule", String(60)),
    Column("first_allowed_at", UtcDateTime),
    Column("unlock", Text),
    Column("pack_sha256", JSON, nullable=False),
    Column("tz_version", String(20), nullable=False),
    Column("record", Text, nullable=False),
    Column("record_sha256", String(64), nullable=False),
    Index(None, "consumer_id", "decided_at"),
    Index(None, "contact_point_id", "decided_at"),
    Index(None, "campaign_id", "decided_at"),
    Index(None, "allowed", "decided_at"),
    Index(None, "decided_at"),
)

# The text of every rule pack under which something was decided, found by the hash that decisions
# name.
rule_packs = Table(
    "rule_packs",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("pack_id", String(60), nullable=False),
    Column("version", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Column("kept_at", UtcDateTime, nullable=False),
)

# Append-only. `body` is canonical JSON of opaque ids and closed words, never names or addresses.
ledger = Table(
    "ledger",
    metadata,
    Column("stream", String(120), primary_key=True),
    Column("seq", BigInteger, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
    Column("monotonic", BigInteger, nullable=False),  # nanoseconds of the writer's own clock
    Column("kind", Word, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("entry_hash", String(64), nullable=False),
    Column("subject", Id),  # the consumer, for finding; it repeats the body's `person`
    Index(None, "subject", "at"),
    Index(None, "kind", "stream", "seq"),
)

ledger_heads = Table(
    "ledger_heads",
    metadata,
    Column("stream", String(120), primary_key=True),
    Column("seq", BigInteger, nullable=False),
    Column("entry_hash", String(64), nullable=False),
)

# Calls that came in, from the ring on: also those of people whom nobody here can name.
inbound_calls = Table(
    "inbound_calls",
    metadata,
    Column("id", Id, primary_key=True),  # the engine's own
    Column("worker", String(120), nullable=False),  # whose process has it
    Column("at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("number", Sealed("inbound_calls.number")),  # E.164; null = withheld
    Column("number_key", BlindIndex("point")),
    Column("matched", Word, nullable=False),  # number, assigned, unknown, several, withheld
    Column("consumer_id", Id, ForeignKey("consumers.id")),
    Column("case_id", Id, ForeignKey("cases.id")),
    Column("campaign_id", Id, ForeignKey("campaigns.id")),
    Column("event_id", Id),  # the contact in the person's history
    # open, talked, message, callback, no_calls, left, gave_up, cut
    Column("outcome", Word, nullable=False),
    Column("agent", String(120)),
    Column("callback_id", Id),
    Column("refused_by", String(60)),  # the rule that gives the callback no hour
    Column("message_ms", BigInteger),  # from the recording's start to the message
    Column("message_length_ms", BigInteger),
    Column("duties", JSON, nullable=False),  # what the law asks of a recording of it
    Column("todo", Word, nullable=False),  # none, open, done
    Column("done_by", String(120)),
    Column("done_at", UtcDateTime),
    Column("assigned_by", String(120)),
    Column("assigned_at", UtcDateTime),
    Index(None, "todo", "at"),
    Index(None, "case_id", "at"),
    Index(None, "number_key"),
)

# Of an attempt of ours or of a call that came in; of a stranger's call nobody is named.
recordings = Table(
    "recordings",
    metadata,
    Column("name", String(120), primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("inbound_call_id", Id, ForeignKey("inbound_calls.id")),
    Column("consumer_id", Id, ForeignKey("consumers.id")),
    Column("sha256", String(64), nullable=False),  # of the audio as recorded
    Column("bytes", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("key_id", String(120), nullable=False),
    Column("sealed_at", UtcDateTime, nullable=False),
    Column("state", Word, nullable=False),  # sealed, deleted
    Column("legal_hold", Boolean, nullable=False, server_default=text("false")),
    Column("notice_ms", BigInteger),  # from the answer to the end of the recording notice
    Column("playback", String(120)),  # the name of its copy for listening
    Column("retain_until", UtcDateTime),  # when retention is to be asked again; None = now
    Column("certificate", Text),  # canonical JSON of its deletion
    Column("deleted_at", UtcDateTime),
    CheckConstraint("(attempt_id is null) <> (inbound_call_id is null)", name="one_call"),
    Index(None, "attempt_id"),
    Index(None, "inbound_call_id"),
    Index(None, "consumer_id"),
    Index(None, "state", "sealed_at"),
    Index(None, "state", "retain_until"),
)

# Orders to keep what was recorded of a case, whatever its age; a legal file is one of itself.
recording_holds = Table(
    "recording_holds",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("reason", Text, nullable=False),
    Column("placed_by", String(120), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("released_by", String(120)),
    Column("released_at", UtcDateTime),
    Index(None, "case_id"),
)

# Who was given leave to hear a recording, and why; written before the first byte goes out.
recording_listens = Table(
    "recording_listens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("recording", String(120), ForeignKey("recordings.name"), nullable=False),
    Column("by", String(120), nullable=False),
    Column("role", Word, nullable=False),
    Column("purpose", Word, nullable=False),  # recordings.access.Purpose
    Column("reason", Text, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("until", UtcDateTime, nullable=False),
    Index(None, "recording", "at"),
    Index(None, "by", "at"),
)

dispositions = Table(
    "dispositions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("code", Word, nullable=False),
    Column("debts", JSON, nullable=False),  # those discussed
    Column("notes", Sealed("dispositions.notes")),
    Column("by", String(120)),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "attempt_id"),
    Index(None, "case_id", "at"),
)

promises = Table(
    "promises",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("debt_id", Id, ForeignKey("debts.id")),
    Column("attempt_id", Id, ForeignKey("attempts.id")),
    Column("amount_minor", BigInteger),
    Column("currency", String(3)),
    Column("due_on", Date, nullable=False),
    Column("state", Word, nullable=False),  # open, kept, partly_kept, broken, withdrawn
    Column("by", String(120)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    Column("made_on", Date),  # the consumer's date
    Column("grace_days", SmallInteger, nullable=False, server_default="0"),
    Column("credited", JSON),  # payments from before, which do not keep it
    Column("paid_minor", BigInteger, nullable=False, server_default="0"),
    Column("remind_on", Date),
    Column("reminded_at", UtcDateTime),
    Index(None, "case_id"),
    Index(None, "state", "due_on"),
    Index(None, "state", "remind_on"),
)

# What outside systems are told. Within a case events leave in the order of `seq`.
outbox = Table(
    "outbox",
    metadata,
    Column("event_id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Word, nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", Word, nullable=False),  # pending, sent
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("next_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("last_error", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("case_id", "seq"),
    Index(None, "created_at"),
    Index(
        "ix_outbox_pending",
        "next_at",
        "case_id",
        "seq",
        sqlite_where=text("state = 'pending'"),
        postgresql_where=text("state = 'pending'"),
    ),
)

imports = Table(
    "imports",
    metadata,
    Column("id", Id, primary_key=True),
    Column("kind", Word, nullable=False),  # cases, history
    Column("file_sha256", String(64), nullable=False),
    Column("rows", Integer, nullable=False),
    Column("good", Integer, nullable=False),
    Column("bad", Integer, nullable=False),
    Column("report", JSON, nullable=False),
    Column("by", String(120)),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=False),
)

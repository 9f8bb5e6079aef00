"""The tables of case work, on the case store's MetaData; the style is that of `tables`."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from dialer.store.columns import Id, UtcDateTime
from dialer.store.sealing import Sealed, SealedBytes, SealedJson
from dialer.store.tables import Word, metadata

# What happened to a case beside its contacts, in the words of `scheduler.strategy`.
case_events = Table(
    "case_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("seq", SmallInteger, nullable=False),  # within the case, from 1
    Column("at", UtcDateTime, nullable=False),
    Column("word", Word, nullable=False),
    Column("subject", Id),  # the promise, plan, dispute or payment
    Column("annulled_at", UtcDateTime),  # it turned out not to be so (a payment was taken back)
    UniqueConstraint("case_id", "seq"),
)

# What a balance consists of. Parts that do not sum to the balance are out of date.
debt_parts = Table(
    "debt_parts",
    metadata,
    Column("debt_id", Id, ForeignKey("debts.id"), primary_key=True),
    Column("part", Word, primary_key=True),  # principal, interest, fees
    Column("owed_minor", BigInteger, nullable=False),
    Column("as_of", UtcDateTime, nullable=False),
)

payments = Table(
    "payments",
    metadata,
    Column("id", Id, primary_key=True),
    Column("payment_ref", String(120), nullable=False, unique=True),  # a repeat is dropped
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("directed_to", Id, ForeignKey("debts.id")),  # the debt that the consumer named
    Column("amount_minor", BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("received_on", Date, nullable=False),
    Column("deducted", Boolean, nullable=False),  # the balance reported to us reflects it already
    Column("unallocated_minor", BigInteger, nullable=False),
    Column("unallocated_reason", String(200)),
    Column("source", Word, nullable=False),
    Column("by", String(120)),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("reversed_on", Date),
    Column("reversal_reason", String(200)),
    Index(None, "case_id", "received_on"),
    Index(None, "received_on"),
)

payment_lines = Table(
    "payment_lines",
    metadata,
    Column("payment_id", Id, ForeignKey("payments.id"), primary_key=True),
    Column("debt_id", Id, ForeignKey("debts.id"), primary_key=True),
    Column("part", Word, primary_key=True),
    Column("amount_minor", BigInteger, nullable=False),
    Index(None, "debt_id"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("debt_id", Id, ForeignKey("debts.id"), nullable=False),
    Column("state", Word, nullable=False),  # dialer.store.plan_rows.StoredState
    Column("terms", JSON, nullable=False),  # dialer.model.plan.PlanTerms
    Column("rule", JSON, nullable=False),  # dialer.model.plan_progress.DefaultRule
    Column("begun_on", Date, nullable=False),
    Column("renegotiations", SmallInteger, nullable=False),
    Column("approval", Word, nullable=False),  # the level that agreed to offer it
    Column("agreement", Sealed("plans.agreement"), nullable=False),  # the text that is accepted
    Column("agreement_sha256", String(64), nullable=False),
    Column("evidence", JSON),  # how it was accepted
    Column("replaces", Id, ForeignKey("plans.id")),
    Column("hold_id", Id, ForeignKey("holds.id")),
    Column("by", String(120)),
    Column("proposed_at", UtcDateTime, nullable=False),
    Column("agreed_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("reason", Sealed("plans.reason")),  # why it should go beyond what the agent may agree to
    Column("decision", Sealed("plans.decision")),  # and why it may, or not
    Column("decided_by", String(120)),
    Column("decided_at", UtcDateTime),
    Index(None, "case_id"),
    Index(None, "state"),
)

plan_instalments = Table(
    "plan_instalments",
    metadata,
    Column("plan_id", Id, ForeignKey("plans.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True),  # 0 is the front payment
    Column("due_on", Date, nullable=False),
    Column("amount_minor", BigInteger, nullable=False),
    Column("reminded_at", UtcDateTime),
    Index(None, "due_on"),
)

# Links by which an agreement is read and accepted. `question` names the fact that is asked first.
agreement_links = Table(
    "agreement_links",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("attempt_id", Id, ForeignKey("attempts.id"), nullable=False),  # by which it went out
    Column("question", Word, nullable=False),
    Column("by", String(120), nullable=False),
    Column("issued_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("wrong_answers", SmallInteger, nullable=False),
    Column("read_at", UtcDateTime),
    Index(None, "plan_id"),
)

disputes = Table(
    "disputes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("kind", Word, nullable=False),
    Column("state", Word, nullable=False),
    Column("debts", JSON, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Column("in_writing", Boolean, nullable=False),
    Column("in_validation_period", Boolean),
    # False: who disputes would not say who they are
    Column("identified", Boolean, nullable=False, server_default=text("true")),
    Column("statement", Sealed("disputes.statement"), nullable=False),
    Column("disputed_minor", BigInteger),
    Column("hold_id", Id, ForeignKey("holds.id")),
    Column("recorded_at", UtcDateTime, nullable=False),
    Index(None, "case_id"),
    Index(None, "state", "received_at"),
)

dispute_steps = Table(
    "dispute_steps",
    metadata,
    Column("dispute_id", Id, ForeignKey("disputes.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("state", Word, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String(120), nullable=False),
    Column("reason", Sealed("dispute_steps.reason"), nullable=False),
)

dispute_deadlines = Table(
    "dispute_deadlines",
    metadata,
    Column("dispute_id", Id, ForeignKey("disputes.id"), primary_key=True),
    Column("rule_id", String(60), primary_key=True),
    Column("duty", Word, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("fulfilled_on", Date),
    Index(None, "due_on"),
)

complaints = Table(
    "complaints",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("category", Word, nullable=False),
    Column("state", Word, nullable=False),  # open, upheld, rejected
    Column("statement", Sealed("complaints.statement"), nullable=False),
    Column("about", String(120)),  # the agent, where there is one
    Column("received_at", UtcDateTime, nullable=False),
    Column("due_on", Date, nullable=False),
    Column("by", String(120), nullable=False),
    Column("review", Sealed("complaints.review")),
    Column("root_cause", Word),
    Column("reviewed_by", String(120)),
    Column("reviewed_at", UtcDateTime),
    Index(None, "case_id"),
    Index(None, "state", "due_on"),
)

# Papers in a case: evidence, agreements, statements. The content is found unchanged by its digest.
documents = Table(
    "documents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("kind", Word, nullable=False),  # evidence, or dialer.casework.legal_file.Document
    Column("subject", Id),  # the dispute or plan that it belongs to
    Column("name", Sealed("documents.name"), nullable=False),
    Column("media_type", String(120), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("content", SealedBytes("documents.content"), nullable=False),
    Column("by", String(120), nullable=False),
    Column("added_at", UtcDateTime, nullable=False),
    Index(None, "case_id"),
)

circumstances = Table(
    "circumstances",
    metadata,
    Column("id", Id, primary_key=True),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    # income, outgoing, household, employment, hardship, vulnerability
    Column("kind", Word, nullable=False),
    Column("sensitive", Boolean, nullable=False),
    Column("body", SealedJson("circumstances.body"), nullable=False),
    Column("purpose", String(200), nullable=False),  # why it was asked for
    Column("hold_id", Id, ForeignKey("holds.id")),  # the stop mark of a vulnerability
    Column("by", String(120), nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Index(None, "consumer_id"),
)

case_notes = Table(
    "case_notes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("kind", Word, nullable=False),  # note, answer, hand_over, identity
    Column("text", Sealed("case_notes.text"), nullable=False),
    Column("article_id", Id, ForeignKey("articles.id")),  # what was answered from
    Column("by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "case_id", "at"),
)

# The knowledge base. Its words are searched in `article_words`: FTS5 on SQLite, tsvector on
# PostgreSQL, made by the migration.
articles = Table(
    "articles",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("creditor", String(120), nullable=False),  # '' = every one
    Column("product", String(60), nullable=False),
    Column("language", String(35), nullable=False),
    Column("title", String(200), nullable=False),
    Column("body", Text, nullable=False),  # Markdown, with {{ names }} of the case
    Column("by", String(120), nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("removed_at", UtcDateTime),  # no longer found; what was answered from it stays
    UniqueConstraint("name", "creditor", "product", "language"),
)

legal_files = Table(
    "legal_files",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", Id, ForeignKey("cases.id"), nullable=False),
    Column("consumer_id", Id, ForeignKey("consumers.id"), nullable=False),
    Column("stage", Word, nullable=False),  # dialer.casework.legal_file.Stage
    Column("rule_id", String(60), nullable=False),
    Column("last_day", Date, nullable=False),  # on which a claim can be brought
    Column("counted_from", Date, nullable=False),
    Column("because", Word, nullable=False),
    Column("legal_hold", Boolean, nullable=False, server_default=text("true")),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("closed_at", UtcDateTime),
    Index(None, "case_id"),
    Index(None, "stage", "last_day"),
)

legal_steps = Table(
    "legal_steps",
    metadata,
    Column("legal_file_id", Id, ForeignKey("legal_files.id"), primary_key=True),
    Column("number", SmallInteger, primary_key=True),
    Column("stage", Word, nullable=False),
    Column("on", Date, nullable=False),
    Column("remind_on", Date),
    Column("note", Sealed("legal_steps.note"), nullable=False),
    Column("by", String(120), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

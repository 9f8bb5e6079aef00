"""Listening: for a purpose of one's role, with a reason, and never without an entry."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from recordings.access import Listened, ListenRefused, ListenRequest, Purpose, Role, may_listen

NOW = datetime(2026, 6, 1, 14, tzinfo=UTC)
ASKED = ListenRequest(
    recording="rec-1",
    account_id="u-7",
    role=Role.SUPERVISOR,
    purpose=Purpose.COMPLAINT,
    reason="complaint 88 of 29 May",
)


def test_the_entry_says_who_listened_to_which_part_when_and_why():
    entry = may_listen(ASKED, NOW, first_byte=58, end_byte=16058)
    assert entry == Listened(
        recording="rec-1",
        account_id="u-7",
        role=Role.SUPERVISOR,
        purpose=Purpose.COMPLAINT,
        reason="complaint 88 of 29 May",
        at=NOW,
        first_byte=58,
        end_byte=16058,
    )


def test_an_agent_hears_only_the_calls_of_their_own_cases_and_for_case_work():
    agent = replace(ASKED, role=Role.AGENT, purpose=Purpose.CASE_WORK)
    assert isinstance(may_listen(agent, NOW), ListenRefused)
    assert isinstance(may_listen(replace(agent, own_case=True), NOW), Listened)
    other = replace(agent, own_case=True, purpose=Purpose.QUALITY)
    assert isinstance(may_listen(other, NOW), ListenRefused)


def test_an_auditor_listens_to_audit_and_not_to_coach():
    auditor = replace(ASKED, role=Role.AUDITOR, purpose=Purpose.AUDIT)
    assert isinstance(may_listen(auditor, NOW), Listened)
    refused = may_listen(replace(auditor, purpose=Purpose.COACHING), NOW)
    assert isinstance(refused, ListenRefused)
    assert "auditor does not listen for coaching" in refused.why


def test_a_reason_in_words_is_needed():
    assert isinstance(may_listen(replace(ASKED, reason="  because   "), NOW), ListenRefused)

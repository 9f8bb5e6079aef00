"""Disputes: they bind at once, move one way, and are answered by their day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.facts import HoldKind
from dialer.model.dispute import (
    DeadlineRule,
    Dispute,
    DisputeKind,
    DisputeState,
    Duty,
    WrongStep,
    deadlines,
    hold_of,
    move,
    receive,
)

RECEIVED = datetime(2026, 6, 5, 20, tzinfo=UTC)  # Saturday, 04:00 in Shanghai
SHANGHAI = ZoneInfo("Asia/Shanghai")


def received(kind: DisputeKind = DisputeKind.AMOUNT) -> Dispute:
    return receive(
        dispute_id="d-1",
        kind=kind,
        debts=("D1",),
        received_at=RECEIVED,
        in_writing=True,
        in_validation_period=True,
        statement="I paid half of it in May",
        by="web form",
    )


def through(dispute: Dispute, *states: DisputeState) -> Dispute:
    for number, state in enumerate(states, start=len(dispute.steps)):
        at = RECEIVED + timedelta(days=number)
        dispute = move(dispute, state, at=at, by="a.clerk", reason="seen")
    return dispute


def test_the_hold_binds_from_receipt_until_the_answer_and_anew_on_appeal():
    dispute = received()
    hold = hold_of(dispute)
    assert (hold.kind, hold.received_at, hold.resolved_at) == (HoldKind.DISPUTE, RECEIVED, None)
    assert (hold.debts, hold.in_writing, hold.detail) == (("D1",), True, "amount")
    answered = through(dispute, DisputeState.INVESTIGATING, DisputeState.ANSWERED)
    assert hold_of(answered).resolved_at == RECEIVED + timedelta(days=2)
    appealed = through(answered, DisputeState.REJECTED, DisputeState.APPEALED)
    assert hold_of(appealed).resolved_at is None
    assert not appealed.closed


def test_steps_go_one_way_with_a_reason_and_in_time():
    dispute = received()
    with pytest.raises(WrongStep, match="d-1 is received and can't become upheld"):
        through(dispute, DisputeState.UPHELD)
    with pytest.raises(WrongStep, match="without a reason"):
        move(dispute, DisputeState.INVESTIGATING, at=RECEIVED, by="a.clerk", reason=" ")
    with pytest.raises(WrongStep, match="before its last step"):
        move(
            dispute,
            DisputeState.INVESTIGATING,
            at=RECEIVED - timedelta(seconds=1),
            by="a.clerk",
            reason="x",
        )
    ended = through(dispute, DisputeState.INVESTIGATING, DisputeState.ANSWERED, DisputeState.UPHELD)
    assert ended.closed
    with pytest.raises(WrongStep):
        through(ended, DisputeState.APPEALED)


RULES = [
    DeadlineRule(rule_id="ANSWER-30", citation="x", duty=Duty.ANSWER, days=30),
    DeadlineRule(rule_id="ACK-5B", citation="x", duty=Duty.ACKNOWLEDGE, days=5, business_days=True),
    DeadlineRule(
        rule_id="FRAUD-10",
        citation="x",
        duty=Duty.RESOLVE,
        days=10,
        kinds=frozenset({DisputeKind.FRAUD}),
    ),
]


def test_deadlines_count_local_days_from_the_day_after_receipt_and_skip_holidays():
    due = deadlines(received(), RULES, zone=SHANGHAI, holidays=frozenset({date(2026, 6, 9)}))
    assert [(deadline.rule_id, deadline.due_on) for deadline in due] == [
        ("ACK-5B", date(2026, 6, 15)),
        ("ANSWER-30", date(2026, 7, 6)),
    ]
    fraud = deadlines(received(DisputeKind.FRAUD), RULES, zone=SHANGHAI)
    assert date(2026, 6, 16) in [deadline.due_on for deadline in fraud]


def test_a_duty_is_late_after_its_day_and_stays_late_when_fulfilled_too_late():
    (acknowledge, _) = deadlines(received(), RULES, zone=SHANGHAI)
    assert not acknowledge.late(acknowledge.due_on)
    assert acknowledge.late(acknowledge.due_on + timedelta(days=1))
    begun = move(
        received(),
        DisputeState.INVESTIGATING,
        at=RECEIVED + timedelta(days=20),
        by="a.clerk",
        reason="seen",
    )
    (done, answer) = deadlines(begun, RULES, zone=SHANGHAI)
    assert done.fulfilled_on == date(2026, 6, 26)
    assert done.late(date(2026, 7, 30))
    assert answer.fulfilled_on is None


@given(st.lists(st.sampled_from(DisputeState), max_size=12))
def test_a_dispute_that_is_not_answered_always_holds(wanted: list[DisputeState]):
    dispute = received()
    for state in wanted:
        try:
            dispute = through(dispute, state)
        except WrongStep:
            continue
    open_again = (
        DisputeState.RECEIVED,
        DisputeState.INVESTIGATING,
        DisputeState.APPEALED,
    )
    if dispute.state in open_again:
        assert hold_of(dispute).resolved_at is None
    else:
        assert hold_of(dispute).resolved_at is not None

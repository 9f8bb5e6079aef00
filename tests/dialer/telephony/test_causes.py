"""Each row of the failure tables, and what of it counts as a placed call."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.outcomes import CLASSES
from dialer.telephony.causes import (
    HistoryOutcome,
    failure_outcome,
    read_reason,
    unanswered_outcome,
)
from dialer.telephony.port import CallOutcome, Ended

UNANSWERED = [outcome for outcome in CallOutcome if outcome is not CallOutcome.ANSWERED]


def ended(
    outcome: CallOutcome,
    *,
    sip: int | None = None,
    q850: int | None = None,
    rang: bool = False,
    by: str = "them",
) -> Ended:
    return Ended(
        call_id="c",
        seq=1,
        at=0.0,
        outcome=outcome,
        sip_code=sip,
        q850=q850,
        reason="",
        hung_up_by=by,
        ringing_seen=rang,
        ring_ms=0,
        talk_ms=0,
    )


@pytest.mark.parametrize(
    ("codes", "outcome"),
    [
        ({486, 600}, CallOutcome.BUSY),
        ({603, 607, 608, 403}, CallOutcome.REJECTED),
        ({404, 410, 484, 485, 604}, CallOutcome.BAD_NUMBER),
        ({480, 408}, CallOutcome.UNAVAILABLE),
        ({503, 500, 502, 504, 429, 555, 599}, CallOutcome.CONGESTION),
        ({401, 407}, CallOutcome.AUTH),
        ({488, 415, 606}, CallOutcome.INCOMPATIBLE),
        ({699}, CallOutcome.REJECTED),
        ({400, 444, 302}, CallOutcome.UNAVAILABLE),
    ],
)
def test_sip_codes_without_ringing(codes: set[int], outcome: CallOutcome) -> None:
    for code in codes:
        assert failure_outcome(code, None, ringing_seen=False) is outcome


@pytest.mark.parametrize(
    ("causes", "outcome"),
    [
        ({17}, CallOutcome.BUSY),
        ({21}, CallOutcome.REJECTED),
        ({1, 22, 28}, CallOutcome.BAD_NUMBER),
        ({18, 19, 20, 27}, CallOutcome.UNAVAILABLE),
        ({34, 38, 41, 42}, CallOutcome.CONGESTION),
        ({3, 102}, CallOutcome.NO_ROUTE),
        ({57}, CallOutcome.AUTH),
        ({58, 65, 88}, CallOutcome.INCOMPATIBLE),
        ({26}, CallOutcome.CANCELLED),
    ],
)
def test_q850_causes_win_over_the_sip_code(causes: set[int], outcome: CallOutcome) -> None:
    for cause in causes:
        assert failure_outcome(480, cause, ringing_seen=False) is outcome
        assert failure_outcome(503, cause, ringing_seen=False) is outcome


def test_causes_that_say_nothing_leave_the_word_to_the_sip_code() -> None:
    for cause in (0, 16, 31, 47, 127, 999):
        assert failure_outcome(486, cause, ringing_seen=False) is CallOutcome.BUSY


def test_a_reason_cannot_make_our_own_credentials_the_callees_refusal() -> None:
    assert failure_outcome(407, 21, ringing_seen=False) is CallOutcome.AUTH
    refused = failure_outcome(403, None, ringing_seen=False, credentials_refused=True)
    assert refused is CallOutcome.AUTH


def test_ringing_separates_no_answer_from_unavailable() -> None:
    for code, cause in ((480, None), (408, None), (487, None), (480, 18), (480, 19), (480, 20)):
        assert failure_outcome(code, cause, ringing_seen=True) is CallOutcome.NO_ANSWER
        assert failure_outcome(code, cause, ringing_seen=False) is CallOutcome.UNAVAILABLE


# field.md: "Counts as connected?" Each row: cause, code, and the answer without and with ringing.
@pytest.mark.parametrize(
    ("q850", "sip", "word", "counts"),
    [
        (1, 404, "not_in_service", False),
        (None, 404, "not_in_service", False),
        (None, 485, "not_in_service", False),
        (None, 604, "not_in_service", False),
        (17, 486, "busy", False),
        (None, 486, "busy", False),
        (None, 600, "busy", False),
        (18, 408, "unknown", True),
        (None, 408, "unknown", True),
        (20, 480, "unknown", True),
        (None, 480, "unknown", True),
        (21, 603, "unknown", True),
        (None, 603, "unknown", True),
        (None, 403, "unknown", True),
        (22, 410, "not_in_service", False),
        (None, 410, "not_in_service", False),
        (27, 502, "failed_before_ring", False),
        (None, 502, "failed_before_ring", False),
        (28, 484, "not_in_service", False),
        (None, 484, "not_in_service", False),
        (31, 480, "unknown", True),
        (34, 503, "failed_before_ring", False),
        (38, 503, "failed_before_ring", False),
        (41, 503, "failed_before_ring", False),
        (42, 503, "failed_before_ring", False),
        (None, 503, "failed_before_ring", False),
        (None, 401, "failed_before_ring", False),
        (None, 488, "unknown", True),
        (None, 444, "unknown", True),
        (None, 599, "unknown", True),
    ],
)
def test_what_counts_without_ringing(q850: int | None, sip: int, word: str, counts: bool) -> None:
    outcome = failure_outcome(sip, q850, ringing_seen=False)
    read = unanswered_outcome(ended(outcome, sip=sip, q850=q850))
    assert read == HistoryOutcome(outcome=word, counts_as_connected=counts)


@given(
    outcome=st.sampled_from(UNANSWERED),
    sip=st.none() | st.integers(300, 699),
    q850=st.none() | st.integers(0, 127),
    by=st.sampled_from(["us", "them", "network"]),
)
def test_whatever_rang_counts(
    outcome: CallOutcome, sip: int | None, q850: int | None, by: str
) -> None:
    read = unanswered_outcome(ended(outcome, sip=sip, q850=q850, rang=True, by=by))
    assert read.counts_as_connected


@pytest.mark.parametrize(
    ("call", "counts"),
    [
        (ended(CallOutcome.NO_ROUTE, by="network"), False),  # nobody listened at the trunk's port
        (
            ended(CallOutcome.NO_ROUTE, by="us"),
            True,
        ),  # silence: the phone may have rung all the same
        (ended(CallOutcome.ENGINE_LOST, by="us"), True),
        (ended(CallOutcome.ENGINE_FAULT, by="us"), True),
        (ended(CallOutcome.CANCELLED, sip=487, by="us"), True),
        (ended(CallOutcome.AUTH, sip=403), True),
        (ended(CallOutcome.NO_ROUTE, q850=3), False),
        (ended(CallOutcome.CONGESTION, q850=34), False),
        (ended(CallOutcome.NO_ROUTE, q850=102), True),
    ],
)
def test_what_is_not_known_to_be_unconnected_counts(call: Ended, counts: bool) -> None:
    assert unanswered_outcome(call).counts_as_connected is counts


@given(
    outcome=st.sampled_from(UNANSWERED),
    sip=st.none() | st.integers(100, 699),
    q850=st.none() | st.integers(0, 127),
    rang=st.booleans(),
)
def test_every_word_is_one_that_the_rules_know(
    outcome: CallOutcome, sip: int | None, q850: int | None, rang: bool
) -> None:
    assert unanswered_outcome(ended(outcome, sip=sip, q850=q850, rang=rang)).outcome in CLASSES


def test_an_answered_call_has_no_such_word() -> None:
    with pytest.raises(ValueError, match="answered"):
        unanswered_outcome(ended(CallOutcome.ANSWERED, sip=200))


def test_reason_headers_are_read() -> None:
    assert read_reason(['Q.850 ;cause=17 ;text="User \\"busy\\""']) == (17, 'User \\"busy\\"')
    assert read_reason(["SIP;cause=200;text=x", "q.850;cause=3"]) == (3, "")
    assert read_reason(["Q.850;cause=9999"]) == (None, "")
    assert read_reason([]) == (None, "")

"""What is allowed or refused at the very instant at which something begins or ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from compliance.facts import (
    Channel,
    Consent,
    ContactPointFacts,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    OptOut,
)
from compliance.permit import Permit
from tests.compliance.samples import NOW, allowed, ask, denied, event
from tests.compliance.test_edges import under

TICK = timedelta(microseconds=1)
TEXT = {"channel": Channel.SMS, "mode": None, "has_optout_notice": True}
REFUSED = under('[[opt_out]]\nid = "T"\nconfirmation_minutes = 5')
STOP = event(NOW - timedelta(minutes=5), "STOP", channel=Channel.SMS, direction=Direction.IN)
CONFIRM = {**TEXT, "content": "optout_confirmation"}
LEAVE = Consent(consent_id="c", channel=Channel.SMS, given_to="collector", given_at=NOW)


# --- a refusal, its confirmation, and leave given again -----------------------------------------


def test_a_confirmation_is_in_time_to_the_last_instant() -> None:
    allowed(ask(REFUSED, STOP, **CONFIRM))
    assert denied(ask(REFUSED, STOP, at=NOW + TICK, **CONFIRM)) == ("T",)


def test_one_confirmation_by_the_same_medium_to_the_same_number_is_all() -> None:
    sent = replace(STOP, outcome="sent", direction=Direction.OUT)
    assert denied(ask(REFUSED, STOP, sent, **CONFIRM)) == ("T",)
    for other in (
        replace(sent, channel=Channel.CALL, outcome="no_answer"),
        replace(sent, contact_point="n2"),
        replace(sent, at=STOP.at - TICK),
    ):
        answer = ask(REFUSED, other, STOP, **CONFIRM)
        allowed(answer)
        assert answer.findings[0].reason == "the one confirmation of the refusal"


def test_a_message_before_the_refusal_that_stands_confirms_nothing() -> None:
    old = OptOut(channel=Channel.SMS, contact_point=None, received_at=NOW - timedelta(days=3))
    lifted = {"opt_outs": (replace(old, lifted_at=NOW),)}
    sent = event("2026-06-08T15:00", "sent", channel=Channel.SMS)
    allowed(ask(REFUSED, sent, STOP, facts=lifted, **CONFIRM))
    allowed(ask(REFUSED, sent, facts=lifted, **CONFIRM))


def test_leave_given_after_a_refusal_lifts_it_from_that_instant() -> None:
    assert isinstance(ask(REFUSED, STOP, facts={"consents": (LEAVE,)}, **TEXT), Permit)
    same = replace(LEAVE, given_at=STOP.at)
    assert denied(ask(REFUSED, STOP, facts={"consents": (same,)}, **TEXT)) == ("T",)


def test_a_refusal_is_the_word_of_the_person_whose_number_it_is() -> None:
    rules = under('[[opt_out]]\nid = "T"')
    no = event("2026-06-09T15:00", "conversation_refused", party="neighbour")
    allowed(ask(rules, no))
    assert denied(ask(rules, no, party="neighbour")) == ("T",)
    stop = replace(STOP, contact_point="n2")
    allowed(ask(rules, stop, **TEXT))


# --- texts --------------------------------------------------------------------------------------

SIXTY = under('[[sms_procedure]]\nid = "T"\ndays = 60\ngiven_to = ["collector"]')


def test_a_text_or_consent_opens_from_its_own_instant() -> None:
    text = event(NOW, "received", channel=Channel.SMS, direction=Direction.IN)
    allowed(ask(SIXTY, text, **TEXT))
    for leave in (LEAVE, replace(LEAVE, contact_point="n1")):
        allowed(ask(SIXTY, facts={"consents": (leave,)}, **TEXT))
    for other in (
        replace(LEAVE, revoked_at=NOW),
        replace(LEAVE, given_at=NOW + TICK),
        replace(LEAVE, contact_point="n2"),
    ):
        assert denied(ask(SIXTY, facts={"consents": (other,)}, **TEXT)) == ("T",)


def test_only_the_consumers_own_text_from_this_number_opens() -> None:
    text = event(NOW, "received", channel=Channel.SMS, direction=Direction.IN)
    for other in (
        replace(text, direction=Direction.OUT, outcome="sent"),
        replace(text, contact_point="n2"),
        replace(text, channel=Channel.CALL),
        replace(text, at=NOW + TICK),
    ):
        assert denied(ask(SIXTY, other, **TEXT)) == ("T",)


def test_a_look_up_renews_what_a_text_before_it_has_opened() -> None:
    text = event("2026-03-01T15:00", "received", channel=Channel.SMS, direction=Direction.IN)
    point = ContactPointFacts(contact_point="n1", reassigned_check_at=text.at)
    facts = {"contact_points": (replace(point, reassigned_check_at=NOW - timedelta(days=60)),)}
    assert denied(ask(SIXTY, text, facts=facts, **TEXT)) == ("T",)
    renewed = {"contact_points": (replace(point, reassigned_check_at=NOW - timedelta(days=59)),)}
    allowed(ask(SIXTY, text, facts=renewed, **TEXT))
    assert denied(ask(SIXTY, facts=renewed, **TEXT)) == ("T",)


def test_one_message_may_ask_for_consent_and_only_such_a_message_uses_it_up() -> None:
    rules = under(
        '[[electronic_consent]]\nid = "T"\nchannels = ["sms", "email"]\n'
        'request_content = "consent_request"'
    )
    asking = {**TEXT, "content": "consent_request"}
    text = event("2026-06-09T15:00", "sent", channel=Channel.SMS)
    assert denied(ask(rules, **TEXT)) == ("T",)
    refusal = ask(rules, text, **asking)
    assert denied(refusal) == ("T",)
    assert refusal.first_allowed_at == datetime(2026, 6, 16, 4, tzinfo=UTC)
    for other in (
        replace(text, direction=Direction.IN, outcome="received"),
        replace(text, channel=Channel.CALL, outcome="no_answer"),
        replace(text, party="neighbour", contact_point="n2"),
    ):
        allowed(ask(rules, other, **asking))


# --- answers ------------------------------------------------------------------------------------


def test_an_answer_that_comes_too_late_is_called_so() -> None:
    rules = (
        '[[hold]]\nid = "T"\nmark = "represented"\n\n'
        '[[reply]]\nid = "R"\nexchange_minutes = 10\nwithin_days = 7\nlifts = ["T"]'
    )
    held = {"holds": (Hold(kind=HoldKind.REPRESENTED, received_at=None),)}
    wrote = event(NOW - timedelta(days=7), "received", direction=Direction.IN)
    assert allowed(ask(under(rules), wrote, at=NOW - TICK, facts=held, in_reply=True)) == ("R",)
    assert denied(ask(under(rules), wrote, facts=held, in_reply=True)) == ("T", "R")
    over = under(rules + "\napplies_to = 2026-01-01")
    assert denied(ask(over, facts=held, in_reply=True)) == ("T",)


@pytest.mark.parametrize(("minutes", "named"), [(10, True), (10.1, False)])
def test_what_follows_an_exchange_at_once_is_judged_as_an_answer(
    minutes: float, *, named: bool
) -> None:
    rules = under(
        '[[hold]]\nid = "T"\nmark = "represented"\n\n'
        '[[reply]]\nid = "R"\nexchange_minutes = 10\nwithin_days = 7\nlifts = ["T"]'
    )
    held = {"holds": (Hold(kind=HoldKind.REPRESENTED, received_at=None),)}
    wrote = event(NOW - timedelta(hours=2), "received", direction=Direction.IN)
    ours = event(NOW - timedelta(minutes=minutes), "no_answer")
    assert denied(ask(rules, wrote, ours, facts=held)) == (("T", "R") if named else ("T",))
    assert denied(ask(rules, ours, facts=held)) == ("T",)
    other = replace(wrote, party="neighbour", contact_point="n2")
    assert denied(ask(rules, other, ours, facts=held)) == ("T",)


# --- times that do not suit ---------------------------------------------------------------------

WISHES = under('[[inconvenient_time]]\nid = "T"')


def bar(opens: time, closes: time | None, *weekdays: int) -> dict[str, object]:
    """A time that does not suit, on some weekdays."""
    barred = InconvenientTime(weekdays=frozenset(weekdays), opens=opens, closes=closes)
    return {"inconvenient_times": (barred,)}


def test_a_bar_from_an_hour_to_the_same_hour_lasts_a_day() -> None:
    refusal = ask(WISHES, facts=bar(time(10), time(10), 2))
    assert refusal.first_allowed_at == datetime(2026, 6, 11, 14, tzinfo=UTC)


def test_a_bar_in_the_hour_that_comes_twice_holds_from_the_first_to_the_second() -> None:
    facts = bar(time(1, 30), time(1, 45), 6)
    for at, ok in (("05:29:59", True), ("05:30", False), ("06:44:59", False), ("06:45", True)):
        answer = ask(WISHES, at=f"2026-11-01T{at}", facts=facts)
        assert isinstance(answer, Permit) is ok, at


def test_a_bar_that_runs_past_midnight_holds_in_a_day_of_25_hours() -> None:
    facts = bar(time(23, 55), time(23, 50), 5)  # Saturday to Sunday, when clocks go back
    refusal = ask(WISHES, at="2026-11-02T04:45", facts=facts)  # Sunday 23:45
    assert refusal.first_allowed_at == datetime(2026, 11, 2, 4, 50, tzinfo=UTC)


def test_what_never_suits_opens_when_the_consumer_says_so() -> None:
    refusal = ask(WISHES, facts=bar(time(), None, *range(7)))
    assert refusal.first_allowed_at is None
    assert refusal.unlock == "the consumer names a time that suits"


# --- hours --------------------------------------------------------------------------------------


def test_regulation_f_knows_no_holidays() -> None:
    allowed(ask("us.regf", facts={"holidays": frozenset({date(2026, 6, 10)})}))


def test_hours_won_in_a_call_at_a_barred_time_open_where_the_rule_does_not_mind() -> None:
    rules = (
        '[[hours]]\nid = "T"\nopen = "08:00"\nclose = "09:00"\n\n'
        '[[consent]]\nid = "L"\ngiven_to = ["collector"]\nopens = "hours"\nlifts = ["T"]'
    )
    talk = event(NOW - timedelta(minutes=20), "conversation")
    leave = replace(LEAVE, channel=None, opens=time(11), closes=time(12))
    facts = {"consents": (replace(leave, given_at=NOW - timedelta(minutes=15)),)}
    assert allowed(ask(under(rules), talk, facts=facts)) == ("L",)
    strict = under(rules + "\nnot_in_barred_contact = true")
    assert denied(ask(strict, talk, facts=facts)) == ("T",)
    assert allowed(ask(strict, replace(talk, outcome="no_answer"), facts=facts)) == ("L",)
    assert allowed(ask(strict, replace(talk, party="neighbour"), facts=facts)) == ("L",)


def test_the_decision_is_dated_in_universal_time() -> None:
    shanghai = NOW.astimezone(datetime.fromisoformat("2026-06-10T00:00+08:00").tzinfo)
    assert ask("us.regf", at=shanghai).decided_at.tzinfo is UTC

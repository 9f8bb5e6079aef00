"""Regulation F by its official examples, and the edges on either side of each."""

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
    Location,
    LocationKind,
    Mode,
    OptOut,
)
from compliance.permit import Strength, Verdict
from tests.compliance.samples import NOW, allowed, ask, days, denied, event, instant, place

REGF = "us.regf"
MAIL = {"channel": Channel.EMAIL, "contact_point": "a1", "mode": None}
TEXT = {"channel": Channel.SMS, "mode": None}
WEEK = [f"2026-06-{day:02}" for day in (4, 5, 6, 7, 8, 9)]


def number(kind: str | None = None, point: str = "n1", **more: object) -> dict[str, object]:
    """Facts about one contact point."""
    known = ContactPointFacts(contact_point=point, kind=kind, **more)  # type: ignore[arg-type]
    return {"contact_points": (known,)}


# --- hours: 1006.6(b)(1)(i) ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "ok"),
    [
        ("2026-06-10T11:59", False),
        ("2026-06-10T12:00", True),
        ("2026-06-11T00:59", True),
        ("2026-06-11T01:00", False),
    ],
)
def test_eight_to_nine_where_the_consumer_is(at: str, ok: bool) -> None:
    decision = ask(REGF, at=at)
    assert (denied(decision) == ("US-REGF-HOURS",)) if not ok else (allowed(decision) == ())


def test_conflicting_records_must_all_suit_and_a_superseded_one_need_not() -> None:
    mobile = Location(kind=LocationKind.NUMBER_AREA, tz="America/Los_Angeles", country="US")
    both = {"locations": (place(), mobile)}
    assert denied(ask(REGF, at="2026-06-10T14:30", facts=both)) == ("US-REGF-HOURS",)
    assert ask(REGF, at="2026-06-10T14:30", facts=both).first_allowed_at == NOW
    told = {"locations": (place(),), "superseded_locations": (mobile,)}
    allowed(ask(REGF, at="2026-06-10T14:30", facts=told))


@pytest.mark.parametrize(
    ("at", "ok"),
    # New York springs forward on 8 March 2026 and falls back on 1 November.
    [
        ("2026-03-07T12:59", False),
        ("2026-03-07T13:00", True),
        ("2026-03-08T12:00", True),
        ("2026-11-01T12:00", False),
        ("2026-11-01T13:00", True),
    ],
)
def test_hours_follow_the_clock_across_its_changes(at: str, ok: bool) -> None:
    assert (ask(REGF, at=at).rules == ()) is ok


@pytest.mark.parametrize("channel", [Channel.SMS, Channel.EMAIL, Channel.IM, Channel.RVM])
def test_written_channels_keep_the_hours_at_sending(channel: Channel) -> None:
    at_night = ask(REGF, at="2026-06-11T01:30", channel=channel, mode=None)
    assert "US-REGF-HOURS" in denied(at_night)


def test_letters_have_no_hour() -> None:
    allowed(ask(REGF, at="2026-06-11T03:00", channel=Channel.LETTER, mode=None))


def test_a_creditor_in_its_own_name_is_not_bound() -> None:
    allowed(ask(REGF, at="2026-06-11T03:00", facts={"actor": "creditor"}))


# --- inconvenient times and places: comments 6(b)(1)-1, 6(b)(1)(ii)-1 ---------------------------

WEEKDAY_AFTERNOON = InconvenientTime(weekdays=frozenset(range(5)), opens=time(15), closes=time(17))
WEEKEND = InconvenientTime(weekdays=frozenset({5, 6}), opens=time(), closes=None)
BUSY = {"inconvenient_times": (WEEKDAY_AFTERNOON, WEEKEND)}


@pytest.mark.parametrize(
    ("at", "ok", "opens"),
    [
        ("2026-06-10T18:59", True, None),
        ("2026-06-10T19:00", False, "2026-06-10T21:00"),
        ("2026-06-10T21:00", True, None),
        ("2026-06-13T14:00", False, "2026-06-15T12:00"),
        ("2026-06-14T23:59", False, "2026-06-15T12:00"),
    ],
)
def test_weekdays_except_three_to_five(at: str, ok: bool, opens: str | None) -> None:
    decision = ask(REGF, at=at, facts=BUSY)
    if ok:
        allowed(decision)
    else:
        assert denied(decision) == ("US-REGF-INCONV-TIME",)
        assert decision.first_allowed_at == instant(opens or "")


def test_a_time_that_spans_midnight_and_one_not_yet_known() -> None:
    late = InconvenientTime(weekdays=frozenset({2}), opens=time(20), closes=time(9))
    bound = {"inconvenient_times": (late,)}
    assert denied(ask(REGF, at="2026-06-11T00:30", facts=bound)) == ("US-REGF-INCONV-TIME",)
    assert denied(ask(REGF, at="2026-06-11T12:30", facts=bound)) == ("US-REGF-INCONV-TIME",)
    unknown = {"inconvenient_times": (replace(late, known_at=instant("2026-06-11T13:00")),)}
    allowed(ask(REGF, at="2026-06-11T12:30", facts=unknown))


@pytest.mark.parametrize(
    ("kind", "channel", "ok"),
    [
        ("home_landline", Channel.CALL, False),
        ("mobile", Channel.CALL, True),
        (None, Channel.CALL, True),
        (None, Channel.LETTER, False),
        ("work_mail", Channel.LETTER, True),
    ],
)
def test_not_at_home_is_a_property_of_the_number(
    kind: str | None, channel: Channel, ok: bool
) -> None:
    facts = {**number(kind), "inconvenient_places": frozenset({"home"})}
    decision = ask(REGF, channel=channel, facts=facts)
    assert decision.rules == (() if ok else ("US-REGF-INCONV-PLACE",))


# --- one answer: comments 6(b)(1)-2, 6(b)(2)-1 --------------------------------------------------

WROTE = event(
    "2026-06-10T19:30",
    "received",
    channel=Channel.EMAIL,
    direction=Direction.IN,
    contact_point="a1",
)
ANSWER = event("2026-06-10T19:31", "sent", channel=Channel.EMAIL, contact_point="a1")


def test_one_answer_by_the_same_medium_then_no_more() -> None:
    first = ask(REGF, WROTE, at="2026-06-10T19:40", facts=BUSY, in_reply=True, **MAIL)
    assert allowed(first) == ("US-REGF-RESP-ONCE",)
    verdicts = {f.rule_id: f.verdict for f in first.findings}
    assert verdicts["US-REGF-INCONV-TIME"] is Verdict.EXCUSED
    again = ask(REGF, WROTE, ANSWER, at="2026-06-10T20:30", facts=BUSY, in_reply=True, **MAIL)
    assert denied(again) == ("US-REGF-INCONV-TIME", "US-REGF-RESP-ONCE")


def test_each_new_message_may_be_answered() -> None:
    second = replace(WROTE, event_id="again", at=instant("2026-06-10T20:00"))
    decision = ask(
        REGF, WROTE, ANSWER, second, at="2026-06-10T20:10", facts=BUSY, in_reply=True, **MAIL
    )
    assert allowed(decision) == ("US-REGF-RESP-ONCE",)


def test_a_claimed_answer_to_nothing_or_to_an_old_message_fails() -> None:
    for history in ((), (replace(WROTE, at=instant("2026-05-27T19:30")),)):
        decision = ask(REGF, *history, at="2026-06-10T19:40", facts=BUSY, in_reply=True, **MAIL)
        assert denied(decision) == ("US-REGF-INCONV-TIME", "US-REGF-RESP-ONCE")


def test_a_message_sent_at_a_good_time_opens_no_bad_one() -> None:
    early = replace(WROTE, at=instant("2026-06-10T18:30"))
    decision = ask(REGF, early, at="2026-06-10T19:40", facts=BUSY, in_reply=True, **MAIL)
    assert denied(decision) == ("US-REGF-INCONV-TIME",)


def test_a_represented_consumer_who_writes_is_answered_once() -> None:
    held = {"holds": (Hold(kind=HoldKind.REPRESENTED, received_at=None, debts=("D1",)),)}
    at = "2026-06-10T19:40"
    assert allowed(ask(REGF, WROTE, at=at, facts=held, in_reply=True, **MAIL)) == (
        "US-REGF-RESP-ONCE",
    )
    assert denied(ask(REGF, WROTE, ANSWER, at="2026-06-11T15:00", facts=held, **MAIL)) == (
        "US-REGF-ATTY",
    )


# --- holds: represented, cease, dispute, workplace ----------------------------------------------


def hold(kind: HoldKind, **more: object) -> dict[str, object]:
    """Facts with one hold on D1."""
    values = {"received_at": instant("2026-06-08T14:00"), "debts": ("D1",), **more}
    return {"holds": (Hold(kind=kind, **values),)}  # type: ignore[arg-type]


def test_representation_binds_for_its_debt_and_where_the_attorney_is_known() -> None:
    assert denied(ask(REGF, facts=hold(HoldKind.REPRESENTED))) == ("US-REGF-ATTY",)
    allowed(ask(REGF, facts=hold(HoldKind.REPRESENTED), debts=("D2",)))
    allowed(ask(REGF, facts=hold(HoldKind.REPRESENTED, detail="attorney_unknown")))
    allowed(ask(REGF, facts=hold(HoldKind.REPRESENTED), party="attorney"))


def test_a_cease_notice_binds_on_receipt_and_leaves_three_notices() -> None:
    written = hold(HoldKind.CEASE, in_writing=True)
    allowed(ask(REGF, at="2026-06-08T13:59", facts=written))
    refusal = ask(REGF, at="2026-06-08T14:00", facts=written)
    assert (denied(refusal), refusal.first_allowed_at) == (("US-REGF-CEASE",), None)
    assert "withdraws" in (refusal.unlock or "")
    allowed(ask(REGF, facts=written, purpose="notice_may_invoke_remedy"))
    allowed(ask(REGF, facts=written, debts=("D2",)))
    allowed(ask(REGF, facts=hold(HoldKind.CEASE, in_writing=False)))
    denied(ask(REGF, facts=hold(HoldKind.CEASE, in_writing=None)))


def test_a_dispute_rests_the_debt_until_it_is_answered() -> None:
    disputed = hold(HoldKind.DISPUTE, in_writing=True, detail="in_validation_period")
    assert denied(ask(REGF, facts=disputed)) == ("US-REGF-DISP",)
    allowed(ask(REGF, facts=hold(HoldKind.DISPUTE, resolved_at=NOW)))
    soon = NOW + timedelta(hours=1)
    assert ask(REGF, facts=hold(HoldKind.DISPUTE, resolved_at=soon)).first_allowed_at == soon
    allowed(ask(REGF, facts=hold(HoldKind.DISPUTE, detail="after_validation_period")))
    allowed(ask(REGF, facts=hold(HoldKind.DISPUTE, in_writing=False)))


def test_the_workplace_is_barred_only_where_the_employer_is_known_to_forbid_it() -> None:
    assert denied(ask(REGF, facts={**number("workplace"), "employer_prohibits": True})) == (
        "US-REGF-WORK",
    )
    allowed(ask(REGF, facts={**number("workplace"), "employer_prohibits": None}))
    allowed(ask(REGF, facts={**number("mobile"), "employer_prohibits": True}))


# --- third parties: 1006.6(d), 1006.10 ----------------------------------------------------------


def test_only_the_consumer_and_those_who_stand_with_them() -> None:
    assert denied(ask(REGF, party="neighbour")) == ("US-REGF-3P",)
    for party in ("spouse", "executor", "attorney", "creditor"):
        allowed(ask(REGF, party=party))


LOCATION = {"party": "third_party_location", "contact_point": "t1"}


def test_a_third_person_is_asked_once() -> None:
    talk = event("2026-06-01T14:00", "conversation", **LOCATION)
    assert denied(ask(REGF, talk, **LOCATION)) == ("US-REGF-LOC-ONCE",)
    rang = event("2026-06-01T14:00", "no_answer", **LOCATION)
    allowed(ask(REGF, rang, **LOCATION))
    allowed(ask(REGF, talk, purpose="answer_was_wrong", **LOCATION))
    other = {**LOCATION, "contact_point": "t2"}
    allowed(ask(REGF, talk, **other))
    unknown = ask(REGF, facts={"history_known_from": None}, **LOCATION)
    assert "US-REGF-LOC-ONCE" in denied(unknown)


def test_seven_in_seven_protects_third_persons_too_each_on_their_own() -> None:
    rang = [replace(e, party="third_party_location", contact_point="t1") for e in days(WEEK)]
    rang.append(event("2026-06-10T13:00", **LOCATION))
    assert denied(ask(REGF, *rang, **LOCATION)) == ("US-REGF-7IN7",)
    allowed(ask(REGF, *rang))
    elsewhere = {**LOCATION, "contact_point": "t2"}
    allowed(ask(REGF, *rang, **elsewhere))


# --- frequency: 1006.14(b) ----------------------------------------------------------------------


def test_the_eighth_call_in_seven_days_is_presumed_too_many() -> None:
    six = days(WEEK)
    seventh = ask(REGF, *six)
    assert allowed(seventh) == ()
    counter = next(f for f in seventh.findings if f.rule_id == "US-REGF-7IN7").counters[0]
    assert (counter.before, counter.after, counter.limit) == (6, 7, 7)
    eighth = ask(REGF, *six, event("2026-06-10T13:00"))
    assert (denied(eighth), eighth.strength) == (("US-REGF-7IN7",), Strength.PRESUMPTION)
    assert eighth.first_allowed_at == instant("2026-06-11T12:00")
    assert eighth.binding_rule == "US-REGF-HOURS"


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        ("no_answer", True),
        ("voicemail_no_message", True),
        ("voicemail_limited_content", True),
        ("answered_dropped", True),
        ("abandoned", True),
        ("message_played", True),
        ("busy", False),
        ("not_in_service", False),
        ("failed_before_ring", False),
        ("reserved", True),
        ("unknown", True),
        ("an outcome nobody mapped", True),
    ],
)
def test_what_rang_counts_and_the_unmapped_too(outcome: str, counts: bool) -> None:
    seven = [*days(WEEK), event("2026-06-10T13:00", outcome)]
    assert ("US-REGF-7IN7" in ask(REGF, *seven).rules) is counts


def test_the_carriers_word_wins_over_the_outcomes_own_class() -> None:
    rang_after_all = event("2026-06-10T13:00", "busy", counts_as_connected=True)
    assert denied(ask(REGF, *days(WEEK), rang_after_all)) == ("US-REGF-7IN7",)
    never_rang = event("2026-06-10T13:00", "no_answer", counts_as_connected=False)
    allowed(ask(REGF, *days(WEEK), never_rang))


def test_all_numbers_of_a_person_are_pooled_but_texts_and_other_debts_are_not() -> None:
    seventh = event("2026-06-10T13:00", contact_point="n2")
    assert denied(ask(REGF, *days(WEEK), seventh)) == ("US-REGF-7IN7",)
    for free in (
        event("2026-06-10T13:00", "sent", channel=Channel.SMS),
        event("2026-06-10T13:00", debts=("D2",)),
        event("2026-06-10T13:00", direction=Direction.IN),
        event("2026-06-10T13:00", under_consent=True),
        event("2026-06-10T13:00", debts=("D1", "D2"), allotted_debt="D2"),
    ):
        allowed(ask(REGF, *days(WEEK), free))
    ringless = event("2026-06-10T13:00", "delivered", channel=Channel.RVM)
    assert denied(ask(REGF, *days(WEEK), ringless)) == ("US-REGF-7IN7",)


def test_a_call_whose_debt_is_unknown_counts_for_each() -> None:
    assert denied(ask(REGF, *days(WEEK), event("2026-06-10T13:00", debts=()))) == ("US-REGF-7IN7",)
    unallotted = event("2026-06-10T13:00", debts=("D1", "D2"))
    assert denied(ask(REGF, *days(WEEK), unallotted)) == ("US-REGF-7IN7",)


def test_another_collectors_calls_are_not_ours() -> None:
    theirs = days([*WEEK, "2026-06-10"], by="other")
    allowed(ask(REGF, *theirs, by="us"))
    denied(ask(REGF, *theirs, by=None))


def test_misdirected_calls_do_not_count_once_that_is_known() -> None:
    wrong = days(WEEK[:2], contact_point="w1")
    right = days([*WEEK[2:], "2026-06-10"])
    known = {
        "contact_points": (
            ContactPointFacts(contact_point="w1", wrong_since=instant("2026-06-09")),
        )
    }
    assert allowed(ask(REGF, *wrong, *right, facts=known)) == ("US-REGF-MISDIR",)
    assert denied(ask(REGF, *wrong, *right)) == ("US-REGF-7IN7",)


def test_every_debt_of_a_call_needs_room_and_the_one_with_most_gets_the_unanswered() -> None:
    both = ask(REGF, *days(WEEK), debts=("D1", "D2"))
    allowed(both)
    assert both.condition("allot_unanswered_to") == "D2"  # type: ignore[union-attr]
    full = [*days(WEEK), event("2026-06-10T13:00")]
    assert denied(ask(REGF, *full, debts=("D1", "D2"))) == ("US-REGF-7IN7",)


def test_grouped_debts_count_as_one_and_the_rule_of_scope_is_named() -> None:
    groups = {"debt_groups": (("D1", "D2"),)}
    seven = [*days(WEEK), event("2026-06-10T13:00", debts=("D2",))]
    assert denied(ask(REGF, *seven, facts=groups)) == ("US-REGF-7IN7", "US-REGF-DEBTSCOPE")
    alone = [*days(WEEK), event("2026-06-10T13:00")]
    assert denied(ask(REGF, *alone, facts=groups)) == ("US-REGF-7IN7",)


@pytest.mark.parametrize(
    ("at", "ok"),
    [("2026-06-15T14:00", False), ("2026-06-16T11:59", False), ("2026-06-16T12:00", True)],
)
def test_a_talk_bars_seven_days_of_which_it_is_the_first(at: str, ok: bool) -> None:
    talk = event("2026-06-09T14:00", "conversation")
    assert (ask(REGF, talk, at=at).rules == ()) is ok


def test_the_consumers_own_call_starts_the_cooldown_for_what_came_up() -> None:
    rang_in = event(
        "2026-06-09T14:00",
        "conversation",
        direction=Direction.IN,
        debts=("D2",),
        also_discussed=("D1",),
        discussion_started_by="consumer",
    )
    assert denied(ask(REGF, rang_in)) == ("US-REGF-COOL7",)
    allowed(ask(REGF, rang_in, debts=("D3",)))


def test_the_day_of_a_talk_is_the_latest_in_any_possible_zone() -> None:
    talk = event("2026-06-04T04:30", "conversation")  # 4 June in New York, 3 June further west
    both = {"locations": (place(), place("America/Los_Angeles"))}
    assert ask(REGF, talk, facts={"locations": (place("America/Los_Angeles"),)}).rules == ()
    assert denied(ask(REGF, talk, facts=both)) == ("US-REGF-COOL7",)


# --- consent: 1006.6(b)(4), 1006.14(b)(3)(i) ----------------------------------------------------

TALK = event("2026-06-05T14:00", "conversation")
LEAVE = Consent(
    consent_id="c1",
    channel=Channel.CALL,
    given_to="collector",
    given_at=instant("2026-06-05T14:05"),
    scope="call me again",
)


@pytest.mark.parametrize(
    ("consent", "rules"),
    [
        (LEAVE, ("US-REGF-EXCL",)),
        (replace(LEAVE, scope=None), ("US-REGF-COOL7",)),  # a general leave to call
        (replace(LEAVE, given_to="creditor"), ("US-REGF-COOL7",)),
        (replace(LEAVE, channel=Channel.SMS), ("US-REGF-COOL7",)),
        (replace(LEAVE, contact_point="n2"), ("US-REGF-COOL7",)),
        (replace(LEAVE, debts=("D2",)), ("US-REGF-COOL7",)),
        (replace(LEAVE, debts=("D1", "D2")), ("US-REGF-EXCL",)),
        (replace(LEAVE, ended_by="conversation"), ("US-REGF-COOL7",)),
        (replace(LEAVE, revoked_at=instant("2026-06-07")), ("US-REGF-COOL7",)),
        (replace(LEAVE, expires_at=instant("2026-06-05T14:05")), ("US-REGF-COOL7",)),
        (replace(LEAVE, expires_at=instant("2026-06-12")), ("US-REGF-EXCL",)),
        (replace(LEAVE, valid_dates=(date(2026, 6, 10),)), ("US-REGF-EXCL",)),
        (replace(LEAVE, valid_dates=(date(2026, 6, 9),)), ("US-REGF-COOL7",)),
        (replace(LEAVE, given_at=instant("2026-06-11")), ("US-REGF-COOL7",)),
        (replace(LEAVE, opens=time(10), closes=time(12)), ("US-REGF-EXCL",)),
        (replace(LEAVE, opens=time(12), closes=time(13)), ("US-REGF-COOL7",)),
    ],
)
def test_consent_to_more_calls_is_scoped(consent: Consent, rules: tuple[str, ...]) -> None:
    assert ask(REGF, TALK, facts={"consents": (consent,)}).rules == rules


def test_consent_lasts_seven_days_and_ends_with_the_next_talk() -> None:
    facts = {"consents": (LEAVE,)}
    later = event("2026-06-06T14:00", "conversation")
    assert denied(ask(REGF, TALK, later, facts=facts)) == ("US-REGF-COOL7",)
    old = replace(LEAVE, given_at=instant("2026-06-03T14:00"))
    seven = [*days(WEEK), event("2026-06-10T13:00")]
    assert denied(ask(REGF, *seven, facts={"consents": (old,)})) == ("US-REGF-7IN7",)


def test_hours_open_only_by_consent_given_to_this_collector_that_names_them() -> None:
    late = replace(LEAVE, opens=time(21), closes=time(22))
    night = "2026-06-11T01:30"
    assert allowed(ask(REGF, at=night, facts={"consents": (late,)})) == ("US-REGF-CONSENT",)
    for bad in (replace(late, given_to="creditor"), replace(late, opens=None, closes=None)):
        assert denied(ask(REGF, at=night, facts={"consents": (bad,)})) == ("US-REGF-HOURS",)
    permit = ask(REGF, at="2026-06-11T01:59", facts={"consents": (late,)})
    assert permit.expires_at == instant("2026-06-11T02:00")  # type: ignore[union-attr]
    to_midnight = replace(late, opens=time(22), closes=None)
    allowed(ask(REGF, at="2026-06-11T03:59", facts={"consents": (to_midnight,)}))
    past_midnight = replace(late, opens=time(22), closes=time(1))
    allowed(ask(REGF, at="2026-06-11T04:30", facts={"consents": (past_midnight,)}))
    two_places = {
        "consents": (replace(late, opens=time(21), closes=time(23, 59)),),
        "locations": (place(), place("America/Chicago")),
    }
    allowed(ask(REGF, at="2026-06-11T02:30", facts=two_places))
    denied(ask(REGF, at="2026-06-11T01:30", facts=two_places))


# --- medium, message procedures: 1006.14(h), 1006.6(d)-(e), 1006.22(f)(3) ------------------------


def test_a_refused_medium_is_out_for_any_debt_until_lifted() -> None:
    refused = OptOut(channel=Channel.CALL, contact_point=None, received_at=instant("2026-06-01"))
    assert denied(ask(REGF, facts={"opt_outs": (refused,)}, debts=("D9",))) == ("US-REGF-MEDIUM",)
    lifted = replace(refused, lifted_at=instant("2026-06-09"))
    allowed(ask(REGF, facts={"opt_outs": (lifted,)}))
    other = replace(refused, contact_point="n2")
    allowed(ask(REGF, facts={"opt_outs": (other,)}))
    later = replace(refused, received_at=NOW + timedelta(minutes=1))
    permit = ask(REGF, facts={"opt_outs": (later,)})
    assert permit.expires_at == later.received_at  # type: ignore[union-attr]


STOP = event("2026-06-10T14:58", "STOP", channel=Channel.SMS, direction=Direction.IN, debts=())
TEXTED = Consent(
    consent_id="s1", channel=Channel.SMS, given_to="collector", given_at=instant("2026-06-01")
)
SMS_OK = {"consents": (TEXTED,)}


def test_stop_binds_at_once_but_for_one_confirmation() -> None:
    assert denied(ask(REGF, STOP, facts=SMS_OK, **TEXT)) == ("US-REGF-MEDIUM",)
    allowed(ask(REGF, STOP, content="optout_confirmation", **TEXT))
    sent = event("2026-06-10T14:59", "sent", channel=Channel.SMS)
    assert "US-REGF-MEDIUM" in denied(ask(REGF, STOP, sent, content="optout_confirmation", **TEXT))
    allowed(ask(REGF, STOP, facts=SMS_OK, **{**TEXT, "contact_point": "n2"}))
    again = replace(TEXTED, given_at=instant("2026-06-10T14:59"))
    allowed(ask(REGF, STOP, facts={"consents": (again,)}, **TEXT))


def test_who_refused_on_the_phone_is_not_called_again() -> None:
    refused = event("2026-06-01T14:00", "conversation_refused")
    assert denied(ask(REGF, refused)) == ("US-REGF-MEDIUM",)


@pytest.mark.parametrize(("at", "ok"), [("2026-07-30T15:00", True), ("2026-07-31T15:00", False)])
def test_texts_need_a_text_or_consent_of_the_last_sixty_days(at: str, ok: bool) -> None:
    assert (ask(REGF, at=at, facts=SMS_OK, **TEXT).rules == ()) is ok


@pytest.mark.parametrize(
    "bad",
    [
        replace(TEXTED, given_to="creditor"),
        replace(TEXTED, contact_point="n2"),
        replace(TEXTED, revoked_at=instant("2026-06-02")),
        replace(TEXTED, channel=None),
        replace(TEXTED, given_at=instant("2026-06-20")),
    ],
)
def test_consent_to_texts_is_the_consumers_own_for_this_number(bad: Consent) -> None:
    assert denied(ask(REGF, facts={"consents": (bad,)}, **TEXT)) == ("US-REGF-SMS60",)


def test_the_consumers_text_or_a_look_up_renews_the_sixty_days() -> None:
    assert denied(ask(REGF, **TEXT)) == ("US-REGF-SMS60",)
    wrote = event("2026-06-09T14:00", "received", channel=Channel.SMS, direction=Direction.IN)
    allowed(ask(REGF, wrote, **TEXT))
    old = replace(TEXTED, given_at=instant("2026-01-01"))
    checked = number(reassigned_check_at=instant("2026-06-01"))
    assert denied(ask(REGF, facts={"consents": (old,)}, **TEXT)) == ("US-REGF-SMS60",)
    allowed(ask(REGF, facts={"consents": (old,), **checked}, **TEXT))
    assert denied(ask(REGF, facts=checked, **TEXT)) == ("US-REGF-SMS60",)


@pytest.mark.parametrize(
    ("basis", "more", "rules", "opens"),
    [
        ("direct consent", {}, (), None),
        ("bought list", {}, ("US-REGF-EMAIL",), None),
        ("creditor notice", {}, ("US-REGF-EMAIL",), None),
        (
            "creditor notice",
            {"notice_sent": date(2026, 5, 1), "optout_by": date(2026, 5, 31)},
            ("US-REGF-EMAIL",),
            None,
        ),
        (
            "creditor notice",
            {"notice_sent": date(2026, 5, 7), "optout_by": date(2026, 6, 11)},
            ("US-REGF-EMAIL",),
            "2026-06-12T12:00",
        ),
        (
            "creditor notice",
            {"notice_sent": date(2026, 5, 1), "optout_by": date(2026, 6, 9)},
            (),
            None,
        ),
        ("direct consent", {"opted_out": True}, ("US-REGF-EMAIL",), None),
    ],
)
def test_an_address_comes_by_a_procedure(
    basis: str, more: dict[str, object], rules: tuple[str, ...], opens: str | None
) -> None:
    decision = ask(REGF, facts=number(point="a1", email_basis=basis, **more), **MAIL)
    assert decision.rules == rules
    if rules:
        assert decision.first_allowed_at == (None if opens is None else instant(opens))
        assert decision.strength is Strength.SAFE_HARBOR


def test_the_employers_mailbox_needs_the_consumers_own_use() -> None:
    assert denied(ask(REGF, facts=number("employer", "a1"), **MAIL)) == ("US-REGF-WORKEMAIL",)
    used = number("employer", "a1", email_basis="direct consent")
    allowed(ask(REGF, facts=used, **MAIL))


def test_a_message_says_how_to_opt_out() -> None:
    refusal = ask(REGF, has_optout_notice=False, **MAIL)
    assert denied(refusal) == ("US-REGF-OPTOUT",)
    permit = ask(REGF, **MAIL)
    assert permit.condition("optout_notice") == "required"  # type: ignore[union-attr]


def test_the_duties_of_a_call_come_with_its_permit() -> None:
    permit = ask(REGF, mode=Mode.PREDICTIVE)
    names = {c.name for c in permit.conditions}  # type: ignore[union-attr]
    assert {
        "mini_miranda",
        "voicemail",
        "identify",
        "validation_notice",
        "retain_recording",
    } <= names


def test_the_clock_may_come_in_any_zone() -> None:
    local = datetime(2026, 6, 10, 15, 0, tzinfo=UTC).astimezone()
    assert ask(REGF, at=local).decided_at == NOW

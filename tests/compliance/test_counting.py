"""Which events a rule counts, for whom, and until which instant."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from compliance.facts import Channel, ContactPointFacts, Direction, Hold, HoldKind
from compliance.kinds.counting import UNLOCK_HISTORY
from compliance.permit import Finding, Permit, Refusal
from tests.compliance.samples import NOW, allowed, ask, denied, event, place
from tests.compliance.test_edges import under

IN = Direction.IN
SMS = Channel.SMS
MIDNIGHT = datetime(2026, 6, 10, 4, tzinfo=UTC)
"""The Wednesday begins in New York."""
LATELY = event("2026-06-10T13:00")
AT_WORK = {"contact_points": (ContactPointFacts(contact_point="n1", kind="workplace"),)}


def cap(**keys: str) -> str:
    """A cap of one a week for a person, with other keys."""
    wanted = {
        "counts": '"attempt"',
        "limit": "1",
        "window": '{ kind = "week" }',
        "scope": '["person"]',
        **keys,
    }
    return '[[frequency]]\nid = "T"\n' + "\n".join(f"{k} = {v}" for k, v in wanted.items())


TEXTS = cap(counts_channels='["sms"]').replace('"T"', '"S"')


def counts(rules: str, *history: Any, **more: Any) -> list[int]:
    """How often each counter of the first rule has counted."""
    return [c.before for c in ask(under(rules), *history, **more).findings[0].counters]


def finding(answer: Permit | Refusal, rule_id: str = "T") -> Finding:
    return next(f for f in answer.findings if f.rule_id == rule_id)


# --- for whom -----------------------------------------------------------------------------------


def test_a_count_of_a_person_is_one_however_many_debts_are_asked_about() -> None:
    for debts in ((), ("D1",), ("D1", "D2")):
        assert counts(cap(), LATELY, debts=debts) == [1]


def test_a_count_of_each_debt_is_one_for_all_where_none_is_named() -> None:
    per_debt = cap(scope='["debt"]')
    assert counts(per_debt, LATELY, debts=("D1", "D2")) == [1, 0]
    assert counts(per_debt, LATELY, debts=()) == [1]


def test_a_count_of_a_person_takes_in_every_creditor_and_campaign() -> None:
    other = replace(LATELY, creditor="Oakham", campaign_id="B")
    assert counts(cap(), other, creditor="Fernwood", campaign_id="A") == [1]


def test_what_the_consumer_sends_is_counted_where_the_rule_asks_for_it() -> None:
    wrote = replace(LATELY, channel=SMS, direction=IN, outcome="received")
    heard = cap(direction='"in"', counts='"contact_or_message"')
    assert counts(heard, wrote, LATELY) == [1]
    assert counts(cap(direction='"both"'), wrote, LATELY) == [2]


def test_each_cap_counts_its_own_channels() -> None:
    rules = cap(channels='["call"]') + "\n\n" + TEXTS
    text = replace(LATELY, channel=SMS, outcome="sent")
    assert counts(rules, text, text, LATELY) == [1]


def test_a_cap_for_one_kind_of_number_counts_this_person_by_the_same_marks() -> None:
    work = cap(number_kinds='["workplace"]', channels='["call"]', counts='"dial_any"')
    rules = work + "\n\n" + TEXTS
    other = replace(LATELY, party="neighbour")
    text = replace(LATELY, channel=SMS, outcome="sent")
    rang = replace(LATELY, direction=IN, outcome="conversation")
    called = replace(LATELY, outcome="received")  # what no dial can end in is none
    assert counts(rules, other, text, rang, called, facts=AT_WORK) == [0]
    assert counts(rules, LATELY, facts=AT_WORK) == [1]


def test_parties_in_one_pool_are_counted_together_and_no_others() -> None:
    pool = cap(pooled_parties='["spouse", "child"]')
    child = replace(LATELY, party="child", contact_point="n2")
    attorney = replace(child, party="attorney")
    assert counts(pool, child, attorney, party="spouse") == [1]
    assert counts(pool, child, party="consumer") == [0]


def test_an_answer_counts_like_any_call_and_starts_a_cooldown() -> None:
    asked = event("2026-06-10T12:00", "received", direction=IN)
    answer = event("2026-06-10T12:05", "conversation")
    rules = (
        cap(limit="9")
        + '\n\n[[cooldown]]\nid = "C"\nafter = "effective_conversation"\ndays = 7\n'
        + 'scope = ["person"]'
    )
    assert counts(rules, asked, answer) == [1]
    assert denied(ask(under(rules), asked, answer)) == ("C",)


# --- until when ---------------------------------------------------------------------------------


def test_a_lone_cooldown_reads_as_far_back_as_it_bars() -> None:
    rules = under('[[cooldown]]\nid = "T"\nafter = "attempt"\ndays = 7\nscope = ["person"]')
    talk = event("2026-06-04T04:00")
    refusal = ask(rules, talk)
    assert (denied(refusal), refusal.first_allowed_at) == (("T",), MIDNIGHT + timedelta(days=1))
    allowed(ask(rules, talk, at=MIDNIGHT + timedelta(days=1)))


def test_a_cap_that_frees_now_is_not_the_reason_why_unknown_history_bars() -> None:
    facts = {"history_known_from": MIDNIGHT - timedelta(days=3)}
    last = event(MIDNIGHT - timedelta(days=7))
    refusal = ask(under(cap()), last, at=MIDNIGHT, facts=facts)
    assert finding(refusal).reason.endswith("not known, so the cap is full")


def test_a_cooldown_that_ends_now_is_not_the_reason_either() -> None:
    rules = under('[[cooldown]]\nid = "T"\nafter = "attempt"\ndays = 7\nscope = ["person"]')
    facts = {"history_known_from": MIDNIGHT - timedelta(days=3)}
    refusal = ask(rules, event(MIDNIGHT - timedelta(days=7)), at=MIDNIGHT, facts=facts)
    assert finding(refusal).reason == "earlier contacts are not known, so attempt is assumed"


def test_history_known_for_just_long_enough_is_known() -> None:
    facts = {"history_known_from": MIDNIGHT - timedelta(days=6)}
    answer = ask(under(cap()), at=MIDNIGHT, facts=facts)
    assert finding(answer).reason.endswith("within the cap of 1")
    rules = under(cap(window='{ kind = "rolling_hours", n = 2 }'))
    answer = ask(rules, facts={"history_known_from": NOW - timedelta(hours=2)})
    assert finding(answer).reason.endswith("within the cap of 1")
    young = ask(rules, facts={"history_known_from": NOW - timedelta(hours=2, microseconds=-1)})
    assert denied(young) == ("T",)


GROUP = {"debt_groups": (("D1", "D2"),)}
GROUPED = ['[[scope]]\nid = "G"', cap(scope='["debt"]', grouped_by='"G"')]
COOLDOWN = '[[cooldown]]\nid = "T"\nafter = "attempt"\ndays = 7\nscope = ["debt"]\ngrouped_by = "G"'


@pytest.mark.parametrize("rule", [GROUPED[1], COOLDOWN])
def test_the_rule_of_scope_is_named_where_the_debt_alone_is_free_again(rule: str) -> None:
    rules = under(f"{GROUPED[0]}\n\n{rule}")
    own, other = event(MIDNIGHT - timedelta(days=7)), event("2026-06-09T15:00", debts=("D2",))
    assert denied(ask(rules, own, other, at=MIDNIGHT, facts=GROUP)) == ("G", "T")
    still = MIDNIGHT - timedelta(microseconds=1)
    early = replace(other, at=still)
    assert denied(ask(rules, own, early, at=still, facts=GROUP)) == ("T",)


def test_the_rule_on_wrong_numbers_explains_only_while_their_calls_would_bar() -> None:
    rules = under(f'[[exclusion]]\nid = "E"\n\n{cap(misdirected_by=chr(34) + "E" + chr(34))}')
    wrong = ContactPointFacts(contact_point="n2", wrong_since=MIDNIGHT - timedelta(days=2))
    call = event(MIDNIGHT - timedelta(days=7), contact_point="n2")
    facts = {"contact_points": (wrong,)}
    assert allowed(ask(rules, call, at=MIDNIGHT, facts=facts)) == ()
    assert allowed(ask(rules, call, at=MIDNIGHT - timedelta(seconds=1), facts=facts)) == ("E",)


def test_a_third_person_is_not_asked_before_their_history_is_known() -> None:
    asked = {"party": "third_party_location", "purpose": "locate"}
    refusal = ask("us.regf", facts={"history_known_from": None}, **asked)
    assert finding(refusal, "US-REGF-LOC-ONCE").unlock == UNLOCK_HISTORY


# --- out of reach -------------------------------------------------------------------------------

REACH = '[[third_party]]\nid = "T"\nallowed = ["consumer"]\nthen_for = ["locate"]\n'
HEIR = {"party": "heir", "purpose": "locate"}


def test_only_the_marks_that_a_rule_names_stand_for_being_out_of_reach() -> None:
    rules = under(REACH + 'or_marked = ["deceased"]')
    dead = Hold(kind=HoldKind.DECEASED, received_at=NOW - timedelta(days=1))
    assert allowed(ask(rules, facts={"holds": (dead,)}, **HEIR)) == ("T",)
    for other in (replace(dead, kind=HoldKind.DISPUTE), replace(dead, resolved_at=NOW)):
        assert denied(ask(rules, facts={"holds": (other,)}, **HEIR)) == ("T",)


def test_the_running_days_of_silence_are_the_debtors_own_and_end_today_or_yesterday() -> None:
    rules = under(REACH + "unreachable_days = 2")
    stranger = event("2026-06-08T12:00", "conversation", party="neighbour")
    days = [event("2026-06-08T15:00"), event("2026-06-09T15:00")]
    assert allowed(ask(rules, stranger, *days, **HEIR)) == ("T",)
    later = {**HEIR, "at": "2026-06-11T03:59:59"}
    assert allowed(ask(rules, *days, **later)) == ("T",)
    assert denied(ask(rules, *days, **{**HEIR, "at": "2026-06-11T04:00"})) == ("T",)
    gap = [event("2026-06-07T15:00"), days[1]]
    assert denied(ask(rules, *gap, **HEIR)) == ("T",)
    two = {"locations": (place(), place("America/Los_Angeles"))}
    assert denied(ask(rules, event("2026-06-09T05:00"), facts=two, **HEIR)) == ("T",)

"""Corners of the vocabulary that no shipped pack walks into."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from enum import Enum, IntEnum
from types import MappingProxyType
from typing import Any

import pytest

from compliance.case import Case
from compliance.codec import restore
from compliance.facts import (
    Channel,
    Consent,
    ContactPointFacts,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    Location,
    OptOut,
)
from compliance.ledger import NotCanonical, canonical, instant
from compliance.pack import PackError, Rulebook
from compliance.permit import Verdict
from compliance.rule import Clause
from compliance.zones import zone
from tests.compliance.samples import (
    FACTS,
    MARKS,
    NOW,
    REQUEST,
    allowed,
    ask,
    denied,
    event,
    pack,
    place,
)


def under(rules: str) -> Rulebook:
    """The rulebook of one pack with these tables; the marks are added to each."""
    return Rulebook.of([pack("\n".join(f"{t}\n{MARKS}" for t in rules.split("\n\n")))])


def test_a_cap_of_none_forbids_for_good() -> None:
    none = under(
        '[[frequency]]\nid = "T"\ncounts = "attempt"\nlimit = 0\nwindow = { kind = "week" }\n'
        'scope = ["person"]'
    )
    refusal = ask(none)
    assert (denied(refusal), refusal.first_allowed_at) == (("T",), None)
    assert refusal.unlock == "the fact that bars it is withdrawn"


def test_a_cap_per_campaign_counts_that_campaign_and_the_unknown() -> None:
    per_campaign = under(
        '[[frequency]]\nid = "T"\ncounts = "attempt"\nlimit = 1\nwindow = { kind = "week" }\n'
        'scope = ["campaign"]'
    )
    lately = event("2026-06-10T13:00", campaign_id="A")
    assert denied(ask(per_campaign, lately, campaign_id="A")) == ("T",)
    assert denied(ask(per_campaign, lately)) == ("T",)
    allowed(ask(per_campaign, lately, campaign_id="B"))


def test_a_cap_per_person_and_number_and_one_by_the_hour() -> None:
    both = under(
        '[[frequency]]\nid = "T"\ncounts = "attempt"\nlimit = 1\n'
        'window = { kind = "rolling_hours", n = 2 }\nscope = ["person", "number"]'
    )
    assert denied(ask(both, event("2026-06-10T13:00:01"))) == ("T",)
    allowed(ask(both, event("2026-06-10T13:00")))
    allowed(ask(both, event("2026-06-10T13:30", contact_point="n2")))


def test_a_cooldown_for_one_kind_of_number() -> None:
    work = under(
        '[[cooldown]]\nid = "T"\nafter = "attempt"\nminutes = 60\nscope = ["person"]\n'
        'number_kinds = ["workplace"]'
    )
    lately = event("2026-06-10T14:30")
    allowed(ask(work, lately))
    here = {"contact_points": (ContactPointFacts(contact_point="n1", kind="workplace"),)}
    assert denied(ask(work, lately, facts=here)) == ("T",)
    unknown = replace(lately, contact_point=None)
    assert denied(ask(work, unknown, facts=here)) == ("T",)


def test_hours_for_one_kind_of_number_on_the_consumers_clock() -> None:
    rules = (
        '[[hours]]\nid = "T"\nopen = "12:00"\nclose = "13:00"\nclock = "consumer"\n'
        'number_kinds = ["workplace"]\nagreement = "lifts"\nagreed_with = ["collector"]'
    )
    allowed(ask(under(rules)))
    here = {"contact_points": (ContactPointFacts(contact_point="n1", kind="workplace"),)}
    assert denied(ask(under(rules), facts=here)) == ("T",)
    leave = Consent(
        consent_id="c",
        channel=None,
        given_to="creditor",
        given_at=NOW,
        opens=time(11),
        closes=time(12),
    )
    assert denied(ask(under(rules), facts={**here, "consents": (leave,)})) == ("T",)
    ours = replace(leave, given_to="collector")
    assert allowed(ask(under(rules), facts={**here, "consents": (ours,)})) == ("T",)
    revoked = replace(ours, revoked_at=NOW)
    assert denied(ask(under(rules), facts={**here, "consents": (revoked,)})) == ("T",)


def test_hours_that_the_clock_leaps_over_are_closed_that_day() -> None:
    leap = under('[[hours]]\nid = "T"\nopen = "02:15"\nclose = "02:45"')
    at = "2026-03-08T07:20"  # 02:20 in New York does not come on this day
    refusal = ask(leap, at=at)
    assert denied(refusal) == ("T",)
    assert refusal.first_allowed_at == datetime(2026, 3, 9, 6, 15, tzinfo=UTC)


def test_a_rule_ends_with_its_last_day() -> None:
    old = under(
        '[[hours]]\nid = "T"\nopen = "00:00"\nclose = "00:01"\napplies_to = 2026-06-10\n'
        "applies_from = 2026-06-09"
    )
    refusal = ask(old)
    assert denied(refusal) == ("T",)
    assert refusal.first_allowed_at == datetime(2026, 6, 11, 4, tzinfo=UTC)
    gone = ask(old, at="2026-06-12T15:00")
    allowed(gone)
    assert gone.findings[0].verdict is Verdict.NOT_APPLICABLE


def test_a_lifting_rule_out_of_force_lifts_nothing() -> None:
    rules = (
        '[[hold]]\nid = "T"\nmark = "represented"\n\n'
        '[[reply]]\nid = "R"\nexchange_minutes = 10\nwithin_days = 7\nlifts = ["T"]\n'
        "applies_to = 2026-01-01"
    )
    wrote = event("2026-06-10T14:00", "received", direction=Direction.IN)
    held = {"holds": (Hold(kind=HoldKind.REPRESENTED, received_at=None),)}
    assert denied(ask(under(rules), wrote, facts=held, in_reply=True)) == ("T",)


def test_a_marked_consumer_may_open_other_parties_without_any_try() -> None:
    marked = under(
        '[[third_party]]\nid = "T"\nallowed = ["consumer"]\nor_marked = ["deceased"]\n'
        'then_for = ["locate"]'
    )
    heir = {"party": "heir", "purpose": "locate"}
    assert denied(ask(marked, **heir)) == ("T",)
    dead = {"holds": (Hold(kind=HoldKind.DECEASED, received_at=NOW),)}
    assert allowed(ask(marked, facts=dead, **heir)) == ("T",)


def test_texts_are_no_tries_to_reach_someone_and_strangers_are_not_the_debtor() -> None:
    days = [event(f"2026-06-0{d}T02:00") for d in (7, 8, 9)]
    text = event("2026-06-09T03:00", "sent", channel=Channel.SMS)
    stranger = event("2026-06-09T04:00", "conversation", party="neighbour")
    asked = {"party": "friend", "purpose": "locate_or_pass_on", "at": "2026-06-10T03:00"}
    china = {"locations": (place("Asia/Shanghai"),), "actor": "bank"}
    assert allowed(ask("cn.card", *days, text, stranger, facts=china, **asked)) == ("CN-3P-CBA",)


def test_of_two_lifts_only_the_one_that_holds_now_explains() -> None:
    late = Consent(
        consent_id="c",
        channel=None,
        given_to="collector",
        given_at=NOW,
        opens=time(22),
        closes=time(23),
    )
    wrote = event("2026-06-11T01:20", "received", direction=Direction.IN)
    facts = {"consents": (late,)}
    answer = ask("us.regf", wrote, at="2026-06-11T01:30", facts=facts, in_reply=True)
    assert allowed(answer) == ("US-REGF-RESP-ONCE",)


def test_a_stop_is_no_message_to_be_answered() -> None:
    stop = event("2026-06-10T14:00", "STOP", channel=Channel.SMS, direction=Direction.IN)
    refused = OptOut(channel=Channel.SMS, contact_point=None, received_at=NOW - timedelta(days=9))
    answer = ask("core", stop, facts={"opt_outs": (refused,)}, channel=Channel.SMS, in_reply=True)
    assert denied(answer) == ("RF-OPT-OUT", "RF-REPLY")


def test_a_good_number_is_no_reason_to_refuse() -> None:
    good = {"contact_points": (ContactPointFacts(contact_point="n1", kind="mobile"),)}
    allowed(ask("core", facts=good))


def test_no_time_may_suit_every_place() -> None:
    far = {"locations": (place("Pacific/Kiritimati"), place("Pacific/Pago_Pago"))}
    noon = under('[[hours]]\nid = "T"\nopen = "12:00"\nclose = "13:30"')
    assert ask(noon, facts=far).first_allowed_at is not None  # 25 hours apart: the next day
    odd = {"locations": (place("Asia/Kolkata"), place("America/New_York"))}
    refusal = ask(noon, facts=odd)
    assert (denied(refusal), refusal.first_allowed_at) == (("T",), None)
    assert "no hour suits all the places" in (refusal.unlock or "")
    morning = InconvenientTime(weekdays=frozenset(range(7)), opens=time(12), closes=time(14))
    clash = ask(noon_and_wishes(), facts={"inconvenient_times": (morning,)})
    assert (denied(clash), clash.first_allowed_at) == (("T",), None)
    assert clash.unlock == "no time suits every rule and place"


def noon_and_wishes() -> Rulebook:
    """Open from noon to half past one, and never against the consumer's wish."""
    return under(
        '[[hours]]\nid = "T"\nopen = "12:00"\nclose = "13:30"\n\n[[inconvenient_time]]\nid = "W"'
    )


def test_a_hold_that_is_over_before_it_starts_is_none() -> None:
    backwards = Hold(kind=HoldKind.MINOR, received_at=NOW, resolved_at=NOW - timedelta(days=1))
    allowed(ask("core", facts={"holds": (backwards,)}))


def test_a_key_that_is_missing_is_looked_for_in_its_own_table() -> None:
    with pytest.raises(PackError) as caught:
        pack(
            f'[[cooldown]]\nid = "T"\nafter = "attempt"\nscope = ["person"]\n{MARKS}'
            f'[[cooldown]]\nid = "U"\nafter = "attempt"\nscope = ["person"]\ndays = 1\n{MARKS}'
        )
    assert caught.value.reason.startswith("days: give either")
    assert caught.value.line == 11


def test_a_clause_of_no_kind_says_nothing() -> None:
    rule = Rulebook.of([pack(f'[[duty]]\nid = "T"\n{MARKS}')]).rules[0]
    new_york = zone("America/New_York")
    assert new_york is not None
    case = Case(REQUEST, FACTS, NOW, (new_york,), lookback=timedelta(), channels=0)
    nothing = Clause()
    assert nothing.read(rule, case) is None
    assert nothing.lift(rule, case) is None
    assert nothing.complain(rule, case) is None
    assert nothing.conditions(rule) == ()
    assert nothing.counts() == (timedelta(), 0)


class Level(IntEnum):
    LOW = 1


class Shade(Enum):
    DARK = "dark"


class Instant(datetime):
    pass


def test_less_usual_values_have_their_form_too() -> None:
    value: dict[str, Any] = {
        "a": Level.LOW,
        "b": Shade.DARK,
        "c": Instant(2026, 6, 10, tzinfo=UTC),
        "d": MappingProxyType({"x": 1}),
        "e": NOW.astimezone(),
    }
    assert canonical(value) == (
        b'{"a":1,"b":"dark","c":"2026-06-10T00:00:00Z","d":{"x":1},"e":"2026-06-10T15:00:00Z"}'
    )
    assert instant(NOW.astimezone()) == "2026-06-10T15:00:00Z"
    with pytest.raises(NotCanonical):
        instant(NOW.replace(tzinfo=None))


class Items(list[object]):
    pass


def test_a_list_of_ones_own_is_a_list() -> None:
    assert canonical({"a": Items([1])}) == b'{"a":[1]}'


def test_an_explicit_nothing_is_nothing() -> None:
    assert restore(Location, {"kind": "address", "tz": None}) == Location(
        kind=FACTS.locations[0].kind, tz=None
    )


def test_a_bar_all_day_and_every_day_never_opens() -> None:
    always = InconvenientTime(weekdays=frozenset(range(7)), opens=time(), closes=None)
    refusal = ask("us.regf", facts={"inconvenient_times": (always,)})
    assert (denied(refusal), refusal.first_allowed_at) == (("US-REGF-INCONV-TIME",), None)

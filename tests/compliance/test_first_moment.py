"""The first lawful moment, where a rule's own time runs out while another one still closes."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from compliance.facts import Channel, Consent, Direction, Hold, HoldKind
from compliance.permit import Permit, Refusal
from tests.compliance.samples import NOW, allowed, ask, denied, event, place
from tests.compliance.test_edges import under

NIGHT = '[[hours]]\nid = "H"\nopen = "08:00"\nclose = "21:00"\nagreement = "lifts"'
HOLD = '[[hold]]\nid = "T"\nmark = "dispute"'
LATE = Consent(
    consent_id="c",
    channel=None,
    given_to="collector",
    given_at=NOW,
    opens=time(22, 30),
    closes=time(23),
)


def until(at: datetime) -> dict[str, object]:
    """A dispute that rests the debt until an instant."""
    return {"holds": (Hold(kind=HoldKind.DISPUTE, received_at=NOW, ends_at=at),)}


def test_agreed_hours_are_still_agreed_after_a_long_hold() -> None:
    release = NOW.replace(hour=2, minute=20) + timedelta(days=90)  # 22:20 in New York
    facts = {**until(release), "consents": (LATE,)}
    refusal = ask(under(f"{NIGHT}\n\n{HOLD}"), facts=facts)
    assert denied(refusal) == ("T",)
    assert refusal.first_allowed_at == release + timedelta(minutes=10)


def test_a_hold_until_a_date_years_away_opens_on_that_date() -> None:
    release = datetime(2031, 6, 10, 15, tzinfo=UTC)
    refusal = ask(under(HOLD), facts=until(release))
    assert (denied(refusal), refusal.first_allowed_at) == (("T",), release)
    endless = ask(under(HOLD), facts=until(datetime(9999, 12, 31, tzinfo=UTC)))
    assert (denied(endless), endless.first_allowed_at) == (("T",), None)


def test_what_has_happened_once_may_count_for_good() -> None:
    once = under(
        '[[frequency]]\nid = "T"\ncounts = "attempt"\nlimit = 1\nwindow = { kind = "ever" }\n'
        'scope = ["person"]'
    )
    refusal = ask(once, event("2019-06-10T13:00"))
    assert (denied(refusal), refusal.first_allowed_at) == (("T",), None)
    counter = refusal.findings[0].counters[0]
    assert (counter.name, counter.before) == ("attempt in all time", 1)
    known = NOW - timedelta(days=40)
    young = ask(once, facts={"history_known_from": known})
    assert young.first_allowed_at == known + timedelta(days=3652)


def test_a_listed_contact_may_be_asked_only_while_the_debtor_is_out_of_reach() -> None:
    days = [event(f"2026-06-{d:02}T02:00") for d in (8, 9, 10)]  # 10:00 in Shanghai
    asked = {"party": "friend", "purpose": "locate_or_pass_on"}
    china = {"locations": (place("Asia/Shanghai"),), "actor": "bank"}
    last = ask("cn.card", *days, at="2026-06-11T15:59:30", facts=china, **asked)
    assert "CN-3P-CBA" not in denied(last)
    assert last.first_allowed_at is None, "the days have run out when the morning comes"
    early = ask("cn.card", *days, at="2026-06-10T23:30", facts=china, **asked)
    assert early.first_allowed_at == datetime(2026, 6, 11, tzinfo=UTC)
    permit = ask("cn.card", *days, at="2026-06-11T13:59", facts=china, **asked)
    assert allowed(permit) == ("CN-3P-CBA",)


def test_the_debtor_is_out_of_reach_only_if_so_by_the_clock_of_every_place() -> None:
    rule = (
        '[[third_party]]\nid = "T"\nallowed = ["consumer"]\nunreachable_days = 2\n'
        'then_for = ["locate"]'
    )
    tries = [event("2026-06-10T03:30"), event("2026-06-10T04:30")]  # about midnight in New York
    asked = {"party": "heir", "purpose": "locate", "at": "2026-06-10T15:00"}
    assert allowed(ask(under(rule), *tries, **asked)) == ("T",)
    both = (place(), place("Asia/Shanghai"))
    assert denied(ask(under(rule), *tries, facts={"locations": both}, **asked)) == ("T",)


def test_a_confirmation_that_waits_for_the_morning_comes_too_late() -> None:
    rules = under(f'{NIGHT}\n\n[[opt_out]]\nid = "T"\nconfirmation_minutes = 5')
    at = datetime(2026, 6, 10, 2, tzinfo=UTC)  # 22:00 in New York
    stop = event(at, "STOP", channel=Channel.SMS, direction=Direction.IN)
    text = {"channel": Channel.SMS, "mode": None, "content": "optout_confirmation"}
    refusal = ask(rules, stop, at=at + timedelta(minutes=1), **text)
    assert (denied(refusal), refusal.first_allowed_at) == (("H",), None)


def test_a_rule_that_lifts_another_lifts_it_to_its_own_last_day() -> None:
    rules = (
        '[[hold]]\nid = "T"\nmark = "represented"\n\n'
        '[[reply]]\nid = "R"\nexchange_minutes = 10\nwithin_days = 7\nlifts = ["T"]\n'
        f"applies_to = 2026-06-10\n\n{NIGHT}"
    )
    wrote = event("2026-06-11T03:59", "received", direction=Direction.IN)
    held = {"holds": (Hold(kind=HoldKind.REPRESENTED, received_at=None),)}
    refusal = ask(under(rules), wrote, at="2026-06-11T03:59:30", facts=held, in_reply=True)
    assert (denied(refusal), refusal.first_allowed_at) == (("H",), None)
    day = replace(wrote, at=datetime(2026, 6, 10, 23, tzinfo=UTC))
    permit = ask(under(rules), day, at="2026-06-11T00:59:30", facts=held, in_reply=True)
    assert isinstance(permit, Permit)
    later = ask(under(rules), day, at="2026-06-11T15:00", facts=held, in_reply=True)
    assert isinstance(later, Refusal)

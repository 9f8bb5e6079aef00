"""What a decision tells the engine and the auditor, beside yes or no."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from compliance.facts import Channel, ContactPointFacts, Hold, HoldKind, InconvenientTime
from compliance.kinds.counting import UNLOCK_HISTORY
from compliance.pack import PackError, Rulebook
from compliance.permit import Finding, Permit, Refusal, Verdict
from compliance.windows import Fixed, Lifted, first_open, includes, lifted, next_closing
from tests.compliance.samples import FACTS, MARKS, NOW, ask, days, event, pack

T = datetime(2026, 6, 10, tzinfo=UTC)
CAP = (
    '[[frequency]]\nid = "T-CAP"\nchannels = ["call"]\ncounts = "dial_any"\nlimit = 2\n'
    'window = {kind = "consecutive_days", n = 7}\n'
)


def h(hours: float) -> datetime:
    return T + timedelta(hours=hours)


def under(rules: str) -> Rulebook:
    return Rulebook.of([pack(rules + MARKS)])


def only_denial(answer: Permit | Refusal) -> Finding:
    (finding,) = [f for f in answer.findings if f.verdict is Verdict.DENY]
    return finding


def test_a_full_cap_tells_its_count_and_when_it_opens_by_itself() -> None:
    rules = under(CAP + 'scope = ["debt"]\n')
    finding = only_denial(ask(rules, *days(["2026-06-08", "2026-06-09"])))
    (counter,) = finding.counters
    assert (counter.before, counter.after, counter.limit) == (2, 3, 2)
    assert counter.name.endswith(" on D1")
    assert finding.first_allowed_at == datetime(2026, 6, 15, 4, tzinfo=UTC)
    assert finding.unlock is None


def test_a_count_that_no_debt_has_for_itself_names_none() -> None:
    answer = ask(under(CAP + 'scope = ["person"]\n'), *days(["2026-06-08"]))
    (counter,) = answer.findings[0].counters
    assert (counter.name, counter.before) == ("dial_any in 7 days", 1)


def test_the_first_day_of_a_window_is_counted_and_the_one_before_is_not() -> None:
    rules = under(CAP + 'scope = ["person"]\n')
    dawn, eve = event("2026-06-04T04:00"), event("2026-06-04T03:59")
    assert ask(rules, dawn).findings[0].counters[0].before == 1
    assert ask(rules, eve).findings[0].counters[0].before == 0


def test_a_cap_of_each_creditor_counts_its_own_contacts_and_those_of_nobody_known() -> None:
    rules = under(CAP + 'scope = ["person", "creditor"]\n')
    dates = ["2026-06-08", "2026-06-09"]
    ours = days(dates, creditor="Fernwood")
    assert isinstance(ask(rules, *ours, creditor="Fernwood"), Refusal)
    assert isinstance(ask(rules, *ours, creditor="Oakham"), Permit)
    assert isinstance(ask(rules, *days(dates), creditor="Oakham"), Refusal)
    assert isinstance(ask(rules, *ours), Refusal)


def test_hours_that_roll_are_counted_back_from_now() -> None:
    rolling = CAP.replace('"consecutive_days", n = 7', '"rolling_hours", n = 2')
    rules = under(rolling + 'scope = ["person"]\n')
    answer = ask(rules, event(NOW - timedelta(hours=2)), event(NOW - timedelta(minutes=121)))
    assert answer.findings[0].counters[0].name == "dial_any in 2 hours"
    assert answer.findings[0].counters[0].before == 1


def test_a_day_may_end_at_the_midnight_of_one_zone_for_everybody() -> None:
    shanghai = under(
        CAP.replace("limit = 2", "limit = 1").replace(
            '{kind = "consecutive_days", n = 7}', '{kind = "calendar_day"}'
        )
        + 'scope = ["person"]\nday_boundary = "Asia/Shanghai"\n'
    )
    before, after = event("2026-06-09T15:59"), event("2026-06-09T16:00")
    assert isinstance(ask(shanghai, before), Permit)
    refusal = ask(shanghai, after)
    assert refusal.first_allowed_at == datetime(2026, 6, 10, 16, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["frequency", "cooldown"])
def test_unknown_history_says_how_to_make_it_known(kind: str) -> None:
    cooldown = '[[cooldown]]\nid = "T-COOL"\nafter = "answered"\ndays = 3\n'
    rules = under((CAP if kind == "frequency" else cooldown) + 'scope = ["person"]\n')
    finding = only_denial(ask(rules, facts={"history_known_from": None}))
    assert finding.unlock == UNLOCK_HISTORY


def test_the_inputs_name_every_fact_that_was_looked_at() -> None:
    point = ContactPointFacts(contact_point="n1", kind="mobile")
    other = ContactPointFacts(contact_point="n2", kind="workplace")
    mark = Hold(kind=HoldKind.DISPUTE, received_at=None)
    for places in (FACTS.locations, ()):
        answer = ask(
            "us.regf",
            event("2026-06-09T15:00"),
            facts={"contact_points": (other, point), "holds": (mark,), "locations": places},
        )
        assert answer.inputs == {
            "known_at": NOW,
            "actor": FACTS.actor,
            "locations": places,
            "superseded_locations": (),
            "contact_point": point,
            "history_known_from": FACTS.history_known_from,
            "history_events": 1,
            "consents": (),
            "holds": (mark,),
            "opt_outs": (),
        }


def test_a_contact_whose_place_is_unknown_names_the_rule_that_binds() -> None:
    refusal = ask("us.regf", facts={"locations": ()})
    assert refusal.binding_rule == "RF-ZONE-UNKNOWN"
    assert refusal.unlock == "record where the consumer is"


def test_the_duties_of_a_permit_carry_their_names_and_measures() -> None:
    rules = under(
        '[[abandonment]]\nid = "T-A"\ncap_permille = 30\nperiod = "successive_days"\ndays = 30\n'
        'connect_seconds = 2\nmessage = "who called"\n'
        + MARKS
        + '[[recording]]\nid = "T-R"\nconsent = "all_parties"\n'
        + MARKS
        + '[[dialing]]\nid = "T-D"\ncaller_id = "our own number"\n'
    )
    permit = ask(rules)
    assert isinstance(permit, Permit)
    assert {c.name: c.value for c in permit.conditions} == {
        "abandonment_cap": "30/1000 per P30D",
        "connect_within_seconds": "2",
        "abandonment_message": "who called",
        "recording_consent": "all_parties",
        "caller_id": "our own number",
    }
    monthly = under('[[abandonment]]\nid = "T-A"\ncap_permille = 30\nperiod = "calendar_month"\n')
    permit = ask(monthly)
    assert isinstance(permit, Permit)
    assert permit.condition("abandonment_cap") == "30/1000 per calendar_month"


@pytest.mark.parametrize("text", ["3Y", "PY", "Q3Y", "P3W", "PxY", 3])
def test_a_period_is_a_number_of_years_months_or_days(text: object) -> None:
    value = f'"{text}"' if isinstance(text, str) else text
    with pytest.raises(PackError, match="no period"):
        under(f'[[recording]]\nid = "T-R"\nretain = {value}\n')


@pytest.mark.parametrize(("opens", "closes"), [(time(10, 30), time(12, 15)), (time(10, 30), None)])
def test_a_bar_begins_and_ends_at_its_minute(opens: time, closes: time | None) -> None:
    rules = under('[[inconvenient_time]]\nid = "T-BAR"\n')
    bar = InconvenientTime(weekdays=frozenset({2}), opens=opens, closes=closes, known_at=NOW)
    facts = {"inconvenient_times": (bar,)}
    before = NOW.replace(hour=14, minute=29)  # 10:29 in New York
    assert isinstance(
        ask(rules, at=before, facts={"inconvenient_times": (replace(bar, known_at=before),)}),
        Permit,
    )
    refusal = ask(rules, facts=facts)
    end = NOW.replace(hour=16, minute=15) if closes else datetime(2026, 6, 11, 4, tzinfo=UTC)
    assert refusal.first_allowed_at == end


def test_a_wish_binds_at_the_very_moment_it_is_learned() -> None:
    rules = under('[[opt_out]]\nid = "T-OUT"\n')
    stop = event(NOW, "conversation_refused")
    refusal = ask(rules, stop)
    assert only_denial(refusal).reason == "the consumer refused call here"
    assert isinstance(ask(rules, stop, channel=Channel.SMS, mode=None), Permit)


def test_lifted_time_is_cut_out_exactly() -> None:
    day = Fixed((h(0), h(24)))
    lifts = [Fixed((h(3), h(5)), (h(8), h(9))), Fixed((h(5), h(6)), (h(9), h(9)))]
    for left in (Lifted(day, lifts), lifted(day, lifts)):
        assert [includes(left, h(n)) for n in (0, 2.9, 3, 5, 5.9, 6, 8, 9)] == [
            *(True, True, False, False, False, True, False, True)
        ]
        assert next_closing([left], h(3), h(24)) == h(6)
        assert first_open([left], h(0)) == (h(3), 0)
    assert first_open([lifted(day, [Fixed((h(0), h(24)))])], h(1)) == (h(1), None)


def test_a_permit_says_what_was_looked_at_too() -> None:
    permit = ask("us.regf")
    assert isinstance(permit, Permit)
    assert (permit.inputs["known_at"], permit.inputs["locations"]) == (NOW, FACTS.locations)


EMAIL = (
    '[[email_procedure]]\nid = "T"\nown_bases = ["own"]\nnotice_basis = "notice"\n'
    "notice_days = 35\n"
)
ADDRESS = ContactPointFacts(
    contact_point="n1",
    email_basis="notice",
    notice_sent=date(2026, 5, 1),
    optout_by=date(2026, 6, 5),
)


@pytest.mark.parametrize(
    ("rules", "point", "reason"),
    [
        (EMAIL, replace(ADDRESS, opted_out=True), "opted out"),
        (EMAIL, replace(ADDRESS, email_basis="hearsay"), "none of the procedures"),
        (EMAIL, replace(ADDRESS, optout_by=None), "no notice with a date"),
        (EMAIL, replace(ADDRESS, optout_by=date(2026, 6, 4)), "less than 35 days"),
        (EMAIL, replace(ADDRESS, optout_by=date(2026, 6, 10)), "has not run out"),
        (
            '[[inconvenient_place]]\nid = "T"\nplace = "home"\nnumber_kinds = ["home"]\n',
            replace(ADDRESS, kind="home"),
            "home does not suit",
        ),
        (
            '[[workplace]]\nid = "T"\nnumber_kinds = ["office"]\nalways = true\n',
            replace(ADDRESS, kind="office"),
            "without good reason",
        ),
    ],
)
def test_a_refusal_by_what_is_known_of_an_address_says_why(
    rules: str, point: ContactPointFacts, reason: str
) -> None:
    facts = {"contact_points": (point,), "inconvenient_places": frozenset({"home"})}
    assert reason in only_denial(ask(under(rules), facts=facts)).reason

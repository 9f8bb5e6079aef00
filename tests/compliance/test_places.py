"""The law of other places, by the cases that their texts give, and the marks that always hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest

from compliance.facts import (
    Channel,
    Consent,
    ContactPointFacts,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    Mode,
    OptOut,
)
from compliance.permit import Strength
from compliance.zones import zone
from tests.compliance.samples import NOW, allowed, ask, days, denied, event, instant, place

TEXT = {"channel": Channel.SMS, "mode": None}
MAIL = {"channel": Channel.EMAIL, "mode": None}
VISIT = {"channel": Channel.VISIT, "mode": None}


def at_place(tz: str, actor: str = "third_party_collector", **facts: Any) -> dict[str, Any]:
    """Facts of a person in a zone."""
    return {"locations": (place(tz, None),), "actor": actor, **facts}


def hold(kind: HoldKind, **more: Any) -> dict[str, Any]:
    """Facts with one hold that binds from ever."""
    return {"holds": (Hold(kind=kind, **{"received_at": None, **more}),)}


def number(kind: str, **more: Any) -> dict[str, Any]:
    """Facts about the number to be called."""
    return {"contact_points": (ContactPointFacts(contact_point="n1", kind=kind, **more),)}


# --- hours, by zone and statute -----------------------------------------------------------------

# (packs, actor, zone, local time, rules that deny, local time at which it opens)
HOURS = [
    (
        "us.wa",
        "agency",
        "America/Los_Angeles",
        "2026-06-10T07:29",
        "US-WA-HOURS",
        "2026-06-10T07:30",
    ),
    ("us.ct", "bank", "America/New_York", "2026-06-10T21:00", "US-CT", "2026-06-11T08:00"),
    (
        "us.or",
        "agency",
        "America/Los_Angeles",
        "2026-06-10T21:00",
        "US-OR-WORK1",
        "2026-06-11T08:00",
    ),
    ("us.wv", "bank", "America/New_York", "2026-06-10T07:59", "US-WV-30-10", "2026-06-10T08:00"),
    (
        "us.policy",
        "creditor",
        "America/Denver",
        "2026-06-10T21:00",
        "US-POLICY-HOURS",
        "2026-06-11T08:00",
    ),
    (
        "cn.card",
        "bank",
        "Asia/Urumqi",
        "2026-06-10T20:00",
        "CN-HRS-CBA CN-HRS-GBT",
        "2026-06-11T06:00",
    ),
    ("uk", "bank", "Europe/London", "2026-03-29T07:59", "UK-CONC-794", "2026-03-29T08:00"),
    ("ca.frfi", "bank", "America/Toronto", "2026-09-06T17:00", "CA-FRFI-HOURS", "2026-09-08T07:00"),
    ("ca.qc", "agency", "America/Toronto", "2026-04-03T12:00", "CA-QC-HOURS", "2026-04-04T08:00"),
    ("ca.qc", "agency", "America/Toronto", "2026-04-06T12:00", "CA-QC-HOURS", "2026-04-07T08:00"),
    ("ca.qc", "agency", "America/Toronto", "2029-07-02T12:00", "CA-QC-HOURS", "2029-07-03T08:00"),
    ("ca.nb", "creditor", "America/Moncton", "2026-06-14T12:59", "CA-NB-HOURS", "2026-06-14T13:00"),
    ("ca.bc", "agency", "America/Vancouver", "2026-05-18T12:00", "CA-BC-HOURS", "2026-05-19T07:00"),
    ("ca.ab", "agency", "America/Edmonton", "2026-06-10T22:00", "CA-AB-HOURS", "2026-06-11T07:00"),
    ("au", "bank", "Australia/Lord_Howe", "2026-10-04T08:59", "AU-HOURS", "2026-10-04T09:00"),
    ("au", "bank", "Australia/Sydney", "2026-01-26T12:00", "AU-HOURS", "2026-01-27T07:30"),
    ("in", "bank", "Asia/Kolkata", "2026-06-10T07:59", "IN-HOURS", "2026-06-10T08:00"),
    ("kr", "bank", "Asia/Seoul", "2026-06-10T07:59", "KR-HOURS", "2026-06-10T08:00"),
    ("id", "bank", "Asia/Makassar", "2026-08-17T12:00", "ID-HOURS", "2026-08-18T08:00"),
    ("ph.sec", "lender", "Asia/Manila", "2026-06-10T05:59", "PH-SEC-HOURS", "2026-06-10T06:00"),
    ("hk", "bank", "Asia/Hong_Kong", "2026-06-10T21:00", "HK-COBP", "2026-06-11T08:00"),
    ("sg", "bank", "Asia/Singapore", "2026-06-10T21:00", "SG-POLICY-HOURS", "2026-06-11T08:00"),
    ("br.sp", "bank", "America/Sao_Paulo", "2026-09-07T12:00", "BR-SP-HOURS", "2026-09-08T08:00"),
    ("br.rj", "bank", "America/Sao_Paulo", "2026-06-12T19:00", "BR-UF", "2026-06-15T09:00"),
    ("br.es", "bank", "America/Sao_Paulo", "2026-06-10T19:00", "BR-UF", "2026-06-11T08:00"),
    ("br.al", "bank", "America/Maceio", "2026-06-13T14:00", "BR-UF", "2026-06-15T08:00"),
    ("br.am", "bank", "America/Manaus", "2026-06-10T19:00", "BR-UF", "2026-06-11T08:00"),
    ("mx", "bank", "America/Tijuana", "2026-06-10T06:59", "MX-HOURS", "2026-06-10T07:00"),
    ("za", "bank", "Africa/Johannesburg", "2026-06-14T12:00", "ZA-HOURS", "2026-06-15T06:00"),
    ("de", "bank", "Europe/Berlin", "2026-06-14T12:00", "DE-POLICY-HOURS", "2026-06-15T08:00"),
    ("fr", "bank", "Europe/Paris", "2026-06-10T20:00", "FR-POLICY-HOURS", "2026-06-11T08:00"),
    ("es", "bank", "Europe/Madrid", "2026-06-10T20:00", "ES-POLICY-HOURS", "2026-06-11T08:00"),
    ("it.unirec", "bank", "Europe/Rome", "2026-06-13T15:00", "IT-UNIREC-FREQ", "2026-06-15T08:30"),
    ("ro", "bank", "Europe/Bucharest", "2026-06-13T14:00", "RO-AMCC", "2026-06-15T08:00"),
]


@pytest.mark.parametrize("case", HOURS, ids=lambda case: f"{case[0]}-{case[3]}")
def test_hours(case: tuple[str, str, str, str, str, str]) -> None:
    packs, actor, tz, local, rules, opens = case
    where = zone(tz)
    assert where is not None

    def utc(text: str) -> datetime:
        return datetime.fromisoformat(text).replace(tzinfo=where.info).astimezone(UTC)

    facts = at_place(tz, actor, notice_sent=date(2025, 1, 1))
    decision = ask(packs, at=utc(local), facts=facts)
    assert denied(decision) == tuple(rules.split())
    assert decision.first_allowed_at == utc(opens)
    just_before = ask(packs, at=utc(opens) - timedelta(microseconds=1), facts=facts)
    assert denied(just_before) == tuple(rules.split())
    assert ask(packs, at=utc(opens), facts=facts).rules == ()


# --- the United States --------------------------------------------------------------------------


def test_massachusetts_counts_tries_but_not_the_unreachable() -> None:
    for outcome, ok in (("voicemail_no_message", False), ("busy", True), ("not_in_service", True)):
        tries = days(["2026-06-08", "2026-06-09"], outcome)
        decision = ask("us.ma.creditor", *tries, facts=at_place("America/New_York", "creditor"))
        assert (decision.rules == ()) is ok
    texts = days(["2026-06-08", "2026-06-09"], "sent", channel=Channel.SMS)
    decision = ask("us.ma.creditor", *texts, facts=at_place("America/New_York", "creditor"))
    assert denied(decision) == ("US-MA-CRED-2IN7",)


def test_massachusetts_allows_two_a_month_at_work() -> None:
    two = days(["2026-05-20", "2026-05-21"])
    work = number("workplace")
    decision = ask("us.ma.collector", *two, facts=at_place("America/New_York", **work))
    assert denied(decision) == ("US-MA-COLL-2IN7",)
    home = {"contact_points": (ContactPointFacts(contact_point="n1", kind="mobile"),)}
    allowed(ask("us.ma.collector", *two, facts=at_place("America/New_York", **home)))
    at_home = days(["2026-05-20", "2026-05-21"], contact_point="n2")
    points = (*work["contact_points"], ContactPointFacts(contact_point="n2", kind="mobile"))
    facts = at_place("America/New_York", contact_points=points)
    allowed(ask("us.ma.collector", *at_home, facts=facts))


def test_new_york_city_counts_every_channel_from_its_first_day() -> None:
    for first, month in (("2026-08", 8), ("2026-09", 9)):
        three = [
            event(f"{first}-21T14:00"),
            event(f"{first}-22T14:00", "sent", channel=Channel.EMAIL),
            event(f"{first}-23T14:00", "sent", channel=Channel.LETTER),
        ]
        decision = ask("us.ny.nyc", *three, at=f"{first}-24T14:00")
        assert (decision.rules == ()) is (month == 8)
    allowed(ask("us.ny.nyc", *three, at="2026-09-24T14:00", debts=("D2",)))


def test_a_rule_that_begins_later_already_bounds_the_permit() -> None:
    three = days(["2026-08-29", "2026-08-30", "2026-08-31"])
    eve = instant("2026-09-01T04:00") - timedelta(seconds=30)
    permit = ask("us.ny.nyc", *three, at=eve)
    allowed(permit)
    assert permit.expires_at == instant("2026-09-01T04:00")  # type: ignore[union-attr]


def test_electronic_messages_need_consent_in_new_york_city_and_dc() -> None:
    at = "2026-09-24T14:00"
    assert denied(ask("us.ny.nyc", at=at, **TEXT)) == ("US-NYC-ELEC",)
    allowed(ask("us.ny.nyc", at=at, facts={"electronic_consent": True}, **TEXT))
    assert denied(ask("us.dc", at=at, **TEXT)) == ("US-DC-ELEC5",)
    asking = {**TEXT, "content": "consent_request"}
    allowed(ask("us.dc", at=at, **asking))
    asked = event("2026-09-20T14:00", "sent", channel=Channel.SMS)
    again = ask("us.dc", asked, at=at, **asking)
    assert denied(again) == ("US-DC-ELEC5",)
    assert again.first_allowed_at == instant("2026-09-27T04:00")


def test_washington_counts_communications_and_fewer_at_work() -> None:
    rang = days(["2026-06-07", "2026-06-08", "2026-06-09"])
    facts = at_place("America/Los_Angeles")
    allowed(ask("us.wa", *rang, facts=facts))
    left = days(["2026-06-09"], "voicemail_message")
    work = at_place("America/Los_Angeles", **number("workplace"))
    assert denied(ask("us.wa", *left, facts=work)) == ("US-WA-3WK",)
    allowed(ask("us.wa", *left, facts=facts))


def test_west_virginia_is_looser_in_calls_than_in_talks() -> None:
    talks = [event(NOW - timedelta(hours=h), "conversation") for h in range(1, 11)]
    assert denied(ask("us.wv", *talks)) == ("US-WV-30-10",)
    allowed(ask("us.wv", *talks[1:]))


@pytest.mark.parametrize("mode", [Mode.PRERECORDED, Mode.AI_VOICE, None])
def test_recorded_voices_need_consent_for_a_mobile_or_an_unknown_number(mode: Mode | None) -> None:
    assert "US-TCPA-CONSENT" in denied(ask("us.tcpa", mode=mode))
    allowed(ask("us.tcpa", mode=mode, facts={"tcpa_consent": True}))
    allowed(ask("us.tcpa", mode=mode, facts=number("home_landline")))


def test_live_agents_need_none_and_a_ported_number_has_fifteen_days() -> None:
    for mode in (Mode.AGENT_DIALLED, Mode.PREDICTIVE):
        allowed(ask("us.tcpa", mode=mode))
    lately = number("mobile", ported_at=NOW - timedelta(days=14))
    allowed(ask("us.tcpa", mode=Mode.PRERECORDED, facts=lately))
    long_ago = number("mobile", ported_at=NOW - timedelta(days=15))
    denied(ask("us.tcpa", mode=Mode.PRERECORDED, facts=long_ago))
    denied(ask("us.tcpa", mode=Mode.AI_VOICE, facts=lately))


def test_three_recorded_calls_in_thirty_days_to_a_residence() -> None:
    three = days(["2026-05-20", "2026-05-21", "2026-05-22"], "message_played")
    decision = ask("us.tcpa", *three, mode=Mode.PRERECORDED, facts=number("home_landline"))
    assert denied(decision) == ("US-TCPA-RES3",)
    assert decision.first_allowed_at == instant("2026-06-19T04:00")


def test_ten_business_days_are_the_outer_limit_for_a_revocation() -> None:
    stop = event("2026-06-05T15:00", "STOP", channel=Channel.SMS, direction=Direction.IN)
    allowed(ask("us.tcpa", stop, at="2026-06-20T03:00", **TEXT))
    assert denied(ask("us.tcpa", stop, at="2026-06-20T04:00", **TEXT)) == ("US-TCPA-REVOKE",)
    unknown = OptOut(channel=Channel.SMS, contact_point=None, received_at=None)
    assert denied(ask("us.tcpa", facts={"opt_outs": (unknown,)}, **TEXT)) == ("US-TCPA-REVOKE",)
    confirming = {**TEXT, "content": "optout_confirmation"}
    allowed(ask("us.tcpa", stop, at="2026-06-05T15:05", **confirming))
    assert denied(ask("us.tcpa", stop, at="2026-06-25T15:00", **confirming)) == ("US-TCPA-REVOKE",)


def test_telemarketing_hours_bind_no_collection_call() -> None:
    night = "2026-06-11T03:00"
    allowed(ask("us.tcpa", at=night))
    assert denied(ask("us.tcpa", at=night, purpose="telemarketing")) == ("US-TCPA-HOURS",)
    sale = ask("us.fl", *[event(NOW - timedelta(hours=h)) for h in (1, 2, 3)], purpose="sale")
    assert denied(sale) == ("US-FL-FTSA",)
    assert sale.first_allowed_at == instant("2026-06-11T12:00")


def test_florida_hours_yield_to_consent() -> None:
    late = Consent(
        consent_id="c",
        channel=None,
        given_to="creditor",
        given_at=instant("2026-06-01"),
        opens=time(21),
        closes=time(23),
    )
    at = "2026-06-11T02:00"
    assert allowed(ask("us.fl", at=at, facts={"consents": (late,)})) == ("US-FL-HOURS",)
    assert denied(ask("us.fl", at=at)) == ("US-FL-HOURS",)


def test_a_discharge_is_never_lifted() -> None:
    assert denied(ask("us.bankruptcy", facts=hold(HoldKind.BANKRUPTCY))) == ("US-BK-STAY",)
    over = hold(HoldKind.BANKRUPTCY, detail="discharged")
    assert denied(ask("us.bankruptcy", facts=over)) == ("US-BK-DISCH",)
    allowed(ask("us.bankruptcy", facts=hold(HoldKind.BANKRUPTCY, resolved_at=NOW)))


# --- China --------------------------------------------------------------------------------------

MORNING = "2026-06-10T03:00"


def cn(**facts: Any) -> dict[str, Any]:
    """Facts of a bank's debtor in China."""
    return at_place("Asia/Shanghai", "bank", **facts)


@pytest.mark.parametrize(
    ("outcome", "counts"),
    [
        ("no_answer", True),
        ("busy", True),
        ("failed_before_ring", True),
        ("voicemail_no_message", True),
        ("reserved", True),
        ("answered_dropped", False),
    ],
)
def test_six_unanswered_dials_a_day_to_one_number(outcome: str, counts: bool) -> None:
    dials = [event(f"2026-06-10T0{h}:30") for h in range(5)]
    last = event("2026-06-10T06:00", outcome)
    decision = ask("cn.card", *dials, last, at="2026-06-10T07:00", facts=cn())
    assert (decision.rules == ("CN-FREQ-CBA-ATT6",)) is counts
    if counts:
        assert decision.strength is Strength.RECOMMENDATION
        assert decision.first_allowed_at == instant("2026-06-11T00:00")


def test_the_number_is_counted_whoever_answered_for_it() -> None:
    dials = [event(f"2026-06-10T0{h}:30", party="other", debts=("X",)) for h in range(6)]
    assert "CN-FREQ-CBA-ATT6" in denied(ask("cn.card", *dials, at="2026-06-10T07:00", facts=cn()))


def test_recorded_notices_have_a_count_of_their_own() -> None:
    heard = [event(f"2026-06-10T0{h}:30", "message_played") for h in range(3)]
    recorded = ask("cn.gbt", *heard, at=MORNING, facts=cn(), mode=Mode.PRERECORDED)
    assert denied(recorded) == ("CN-FREQ-GBT-NOTIFY3",)
    allowed(ask("cn.gbt", *heard, at=MORNING, facts=cn()))


STRANGER = {"party": "unrelated_third_party", "contact_point": "t1", "purpose": "locate_or_pass_on"}


def tries(*dates: str, outcome: str = "no_answer") -> list[Any]:
    """Calls to the debtor in the Beijing morning of these days of June."""
    return [event(f"2026-06-{day}T02:00", outcome) for day in dates]


@pytest.mark.parametrize(
    ("history", "ok"),
    [
        (tries("07", "08", "09"), True),
        (tries("06", "08", "09"), False),
        (tries("08", "09"), False),
        (tries("05", "06", "07"), False),
        ([*tries("06"), *tries("07", outcome="conversation"), *tries("08", "09")], False),
        (
            [
                *tries("07", "08", "09"),
                event("2026-06-09T05:00", "received", direction=Direction.IN),
            ],
            False,
        ),
        (tries("09", outcome="not_in_service"), True),
        ([], False),
    ],
)
def test_a_listed_contact_only_when_the_debtor_is_out_of_reach(
    history: list[Any], ok: bool
) -> None:
    decision = ask("cn.card", *history, at=MORNING, facts=cn(), **STRANGER)
    if ok:
        assert allowed(decision) == ("CN-3P-CBA",)
    else:
        assert denied(decision) == ("CN-3P-CBA",)
        assert decision.first_allowed_at is None


def test_a_listed_contact_who_refused_is_left_alone() -> None:
    said_no = event(
        "2026-06-09T05:00",
        "conversation_refused",
        party="unrelated_third_party",
        contact_point="t1",
    )
    history = [*tries("07", "08", "09"), said_no]
    assert denied(ask("cn.card", *history, at=MORNING, facts=cn(), **STRANGER)) == ("CN-3P-CBA",)
    other = {**STRANGER, "contact_point": "t2"}
    allowed(ask("cn.card", *history, at=MORNING, facts=cn(), **other))


def test_the_standard_lets_a_contact_be_asked_when_the_debtor_died() -> None:
    dead = hold(HoldKind.DECEASED)
    assert allowed(ask("cn.gbt", at=MORNING, facts=cn(**dead), **STRANGER)) == ("CN-3P-GBT",)
    assert denied(ask("cn.gbt", at=MORNING, facts=cn(), **STRANGER)) == ("CN-3P-GBT",)


def test_a_bank_call_must_be_recorded_and_kept() -> None:
    permit = ask("cn.card", at=MORNING, facts=cn())
    assert permit.condition("record_call") == "required"  # type: ignore[union-attr]
    assert permit.condition("retain_recording") == "P2Y"  # type: ignore[union-attr]
    company = cn() | {"actor": "consumer_finance_company"}
    longest = ask("cn.cfc cn.gbt", at=MORNING, facts=company)
    assert longest.condition("retain_recording") == "P5Y"  # type: ignore[union-attr]


# --- United Kingdom, Canada, Australia, Asia ----------------------------------------------------


def test_breathing_space_lasts_sixty_days_of_which_the_start_is_the_first() -> None:
    space = hold(
        HoldKind.BREATHING_SPACE, detail="standard", starts_on=date(2026, 3, 2), debts=("D1",)
    )
    facts = at_place("Europe/London", **space)
    assert denied(ask("uk", at="2026-04-30T10:00", facts=facts)) == ("UK-BS-60",)
    refusal = ask("uk", at="2026-04-30T10:00", facts=facts)
    assert refusal.first_allowed_at == instant("2026-05-01T07:00")
    allowed(ask("uk", at="2026-05-01T10:00", facts=facts))
    allowed(ask("uk", at="2026-03-01T10:00", facts=facts))
    allowed(ask("uk", at="2026-04-30T10:00", facts=facts, debts=("D2",)))


def test_crisis_breathing_space_goes_on_thirty_days_after_treatment() -> None:
    space = {"detail": "mental_health", "starts_on": date(2026, 3, 2)}
    facts = at_place("Europe/London", **hold(HoldKind.BREATHING_SPACE, **space))
    assert denied(ask("uk", at="2026-06-10T10:00", facts=facts)) == ("UK-BS-MH",)
    over = hold(HoldKind.BREATHING_SPACE, **space, ends_at=instant("2026-05-01"))
    ended = at_place("Europe/London", **over)
    assert denied(ask("uk", at="2026-05-31T10:00", facts=ended)) == ("UK-BS-MH",)
    allowed(ask("uk", at="2026-06-01T10:00", facts=ended))


def test_a_shift_workers_request_binds() -> None:
    asleep = InconvenientTime(weekdays=frozenset(range(7)), opens=time(8), closes=time(14))
    facts = at_place("Europe/London", inconvenient_times=(asleep,))
    refusal = ask("uk", at="2026-06-10T10:00", facts=facts)
    assert (denied(refusal), refusal.strength) == (("UK-CONC-794",), Strength.PROHIBITION)


def test_the_old_ofcom_numbers_bind_machines_only() -> None:
    facts = at_place("Europe/London")
    machine = event("2026-06-10T10:00", "voicemail_no_message")
    again = ask("uk.ofcom.legacy", machine, facts=facts, mode=Mode.PREDICTIVE)
    assert denied(again) == ("UK-OFCOM-LEGACY-AMD24",)
    assert again.first_allowed_at == instant("2026-06-10T23:00")
    permit = ask("uk.ofcom.legacy", machine, facts=facts)
    assert permit.condition("ring_timeout_min") == "15"  # type: ignore[union-attr]


def ontario(**facts: Any) -> dict[str, Any]:
    """Facts of a person in Ontario who had the notice."""
    return at_place("America/Toronto", **{"notice_sent": date(2026, 4, 1), **facts})


def test_ontario_waits_six_days_after_the_notice() -> None:
    facts = ontario(notice_sent=date(2026, 5, 1))
    refusal = ask("ca.on", at="2026-05-06T15:00", facts=facts)
    assert denied(refusal) == ("CA-ON-NOTICE6",)
    assert refusal.first_allowed_at == instant("2026-05-07T11:00")
    allowed(ask("ca.on", at="2026-05-07T15:00", facts=facts))
    never = ask("ca.on", facts=ontario(notice_sent=None))
    assert (denied(never), never.first_allowed_at) == (("CA-ON-NOTICE6",), None)


def test_ontario_counts_from_the_first_talk_on() -> None:
    left = days(["2026-06-07", "2026-06-08", "2026-06-09"], "voicemail_message")
    allowed(ask("ca.on", *left, facts=ontario()))
    spoken = ontario(spoken_on=date(2026, 4, 20))
    assert denied(ask("ca.on", *left, facts=spoken)) == ("CA-ON-3IN7",)
    agreed = days(["2026-06-07", "2026-06-08", "2026-06-09"], "conversation", under_consent=True)
    allowed(ask("ca.on", *agreed, facts=spoken))
    other = days(["2026-06-07", "2026-06-08", "2026-06-09"], "conversation", creditor="B")
    allowed(ask("ca.on", *other, facts=spoken, creditor="A"))
    denied(ask("ca.on", *other, facts=spoken))


def test_an_answer_to_the_debtor_is_free_in_ontario() -> None:
    left = days(["2026-06-07", "2026-06-08", "2026-06-09"], "voicemail_message")
    wrote = event("2026-06-10T13:00", "received", channel=Channel.EMAIL, direction=Direction.IN)
    spoken = ontario(spoken_on=date(2026, 4, 20))
    allowed(ask("ca.on", *left, wrote, facts=spoken, in_reply=True, **MAIL))
    denied(ask("ca.on", *left, facts=spoken, in_reply=True, **MAIL))


def test_going_to_court_or_by_counsel_ends_contact_in_ontario() -> None:
    for kind in (HoldKind.COURT_ELECTION, HoldKind.REPRESENTED):
        assert denied(ask("ca.on", facts=ontario(**hold(kind)))) == ("CA-ON-COURT",)


def test_australia_counts_contact_made_and_closes_the_workplace_early() -> None:
    talks = [event(NOW - timedelta(days=3 * n + 1), "conversation") for n in range(10)]
    facts = at_place("Australia/Sydney")
    decision = ask("au", *talks, at="2026-06-11T00:00", facts=facts)
    assert denied(decision) == ("AU-FREQ",)
    allowed(ask("au", *talks[2:], at="2026-06-11T00:00", facts=facts))
    work = at_place("Australia/Sydney", **number("workplace"))
    assert denied(ask("au", at="2026-06-10T08:00", facts=work)) == ("AU-HOURS",)
    allowed(ask("au", at="2026-06-10T08:00", facts=facts))


def test_korea_pools_all_channels_and_frees_answers_and_legal_notices() -> None:
    seven = [event(NOW - timedelta(hours=12 * n), "sent", channel=Channel.SMS) for n in range(1, 8)]
    facts = at_place("Asia/Seoul")
    at = "2026-06-10T03:00"
    assert denied(ask("kr", *seven, at=at, facts=facts)) == ("KR-7IN7",)
    allowed(ask("kr", *seven, at=at, facts=facts, purpose="legal_notice"))
    allowed(ask("kr", *seven, at=at, facts=facts, debts=("D2",)))
    for kind, rule in ((HoldKind.DEFERRAL, "KR-DEFER"), (HoldKind.COURT_ELECTION, "KR-BAR")):
        assert denied(ask("kr", at=at, facts=at_place("Asia/Seoul", **hold(kind)))) == (rule,)


def test_consent_opens_the_japanese_evening() -> None:
    agreed = Consent(
        consent_id="c",
        channel=None,
        given_to="lender",
        given_at=instant("2026-06-01"),
        opens=time(21),
        closes=time(22),
    )
    facts = at_place("Asia/Tokyo", "lender", consents=(agreed,))
    assert allowed(ask("jp", at="2026-06-10T12:10", facts=facts)) == ("JP-HOURS",)
    assert denied(ask("jp", at="2026-06-10T13:10", facts=facts)) == ("JP-HOURS",)


# --- what always holds --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "rule"),
    [
        (HoldKind.DNC_GLOBAL, "RF-DNC-GLOBAL"),
        (HoldKind.CEASE, "RF-CEASE"),
        (HoldKind.REPRESENTED, "RF-REPRESENTED"),
        (HoldKind.DISPUTE, "RF-DISPUTE"),
        (HoldKind.BANKRUPTCY, "RF-BANKRUPTCY"),
        (HoldKind.DECEASED, "RF-DECEASED"),
        (HoldKind.MINOR, "RF-MINOR"),
        (HoldKind.BREATHING_SPACE, "RF-BREATHING-SPACE"),
        (HoldKind.PLAN_IN_FORCE, "RF-PLAN"),
        (HoldKind.DEBT_ADVICE, "RF-DEBT-ADVICE"),
        (HoldKind.DEFERRAL, "RF-DEFERRAL"),
        (HoldKind.COURT_ELECTION, "RF-COURT"),
    ],
)
def test_a_stop_mark_holds_anywhere(kind: HoldKind, rule: str) -> None:
    for channel in (Channel.CALL, Channel.SMS, Channel.EMAIL):
        decision = ask("core", facts=hold(kind), channel=channel)
        assert denied(decision) == (rule,)
        assert decision.first_allowed_at is None
        assert decision.unlock
    allowed(ask("core", facts=hold(kind, resolved_at=NOW)))
    allowed(ask("core", facts=hold(HoldKind.MILITARY)))


def test_the_marks_of_a_creditor_or_campaign_are_theirs() -> None:
    for kind, field, rule in (
        (HoldKind.DNC_CREDITOR, "creditor", "RF-DNC-CREDITOR"),
        (HoldKind.DNC_CAMPAIGN, "campaign_id", "RF-DNC-CAMPAIGN"),
    ):
        marked = hold(kind, scope="A")
        assert denied(ask("core", facts=marked, **{field: "A"})) == (rule,)
        assert denied(ask("core", facts=marked, **{field: None})) == (rule,)
        allowed(ask("core", facts=marked, **{field: "B"}))
        assert denied(ask("core", facts=hold(kind), **{field: "B"})) == (rule,)


def test_who_may_stand_in_for_the_dead_and_the_minor_may_be_called() -> None:
    allowed(ask("core", facts=hold(HoldKind.DECEASED), party="executor"))
    allowed(ask("core", facts=hold(HoldKind.MINOR), party="guardian"))


def test_a_vulnerable_person_is_spoken_to_by_an_agent_alone() -> None:
    facts = hold(HoldKind.VULNERABLE)
    allowed(ask("core", facts=facts))
    for mode in (Mode.PREDICTIVE, Mode.AI_VOICE, None):
        assert denied(ask("core", facts=facts, mode=mode)) == ("RF-VULNERABLE",)


def test_a_plan_leaves_its_reminders_open() -> None:
    allowed(ask("core", facts=hold(HoldKind.PLAN_IN_FORCE), purpose="plan_reminder"))


def test_refusals_wrong_numbers_and_bad_times_hold_anywhere() -> None:
    refused = OptOut(channel=Channel.CALL, contact_point="n1", received_at=None)
    assert denied(ask("core", facts={"opt_outs": (refused,)})) == ("RF-OPT-OUT",)
    for facts in (
        number("mobile", valid=False),
        number("mobile", wrong_since=instant("2026-06-01")),
    ):
        assert denied(ask("core", facts=facts)) == ("RF-WRONG-NUMBER",)
    allowed(ask("core", facts=number("mobile", wrong_since=NOW + timedelta(days=1))))
    bad = InconvenientTime(weekdays=frozenset({2}), opens=time(), closes=None)
    assert denied(ask("core", facts={"inconvenient_times": (bad,)})) == ("RF-INCONVENIENT",)


def test_one_answer_in_the_consumers_own_medium_stays_open() -> None:
    refused = OptOut(channel=Channel.EMAIL, contact_point=None, received_at=instant("2026-06-01"))
    wrote = event("2026-06-10T14:00", "received", channel=Channel.EMAIL, direction=Direction.IN)
    facts = {"opt_outs": (refused,)}
    assert allowed(ask("core", wrote, facts=facts, in_reply=True, **MAIL)) == ("RF-REPLY",)
    assert denied(ask("core", wrote, facts=facts, **MAIL)) == ("RF-OPT-OUT",)


# --- house policy -------------------------------------------------------------------------------


def test_the_house_keeps_a_gap_and_a_cap_over_all_numbers() -> None:
    lately = event(NOW - timedelta(minutes=59), contact_point="n2", debts=("D2",))
    refusal = ask("house", lately)
    assert (denied(refusal), refusal.strength) == (("RF-HOUSE-GAP",), Strength.POLICY)
    assert refusal.first_allowed_at == NOW + timedelta(minutes=1)
    three = [event(NOW - timedelta(hours=h), contact_point=f"n{h}") for h in (2, 4, 6)]
    capped = ask("house", *three)
    assert denied(capped) == ("RF-HOUSE-DAYCAP",)
    assert capped.first_allowed_at == instant("2026-06-11T04:00")
    ten = [event(NOW - timedelta(hours=8 * n), "sent", channel=Channel.EMAIL) for n in range(4, 14)]
    assert denied(ask("house", *ten)) == ("RF-HOUSE-ALLCHANNELS",)


# --- unknown history ----------------------------------------------------------------------------


def test_unknown_history_counts_as_full_use() -> None:
    refusal = ask("us.regf", facts={"history_known_from": None})
    assert set(denied(refusal)) == {"US-REGF-7IN7", "US-REGF-COOL7"}
    assert refusal.first_allowed_at is None
    assert "ringfence import-history" in (refusal.unlock or "")


def test_history_known_from_a_date_opens_once_the_window_has_passed_it() -> None:
    refusal = ask("us.regf", facts={"history_known_from": instant("2026-06-08T15:00")})
    assert set(denied(refusal)) == {"US-REGF-7IN7", "US-REGF-COOL7"}
    assert refusal.first_allowed_at == instant("2026-06-15T12:00")
    at_midnight = {"history_known_from": instant("2026-06-08T04:00")}
    assert ask("us.regf", facts=at_midnight).first_allowed_at == instant("2026-06-14T12:00")
    gap = ask("house", facts={"history_known_from": NOW - timedelta(minutes=30)})
    assert "RF-HOUSE-GAP" in denied(gap)
    hourly = ask("us.fl", purpose="sale", facts={"history_known_from": NOW - timedelta(hours=5)})
    assert denied(hourly) == ("US-FL-FTSA",)
    assert hourly.first_allowed_at == instant("2026-06-11T12:00")
    never = ask("us.fl", purpose="sale", facts={"history_known_from": None})
    assert never.first_allowed_at is None


def test_unknown_history_may_have_held_the_first_talk() -> None:
    facts = ontario(history_known_from=None)
    assert denied(ask("ca.on", facts=facts)) == ("CA-ON-3IN7",)


def test_a_reserved_attempt_counts_as_the_strictest_outcome_would() -> None:
    reserved = event(NOW - timedelta(seconds=20), "reserved")
    assert denied(ask("us.regf", reserved)) == ("US-REGF-COOL7",)
    assert replace(reserved, outcome="busy").outcome == "busy"
    allowed(ask("us.regf", replace(reserved, outcome="busy")))

"""What must hold of every decision, whatever the case."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from compliance.decision import LEASE, decide, record
from compliance.facts import (
    Channel,
    Consent,
    ContactEvent,
    ContactFacts,
    ContactRequest,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    Mode,
    OptOut,
)
from compliance.ledger import canonical
from compliance.outcomes import CLASSES
from compliance.pack import Rulebook
from compliance.packs import shipped
from compliance.permit import Permit, Refusal, Verdict
from compliance.zones import zone
from tests.compliance.samples import DAWN, FACTS, REQUEST, place

ZONES = (
    "America/New_York",
    "America/Los_Angeles",
    "America/Phoenix",
    "Europe/London",
    "Asia/Shanghai",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Santiago",
    "America/Havana",
)
PACKS = ("us.regf", "us.wa", "us.ma.collector", "us.dc", "us.tcpa", "cn.card", "cn.gbt", "au")
PACKS += ("ca.on", "uk", "kr", "it.unirec", "core", "house", "us.ny.nyc")

START = datetime(2026, 1, 10, tzinfo=UTC)
instants = st.integers(0, 366 * 24 * 60 * 3).map(
    lambda thirds: START + timedelta(seconds=20 * thirds)
)


def often(times: int) -> settings:
    """So many examples, however busy the machine is."""
    slow = [HealthCheck.too_slow]
    return settings(max_examples=times, deadline=None, suppress_health_check=slow)


@st.composite
def events(draw: st.DrawFn, now: datetime, outcomes: Sequence[str]) -> ContactEvent:
    """An outbound event of the last fortnight."""
    return ContactEvent(
        event_id="e",
        at=now - timedelta(minutes=draw(st.integers(0, 60 * 24 * 14))),
        channel=draw(st.sampled_from([Channel.CALL, Channel.SMS, Channel.EMAIL])),
        direction=Direction.OUT,
        outcome=draw(st.sampled_from(outcomes)),
        contact_point=draw(st.sampled_from(["n1", "n2"])),
        debts=draw(st.sampled_from([("D1",), ("D2",), ("D1", "D2"), ()])),
    )


OUTCOMES = sorted(CLASSES)


@st.composite
def cases(draw: st.DrawFn) -> tuple[ContactRequest, ContactFacts, Rulebook, datetime]:
    """A candidate with places, history, holds, wishes and packs."""
    now = draw(instants)
    packs = draw(st.lists(st.sampled_from(PACKS), min_size=1, max_size=4, unique=True))
    weekdays = st.frozensets(st.integers(0, 6), min_size=1)
    clock = st.times().map(lambda t: t.replace(microsecond=0, second=0))
    bars = st.builds(InconvenientTime, weekdays=weekdays, opens=clock, closes=st.none() | clock)
    consents = st.builds(
        Consent,
        consent_id=st.just("c"),
        channel=st.sampled_from([None, Channel.CALL, Channel.SMS]),
        given_to=st.sampled_from(["collector", "creditor"]),
        given_at=st.just(now - timedelta(days=draw(st.integers(0, 9)))),
        opens=st.none() | clock,
        closes=st.none() | clock,
        valid_dates=st.lists(
            st.integers(-2, 5).map(lambda d: (now + timedelta(days=d)).date()), max_size=2
        ).map(tuple),
    )
    facts = replace(
        FACTS,
        known_at=now,
        actor=draw(st.sampled_from(["third_party_collector", "bank"])),
        locations=tuple(
            place(z) for z in draw(st.lists(st.sampled_from(ZONES), min_size=1, max_size=3))
        ),
        history=tuple(draw(st.lists(events(now, OUTCOMES), max_size=14))),
        history_known_from=draw(st.sampled_from([DAWN, DAWN, now - timedelta(days=3), None])),
        inconvenient_times=tuple(draw(st.lists(bars, max_size=2))),
        consents=tuple(draw(st.lists(consents, max_size=2))),
        notice_sent=draw(st.sampled_from([None, date(2026, 1, 2)])),
        electronic_consent=draw(st.sampled_from([None, True])),
    )
    channel = draw(st.sampled_from([Channel.CALL, Channel.CALL, Channel.SMS, Channel.EMAIL]))
    request = replace(
        REQUEST,
        channel=channel,
        mode=draw(st.sampled_from(list(Mode))) if channel is Channel.CALL else None,
        debts=draw(st.sampled_from([("D1",), ("D1", "D2"), ()])),
    )
    return request, facts, Rulebook.of(shipped()[p] for p in packs), now


def decided(case: tuple[ContactRequest, ContactFacts, Rulebook, datetime]) -> Permit | Refusal:
    """The decision on a case."""
    return decide(*case)


@given(case=cases())
@often(100)
def test_the_first_lawful_moment_is_lawful_and_nothing_before_it_is(case: Any) -> None:
    request, facts, book, now = case
    answer = decide(request, facts, book, now)
    if isinstance(answer, Permit):
        assert answer.first_allowed_at == now
        return
    first = answer.first_allowed_at
    if first is None:
        assert answer.unlock
        for hours in (1, 7, 24, 24 * 30):
            assert isinstance(decide(request, facts, book, now + timedelta(hours=hours)), Refusal)
        return
    assert first > now
    assert isinstance(decide(request, facts, book, first), Permit)
    for part in range(1, 12):
        before = now + (first - now) * part / 12
        if before < first:
            assert isinstance(decide(request, facts, book, before), Refusal)
    assert isinstance(decide(request, facts, book, first - timedelta(microseconds=1)), Refusal)


@given(case=cases(), part=st.floats(0, 0.999))
@often(60)
def test_a_permit_holds_until_it_expires(case: Any, part: float) -> None:
    request, facts, book, now = case
    answer = decide(request, facts, book, now)
    if isinstance(answer, Refusal):
        return
    assert now < answer.expires_at <= now + LEASE
    later = now + (answer.expires_at - now) * part
    assert isinstance(decide(request, facts, book, later), Permit)


@given(case=cases(), more=st.sampled_from(PACKS))
@often(60)
def test_one_more_pack_never_permits_what_was_refused(case: Any, more: str) -> None:
    request, facts, book, now = case
    wider = Rulebook.of([*book.packs, shipped()[more]])
    before, after = decide(request, facts, book, now), decide(request, facts, wider, now)
    if isinstance(before, Refusal):
        assert isinstance(after, Refusal)
        assert set(before.rules) <= set(after.rules)
        if before.first_allowed_at is None:
            assert after.first_allowed_at is None
        elif after.first_allowed_at is not None:
            assert after.first_allowed_at >= before.first_allowed_at


ADVERSE = ("event", "hold", "opt_out", "place", "bar", "unknown", "reserved")


@given(case=cases(), which=st.sampled_from(ADVERSE), data=st.data())
@often(100)
def test_an_adverse_fact_never_permits_what_was_refused(
    case: Any, which: str, data: st.DataObject
) -> None:
    request, facts, book, now = case
    worse = _worse(facts, which, now, data)
    before, after = decide(request, facts, book, now), decide(request, worse, book, now)
    if isinstance(before, Refusal):
        assert isinstance(after, Refusal)
        if before.first_allowed_at is None:
            assert after.first_allowed_at is None
        elif after.first_allowed_at is not None:
            assert after.first_allowed_at >= before.first_allowed_at


def _worse(facts: ContactFacts, which: str, now: datetime, data: st.DataObject) -> ContactFacts:
    if which == "event":
        return replace(facts, history=(*facts.history, data.draw(events(now, OUTCOMES))))
    if which == "reserved":
        return replace(facts, history=(*facts.history, data.draw(events(now, ["reserved"]))))
    if which == "hold":
        kind = data.draw(st.sampled_from(list(HoldKind)))
        return replace(facts, holds=(*facts.holds, Hold(kind=kind, received_at=now)))
    if which == "opt_out":
        refused = OptOut(channel=Channel.CALL, contact_point=None, received_at=now)
        return replace(facts, opt_outs=(refused,))
    if which == "place":
        return replace(
            facts, locations=(*facts.locations, place(data.draw(st.sampled_from(ZONES))))
        )
    if which == "bar":
        bar = InconvenientTime(weekdays=frozenset({now.weekday()}), opens=time(), closes=None)
        return replace(facts, inconvenient_times=(*facts.inconvenient_times, bar))
    return replace(facts, history_known_from=None)


@given(case=cases())
@often(50)
def test_a_decision_depends_on_nothing_but_its_arguments(case: Any) -> None:
    request, facts, book, now = case
    one, other = (
        decided(case),
        decided((replace(request, address="+12125550199"), facts, book, now)),
    )
    bytes_one = canonical(record(one, request, facts))
    assert bytes_one == canonical(record(other, request, facts))
    again = decide(request, facts, Rulebook.of(reversed(book.packs)), now)
    assert bytes_one == canonical(record(again, request, facts))


@given(case=cases())
@often(50)
def test_every_rule_has_its_verdict(case: Any) -> None:
    _, _, book, _ = case
    answer = decided(case)
    assert len(answer.findings) == len(book.rules)
    denying = {f.rule_id for f in answer.findings if f.verdict is Verdict.DENY}
    assert bool(denying) is isinstance(answer, Refusal)
    for finding in answer.findings:
        assert finding.reason
        for counter in finding.counters:
            assert counter.after == counter.before + 1


@given(
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=3, unique=True),
    day=st.dates(date(2026, 1, 1), date(2027, 12, 30)),
    minute=st.integers(0, 1439),
)
@often(300)
@example(zones=["America/Havana"], day=date(2026, 11, 1), minute=4 * 60 + 30)
def test_no_permitted_instant_lies_outside_the_hours_in_any_zone(
    zones: list[str], day: date, minute: int
) -> None:
    at = datetime.combine(day, time(minute // 60, minute % 60), tzinfo=UTC)
    facts = replace(FACTS, locations=tuple(place(z) for z in zones))
    allowed = isinstance(decide(REQUEST, facts, Rulebook.of([shipped()["us.regf"]]), at), Permit)
    local = [at.astimezone(where.info) for z in zones if (where := zone(z))]
    assert allowed == all(8 <= moment.hour < 21 for moment in local)


@given(
    used=st.integers(0, 7),
    starts=st.lists(st.sampled_from(["reserve", "answer", "busy", "crash"]), max_size=20),
)
def test_confirmed_and_reserved_together_never_exceed_a_cap(used: int, starts: list[str]) -> None:
    """Workers reserve one after the other, as the gate's transaction makes them."""
    now = datetime(2026, 6, 10, 15, 0, tzinfo=UTC)
    book = Rulebook.of([shipped()["us.regf"]])
    base = ContactEvent(
        event_id="e",
        at=now - timedelta(hours=1),
        channel=Channel.CALL,
        direction=Direction.OUT,
        outcome="no_answer",
        contact_point="n1",
        debts=("D1",),
        counts_as_connected=True,
    )
    history = [base] * used
    for step in starts:
        pending = [i for i, e in enumerate(history) if e.outcome == "reserved"]
        if step == "reserve":
            facts = replace(FACTS, history=tuple(history))
            if isinstance(decide(REQUEST, facts, book, now), Permit):
                history.append(replace(base, outcome="reserved", counts_as_connected=None))
        elif pending:
            outcome = {"answer": "no_answer", "busy": "busy", "crash": "unknown"}[step]
            settled = replace(base, outcome=outcome, counts_as_connected=None)
            history[pending[0]] = settled
        counted = [e for e in history if e.outcome != "busy"]
        assert len(counted) <= 7

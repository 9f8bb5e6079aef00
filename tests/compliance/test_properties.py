"""What must hold of every decision, whatever the case."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from compliance.decision import LEASE, decide, record
from compliance.facts import (
    Channel,
    ContactEvent,
    ContactFacts,
    Direction,
    Hold,
    HoldKind,
    InconvenientTime,
    OptOut,
)
from compliance.ledger import canonical
from compliance.pack import Rulebook
from compliance.packs import shipped
from compliance.permit import Permit, Refusal, Verdict
from compliance.zones import zone
from tests.compliance.drawn import OUTCOMES, PACKS, ZONES, Drawn, cases, edges, events
from tests.compliance.samples import DAWN, FACTS, REQUEST, place


def often(times: int) -> settings:
    """So many examples, however busy the machine is."""
    slow = [HealthCheck.too_slow]
    return settings(max_examples=times, deadline=None, suppress_health_check=slow)


def test_a_property_that_breaks_shows_its_case() -> None:
    @given(case=edges())
    @settings(often(1), database=None, phases=[Phase.generate])
    def never(case: Drawn) -> None:
        assert case.now < DAWN

    with pytest.raises(AssertionError) as caught:
        never()
    shown = "\n".join(caught.value.__notes__)
    assert "never(" in shown
    assert "packs=test" in shown
    assert "[[hours]]" in shown
    assert len(shown) < 10_000


def keeps_its_first_moment(case: Drawn) -> None:
    """The first lawful moment is lawful, and no instant looked at before it is."""
    answer, now = case.at(case.now), case.now
    if isinstance(answer, Permit):
        assert answer.first_allowed_at == now
        assert now < answer.expires_at <= now + LEASE
        assert isinstance(case.at(answer.expires_at - timedelta(microseconds=1)), Permit)
        return
    first = answer.first_allowed_at
    if first is None:
        assert answer.unlock
        looked_at = [now + timedelta(minutes=137 * 8**n) for n in range(4)]
    else:
        assert first > now
        assert isinstance(case.at(first), Permit)
        looked_at = [first - timedelta(microseconds=1)]
        looked_at += [now + (first - now) * part / 24 for part in range(1, 24)]
        looked_at += [first - timedelta(minutes=15 * n) for n in range(1, 40)]
    for at in looked_at:
        if now < at and (first is None or at < first):
            assert isinstance(case.at(at), Refusal), f"lawful at {at}, but first at {first}"


@given(case=cases())
@often(60)
def test_the_first_lawful_moment_is_lawful_and_nothing_before_it_is(case: Drawn) -> None:
    keeps_its_first_moment(case)


@given(case=edges())
@often(40)
def test_the_first_lawful_moment_where_clocks_change_and_rules_begin_and_end(case: Drawn) -> None:
    keeps_its_first_moment(case)


@given(case=st.one_of(cases(), edges()), part=st.floats(0, 0.999))
@often(60)
def test_a_permit_holds_until_it_expires(case: Drawn, part: float) -> None:
    answer = case.at(case.now)
    if isinstance(answer, Permit):
        later = case.now + (answer.expires_at - case.now) * part
        assert isinstance(case.at(later), Permit)


@given(case=cases(), more=st.sampled_from(PACKS))
@often(60)
def test_one_more_pack_never_permits_what_was_refused(case: Drawn, more: str) -> None:
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
    case: Drawn, which: str, data: st.DataObject
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
def test_a_decision_depends_on_nothing_but_its_arguments(case: Drawn) -> None:
    request, facts, book, now = case
    one, other = (
        case.at(case.now),
        decide(replace(request, address="+12125550199"), facts, book, now),
    )
    bytes_one = canonical(record(one, request, facts))
    assert bytes_one == canonical(record(other, request, facts))
    again = decide(request, facts, Rulebook.of(reversed(book.packs)), now)
    assert bytes_one == canonical(record(again, request, facts))


@given(case=cases())
@often(50)
def test_every_rule_has_its_verdict(case: Drawn) -> None:
    _, _, book, _ = case
    answer = case.at(case.now)
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

"""How long recordings stay, what holds them, and the certificate of their end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recordings.retention import (
    Bound,
    CountedFrom,
    Keep,
    LegalHold,
    MayDelete,
    RecordingFacts,
    RetentionRule,
    certificate,
    retention,
)
from recordings.vault import SealedRecording
from scheduler.calendar import Period, add_months

CALLED = datetime(2026, 3, 10, 23, 30, tzinfo=UTC)


def rule(
    rule_id: str,
    period: str,
    counted_from: CountedFrom = CountedFrom.RECORDING,
    bound: Bound = Bound.AT_LEAST,
) -> RetentionRule:
    return RetentionRule(
        rule_id=rule_id,
        citation="12 CFR 1006.100",
        bound=bound,
        period=Period.parse(period),
        counted_from=counted_from,
    )


CN = rule("CN-REC-CBRC68", "P2Y")
US = rule("US-REGF-RECRET3", "P3Y")
US_LOG = rule("US-REGF-RET3", "P3Y", CountedFrom.LAST_ACTIVITY)
ERASE = rule("EU-GDPR-5", "P4Y", bound=Bound.AT_MOST)


def facts(last: datetime | None = None, *holds: LegalHold) -> RecordingFacts:
    return RecordingFacts(name="rec-1", recorded_at=CALLED, last_activity_at=last, holds=holds)


def test_the_longest_duty_to_keep_counts_and_ends_after_its_anniversary_everywhere():
    end = datetime(2029, 3, 12, tzinfo=UTC)
    before = retention(facts(), [CN, US], end - timedelta(seconds=1))
    assert isinstance(before, Keep)
    assert (before.until, before.rules) == (end, (US.rule_id,))
    assert retention(facts(), [CN, US], end) == MayDelete(
        must=False, reason="every duty to keep ended", rules=(CN.rule_id, US.rule_id)
    )


def test_activity_on_the_debt_moves_the_end_and_unknown_activity_keeps():
    late = datetime(2028, 1, 5, tzinfo=UTC)
    kept = retention(facts(late), [US, US_LOG], datetime(2030, 1, 1, tzinfo=UTC))
    assert isinstance(kept, Keep)
    assert kept.until == datetime(2031, 1, 7, tzinfo=UTC)
    unknown = retention(facts(None), [US, US_LOG], datetime(2040, 1, 1, tzinfo=UTC))
    assert isinstance(unknown, Keep)
    assert (unknown.until, unknown.rules) == (None, (US_LOG.rule_id,))


def test_a_duty_to_delete_begins_when_its_time_is_over_but_never_before_the_duty_to_keep_ends():
    assert retention(facts(), [US, ERASE], datetime(2029, 6, 1, tzinfo=UTC)) == MayDelete(
        must=False, reason="every duty to keep ended", rules=(US.rule_id,)
    )
    must = retention(facts(), [US, ERASE], datetime(2030, 3, 10, tzinfo=UTC))
    assert isinstance(must, MayDelete)
    assert must.must
    longer = rule("LONGER", "P9Y")
    assert isinstance(retention(facts(), [longer, ERASE], datetime(2032, 1, 1, tzinfo=UTC)), Keep)


def test_without_a_rule_it_stays():
    assert isinstance(retention(facts(), [], datetime(2099, 1, 1, tzinfo=UTC)), Keep)
    assert isinstance(retention(facts(), [ERASE], datetime(2099, 1, 1, tzinfo=UTC)), Keep)


def test_a_legal_hold_wins_until_it_is_released():
    hold = LegalHold(hold_id="H-1", reason="suit 12/2029", placed_by="a.counsel", placed_at=CALLED)
    much_later = datetime(2035, 1, 1, tzinfo=UTC)
    held = retention(facts(None, hold), [CN, ERASE], much_later)
    assert isinstance(held, Keep)
    assert "H-1 (suit 12/2029)" in held.reason
    released = LegalHold(
        hold_id="H-1",
        reason="suit 12/2029",
        placed_by="a.counsel",
        placed_at=CALLED,
        released_at=much_later,
        released_by="a.counsel",
    )
    assert isinstance(retention(facts(None, released), [CN, ERASE], much_later), MayDelete)


def test_the_certificate_says_what_was_deleted_and_why():
    sealed = SealedRecording(
        name="rec-1", sha256="ab" * 32, bytes=160000, duration_s=10.0, sealed_at=CALLED, key_id="k"
    )
    now = datetime(2035, 1, 1, tzinfo=UTC)
    verdict = retention(facts(), [CN], now)
    assert isinstance(verdict, MayDelete)
    proof = certificate(sealed, facts(), verdict, deleted_by="retention sweep", deleted_at=now)
    assert b'"rules":["CN-REC-CBRC68"]' in proof.canonical()
    again = certificate(sealed, facts(), verdict, deleted_by="retention sweep", deleted_at=now)
    assert proof.sha256 == again.sha256
    other = certificate(sealed, facts(), verdict, deleted_by="someone", deleted_at=now)
    assert proof.sha256 != other.sha256
    strange = RecordingFacts(name="rec-2", recorded_at=CALLED, last_activity_at=None)
    with pytest.raises(ValueError, match="rec-2"):
        certificate(sealed, strange, verdict, deleted_by="x", deleted_at=now)


rules = st.builds(
    rule,
    st.sampled_from(["A", "B", "C"]),
    st.sampled_from(["P30D", "P1Y", "P2Y", "P18M"]),
    st.sampled_from(CountedFrom),
    st.sampled_from(Bound),
)
instants = st.timedeltas(timedelta(days=1), timedelta(days=2100)).map(CALLED.__add__)


@given(st.lists(rules, max_size=4), rules, st.none() | instants, instants)
def test_a_further_duty_to_keep_never_frees_a_recording(
    some: list[RetentionRule], extra: RetentionRule, last: datetime | None, now: datetime
):
    some = [*some, CN]
    if extra.bound is Bound.AT_LEAST and isinstance(retention(facts(last), some, now), Keep):
        assert isinstance(retention(facts(last), [*some, extra], now), Keep)


@given(st.lists(rules, max_size=4), st.none() | instants, instants, st.timedeltas(timedelta(0)))
def test_once_free_always_free_and_until_is_when_the_answer_can_change(
    some: list[RetentionRule], last: datetime | None, now: datetime, later: timedelta
):
    verdict = retention(facts(last), some, now)
    later_on = now + min(later, timedelta(days=9000))
    if isinstance(verdict, MayDelete):
        assert isinstance(retention(facts(last), some, later_on), MayDelete)
    elif verdict.until is not None:
        assert isinstance(retention(facts(last), some, verdict.until), MayDelete)
        assert isinstance(
            retention(facts(last), some, verdict.until - timedelta(microseconds=1)), Keep
        )


@pytest.mark.parametrize("text", ["", "P", "2Y", "P2W", "PT3H", "P1.5Y", "P-1D"])
def test_periods_are_years_months_and_days(text: str):
    with pytest.raises(ValueError, match="is not a period"):
        Period.parse(text)


def test_months_end_early_and_the_day_aimed_at_comes_back():
    assert Period.parse("P1Y6M2D").after(date(2026, 1, 31)) == date(2027, 8, 2)
    assert Period.parse("P2Y").after(date(2024, 2, 29)) == date(2026, 2, 28)
    days = [add_months(date(2026, 1, 31), n) for n in range(4)]
    assert days == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31), date(2026, 4, 30)]
    assert add_months(date(2026, 2, 28), 1, day_of_month=31) == date(2026, 3, 31)
    assert add_months(date(2026, 3, 15), -3) == date(2025, 12, 15)


@given(st.dates(date(1990, 1, 1), date(2090, 1, 1)), st.integers(-120, 120), st.integers(0, 120))
def test_more_months_are_never_earlier(day: date, months: int, more: int):
    assert add_months(day, months) <= add_months(day, months + more)

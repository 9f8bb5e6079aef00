"""Going to law: complete files, claims in time, stages in order."""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from dialer.casework.legal_file import (
    Document,
    Filed,
    Limitation,
    LimitationRule,
    Restart,
    RestartEvent,
    Stage,
    against_referral,
    checklist,
    limitation,
    may_become,
)
from scheduler.calendar import Period

DEFAULTED = date(2024, 2, 29)
CHINA = LimitationRule(
    rule_id="CN-LIM-CC188",
    citation="Civil Code, articles 188 and 195",
    period=Period.parse("P3Y"),
    restarted_by=frozenset(Restart),
    longest=Period.parse("P20Y"),
)
PLAIN = LimitationRule(rule_id="PLAIN-4", citation="x", period=Period.parse("P4Y"))
NEEDED = (Document.STATEMENT_OF_ACCOUNT, Document.AGREEMENT)


def last_day(rule: LimitationRule, *events: RestartEvent) -> date:
    found = limitation(DEFAULTED, events, rule)
    assert isinstance(found, Limitation)
    return found.last_day


def demand(on: date) -> RestartEvent:
    return RestartEvent(kind=Restart.DEMAND, on=on)


def test_the_period_runs_from_default_and_begins_anew_where_the_law_says_so():
    assert last_day(CHINA) == date(2027, 2, 28)
    assert last_day(CHINA, demand(date(2026, 5, 1))) == date(2029, 5, 1)
    assert last_day(PLAIN, demand(date(2026, 5, 1))) == date(2028, 2, 29)


def test_a_barred_claim_is_not_revived_and_the_outer_limit_holds():
    assert last_day(CHINA, demand(date(2027, 3, 1))) == date(2027, 2, 28)
    chain = [demand(date(year, 6, 1)) for year in range(2024, 2046)]
    assert last_day(CHINA, *chain) == date(2044, 2, 29)


def test_an_unknown_default_gives_no_date():
    assert limitation(None, [], CHINA) is None


@given(
    st.lists(
        st.builds(
            RestartEvent,
            kind=st.sampled_from(Restart),
            on=st.dates(date(2020, 1, 1), date(2050, 1, 1)),
        ),
        max_size=6,
    )
)
def test_events_never_shorten_and_their_order_does_not_matter(events: list[RestartEvent]):
    plain = last_day(CHINA)
    assert plain <= last_day(CHINA, *events) <= date(2044, 2, 29)
    assert last_day(CHINA, *events) == last_day(CHINA, *reversed(events))


def reasons(today: date, *, filed: tuple[Document, ...] = NEEDED, **marks: object) -> list[str]:
    items = checklist(NEEDED, [Filed(document=document, sha256="ab" * 32) for document in filed])
    asked: dict[str, object] = {"open_disputes": 0, "plan_kept": False, "bankrupt": False}
    return list(
        against_referral(
            items,
            limitation(DEFAULTED, [], CHINA),
            today,
            **(asked | marks),  # type: ignore[arg-type]
        )
    )


def test_a_complete_file_in_time_may_go_and_everything_else_is_said():
    last = date(2027, 2, 28)
    assert reasons(last) == []
    assert "barred by time since 2027-02-28" in reasons(last + timedelta(days=1))[0]
    told = reasons(
        last,
        filed=(Document.AGREEMENT,),
        open_disputes=2,
        plan_kept=True,
        bankrupt=True,
    )
    assert len(told) == 4
    assert told[0] == "statement_of_account is missing"
    unknown = against_referral([], None, last, open_disputes=0, plan_kept=False, bankrupt=False)
    assert unknown == ("the limitation date is not known",)


def test_stages_go_forward_or_end():
    assert may_become(Stage.REFERRED, Stage.PRE_ACTION_LETTER)
    assert not may_become(Stage.REFERRED, Stage.FILED)
    assert not may_become(Stage.JUDGMENT, Stage.FILED)
    assert all(may_become(stage, Stage.CLOSED) for stage in Stage if stage is not Stage.CLOSED)
    assert not any(may_become(Stage.CLOSED, stage) for stage in Stage)

"""What an agent may say of a call: what fits together, and what the history hears of it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from compliance.outcomes import Counts, classes
from dialer.model.disposition import WITHOUT_TALK, Code, outcome_of, problems
from scheduler.strategy import ATTEMPT_OUTCOMES

codes = st.sampled_from(Code)
debts = st.lists(st.sampled_from(["debt-1", "debt-2"]), unique=True)


@given(codes, debts)
def test_every_code_has_a_word_that_strategies_know(code: Code, named: list[str]) -> None:
    assert outcome_of(code, named) in ATTEMPT_OUTCOMES


@given(codes, debts)
def test_a_talk_with_the_consumer_counts_as_one_whatever_came_of_it(
    code: Code, named: list[str]
) -> None:
    if code not in WITHOUT_TALK:
        assert classes(outcome_of(code, named)) & Counts.EFFECTIVE_CONVERSATION


@given(codes, debts, st.booleans(), st.booleans(), st.booleans())
def test_nothing_is_agreed_without_a_talk_and_a_code_has_what_it_names(
    code: Code,
    named: list[str],
    promise: bool,
    callback: bool,
    dispute: bool,
) -> None:
    found = problems(code, promise=promise, callback=callback, dispute=dispute, debts=named)
    if code in WITHOUT_TALK and (promise or callback or dispute):
        assert found
    if (code, promise) == (Code.PROMISE, False) or (promise and not named):
        assert found
    if not (promise or callback or dispute):
        assert bool(found) is (code in (Code.PROMISE, Code.CALLBACK, Code.DISPUTE))

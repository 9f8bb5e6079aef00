"""What an agent says, and what not: first who is there, then the debt, as the permit's duties say.

Nothing about the debt is said before the consumer has answered enough questions rightly. To
anybody else there is nothing to say but goodbye (12 CFR 1006.6(d), 1006.10; China: 商业银行
信用卡业务监督管理办法 art. 68).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from compliance.permit import Condition
from dialer.casework.terms import IdentityQuestion

BEFORE_IDENTITY = frozenset({"identify", "record_call", "play_recording_notice", "ai_voice"})
"""Duties that are fulfilled before it is known who is there; the others wait."""


class Line(StrEnum):
    """What kind of line it is; the wording of our own lines is in the screens' catalogue."""

    DUTY = "duty"
    QUESTION = "question"
    ASK_FOR = "ask_for"
    NOT_THE_PERSON = "not_the_person"
    MAY_SPEAK = "may_speak"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptLine:
    """One line. `rule_id` is the source of a duty; `name` the duty's or the fact's."""

    kind: Line
    name: str
    text: str
    rule_id: str | None = None


def script(
    *,
    full_name: str,
    conditions: Iterable[Condition],
    questions: Iterable[IdentityQuestion],
    language: str,
    verified: bool,
    third_party_rule: str | None = None,
) -> tuple[ScriptLine, ...]:
    """The lines for this moment, in order; `third_party_rule` is why others are told nothing."""
    duties = [
        ScriptLine(
            kind=Line.DUTY,
            name=condition.name,
            text=condition.value,
            rule_id=condition.rule_id,
        )
        for condition in conditions
        if (condition.name in BEFORE_IDENTITY) is not verified
    ]
    if verified:
        return (*duties, ScriptLine(kind=Line.MAY_SPEAK, name="debt", text=full_name))
    asked = [
        ScriptLine(kind=Line.QUESTION, name=question.fact, text=_in(question.words, language))
        for question in questions
    ]
    return (
        ScriptLine(kind=Line.ASK_FOR, name="full_name", text=full_name),
        *duties,
        *asked,
        ScriptLine(
            kind=Line.NOT_THE_PERSON,
            name="third_party",
            text=full_name,
            rule_id=third_party_rule,
        ),
    )


def right_answers(facts: Mapping[str, str | None], answers: Mapping[str, str]) -> frozenset[str]:
    """Which answers fit what is known; case, blanks and signs do not count."""
    return frozenset(
        fact
        for fact, answer in answers.items()
        if (known := facts.get(fact)) and _bare(answer) and _bare(answer) == _bare(known)
    )


def _bare(text: str) -> str:
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _in(words: Mapping[str, str], language: str) -> str:
    spoken = language.split("-", maxsplit=1)[0]
    return words.get(spoken) or words["en"]

"""What came of a call, in a closed list of words. Pure."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum


class Code(StrEnum):
    RIGHT_PARTY = "right_party"  # talked with the consumer, nothing agreed
    PROMISE = "promise"
    CALLBACK = "callback"
    REFUSED = "refused"  # won't or can't pay
    DISPUTE = "dispute"
    OPT_OUT = "opt_out"  # asked not to be called again
    WRONG_NUMBER = "wrong_number"
    THIRD_PARTY = "third_party"
    VOICEMAIL = "voicemail"  # a machine that detection took for a person
    HUNG_UP = "hung_up"  # gone before anything was said


WITHOUT_TALK = frozenset({Code.WRONG_NUMBER, Code.THIRD_PARTY, Code.VOICEMAIL, Code.HUNG_UP})
"""Codes of calls on which the consumer was not spoken with: nothing can be agreed on them."""

_OUTCOMES = {
    Code.OPT_OUT: "conversation_refused",
    Code.WRONG_NUMBER: "wrong_number",
    Code.THIRD_PARTY: "third_party",
    Code.VOICEMAIL: "voicemail_no_message",
    Code.HUNG_UP: "answered_dropped",
}


def outcome_of(code: Code, debts: Collection[str]) -> str:
    """The word of the contact history; a talk in which no debt was named is a general one."""
    return _OUTCOMES.get(code, "conversation" if debts else "conversation_general")


def problems(
    code: Code, *, promise: bool, callback: bool, dispute: bool, debts: Collection[str]
) -> tuple[str, ...]:
    """Everything that does not fit together, each a sentence for the agent."""
    found = []
    for wanted, given, what in (
        (Code.PROMISE, promise, "a promise"),
        (Code.CALLBACK, callback, "a callback"),
        (Code.DISPUTE, dispute, "a dispute"),
    ):
        if code is wanted and not given:
            found.append(f"{code} needs {what}")
        if given and code in WITHOUT_TALK:
            found.append(f"{code} can't come with {what}: the consumer was not spoken with")
    if promise and not debts:
        found.append("a promise is about a debt: say which ones were discussed")
    if callback and code is Code.OPT_OUT:
        found.append("who asked not to be called is not called back")
    return tuple(found)

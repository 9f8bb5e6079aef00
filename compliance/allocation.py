"""Which debt an unanswered call is counted to, and how the conditions of several rules combine."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from compliance.permit import Condition, Finding

ALLOTMENT = "allot_unanswered_to"
_DAYS = {"D": 1, "M": 31, "Y": 366}


def allot(findings: Iterable[Finding], debts: Sequence[str]) -> Condition | None:
    """The debt to which a call about several is counted if nobody answers, fixed before dialing.

    It is the one with the most room under the first rule that counts per debt; at equal room the
    first named. None where the call is about one debt or no rule counts per debt. A debt so
    chosen is never changed later: 12 CFR 1006, Supp. I, comment 14(b)(4)-1.
    """
    if len(debts) < 2:
        return None
    for finding in findings:
        if len(finding.counters) == len(debts):
            room = [counter.limit - counter.before for counter in finding.counters]
            chosen = debts[room.index(max(room))]
            return Condition(name=ALLOTMENT, value=chosen, rule_id=finding.rule_id)
    return None


def strictest_first(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    """The conditions, those with a measure so that the longest of one name comes first."""
    unique = list(dict.fromkeys(conditions))
    return tuple(sorted(unique, key=lambda c: (c.name, -_measure(c.value))))


def _measure(value: str) -> int:
    if value.isdigit():
        return int(value)
    if value[:1] == "P" and value[1:-1].isdigit() and value[-1] in _DAYS:
        return int(value[1:-1]) * _DAYS[value[-1]]
    return 0

"""What became of a call: from the carrier's answer to an outcome, and on to the words of the law.

The tables are the one place where SIP status codes (RFC 3261) and Q.850 causes get a meaning.
Whether an attempt counts follows the official comment 12 CFR 1006.14(b)(3)(ii)-1: a call that
connected to the dialed number counts, also when it only rang; busy and not-in-service tones do
not. What is not known to have stayed unconnected counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from dialer.telephony.port import CallOutcome, Ended

_O = CallOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """The outcome that a code stands for, before and after ringing was seen."""

    quiet: CallOutcome
    rang: CallOutcome
    unconnected: bool = False  # without ringing, known to have reached nobody's phone


def _always(outcome: CallOutcome, *, unconnected: bool = False) -> Cause:
    return Cause(quiet=outcome, rang=outcome, unconnected=unconnected)


_UNREACHED = Cause(quiet=_O.UNAVAILABLE, rang=_O.NO_ANSWER)
_BAD_NUMBER = _always(_O.BAD_NUMBER, unconnected=True)
_BUSY = _always(_O.BUSY, unconnected=True)
_CONGESTION = _always(_O.CONGESTION, unconnected=True)
_REJECTED = _always(_O.REJECTED)
_INCOMPATIBLE = _always(_O.INCOMPATIBLE)

Q850: dict[int, Cause] = {
    1: _BAD_NUMBER,  # unallocated
    3: _always(_O.NO_ROUTE, unconnected=True),
    17: _BUSY,
    18: _UNREACHED,  # no user responding
    19: _UNREACHED,  # alerted, no answer
    20: _UNREACHED,  # subscriber absent
    21: _REJECTED,
    22: _BAD_NUMBER,  # number changed
    26: _always(_O.CANCELLED),
    27: _always(_O.UNAVAILABLE, unconnected=True),  # out of order
    28: _BAD_NUMBER,  # incomplete
    34: _CONGESTION,
    38: _CONGESTION,
    41: _CONGESTION,
    42: _CONGESTION,
    57: _always(_O.AUTH),
    58: _INCOMPATIBLE,
    65: _INCOMPATIBLE,
    88: _INCOMPATIBLE,
    102: _always(_O.NO_ROUTE),
}
"""Causes that say something. 0, 16, 31, 47 and 127 leave the word to the SIP status."""

SIP: dict[int, Cause] = {
    401: _always(_O.AUTH, unconnected=True),
    403: _REJECTED,
    404: _BAD_NUMBER,
    407: _always(_O.AUTH, unconnected=True),
    408: _UNREACHED,
    410: _BAD_NUMBER,
    415: _INCOMPATIBLE,
    429: _CONGESTION,
    480: _UNREACHED,
    484: _BAD_NUMBER,
    485: _BAD_NUMBER,
    486: _BUSY,
    487: _UNREACHED,
    488: _INCOMPATIBLE,
    500: _CONGESTION,
    502: _CONGESTION,
    503: _CONGESTION,
    504: _CONGESTION,
    600: _BUSY,
    603: _REJECTED,
    604: _BAD_NUMBER,
    606: _INCOMPATIBLE,
    607: _REJECTED,
    608: _REJECTED,
}

_CLASSES = {5: _always(_O.CONGESTION), 6: _REJECTED}
_UNMAPPED = _UNREACHED
_OURS_ALONE = frozenset({401, 407})  # between us and the trunk: no Reason can speak of the callee


def cause_of(sip_code: int, q850: int | None) -> Cause:
    """The meaning of a final failure: a Q.850 cause that says something wins over the status."""
    if q850 in Q850 and sip_code not in _OURS_ALONE:
        return Q850[q850]
    return SIP.get(sip_code) or _CLASSES.get(sip_code // 100, _UNMAPPED)


def failure_outcome(
    sip_code: int, q850: int | None, *, ringing_seen: bool, credentials_refused: bool = False
) -> CallOutcome:
    """The outcome of a call that the far side refused.

    `credentials_refused`: a 403 came straight upon our digest answer, before any progress.
    """
    if credentials_refused and sip_code == 403:
        return CallOutcome.AUTH
    cause = cause_of(sip_code, q850)
    return cause.rang if ringing_seen else cause.quiet


def read_reason(values: Iterable[str]) -> tuple[int | None, str]:
    """The Q.850 cause and the text of Reason headers (RFC 3326)."""
    cause, text = None, ""
    for value in values:
        told = re.search(r';\s*text\s*=\s*"((?:[^"\\]|\\.)*)"', value)
        text = text or (told.group(1) if told else "")
        number = re.search(r";\s*cause\s*=\s*(\d{1,3})\b", value)
        if number and re.match(r"\s*Q\.850\b", value, re.IGNORECASE):
            cause = int(number.group(1))
    return cause, text


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryOutcome:
    """A call in the words that contact rules count by."""

    outcome: str
    counts_as_connected: bool


def unanswered_outcome(ended: Ended) -> HistoryOutcome:
    """The outcome word of a call that nobody answered, and whether it counts as connected.

    What an answered call came to depends on what was done with it: `model.attempt.outcome`.
    Raises ValueError for one.
    """
    if ended.outcome is CallOutcome.ANSWERED:
        raise ValueError(f"call {ended.call_id} was answered")
    if ended.ringing_seen:
        word = "busy" if ended.outcome is CallOutcome.BUSY else "no_answer"
        return HistoryOutcome(outcome=word, counts_as_connected=True)
    if not _known_unconnected(ended):
        return HistoryOutcome(outcome="unknown", counts_as_connected=True)
    words = {CallOutcome.BUSY: "busy", CallOutcome.BAD_NUMBER: "not_in_service"}
    return HistoryOutcome(
        outcome=words.get(ended.outcome, "failed_before_ring"), counts_as_connected=False
    )


def _known_unconnected(ended: Ended) -> bool:
    """Whether it is certain that no phone rang and no connection was made."""
    if ended.sip_code is not None:
        if ended.outcome is CallOutcome.AUTH and ended.sip_code == 403:
            return False
        return cause_of(ended.sip_code, ended.q850).unconnected
    if ended.q850 is not None and ended.q850 in Q850:
        return Q850[ended.q850].unconnected
    return ended.outcome is CallOutcome.NO_ROUTE and ended.hung_up_by == "network"

"""Who may listen to a recording, for what purpose, and the entry that says they did. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Role(StrEnum):
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    AGENT = "agent"
    AUDITOR = "auditor"


class Purpose(StrEnum):
    CASE_WORK = "case_work"  # to go on with one's own case
    QUALITY = "quality"
    COACHING = "coaching"
    DISPUTE = "dispute"
    COMPLAINT = "complaint"
    LEGAL = "legal"  # evidence for a legal file
    AUDIT = "audit"
    DATA_SUBJECT = "data_subject"  # the consumer asked for their data


ALLOWED: Mapping[Role, frozenset[Purpose]] = {
    Role.AGENT: frozenset({Purpose.CASE_WORK}),
    Role.SUPERVISOR: frozenset(Purpose) - {Purpose.AUDIT},
    Role.MANAGER: frozenset(Purpose) - {Purpose.AUDIT},
    Role.AUDITOR: frozenset(
        {Purpose.AUDIT, Purpose.DISPUTE, Purpose.COMPLAINT, Purpose.LEGAL, Purpose.DATA_SUBJECT}
    ),
}
"""The purposes of each role. An agent hears the calls of their own cases only."""

REASON_MIN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenRequest:
    """Somebody wants to hear a recording. `own_case`: the agent works the case it belongs to."""

    recording: str
    account_id: str
    role: Role
    purpose: Purpose
    reason: str
    own_case: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listened:
    """The entry to be written before the first byte is given out."""

    recording: str
    account_id: str
    role: Role
    purpose: Purpose
    reason: str
    at: datetime
    first_byte: int
    end_byte: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListenRefused:
    recording: str
    account_id: str
    why: str


def may_listen(
    request: ListenRequest, now: datetime, *, first_byte: int = 0, end_byte: int | None = None
) -> Listened | ListenRefused:
    """The entry to write, or why not: wrong purpose, another's case, or no reason in words."""
    why = None
    if request.purpose not in ALLOWED[request.role]:
        why = f"the role {request.role} does not listen for {request.purpose}"
    elif request.role is Role.AGENT and not request.own_case:
        why = "agents hear the calls of their own cases only"
    elif len(request.reason.strip()) < REASON_MIN:
        why = f"a reason of at least {REASON_MIN} characters is needed"
    if why is not None:
        return ListenRefused(recording=request.recording, account_id=request.account_id, why=why)
    return Listened(
        recording=request.recording,
        account_id=request.account_id,
        role=request.role,
        purpose=request.purpose,
        reason=request.reason.strip(),
        at=now,
        first_byte=first_byte,
        end_byte=end_byte,
    )

"""What the law asks of the recording of a call that comes in, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from compliance.facts import Channel, Mode
from compliance.packs import Catalogue
from compliance.packs import select as select_packs
from compliance.permit import Condition
from dialer.engine.requests import hypothetical
from dialer.model.case import Case
from dialer.store.database import Database
from dialer.store.facts import read_facts


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingDuty:
    """The duties of a talk on a case, with the law's words by rule.

    `known` is false where nobody can tell: no number, or a place whose law we do not know.
    """

    known: bool
    conditions: tuple[Condition, ...] = ()
    citations: Mapping[str, str]

    @property
    def required(self) -> bool:
        return self._has("record_call")

    @property
    def by_consent(self) -> bool:
        """All parties have to agree to a recording beforehand: an announcement asks nobody."""
        return self._has("recording_consent")

    def _has(self, name: str) -> bool:
        return any(condition.name == name for condition in self.conditions)

    def document(self) -> dict[str, Any]:
        """As a decision has them, for retention to read."""
        return {
            "conditions": [
                {"name": c.name, "value": c.value, "rule_id": c.rule_id} for c in self.conditions
            ],
            "findings": [
                {"rule_id": rule_id, "citation": {"text": text}}
                for rule_id, text in sorted(self.citations.items())
            ],
        }


UNKNOWN = RecordingDuty(known=False, citations={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """Whether an agent may talk on the call, and whether the call is recorded."""

    talk: bool
    record: bool


def handling(duty: RecordingDuty, *, recorder_ready: bool) -> Handling:
    """Recorded wherever it may be; no talk where it had to be recorded and can't be."""
    if not duty.known:
        return Handling(talk=False, record=False)
    record = recorder_ready and not duty.by_consent
    return Handling(talk=record or not duty.required, record=record)


async def recording_duty(
    db: Database, catalogue: Catalogue, case: Case, *, actor: str
) -> RecordingDuty:
    """The duties that the rule packs of the case's places lay down for a talk with an agent."""
    request = hypothetical(case, Channel.CALL, actor=actor, mode=Mode.AGENT_DIALLED)
    if request is None:
        return UNKNOWN
    async with db.read() as conn:
        facts = (await read_facts(conn, [request])).facts(request, actor, db.clock.now())
    rulebook = select_packs(catalogue, request, facts)
    if rulebook.gaps:
        return UNKNOWN
    found = [(rule, rule.clause.conditions(rule)) for rule in rulebook.rules]
    conditions = tuple(
        condition for _, duties in found for condition in duties if condition.name in NAMES
    )
    named = {condition.rule_id for condition in conditions}
    return RecordingDuty(
        known=True,
        conditions=conditions,
        citations={r.rule_id: r.citation.text for r, _ in found if r.rule_id in named},
    )


NAMES = frozenset({"record_call", "recording_notice", "recording_consent", "retain_recording"})

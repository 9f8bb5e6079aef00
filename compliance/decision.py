"""May we contact this person, this way, now?  The one place that answers, and mints Permits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compliance import allocation
from compliance.case import Case
from compliance.facts import ContactFacts, ContactRequest
from compliance.pack import Gap, Rulebook
from compliance.permit import (
    Citation,
    Finding,
    Permit,
    Refusal,
    Strength,
    Verdict,
)
from compliance.plan import Place, Plan, Reader, in_force, plan_for, strongest
from compliance.record import record
from compliance.rule import Lift, Reading, Rule
from compliance.windows import Closed, Lifted, covers, first_open, next_closing, shut
from compliance.zones import TZ_VERSION, Zone, zone

__all__ = ["LEASE", "ZONE_UNKNOWN", "decide", "record"]

LEASE = timedelta(seconds=120)
"""The longest life of a permit: what is dialed later must be decided again."""

HOUSE = "ringfence"
_HOUSE_CITATION = Citation(text="Ringfence: what is not known is not contacted", confidence="P")
ZONE_UNKNOWN = "RF-ZONE-UNKNOWN"
_UNLOCK = "the fact that bars it is withdrawn"


def decide(
    request: ContactRequest, facts: ContactFacts, rulebook: Rulebook, now: datetime
) -> Permit | Refusal:
    """Every rule's verdict on one candidate contact at `now` (aware), and what follows of them.

    Pure: the same arguments give the same answer on any machine. A zone, country or pack that is
    not known ends in a Refusal. ValueError where `now` has no time zone.
    """
    if now.tzinfo is None:
        raise ValueError("`now` must be an aware datetime")
    now = now.astimezone(UTC)
    zones, unknown = _zones(facts)
    gaps = (*rulebook.gaps, *unknown)
    if gaps:
        return _unknown(request, facts, rulebook, now, gaps)
    plan = plan_for(rulebook, request.channel, facts.actor)
    case = Case(request, facts, now, zones, lookback=plan.lookback, channels=plan.channels)
    return _Judgement(case, plan, rulebook).answer()


def _zones(facts: ContactFacts) -> tuple[tuple[Zone, ...], list[Gap]]:
    """The zones of all places where the consumer may be, or why they are not known."""
    found: dict[str, Zone] = {}
    gaps: list[Gap] = []
    unlock = "record where the consumer is"
    if not facts.locations:
        gaps.append(
            Gap(rule_id=ZONE_UNKNOWN, reason="no place of the consumer is known", unlock=unlock)
        )
    for place in facts.locations:
        where = None if place.tz is None else zone(place.tz)
        if where is None:
            reason = f"the time zone of a place ({place.kind.value}) is not known: {place.tz}"
            gaps.append(Gap(rule_id=ZONE_UNKNOWN, reason=reason, unlock=unlock))
        else:
            found[where.key] = where
    return tuple(found.values()), gaps


class _Judgement:
    """The reading of one case by all rules of a plan."""

    def __init__(self, case: Case, plan: Plan, rulebook: Rulebook) -> None:
        self.case = case
        self.plan = plan
        self.rulebook = rulebook
        self.findings: list[Finding] = list(plan.template)
        self.closed: list[tuple[Reader, Reading, Closed]] = []
        self.denied: list[tuple[Reader, Reading, Closed]] = []
        self._lifts: dict[int, Lift | None] = {}

    def answer(self) -> Permit | Refusal:
        """Ask every rule, then draw the conclusion."""
        request = self.case.request
        for reader in self.plan.readers:
            rule = reader.rule
            if rule.particular and not rule.concerns(request):
                self.findings[reader.index] = reader.elsewhere
                continue
            reading = rule.clause.read(rule, self.case)
            if rule.dated and covers(rule.not_in_force(self.case), self.case.now):
                self.findings[reader.index] = reader.dormant
            elif reading is not None:
                self._weigh(reader, reading)
            if reading is not None and reading.closed is not None:
                self.closed.append((reader, reading, reading.closed))
        return self._refusal() if self.denied else self._permit()

    def _weigh(self, reader: Reader, reading: Reading) -> None:
        """The verdict of a rule in force."""
        now, rule = self.case.now, reader.rule
        if reading.closed is None or not shut(reading.closed, now):
            self._passed(reader, reading)
        elif covers(reading.lifts, now):
            self._set(reader.index, rule, reading.lift_shows, reading.lift_reason)
        else:
            effective = self._effective(reader, reading, reading.closed)
            if shut(effective, now):
                self._deny(reader, reading, effective)
            else:
                self._excused(reader, reading)

    def _set(self, index: int, rule: Rule, verdict: Verdict, reason: str) -> None:
        self.findings[index] = rule.finding(verdict, reason)

    def _passed(self, reader: Reader, reading: Reading) -> None:
        rule = reader.rule
        if reading.counters:
            self.findings[reader.index] = rule.finding(
                Verdict.PASS, reading.reason, counters=reading.counters
            )
        for thanked in reading.thanks:
            self._companion(rule, thanked, Verdict.EXPLAIN, f"without it {rule.rule_id} would deny")

    def _companion(self, rule: Rule, rule_id: str, verdict: Verdict, reason: str) -> None:
        index = self.plan.by_id[(rule.pack_id, rule_id)]
        self._set(index, self.rulebook.rules[index], verdict, reason)

    def _effective(self, reader: Reader, reading: Reading, closed: Closed) -> Closed:
        """The time that is closed once everything that lifts the rule is taken out."""
        spans = [
            *reading.lifts,
            *(s for _, lift in self._useful(reader) for s in lift.opens(closed)),
        ]
        if reader.rule.dated:
            spans.extend(reader.rule.not_in_force(self.case))
        return Lifted(closed, spans) if spans else closed

    def _useful(self, reader: Reader) -> Iterator[tuple[Place, Lift]]:
        for place in reader.lifters:
            lift = self._lift(place)
            if lift is not None:
                yield place, lift

    def _lift(self, place: Place) -> Lift | None:
        index, rule = place
        if index not in self._lifts:
            bound = in_force(rule, self.case)
            self._lifts[index] = rule.clause.lift(rule, self.case) if bound else None
        return self._lifts[index]

    def _excused(self, reader: Reader, reading: Reading) -> None:
        assert reading.closed is not None
        self._set(reader.index, reader.rule, Verdict.EXCUSED, reading.reason)
        for (index, rule), lift in self._useful(reader):
            if covers(lift.opens(reading.closed), self.case.now):
                self._set(index, rule, Verdict.EXPLAIN, lift.reason)

    def _deny(self, reader: Reader, reading: Reading, effective: Closed) -> None:
        self.denied.append((reader, reading, effective))
        for blamed in reading.blames:
            reason = f"{reader.rule.rule_id} counts these debts as one"
            self._companion(reader.rule, blamed, Verdict.DENY, reason)
        for index, rule in reader.lifters:
            complaint = rule.clause.complain(rule, self.case) if in_force(rule, self.case) else None
            if complaint is not None:
                self._set(index, rule, Verdict.DENY, complaint)

    def _refusal(self) -> Refusal:
        now = self.case.now
        unlocks: list[str] = []
        for reader, reading, closed in self.denied:
            opens, _ = first_open([closed], now)
            unlock = None
            if opens is None:
                unlock = reading.unlock or reader.rule.unlock or _UNLOCK
                unlocks.append(unlock)
            finding = reader.rule.finding(
                Verdict.DENY, reading.reason, counters=reading.counters, unlock=unlock
            )
            self.findings[reader.index] = replace(finding, first_allowed_at=opens)
        moment, last = first_open([self._effective(*entry) for entry in self.closed], now)
        unlock = None
        if moment is None:
            unlock = "; ".join(dict.fromkeys(unlocks)) or "no time suits every rule and place"
        return _refusal(
            self.case.request,
            self.case.facts,
            self.rulebook,
            now,
            findings=tuple(self.findings),
            strength=strongest(f.strength for f in self.findings if f.verdict is Verdict.DENY),
            first_allowed_at=moment,
            unlock=unlock,
            binding_rule=None if last is None else self.closed[last][0].rule.rule_id,
        )

    def _permit(self) -> Permit:
        case, request = self.case, self.case.request
        effective = [self._effective(*entry) for entry in self.closed]
        conditions = self.plan.conditions(case)
        allotted = allocation.allot(self.findings, case.debts)
        return Permit(
            attempt_id=request.attempt_id,
            person_id=request.person_id,
            channel=request.channel,
            contact_point=request.contact_point,
            debts=request.debts,
            decided_at=case.now,
            tz_version=TZ_VERSION,
            pack_sha256=self.rulebook.pack_sha256,
            findings=tuple(self.findings),
            strength=self.plan.strength,
            first_allowed_at=case.now,
            inputs=_inputs(request, case.facts),
            address=request.address,
            expires_at=next_closing(effective, case.now, case.now + LEASE),
            conditions=conditions if allotted is None else (*conditions, allotted),
        )


def _refusal(
    request: ContactRequest,
    facts: ContactFacts,
    rulebook: Rulebook,
    now: datetime,
    *,
    findings: tuple[Finding, ...],
    strength: Strength,
    first_allowed_at: datetime | None,
    unlock: str | None,
    binding_rule: str | None,
) -> Refusal:
    return Refusal(
        attempt_id=request.attempt_id,
        person_id=request.person_id,
        channel=request.channel,
        contact_point=request.contact_point,
        debts=request.debts,
        decided_at=now,
        tz_version=TZ_VERSION,
        pack_sha256=rulebook.pack_sha256,
        findings=findings,
        strength=strength,
        first_allowed_at=first_allowed_at,
        unlock=unlock,
        binding_rule=binding_rule,
        inputs=_inputs(request, facts),
    )


def _unknown(
    request: ContactRequest,
    facts: ContactFacts,
    rulebook: Rulebook,
    now: datetime,
    gaps: Sequence[Gap],
) -> Refusal:
    """The refusal of a contact whose place or law is not known."""
    unique = {gap.rule_id: gap for gap in reversed(gaps)}
    findings = tuple(
        Finding(
            rule_id=gap.rule_id,
            pack_id=HOUSE,
            kind="unknown",
            verdict=Verdict.DENY,
            strength=Strength.PROHIBITION,
            citation=_HOUSE_CITATION,
            reason=gap.reason,
            unlock=gap.unlock,
        )
        for gap in reversed(unique.values())
    )
    return _refusal(
        request,
        facts,
        rulebook,
        now,
        findings=findings,
        strength=Strength.PROHIBITION,
        first_allowed_at=None,
        unlock="; ".join(dict.fromkeys(f.unlock or "" for f in findings)),
        binding_rule=findings[0].rule_id,
    )


def _inputs(request: ContactRequest, facts: ContactFacts) -> Mapping[str, object]:
    """What the decision looked at, each with its source and since when it is known."""
    point = next(
        (p for p in facts.contact_points if p.contact_point == request.contact_point), None
    )
    return {
        "known_at": facts.known_at,
        "actor": facts.actor,
        "locations": facts.locations,
        "superseded_locations": facts.superseded_locations,
        "contact_point": point,
        "history_known_from": facts.history_known_from,
        "history_events": len(facts.history),
        "consents": facts.consents,
        "holds": facts.holds,
        "opt_outs": facts.opt_outs,
    }

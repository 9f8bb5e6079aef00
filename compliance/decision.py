"""May we contact this person, this way, now?  The one place that answers, and mints Permits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compliance import allocation
from compliance.case import Case
from compliance.facts import ContactFacts, ContactRequest
from compliance.pack import Gap, Rulebook
from compliance.permit import (
    Citation,
    Condition,
    Finding,
    Permit,
    Refusal,
    Strength,
    Verdict,
)
from compliance.plan import Plan, plan_for, strongest
from compliance.record import record
from compliance.rule import Lift, Reading, Rule
from compliance.windows import Closed, Lifted, Span, covers, first_open, next_closing, shut
from compliance.zones import TZ_VERSION, Zone, zone

__all__ = ["LEASE", "ZONE_UNKNOWN", "decide", "record"]

LEASE = timedelta(seconds=120)
"""The longest life of a permit: what is dialed later must be decided again."""

HOUSE = "ringfence"
_HOUSE_CITATION = Citation(text="Ringfence: what is not known is not contacted", confidence="P")
ZONE_UNKNOWN = "RF-ZONE-UNKNOWN"


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
    case = Case(request, facts, now, zones)
    plan = plan_for(rulebook, request.channel, facts.actor)
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
        self.sources: list[tuple[int, Closed]] = []
        self.denied: list[tuple[int, Rule, Reading, Closed]] = []

    def answer(self) -> Permit | Refusal:
        """Ask the lifting rules, then the others, then draw the conclusion."""
        lifts = self._lifts()
        for index, rule in self.plan.readers:
            if not rule.concerns(self.case.request):
                self._set(index, rule, Verdict.NOT_APPLICABLE, "concerns other contacts")
                continue
            reading = rule.clause.read(rule, self.case)
            if reading is not None:
                self._weigh(index, rule, reading, lifts.get((rule.pack_id, rule.rule_id), ()))
        return self._refusal() if self.denied else self._permit()

    def _set(self, index: int, rule: Rule, verdict: Verdict, reason: str) -> None:
        self.findings[index] = rule.finding(verdict, reason)

    def _lifts(self) -> dict[tuple[str, str], list[tuple[int, Rule, Lift]]]:
        lifts: dict[tuple[str, str], list[tuple[int, Rule, Lift]]] = {}
        for index, rule in self.plan.lifters:
            if not rule.concerns(self.case.request) or self._out_of_force(rule):
                continue
            lift = rule.clause.lift(rule, self.case)
            if lift is not None:
                for lifted in rule.lifts:
                    lifts.setdefault((rule.pack_id, lifted), []).append((index, rule, lift))
        return lifts

    def _out_of_force(self, rule: Rule) -> bool:
        dated = rule.applies_from is not None or rule.applies_to is not None
        return dated and covers(rule.not_in_force(self.case), self.case.now)

    def _weigh(
        self,
        index: int,
        rule: Rule,
        reading: Reading,
        lifts: Sequence[tuple[int, Rule, Lift]],
    ) -> None:
        now = self.case.now
        closed = reading.closed
        if closed is not None and (rule.applies_from is not None or rule.applies_to is not None):
            closed = Lifted(closed, rule.not_in_force(self.case))
        if closed is None:
            self._passed(index, rule, reading)
            return
        useful = [entry for entry in lifts if self._reaches(closed, entry[2])]
        spans: list[Span] = [*reading.lifts, *(s for entry in useful for s in entry[2].spans)]
        effective: Closed = Lifted(closed, spans) if spans else closed
        self.sources.append((index, effective))
        if not shut(closed, now):
            if self._out_of_force(rule):
                self._set(index, rule, Verdict.NOT_APPLICABLE, "not in force on this day")
            else:
                self._passed(index, rule, reading)
        elif covers(reading.lifts, now):
            self._set(index, rule, reading.lift_shows, reading.lift_reason)
        elif spans and not shut(effective, now):
            self._set(index, rule, Verdict.EXCUSED, reading.reason)
            for lifter, lifting, lift in useful:
                if covers(lift.spans, now):
                    self._set(lifter, lifting, Verdict.EXPLAIN, lift.reason)
        else:
            self._deny(index, rule, reading, effective, lifts)

    @staticmethod
    def _reaches(closed: Closed, lift: Lift) -> bool:
        return lift.answers is None or shut(closed, lift.answers)

    def _passed(self, index: int, rule: Rule, reading: Reading) -> None:
        if reading.counters:
            self.findings[index] = rule.finding(
                Verdict.PASS, reading.reason, counters=reading.counters
            )
        for thanked in reading.thanks:
            self._companion(rule, thanked, Verdict.EXPLAIN, f"without it {rule.rule_id} would deny")

    def _companion(self, rule: Rule, rule_id: str, verdict: Verdict, reason: str) -> None:
        index = self.plan.by_id[(rule.pack_id, rule_id)]
        self._set(index, self.rulebook.rules[index], verdict, reason)

    def _deny(
        self,
        index: int,
        rule: Rule,
        reading: Reading,
        effective: Closed,
        lifts: Sequence[tuple[int, Rule, Lift]],
    ) -> None:
        self.denied.append((index, rule, reading, effective))
        for blamed in reading.blames:
            self._companion(rule, blamed, Verdict.DENY, f"{rule.rule_id} counts these debts as one")
        for lifter, lifting, lift in lifts:
            if lift.failed:
                self._set(lifter, lifting, Verdict.DENY, lift.reason)

    def _refusal(self) -> Refusal:
        now = self.case.now
        unlocks: list[str] = []
        for index, rule, reading, closed in self.denied:
            opens, _ = first_open([closed], now)
            unlock = None
            if opens is None:
                unlock = reading.unlock or rule.unlock or "the fact that bars it is withdrawn"
                unlocks.append(unlock)
            self.findings[index] = replace(
                rule.finding(
                    Verdict.DENY, reading.reason, counters=reading.counters, unlock=unlock
                ),
                first_allowed_at=opens,
            )
        moment, binding = first_open([closed for _, closed in self.sources], now)
        unlock = None
        if moment is None:
            unlock = "; ".join(dict.fromkeys(unlocks)) or "no time suits every rule and place"
        verdicts = (f.strength for f in self.findings if f.verdict is Verdict.DENY)
        bound = None if binding is None else self.findings[self.sources[binding][0]].rule_id
        return _refusal(
            self.case.request,
            self.case.facts,
            self.rulebook,
            now,
            findings=tuple(self.findings),
            strength=strongest(verdicts),
            first_allowed_at=moment,
            unlock=unlock,
            binding_rule=bound,
        )

    def _permit(self) -> Permit:
        case, request = self.case, self.case.request
        ends = next_closing([closed for _, closed in self.sources], case.now, case.now + LEASE)
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
            expires_at=ends,
            conditions=self._conditions(),
        )

    def _conditions(self) -> tuple[Condition, ...]:
        """The duties of all rules in force, the strictest of one name first."""
        found: list[Condition] = []
        for _, rule in self.plan.duties:
            if rule.concerns(self.case.request) and not self._out_of_force(rule):
                found.extend(rule.clause.conditions(rule, self.case))
        allotted = allocation.allot(self.findings, self.case.debts)
        if allotted is not None:
            found.append(allotted)
        return allocation.strictest_first(found)


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

"""May we contact this person, this way, now?  The one place that answers, and mints Permits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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
from compliance.plan import Plan, Reader, plan_for, strongest
from compliance.record import record
from compliance.rule import Lift, Reading, Rule
from compliance.windows import Spans, first_open, includes, lifted, next_closing
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
    plan = plan_for(rulebook, request, facts.actor)
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


@dataclass(slots=True)
class _Denial:
    """A rule that denies, its reading, and the time that is closed whatever lifts it."""

    reader: Reader
    reading: Reading
    closed: Spans


class _Judgement:
    """The reading of one case by all rules of a plan."""

    def __init__(self, case: Case, plan: Plan, rulebook: Rulebook) -> None:
        self.case = case
        self.plan = plan
        self.rulebook = rulebook
        self.findings: list[Finding] = list(plan.template)
        self.closed: list[tuple[Rule, Spans]] = []
        self.denials: list[_Denial] = []
        self._lifts: dict[int, Lift | None] = {}

    def answer(self) -> Permit | Refusal:
        """Ask every rule, then draw the conclusion."""
        for reader in self.plan.readers:
            rule = reader.rule
            reading = rule.clause.read(rule, self.case)
            closed = None if reading is None else reading.closed
            if reading is not None and closed is not None:
                closed = self._less_lifts(reader, reading, closed)
                self.closed.append((rule, closed))
            if rule.dated and not rule.in_force(self.case):
                self.findings[reader.index] = reader.dormant
            elif reading is not None:
                self._weigh(reader, reading, closed)
        return self._refusal() if self.denials else self._permit()

    def _weigh(self, reader: Reader, reading: Reading, closed: Spans | None) -> None:
        """The verdict of a rule in force; `closed` is what is left of its closed time."""
        now, rule = self.case.now, reader.rule
        if reading.closed is None or closed is None or not includes(reading.closed, now):
            self._passed(reader, reading)
        elif any(includes(lift, now) for lift in reading.lifts):
            self._set(reader.index, rule, reading.lift_shows, reading.lift_reason)
        elif includes(closed, now):
            self._deny(_Denial(reader, reading, closed))
        else:
            self._excused(reader, reading, reading.closed)

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

    def _less_lifts(self, reader: Reader, reading: Reading, closed: Spans) -> Spans:
        """The time that is closed once everything that lifts the rule is taken out."""
        lifts = [*reading.lifts]
        for _, lifter, lift in self._useful(reader):
            lifts.extend(self._lawful(lifter, lift, closed))
        if reader.rule.dated:
            lifts.append(reader.rule.not_in_force(self.case))
        return lifted(closed, lifts) if lifts else closed

    def _useful(self, reader: Reader) -> Iterator[tuple[int, Rule, Lift]]:
        for index, lifter in reader.lifters:
            if index not in self._lifts:
                self._lifts[index] = lifter.clause.lift(lifter, self.case)
            lift = self._lifts[index]
            if lift is not None:
                yield index, lifter, lift

    def _lawful(self, lifter: Rule, lift: Lift, closed: Spans) -> Sequence[Spans]:
        """The time that a rule takes out of another's closed time while it is itself in force."""
        opened = lift.opens(closed)
        if not lifter.dated:
            return opened
        return [lifted(time, [lifter.not_in_force(self.case)]) for time in opened]

    def _excused(self, reader: Reader, reading: Reading, closed: Spans) -> None:
        self._set(reader.index, reader.rule, Verdict.EXCUSED, reading.reason)
        for index, lifter, lift in self._useful(reader):
            opened = self._lawful(lifter, lift, closed)
            if any(includes(time, self.case.now) for time in opened):
                self._set(index, lifter, Verdict.EXPLAIN, lift.reason)

    def _deny(self, denial: _Denial) -> None:
        self.denials.append(denial)
        rule = denial.reader.rule
        for blamed in denial.reading.blames:
            reason = f"{rule.rule_id} counts these debts as one"
            self._companion(rule, blamed, Verdict.DENY, reason)
        for index, lifter in denial.reader.lifters:
            if lifter.in_force(self.case):
                complaint = lifter.clause.complain(lifter, self.case)
                if complaint is not None:
                    self._set(index, lifter, Verdict.DENY, complaint)

    def _refusal(self) -> Refusal:
        now = self.case.now
        unlocks: list[str] = []
        for denial in self.denials:
            rule, reading = denial.reader.rule, denial.reading
            opens, _ = first_open([denial.closed], now)
            unlock = None
            if opens is None:
                unlock = reading.unlock or rule.unlock or _UNLOCK
                unlocks.append(unlock)
            self.findings[denial.reader.index] = rule.finding(
                Verdict.DENY,
                reading.reason,
                counters=reading.counters,
                unlock=unlock,
                first_allowed_at=opens,
            )
        moment, last = first_open([closed for _, closed in self.closed], now)
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
            binding_rule=None if last is None else self.closed[last][0].rule_id,
        )

    def _permit(self) -> Permit:
        case, request = self.case, self.case.request
        closed = [time for _, time in self.closed]
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
            expires_at=next_closing(closed, case.now, case.now + LEASE),
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
        unlock="; ".join(dict.fromkeys(gap.unlock for gap in reversed(unique.values()))),
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

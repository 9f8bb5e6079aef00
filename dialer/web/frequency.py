"""How far each rule that counts contacts with a person is used, as decisions made now see it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from compliance.kinds.frequency import Frequency
from compliance.kinds.periods import Dates, Elapsed
from compliance.pack import RulePack
from compliance.permit import Counter, Finding, Verdict
from dialer.web.services import NextMoment


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One count of one rule.

    `counted` is the class of contacts that it counts, by the pack's own word, over `days` local
    dates or `hours`; `of` is the debt that the count is kept for. `opens_at`: when a full count
    lets the next contact through; None where it is not full, or where only `unlock` opens it.
    """

    rule_id: str
    pack_id: str
    strength: str
    counted: str
    days: int | None
    hours: int | None
    of: str | None
    channels: tuple[str, ...]  # that the rule limits
    used: int
    limit: int
    closed: bool
    opens_at: datetime | None
    unlock: str | None


def uses(moments: Iterable[NextMoment], packs: Mapping[str, RulePack]) -> list[Use]:
    """Every count of every rule, the fullest first; one that limits several channels once."""
    found: dict[tuple[str, str, str, int], Use] = {}
    for moment in moments:
        for finding in moment.findings:
            for counter in finding.counters:
                key = (finding.rule_id, finding.pack_id, counter.name, counter.limit)
                use = _use(finding, counter, packs.get(finding.pack_id))
                known = found.get(key, use)
                found[key] = replace(
                    use,
                    channels=(*known.channels, str(moment.channel)),
                    closed=use.closed or known.closed,
                    opens_at=use.opens_at or known.opens_at,
                )
    return sorted(found.values(), key=lambda use: (-use.used / max(1, use.limit), use.rule_id))


def _use(finding: Finding, counter: Counter, pack: RulePack | None) -> Use:
    clause = _clause(finding, counter, pack)
    period = clause.period if clause else None
    closed = finding.verdict in (Verdict.DENY, Verdict.EXCUSED)
    return Use(
        rule_id=finding.rule_id,
        pack_id=finding.pack_id,
        strength=finding.strength,
        counted=clause.label.partition(" in ")[0] if clause else counter.name,
        days=period.days if isinstance(period, Dates) else None,
        hours=period.back // timedelta(hours=1) if isinstance(period, Elapsed) else None,
        of=counter.name.rpartition(" on ")[2] if " on " in counter.name else None,
        channels=(),
        used=counter.before,
        limit=counter.limit,
        closed=closed,
        opens_at=finding.first_allowed_at if closed else None,
        unlock=finding.unlock if closed else None,
    )


def _clause(finding: Finding, counter: Counter, pack: RulePack | None) -> Frequency | None:
    """What the count is, by the pack in force."""
    clauses = (
        rule.clause for rule in (pack.rules if pack else ()) if rule.rule_id == finding.rule_id
    )
    label = counter.name.partition(" on ")[0]
    fitting = (c for c in clauses if isinstance(c, Frequency) and c.label == label)
    return next(fitting, None)

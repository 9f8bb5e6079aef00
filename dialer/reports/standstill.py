"""Why a running campaign begins nothing just now, in one note. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from compliance.kinds import hours
from compliance.pack import RulePack
from dialer.reports.campaign_figures import CampaignFigures
from dialer.reports.next_due import Ahead

RUNNING = "running"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """`why` is `unready` (a channel, with the engine's `reason`), `hours`, `rule`, `strategy`,
    `held`, `finished`, `empty`, `not_running` or `no_service`; `until` and `rule` where time alone
    goes on, `zone` where the first consumer is.
    """

    why: str
    cases: int = 0
    until: datetime | None = None
    rule: str | None = None
    channel: str | None = None
    reason: str | None = None
    zone: str | None = None


def notes_on(
    figures: CampaignFigures, waiting: str, ahead: Ahead, packs: Mapping[str, RulePack]
) -> list[Note]:
    """What holds the campaign up, the engine's own reasons first; none where it goes on."""
    if figures.state != RUNNING:
        return []
    notes = [_unready(part) for part in waiting.split("; ") if part]
    if figures.due or figures.under_way:
        return notes
    if ahead.put_off:
        first = ahead.put_off[0]
        why = "strategy" if first.rule is None else "rule"
        if first.rule in _hours_rules(packs):
            why = "hours"
        notes.append(Note(why=why, cases=first.cases, until=first.first_at, rule=first.rule))
    elif ahead.held:
        notes.append(Note(why="held", cases=ahead.held))
    elif figures.cases:
        notes.append(Note(why="finished", cases=figures.finished))
    else:
        notes.append(Note(why="empty"))
    return notes


def _unready(part: str) -> Note:
    """The engine says `channel: reason`."""
    channel, _, reason = part.partition(": ")
    return Note(why="unready", channel=channel, reason=reason)


def _hours_rules(packs: Mapping[str, RulePack]) -> frozenset[str]:
    rules = (rule for pack in packs.values() for rule in pack.rules)
    return frozenset(rule.rule_id for rule in rules if rule.kind == hours.NAME)

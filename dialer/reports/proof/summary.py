"""The proof pack in plain words, as a page that needs nothing else."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from compliance.pack import parse
from compliance.wording import said
from dialer.reports.proof.evidence import Evidence
from dialer.reports.proof.words import TEXTS, word

_PAGES = Environment(
    loader=PackageLoader("dialer.reports.proof"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
LANGUAGE_TAGS = {"en": "en", "zh": "zh-Hans"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How often a rule forbade a contact."""

    rule_id: str
    text: str | None  # what the rule says, as its pack has it
    citation: str
    confidence: str
    times: int


def summaries(evidence: Evidence) -> dict[str, str]:
    """The page in every language, by its short name."""
    return {language: _page(evidence, language) for language in TEXTS}


def _page(evidence: Evidence, language: str) -> str:
    return _PAGES.get_template("summary.html").render(
        tag=LANGUAGE_TAGS[language],
        t=TEXTS[language],
        word=partial(word, language),
        e=evidence,
        zone=evidence.zone or "UTC",
        at=partial(_local, ZoneInfo(evidence.zone or "UTC")),
        kinds=Counter(one.kind for one in evidence.timeline),
        rules=forbidding(evidence.decisions, rule_texts(evidence.packs.values())),
        say=partial(said, language=language),
    )


def rule_texts(packs: Iterable[str]) -> dict[str, str]:
    """What each rule of these packs says, by its id."""
    rules = [rule for text in packs for rule in parse(text, "the proof").rules]
    return {rule.rule_id: rule.text for rule in reversed(rules) if rule.text}


def forbidding(decisions: Mapping[str, str], texts: Mapping[str, str]) -> list[RuleCount]:
    """The rules that forbade contacts, the most frequent first."""
    times: Counter[str] = Counter()
    citations: dict[str, tuple[str, str]] = {}
    for text in decisions.values():
        decision = json.loads(text)["decision"]
        if decision["allowed"]:
            continue
        times.update(decision["rules"])
        for finding in decision["findings"]:
            citation = finding["citation"]
            citations[finding["rule_id"]] = (citation["text"], citation["confidence"])
    return [
        RuleCount(
            rule_id=rule,
            text=texts.get(rule),
            citation=citations.get(rule, ("", ""))[0],
            confidence=citations.get(rule, ("", ""))[1],
            times=count,
        )
        for rule, count in sorted(times.items(), key=lambda item: (-item[1], item[0]))
    ]


def _local(zone: ZoneInfo, at: datetime | None) -> str:
    return "" if at is None else at.astimezone(UTC).astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")

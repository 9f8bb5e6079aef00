"""What rules and findings say is said in Chinese too, and nothing stored depends on it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compliance.decision import decide
from compliance.facts import ContactFacts, ContactRequest
from compliance.packs import select, shipped
from compliance.vectors import read_vector
from compliance.wording import languages, said
from tests.compliance.law import TABLES
from tests.compliance.samples import FACTS, REQUEST, ask, pack

CHINESE = re.compile("[\u4e00-\u9fff]")
VECTORS = Path(__file__).parent / "vectors" / "contact-rules.json"


def rule_texts() -> Iterator[str]:
    for one in shipped().values():
        yield one.title
        for rule in one.rules:
            yield rule.kind
            yield from (text for text in (rule.text, rule.unlock) if text)
            for condition in rule.clause.conditions(rule):
                if rule.kind == "disclosure":
                    yield condition.value


def cases() -> Iterator[tuple[ContactRequest, ContactFacts, Any, Any]]:
    for vector in [
        *(case.vector for case in TABLES),
        *json.loads(VECTORS.read_text("utf-8"))["vectors"],
    ]:
        one = read_vector(vector, shipped())
        yield one.request, one.facts, one.rulebook, one.now


@pytest.mark.parametrize("text", dict.fromkeys(rule_texts()))
def test_every_text_of_a_shipped_rule_is_said_in_both_languages(text: str) -> None:
    assert CHINESE.search(said(text, "zh-Hans"))
    assert said(said(text, "en"), "en") == said(text, "en")
    assert not CHINESE.match(said(text, "en"))


def test_every_reason_of_the_worked_cases_is_said_in_chinese() -> None:
    unsaid = set()
    for request, facts, book, now in cases():
        decision = decide(request, facts, book, now)
        for finding in decision.findings:
            texts = [finding.reason, finding.unlock, *(c.name for c in finding.counters)]
            unsaid.update(t for t in texts if t and not CHINESE.search(said(t, "zh")))
        if decision.unlock:
            parts = said(decision.unlock, "zh").split("; ")
            unsaid.update(part for part in parts if not CHINESE.search(part))
    assert unsaid == set()


def test_a_refusal_for_want_of_a_place_or_pack_is_said_in_chinese() -> None:
    nowhere = replace(FACTS, locations=())
    refusals = [
        decide(REQUEST, nowhere, select(shipped(), REQUEST, nowhere), FACTS.known_at),
        *(
            decide(REQUEST, facts, select(shipped(), REQUEST, facts), FACTS.known_at)
            for country in (None, "XX")
            for facts in [
                replace(FACTS, locations=(replace(FACTS.locations[0], country=country),)),
            ]
        ),
        ask("us.regf", facts={"locations": (replace(FACTS.locations[0], tz=None),)}),
    ]
    for refusal in refusals:
        assert CHINESE.search(said(refusal.unlock or "", "zh"))
        for finding in refusal.findings:
            assert CHINESE.search(said(finding.reason, "zh")), finding.reason


def test_a_count_is_said_with_its_numbers() -> None:
    text = "dial_connected_to_number in 7 days: the cap of 7 is reached"
    assert said(text, "zh") == "7天内的接通到号码的拨打：已达上限7"
    assert said(text, "en") == text


def test_joined_texts_are_said_one_by_one() -> None:
    first, second = "the suit ends", "limited; by its own words; the suit ends"
    assert said(f"{first}; the restructuring ends", "zh") == "诉讼结束; 债务重整结束"
    assert said(second, "zh") == "limited; by its own words; 诉讼结束"


@pytest.mark.parametrize("text", ["No calls in June", "opossums in a day", "", "a; b"])
def test_what_nobody_translated_is_shown_as_written(text: str) -> None:
    assert said(text, "zh") == text
    assert said(text, "fr") == text


def test_a_pack_of_ones_own_is_shown_as_written_and_its_reasons_are_said() -> None:
    own = pack(
        '[[hours]]\nid = "X"\nopen = "12:00"\nclose = "13:00"\ncite = "Test"\n'
        'confidence = "P"\ntext = "Lunch alone."'
    )
    assert said(own.rules[0].text or "", "zh") == "Lunch alone."


def test_languages() -> None:
    assert languages() == ("en", "zh")

"""A recorded decision is decided again to the same bytes; a draft shows what it would change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from compliance.codec import restore
from compliance.decision import decide, record
from compliance.facts import Consent, ContactFacts, InconvenientTime
from compliance.ledger import canonical
from compliance.pack import Rulebook, parse
from compliance.packs import select, shipped
from compliance.permit import Permit, Refusal
from compliance.record import (
    NotARecord,
    decided_at,
    facts_from_record,
    gaps_of,
    request_from_record,
)
from compliance.replay import PackNotKept, archive, merged, redecide, rulebook_of, whatif
from compliance.vectors import read_vector
from tests.compliance.samples import DAWN, FACTS, NOW, REQUEST, days, event, pack, place

FILE = Path(__file__).parent / "vectors" / "contact-rules.json"
KEPT = archive(shipped().values())


def recorded(facts: ContactFacts = FACTS, **request: Any) -> dict[str, Any]:
    """The record of a decision as it is read back from the ledger."""
    asked = replace(REQUEST, **request)
    book = select(shipped(), asked, facts)
    answer = decide(asked, facts, book, facts.known_at)
    kept: dict[str, Any] = json.loads(canonical(record(answer, asked, facts)))
    return kept


def vectors() -> Iterator[tuple[str, Permit | Refusal, dict[str, Any], ContactFacts]]:
    """Every worked case, decided and recorded."""
    for case in json.loads(FILE.read_text("utf-8"))["vectors"]:
        v = read_vector(case, shipped())
        answer = decide(v.request, v.facts, v.rulebook, v.now)
        kept = record(answer, v.request, v.facts)
        yield v.vector_id, answer, json.loads(canonical(kept)), v.facts


def test_every_worked_case_replays_byte_for_byte() -> None:
    for name, _, kept, facts in vectors():
        assert facts_from_record(kept) == facts, name
        assert redecide(kept, rulebook_of(kept, KEPT)) == canonical(kept), name


@pytest.mark.parametrize(
    "places",
    [(), (place(None),), (place(country=None),), (place("Europe/Oslo", "NO"), place(None))],
)
def test_refusals_for_want_of_knowledge_replay_too(places: tuple[Any, ...]) -> None:
    kept = recorded(replace(FACTS, locations=places))
    assert redecide(kept, rulebook_of(kept, KEPT)) == canonical(kept)


def test_the_address_is_not_kept() -> None:
    assert b"2125550100" not in canonical(recorded())
    assert request_from_record(recorded()) == replace(REQUEST, address="")


def test_a_changed_fact_gives_other_bytes() -> None:
    kept = recorded()
    kept["decision"]["inputs"]["locations"][0]["tz"] = "Pacific/Honolulu"
    assert redecide(kept, rulebook_of(kept, KEPT)) != canonical(kept)


def test_the_packs_of_the_day_must_be_kept() -> None:
    kept = recorded()
    with pytest.raises(PackNotKept, match="pack core with hash"):
        rulebook_of(kept, {})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"form": 9}, "form 9"),
        ({"request": None}, "has no request"),
        ({"request": {"moon": 1}}, "request of the record does not hold"),
        ({"request": {"channel": "pigeon"}}, "is not a valid Channel"),
        ({"decision": {"inputs": {"history": 4}}}, "facts of the record do not hold"),
        ({"decision": {"inputs": {"actor": 4}}}, "facts of the record do not hold"),
        ({"decision": {"inputs": {"locations": [4]}}}, "a mapping is needed"),
        ({"decision": {"inputs": {}}}, "known_at is missing"),
    ],
)
def test_what_is_no_record_is_named(change: dict[str, Any], reason: str) -> None:
    broken = {**recorded(), **change}
    with pytest.raises(NotARecord, match=reason):
        request_from_record(broken)
        facts_from_record(broken)


def test_a_record_says_when_it_was_decided() -> None:
    with pytest.raises(NotARecord, match="when it was decided"):
        decided_at({**recorded(), "decision": {}})
    with pytest.raises(NotARecord, match="at no instant"):
        decided_at({**recorded(), "decision": {"decided_at": "noon"}})


def test_findings_of_another_shape_are_no_record() -> None:
    with pytest.raises(NotARecord, match="findings"):
        gaps_of({**recorded(), "decision": {"findings": ["none"]}})


def test_plain_data_of_the_wrong_type_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown fields moon"):
        restore(ContactFacts, {"moon": 1})


# --- what-if ------------------------------------------------------------------------------------


def candidates() -> list[dict[str, Any]]:
    """Past decisions: allowed ones, one refused for the hour, one in China."""
    night = replace(FACTS, known_at=NOW + timedelta(hours=12))
    china = replace(FACTS, locations=(place("Asia/Shanghai", "CN"),), actor="bank")
    busy = replace(FACTS, history=tuple(days(["2026-06-07", "2026-06-08"])))
    return [
        recorded(),
        recorded(night, attempt_id="night"),
        recorded(china, attempt_id="china"),
        recorded(busy, attempt_id="busy"),
    ]


def test_the_pack_in_force_as_draft_changes_nothing() -> None:
    for known in shipped().values():
        found = whatif(candidates(), known, KEPT)
        if known.pack_id in {"us.regf", "us.policy", "core", "cn.card", "us.tcpa"}:
            assert found.candidates == 4
            assert not (found.newly_refused or found.newly_permitted or found.moved), known.pack_id


def test_a_draft_shows_what_it_would_refuse_permit_and_move() -> None:
    regf = shipped()["us.regf"].text
    stricter = parse(regf.replace("limit = 7", "limit = 2"))
    found = whatif(candidates(), stricter, KEPT)
    assert [c.attempt_id for c in found.newly_refused] == ["busy"]
    assert found.newly_refused[0].rules == ("US-REGF-7IN7",)
    assert found.newly_refused[0].was_allowed
    later = parse(regf.replace('open = "08:00"', 'open = "09:00"'))
    moved = whatif(candidates(), later, KEPT).moved
    assert [c.attempt_id for c in moved] == ["night"]
    assert moved[0].first_allowed_before == "2026-06-11T12:00:00Z"
    assert moved[0].first_allowed_after == "2026-06-11T13:00:00Z"


def test_a_looser_draft_permits() -> None:
    only = pack(
        '[[hours]]\nid = "T"\nopen = "08:00"\nclose = "09:00"\ncite = "x"\nconfidence = "P"\n'
    )
    book_facts = replace(FACTS, history_known_from=DAWN)
    answer = decide(REQUEST, book_facts, Rulebook.of([only]), NOW)
    kept = json.loads(canonical(record(answer, REQUEST, book_facts)))
    draft = parse(only.text.replace("09:00", "23:00"))
    found = whatif([kept], draft, archive([only]))
    assert [c.rules for c in found.newly_permitted] == [("T",)]


def test_a_draft_of_a_new_pack_applies_where_it_would() -> None:
    head = (
        '[pack]\nid = "new"\nversion = "1"\ntitle = "n"\nsource = "n"\nlegal_review = "pending"\n'
        'actor = ["any"]\n'
    )
    rules = '[[hours]]\nid = "N"\nopen = "00:00"\nclose = "01:00"\ncite = "n"\nconfidence = "P"\n'
    china = parse(head + 'countries = ["CN"]\n' + rules)
    assert [c.attempt_id for c in whatif(candidates(), china, KEPT).moved] == ["china"]
    everyone = parse(head + 'applies = "always"\n' + rules)
    found = whatif(candidates(), everyone, KEPT)
    assert [c.attempt_id for c in found.newly_refused] == ["a1", "busy"]
    named = parse(head + 'applies = "named"\n' + rules)
    assert not whatif(candidates(), named, KEPT).newly_refused


def test_the_changes_are_told_by_pack_place_channel_and_hour() -> None:
    regf = shipped()["us.regf"].text
    night = replace(
        FACTS,
        known_at=NOW + timedelta(hours=12),
        locations=(
            place(region="NY"),
            place("America/Los_Angeles", region="CA"),
        ),
    )
    past = [
        *candidates(),
        recorded(night, attempt_id="two places"),
        recorded(replace(FACTS, locations=(place(None, None),)), attempt_id="somewhere"),
        recorded(replace(FACTS, locations=()), attempt_id="nowhere"),
    ]
    draft = parse(regf.replace("limit = 7", "limit = 2").replace('"08:00"', '"09:00"'))
    found = merged([whatif(past[:3], draft, KEPT), whatif(past[3:], draft, KEPT)])
    told = {
        axis: [(s.value, s.candidates, s.newly_refused, s.newly_permitted, s.moved) for s in there]
        for axis, there in found.shares().items()
    }
    assert found.candidates == len(past)
    assert told["channel"] == [("call", 7, 1, 0, 2)]
    assert told["jurisdiction"] == [
        ("US", 3, 1, 0, 1),
        ("US-CA", 1, 0, 0, 1),
        ("US-NY", 1, 0, 0, 1),
    ]
    assert told["hour"] == [("11", 2, 1, 0, 0), ("20", 1, 0, 0, 1), ("23", 3, 0, 0, 2)]
    assert told["pack"][0][0] == "us.policy"
    assert ("us.regf", 4, 1, 0, 2) in told["pack"]
    assert found.tried["hour"]["unknown"] == found.tried["jurisdiction"]["unknown"] == 2


def test_midnight_and_dates_survive_the_record() -> None:
    facts = replace(
        FACTS,
        holidays=frozenset({date(2026, 7, 1)}),
        inconvenient_times=(
            InconvenientTime(weekdays=frozenset({1, 2}), opens=time(), closes=None),
        ),
        consents=(
            Consent(consent_id="c", channel=None, given_to="x", given_at=NOW, opens=time(8)),
        ),
        history=(event(NOW, allotted_debt="D1", counts_as_connected=False),),
        debt_groups=(("a", "b"),),
    )
    assert facts_from_record(recorded(facts)) == facts

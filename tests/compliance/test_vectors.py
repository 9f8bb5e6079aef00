"""The worked cases, and what becomes of a case that is malformed."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from compliance.packs import shipped
from compliance.vector_facts import FACTS
from compliance.vectors import VectorError, decide_vectors

FILE = Path(__file__).parent / "vectors" / "contact-rules.json"
DOCUMENT = json.loads(FILE.read_text("utf-8"))
BY_ID = {v["id"]: v for v in DOCUMENT["vectors"]}


def decided(vector: dict[str, Any]) -> dict[str, object]:
    """The decision on one case; raises what is wrong with it."""
    (answer,) = decide_vectors({"vectors": [vector]}, shipped())
    if isinstance(answer, VectorError):
        raise answer
    return answer


def changed(vector_id: str, path: str, value: object) -> dict[str, Any]:
    """A copy of a case with one value changed; the path is dotted."""
    vector = copy.deepcopy(BY_ID[vector_id])
    *inner, last = path.split(".")
    where: Any = vector
    for step in inner:
        where = where.setdefault(step, {}) if isinstance(where, dict) else where[int(step)]
    where[last] = value
    return vector


@pytest.mark.parametrize("vector_id", BY_ID)
def test_worked_case(vector_id: str) -> None:
    line, expected = decided(BY_ID[vector_id]), BY_ID[vector_id]["expected"]
    for field in ("decision", "rules", "strength", "first_allowed_at"):
        assert line[field] == expected[field], field
    assert (line["unlock"] is None) == (expected["unlock"] is None)
    assert set(line["pack_sha256"]) == set(BY_ID[vector_id]["packs"])  # type: ignore[call-overload]


def test_what_is_expected_is_not_read() -> None:
    vector = copy.deepcopy(BY_ID["regf-h-01"])
    del vector["expected"]
    assert decided(vector)["decision"] == "deny"


def test_a_line_is_plain_json_in_the_order_of_the_document() -> None:
    lines = [a for a in decide_vectors(DOCUMENT, shipped()) if not isinstance(a, VectorError)]
    assert [line["id"] for line in lines] == list(BY_ID)
    assert json.loads(json.dumps(lines)) == lines
    assert list(lines[0]) == [
        "id",
        "decision",
        "rules",
        "strength",
        "first_allowed_at",
        "unlock",
        "pack_sha256",
    ]


def test_a_case_without_packs_takes_those_of_its_place() -> None:
    vector = changed("regf-h-01", "consumer.locations", [{"kind": "address", "tz": "Asia/Tokyo"}])
    del vector["packs"]
    assert decided(vector)["rules"] == ["RF-COUNTRY-UNKNOWN"]
    vector["consumer"]["locations"][0]["country"] = "JP"
    assert "jp" in decided(vector)["pack_sha256"]  # type: ignore[operator]


def test_a_named_pack_that_is_not_there_refuses() -> None:
    line = decided(changed("regf-h-02", "packs", ["us.regf", "us.atlantis"]))
    assert (line["decision"], line["rules"]) == ("deny", ["RF-PACK-MISSING"])


@pytest.mark.parametrize(
    ("path", "value", "field"),
    [
        ("facts.moon", "full", "facts.moon"),
        ("facts.days_past_due", "ten", "facts.days_past_due"),
        ("facts.days_past_due", -1, "facts.days_past_due"),
        ("facts.employer_prohibits", "yes", "facts.employer_prohibits"),
        ("facts.holidays", ["1 July"], "facts.holidays"),
        ("facts.holidays", "2026-07-01", "facts.holidays"),
        ("facts.notice_sent", 7, "facts.notice_sent"),
        ("facts.debt_groups", ["SL1"], "facts.debt_groups"),
        ("facts.debt_groups", "SL1", "facts.debt_groups"),
        ("facts.number_kinds", {"N1": 4}, "facts.number_kinds.N1"),
        ("facts.inconvenient", [{"days": ["moon"], "from": "01:00", "to": "02:00"}], "days"),
        ("facts.inconvenient", [{"days": ["mon"], "from": "1", "to": "02:00"}], "from"),
        ("facts.inconvenient", {"days": ["mon"]}, "facts.inconvenient"),
        ("facts.medium_optout", [{"medium": "pigeon"}], "facts.medium_optout[0].medium"),
        ("facts.medium_optout", [{"medium": "call", "why": "x"}], "facts.medium_optout[0].why"),
        ("facts.medium_optout", [{"at": "2026-06-01T10:00:00Z"}], "facts.medium_optout[0].medium"),
        ("facts.represented", "yes", "facts.represented"),
        ("proposed.at", "2026-06-10T14:30:00", "proposed.at"),
        ("proposed.at", "noon", "proposed.at"),
        ("proposed.at", None, "proposed.at"),
        ("proposed.channel", "pigeon", "proposed.channel"),
        ("proposed.volume", 11, "proposed.volume"),
        ("proposed.debts", [1], "proposed.debts"),
        ("consumer.locations", [{"kind": "address", "tz": "", "x": 1}], "locations[0].tz"),
        ("consumer.locations", 4, "consumer.locations"),
        ("actor", 4, "actor"),
        ("history", [{"at": "2026-06-10T14:30:00Z"}], "history[0].channel"),
        ("mood", "good", "mood"),
    ],
)
def test_a_malformed_case_is_named_with_its_field(path: str, value: object, field: str) -> None:
    with pytest.raises(VectorError) as caught:
        decided(changed("regf-h-01", path, value))
    assert caught.value.vector == "regf-h-01"
    assert caught.value.field.endswith(field)
    assert str(caught.value).startswith("vector regf-h-01: ")


@pytest.mark.parametrize("document", [{}, [], "x", {"vectors": {}}])
def test_a_document_without_cases_is_an_error(document: object) -> None:
    with pytest.raises(VectorError, match="the document: vectors"):
        list(decide_vectors(document, shipped()))


def test_a_malformed_case_is_named_by_its_number_and_the_others_are_decided() -> None:
    cases = [BY_ID["regf-h-01"], "x", BY_ID["regf-h-02"]]
    first, second, third = decide_vectors({"vectors": cases}, shipped())
    assert isinstance(first, dict) and isinstance(third, dict)
    assert (first["id"], third["id"]) == ("regf-h-01", "regf-h-02")
    assert str(second) == "vector 2: the case: an object is needed"


@pytest.mark.parametrize("at", ["2026-06-10T10:30:00-04:00", "2026-06-10T20:00:00+05:30"])
def test_an_instant_may_come_with_any_offset(at: str) -> None:
    line = decided(changed("regf-h-01", "proposed.at", at))
    assert line["first_allowed_at"] == "2026-06-10T15:00:00Z"


@pytest.mark.parametrize(
    ("vector_id", "path", "value"),
    [
        ("regf-h-02", "proposed.delivered_at", "2026-06-11T02:00:00Z"),
        ("regf-h-02", "proposed.by", "agency-7"),
        ("regf-h-02", "proposed.purpose", "collect"),
        ("regf-h-02", "proposed.mode", "predictive"),
        ("regf-h-02", "proposed.party", "spouse"),
        ("regf-h-02", "facts", {}),
        ("regf-h-02", "history", []),
        ("regf-h-02", "consumer.locations.0.code", "212"),
        ("regf-h-02", "consumer.locations.0.at", "2026-06-01T00:00:00-04:00"),
        ("regf-h-02", "consumer.locations.0.state", "NY"),
        ("regf-h-02", "consumer.locations.0.province", "ON"),
        ("regf-h-02", "consumer.locations.0.city", "Albany"),
        ("regf-h-02", "consumer.locations.0.kind", "consumer_stated"),
        ("regf-d-05", "history.0.party", "consumer"),
        ("regf-d-05", "history.0.by", "agency-7"),
        ("regf-d-05", "history.0.under_consent", False),
    ],
)
def test_every_field_of_a_case_is_taken(vector_id: str, path: str, value: object) -> None:
    expected = BY_ID[vector_id]["expected"]["decision"]
    assert decided(changed(vector_id, path, value))["decision"] == expected


EXAMPLES: dict[str, object] = {
    "address_kind": "employer",
    "agreed_hours": {"from": "22:00", "to": "23:00", "evidence": "signed 2026-06-01"},
    "bankruptcy": {"filed": "2026-06-08", "notice_at": "2026-06-09T14:00:00Z"},
    "breathing_space": {"kind": "standard", "started": "2026-03-02", "debts": ["D1"]},
    "cease_notice": {
        "mailed": "2026-08-03",
        "received_at": "2026-08-06T14:00:00Z",
        "debts": ["D1"],
        "in_writing": True,
    },
    "consent": [{"scope": "calls at 22:00", "given_to": "creditor"}],
    "days_past_due": 10,
    "debt_groups": [["SL1", "SL2", "SL3"]],
    "dispute": {
        "debts": ["D1"],
        "received_at": "2026-06-08T14:00:00Z",
        "in_writing": True,
        "in_validation_period": True,
        "verification_sent_at": None,
    },
    "electronic_consent": True,
    "email_basis": "consumer used this address with the collector",
    "employer_prohibits": True,
    "holidays": ["2026-07-01"],
    "inconvenient": [{"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}],
    "inconvenient_places": ["home"],
    "learned_from": "creditor file notes",
    "medium_optout": [{"medium": "call"}],
    "notice_sent": "2026-03-01",
    "number_kinds": {"N1": "mobile", "N2": "home_landline"},
    "on_notice_sent": "2026-04-01",
    "opted_out": False,
    "optout_by": "2026-04-05",
    "represented": {"debts": ["D1"], "attorney_known": True},
    "sms_consent_direct_at": "2026-06-01T14:00:00Z",
    "spoken_on": "2026-04-20",
    "superseded_locations": [{"kind": "number_area", "tz": "America/New_York", "code": "212"}],
    "tcpa_consent": False,
    "wrong_numbers": {"W1": {"learned_at": "2026-06-11T13:00:00Z"}},
}


def test_every_documented_fact_is_understood() -> None:
    assert set(EXAMPLES) == set(FACTS)
    assert decided(changed("regf-h-02", "facts", EXAMPLES))["decision"] == "deny"


@pytest.mark.parametrize(
    ("scope", "local", "verdict"),
    [
        ("calls at 22:00", "22:15", "allow"),
        ("calls at 22:00", "22:45", "deny"),
        ("calls at 23:45", "23:50", "allow"),
        ("calls between 22:00 and 23:00", "22:59", "allow"),
        ("calls after 22:00", "23:59", "allow"),
        ("calls before 07:00", "06:30", "allow"),
        ("calls before 07:00", "07:30", "deny"),
        ("texts at 22:00", "22:15", "deny"),
        ("e-mails at 22:00", "22:15", "deny"),
        ("calls whenever it suits", "22:15", "deny"),
    ],
)
def test_hours_that_the_consumers_words_name(scope: str, local: str, verdict: str) -> None:
    hour, minute = (int(part) for part in local.split(":"))
    day, hour = divmod(hour + 4, 24)
    places = [{"kind": "address", "tz": "America/New_York"}]
    vector = changed("regf-h-02", "consumer.locations", places)
    vector["proposed"]["at"] = f"2026-06-{10 + day}T{hour:02}:{minute:02}:00Z"
    vector["facts"] = {"consent": [{"scope": scope, "given_to": "collector"}]}
    assert decided(vector)["decision"] == verdict

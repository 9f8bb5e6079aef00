"""Packs: what comes with the product, what is refused at load, and which apply where."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from compliance.catalogue import check, describe, diff, summary
from compliance.decision import decide
from compliance.facts import Location
from compliance.pack import PackError, Rulebook, Selection, parse
from compliance.packs import read, select, shipped
from compliance.permit import Refusal
from tests.compliance.samples import FACTS, HEAD, MARKS, NOW, REQUEST, book, denied, pack, place

HOURS = '[[hours]]\nid = "T-HOURS"\nopen = "08:00"\nclose = "21:00"\n' + MARKS


# --- what comes with the product ----------------------------------------------------------------


@pytest.mark.parametrize("pack_id", shipped())
def test_a_shipped_pack_carries_its_marks(pack_id: str) -> None:
    known = shipped()[pack_id]
    assert known.pack_id == pack_id
    assert known.legal_review == "pending"
    assert known.rules
    for rule in known.rules:
        assert rule.citation.text
        assert rule.enabled or rule.citation.confidence in "SU"
        assert rule.citation.confidence != "U" or not rule.enabled


def test_every_country_that_may_be_contacted_has_hours() -> None:
    bare: set[str] = set()
    for known in shipped().values():
        timed = any(r.kind == "hours" and r.enabled for r in known.rules)
        if known.selection is Selection.PLACE and not known.supplement and not timed:
            bare.add(known.pack_id)
    # New York City and the District come on top of the federal hours; the standard's own pack
    # has the Chinese ones.
    assert bare == {"us.ny.nyc", "us.dc"}


def test_the_packs_are_found_in_any_folder(tmp_path: Path) -> None:
    (tmp_path / "t.toml").write_text(HEAD + HOURS, "utf-8")
    assert list(read(tmp_path)) == ["test"]
    (tmp_path / "u.toml").write_text(HEAD + HOURS, "utf-8")
    with pytest.raises(PackError, match="there twice"):
        read(tmp_path)


def test_a_folder_without_packs_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="no rule packs"):
        read(tmp_path)


# --- what is refused at load --------------------------------------------------------------------


def rule(kind: str, **keys: str) -> str:
    """A table with the marks of a rule and some keys."""
    lines = {"id": '"T-1"', "cite": '"x"', "confidence": '"P"', **keys}
    return f"[[{kind}]]\n" + "".join(f"{k} = {v}\n" for k, v in lines.items())


COUNTED = {"counts": '"dial_any"', "limit": "3", "scope": '["person"]'}
WEEK = {**COUNTED, "window": '{ kind = "week" }'}

BAD = [
    (HEAD + "[[hours", 10, "not TOML"),
    (HEAD + "\nx = = 1\n", 11, "not TOML: Invalid value"),
    ("x = 1\n", 1, "the table [pack] is missing"),
    ("pack = 4\n", 1, "a table is needed"),
    (HEAD.replace('version = "1"\n', ""), 2, "the key 'version' is missing"),
    (HEAD.replace('"pending"', '"perhaps"'), 7, "'perhaps' is not one of pending, signed"),
    (HEAD.replace('"named"', '"place"'), 2, "names its countries"),
    (HEAD + 'countries = ["US"]\n', 2, "names its countries"),
    (HEAD + rule("magic"), 10, "unknown kind of rule 'magic'"),
    (HEAD + '[hours]\nid = "T"\n', 10, "rules are written [[hours]], not [hours]"),
    (HEAD + "hours = [4]\n", 10, "unknown key"),
    (HEAD + rule("duty", colour='"red"'), 14, "unknown key"),
    (HEAD + rule("duty", id="4"), 11, "text is needed"),
    (HEAD + rule("duty", cite='" "'), 12, "text is needed"),
    (HEAD + rule("duty", confidence='"U"'), 10, "enabled = false"),
    (HEAD + rule("duty", enabled='"no"'), 14, "true or false is needed"),
    (HEAD + rule("duty", applies_from='"2026-09-01"'), 14, "a date such as 2026-09-01"),
    (HEAD + rule("duty", channels='"call"'), 14, "a list of at least one word"),
    (HEAD + rule("duty", channels='["pigeon"]'), 14, "'pigeon' is not one of call"),
    (HEAD + rule("duty", lifts='["T-2"]'), 14, "lifts 'T-2', which this pack does not have"),
    (HEAD + rule("duty") + rule("duty"), 14, "is there twice"),
    (HEAD + rule("hours", open='"8:00"', close='"21:00"'), 14, "is not a local time"),
    (HEAD + rule("hours", open='"25:00"', close='"21:00"'), 14, "is not a local time"),
    (HEAD + rule("hours", open='"21:00"', close='"08:00"'), 14, "must open before they close"),
    (HEAD + rule("hours", open='"08:00"'), 14, "open and close come together"),
    (HEAD + rule("hours", mon='["08:00", "21:00"]'), 10, "no hours for tue"),
    (HEAD + rule("hours", open='"08:00"', close='"21:00"', sun='"shut"'), 16, "two times such as"),
    (
        HEAD + rule("hours", open='"08:00"', close='"21:00"', sun='["09:00", "08:00"]'),
        16,
        "must open before",
    ),
    (
        HEAD + rule("hours", open='"08:00"', close='"21:00"', holidays='["01-01"]'),
        16,
        "with the key holiday",
    ),
    (
        HEAD + rule("hours", open='"08:00"', close='"21:00"', holidays='["xmas"]'),
        16,
        "is not a holiday",
    ),
    (
        HEAD + rule("hours", open='"08:00"', close='"21:00"', holidays='"01-01"'),
        16,
        "a list of holidays",
    ),
    (HEAD + rule("hours", open='"08:00"', close='"21:00"', clock='"moon"'), 16, '"fixed:"'),
    (
        HEAD + rule("hours", open='"08:00"', close='"21:00"', clock='"fixed:Mars/Olympus"'),
        16,
        "'fixed:Mars/Olympus' names no zone of the tz database",
    ),
    (HEAD + rule("hours", open='"08:00"', close='"08:00"'), 14, "must open before they close"),
    (HEAD + rule("frequency", **{**WEEK, "limit": "-1"}), 15, "at least 0"),
    (HEAD + rule("frequency", **{**WEEK, "limit": "true"}), 15, "at least 0"),
    (HEAD + rule("frequency", **{**WEEK, "window": "7"}), 17, "a table is needed"),
    (
        HEAD + rule("frequency", **{**WEEK, "window": '{ kind = "fortnight" }'}),
        17,
        "window.kind: 'fortnight'",
    ),
    (
        HEAD + rule("frequency", **{**WEEK, "window": '{ kind = "week", n = 7 }'}),
        17,
        "a week window takes no n",
    ),
    (
        HEAD + rule("frequency", **{**WEEK, "window": '{ kind = "rolling_hours" }'}),
        17,
        "takes an n",
    ),
    (HEAD + rule("frequency", **WEEK, day_boundary='"Mars"'), 18, "no such zone"),
    (HEAD + rule("cooldown", after='"dial_any"', scope='["person"]'), 10, "either days or minutes"),
    (
        HEAD + rule("consent", given_to='["collector"]', opens='"calls"'),
        10,
        "takes days",
    ),
    (
        HEAD + rule("consent", given_to='["collector"]', opens='"hours"', days="3"),
        16,
        "days: a consent to calls, and no other, takes days",
    ),
    (HEAD + rule("third_party", allowed='["consumer"]', unreachable_days="3"), 10, "then_for: say"),
    (HEAD + rule("recording", retain='"3 years"'), 14, "is no period"),
    (
        HEAD + rule("abandonment", cap_permille="30", period='"successive_days"'),
        10,
        "takes days",
    ),
    (
        HEAD + rule("abandonment", cap_permille="30", period='"day"', days="3"),
        16,
        "days: successive_days, and no other period, takes days",
    ),
]


@pytest.mark.parametrize(("text", "line", "reason"), BAD, ids=[reason for _, _, reason in BAD])
def test_a_pack_that_does_not_hold_is_refused_with_its_line(
    text: str, line: int, reason: str
) -> None:
    with pytest.raises(PackError) as caught:
        parse(text, "bad.toml")
    assert reason in caught.value.reason
    assert (caught.value.file, caught.value.line) == ("bad.toml", line)
    assert str(caught.value).startswith(f"bad.toml:{line}: ")


def test_what_is_wrong_with_a_table_as_a_whole_names_no_key_of_it() -> None:
    with pytest.raises(PackError) as caught:
        parse(HEAD + rule("hours", mon='["08:00", "21:00"]'))
    assert caught.value.reason == "no hours for tue: give open and close"


def test_a_header_within_a_text_is_no_header() -> None:
    quoted = rule("duty", text='"""\n[[hours]]\n"""') + HOURS + 'colour = "red"\n'
    with pytest.raises(PackError) as caught:
        parse(HEAD + quoted)
    assert caught.value.line == (HEAD + quoted).count("\n")


def test_the_hash_is_that_of_the_text_whatever_the_line_ends() -> None:
    text = HEAD + HOURS
    windows = parse("\ufeff" + text.replace("\n", "\r\n"))
    assert windows.sha256 == parse(text).sha256
    assert parse(text + "# a remark\n").sha256 != parse(text).sha256


# --- which apply --------------------------------------------------------------------------------


def chosen(*places: Location, actor: str = "third_party_collector", **more: Any) -> set[str]:
    """Ids of the packs that apply."""
    facts = replace(FACTS, locations=places, actor=actor)
    return {p.pack_id for p in select(shipped(), REQUEST, facts, **more).packs}


def test_packs_follow_every_place_and_the_actor() -> None:
    ma = chosen(place(region="MA"))
    assert {"core", "us.regf", "us.tcpa", "us.ma.collector"} <= ma
    assert "us.ma.creditor" not in ma
    assert "us.ma.creditor" in chosen(place(region="MA"), actor="creditor")
    assert "us.regf" not in chosen(place(region="MA"), actor="creditor")
    both = chosen(place(region="FL"), place("America/New_York", region="NY", city="Brooklyn"))
    assert {"us.fl", "us.ny", "us.ny.nyc"} <= both
    assert "us.fl" not in chosen(place(region="GA"))
    assert {"cn.card", "cn.gbt", "cn.law"} <= chosen(place("Asia/Shanghai", "CN"), actor="bank")


def test_policy_packs_apply_only_when_named() -> None:
    assert not {"house", "uk.ofcom.legacy"} & chosen(place("Europe/London", "GB"))
    assert "house" in chosen(place(), also={"house"})
    with pytest.raises(KeyError):
        chosen(place(), also={"nothing"})


def refusal(*places: Location, actor: str = "third_party_collector") -> Refusal:
    """The refusal of a contact to someone who may be in these places."""
    facts = replace(FACTS, locations=places, actor=actor)
    decision = decide(REQUEST, facts, select(shipped(), REQUEST, facts), NOW)
    assert isinstance(decision, Refusal)
    assert decision.first_allowed_at is None
    assert decision.unlock
    return decision


def test_what_is_not_known_is_not_contacted() -> None:
    assert denied(refusal()) == ("RF-ZONE-UNKNOWN",)
    assert denied(refusal(place(None))) == ("RF-ZONE-UNKNOWN",)
    assert denied(refusal(place("America/Gotham"))) == ("RF-ZONE-UNKNOWN",)
    assert denied(refusal(place(), place(None))) == ("RF-ZONE-UNKNOWN",)
    assert denied(refusal(place(country=None))) == ("RF-COUNTRY-UNKNOWN",)
    assert denied(refusal(place("Europe/Oslo", "NO"))) == ("RF-PACK-MISSING",)
    assert denied(refusal(place("Europe/Warsaw", "PL"))) == ("RF-PACK-MISSING",)
    assert denied(refusal(place("America/Toronto", "CA", region="ON"), actor="creditor")) == (
        "RF-PACK-MISSING",
    )
    assert denied(refusal(place(None, None))) == ("RF-COUNTRY-UNKNOWN", "RF-ZONE-UNKNOWN")


def test_a_rulebook_does_not_depend_on_the_order_of_its_packs() -> None:
    a, b = shipped()["cn.card"], shipped()["cn.gbt"]
    assert Rulebook.of([a, b]).rules == Rulebook.of([b, a, b]).rules
    hours = [r for r in Rulebook.of([a, b]).rules if r.rule_id == "CN-HRS-GBT"]
    assert len(hours) == 1


def test_two_versions_of_a_pack_do_not_mix() -> None:
    with pytest.raises(ValueError, match="two versions of pack 'test'"):
        Rulebook.of([pack(HOURS), pack(HOURS.replace("21:00", "20:00"))])


# --- what `ringfence packs` shows ---------------------------------------------------------------


def test_a_pack_is_shown_with_its_standing(tmp_path: Path) -> None:
    line = summary(shipped()["us.ny.nyc"])
    assert line["legal_review"] == "pending"
    assert line["first_effective"] == line["last_effective"] == "2026-09-01"
    assert summary(shipped()["core"])["actors"] == ["any"]
    assert summary(shipped()["core"])["first_effective"] is None
    assert summary(shipped()["us.nh"])["switched_off"] == 1
    shown = describe(shipped()["us.regf"])
    rules: Any = shown["list"]
    hours = next(r for r in rules if r["id"] == "US-REGF-HOURS")
    assert hours["confidence"] == "P"
    assert hours["text"]
    file = tmp_path / "t.toml"
    file.write_text(HEAD + HOURS, "utf-8")
    assert check(file).pack_id == "test"


def test_a_difference_is_told_by_rule() -> None:
    old = pack(HOURS + rule("duty"))
    assert not diff(old, pack("# words\n" + HOURS + rule("duty")))
    new = pack(HOURS.replace("21:00", "20:00") + rule("duty", id='"T-2"'))
    found = diff(old, new)
    assert found
    assert found.added == ("duty T-2",)
    assert found.removed == ("duty T-1",)
    assert found.changed == {"hours T-HOURS": ("parameters",)}
    assert diff(old, pack(HOURS + rule("duty", cite='"y"'))).changed == {"duty T-1": ("citation",)}


def test_the_sample_rulebook_is_what_it_says() -> None:
    assert set(book("us.regf", "us.wa").pack_sha256) == {"us.regf", "us.wa"}

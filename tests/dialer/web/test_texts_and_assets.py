"""Every text has its Chinese, and what is shipped for browsers is what was checked in."""

from __future__ import annotations

import re
import string
from hashlib import sha256
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import read_mo
from babel.messages.pofile import read_po

import dialer.web
from dialer.web.labels import FAMILIES, label
from messaging.message import MessageStatus
from scheduler.strategy import ATTEMPT_OUTCOMES

WEB = Path(dialer.web.__file__).parent
PO = WEB / "locale" / "zh_Hans" / "LC_MESSAGES" / "messages.po"
VENDOR = WEB / "static" / "vendor"


def texts() -> Catalog:
    """Every text of the console, as `pybabel extract` finds it."""
    with (WEB / "locale" / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    catalogue = Catalog()
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2), "mark": None, "translate": (2,)}
    for _, _, message, _, _ in extract_from_dir(WEB, methods, options, keywords=keywords):
        if message:
            catalogue.add(message)
    return catalogue


@pytest.fixture(scope="module")
def chinese() -> Catalog:
    with PO.open("rb") as file:
        return read_po(file, locale="zh_Hans")


def test_every_text_has_its_chinese(chinese: Catalog) -> None:
    wanted = {message.id for message in texts() if message.id}
    assert len(wanted) > 250
    known = {m.id: m for m in chinese if m.id}
    missing = [
        text
        for text in wanted
        if text not in known or known[text].fuzzy or not all(words(known[text].string))
    ]
    assert missing == []
    assert sorted(map(str, set(known) - wanted)) == []


def test_a_translation_keeps_the_places_of_its_text(chinese: Catalog) -> None:
    for message in chinese:
        if message.id:
            wanted = set().union(*(re.findall(r"%\(\w+\)s", text) for text in words(message.id)))
            for text in words(message.string):
                assert set(re.findall(r"%\(\w+\)s", text)) == wanted, message.id


def test_the_compiled_catalogue_is_that_of_the_text(chinese: Catalog) -> None:
    with PO.with_suffix(".mo").open("rb") as file:
        compiled = read_mo(file)
    assert spoken(compiled) == spoken(chinese)


def spoken(catalogue: Catalog) -> dict[tuple[str, ...], tuple[str, ...]]:
    return {words(m.id): words(m.string) for m in catalogue if m.id}


def words(text: str | list[str] | tuple[str, ...]) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text)


def test_every_outcome_has_a_word() -> None:
    for code in {*ATTEMPT_OUTCOMES, "reserved", "not_sent", *(s.value for s in MessageStatus)}:
        assert code in FAMILIES["outcome"], code
    assert label("something_new", "outcome") == "something_new"


def test_vendored_files_are_those_of_the_list_and_have_their_licences() -> None:
    listed = dict(
        reversed(line.split("  ", 1)) for line in (VENDOR / "SHA256SUMS").read_text().splitlines()
    )
    files = {path.name for path in VENDOR.iterdir()} - {"SHA256SUMS"}
    assert files == set(listed)
    for name, digest in listed.items():
        assert sha256((VENDOR / name).read_bytes()).hexdigest() == digest, name
    libraries = {name.split("-")[0] for name in files}
    assert {f"{library}-LICENSE.txt" for library in libraries} <= files


def test_colours_of_text_have_contrast_in_light_and_dark() -> None:
    css = (WEB / "static" / "console.css").read_text()
    light, dark = re.findall(r":root \{(.*?)\n\s*\}", css, re.S)[:2]
    for theme in (light, light + dark):
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", theme))
        for ink in ("ink", "muted", "accent", "good", "warn", "bad"):
            for ground in ("paper", "surface", "sunken"):
                assert contrast(colours[ink], colours[ground]) >= 4.5, (ink, ground)
        assert contrast(colours["on-accent"], colours["accent"]) >= 4.5
        assert contrast(colours["bad"], colours["bad-wash"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    assert set(colour[1:]) <= set(string.hexdigits)
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

"""Templates: what may stand in one, and the wordings that come with the product."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from messaging.sms import text
from messaging.templates import (
    LANGUAGES,
    BadTemplate,
    Templates,
    load_templates,
    sample_templates,
)

SAMPLES = sample_templates()
NAMES = ["first_notice", "reminder", "plan_reminder", "opt_out_confirmation"]
VALUES = {
    "first_name": "Ada",
    "full_name": "Ada <b>Example</b>",
    "collector": "Example Collections",
    "creditor": "Example Bank",
    "phone": "+1 202 555 0100",
    "postal_address": "1 Sample Street, Washington DC",
    "balance": 123450,
    "currency": "USD",
    "as_of": date(2026, 11, 24),
    "due_on": date(2026, 12, 1),
    "instalment": 5000,
    "instalments_left": 3,
    "unsubscribe_url": "https://example.test/u/token?a=1&b=2",
}


def sms(words: str, language: str = "en") -> Templates:
    return Templates({("t", "sms", language): {"text": words}})


def email(text: str, html: str, subject: str = "s") -> Templates:
    return Templates({("t", "email", "en"): {"subject": subject, "text": text, "html": html}})


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_each_sample_says_who_writes_and_how_to_opt_out(name: str, language: str) -> None:
    short = SAMPLES.render(name, "sms", language, VALUES).text
    assert VALUES["collector"] in short
    assert ("STOP" if language == "en" else "退订") in short
    mail = SAMPLES.render(name, "email", language, VALUES)
    assert VALUES["collector"] in mail.text
    assert VALUES["unsubscribe_url"] in mail.text
    assert 'href="https://example.test/u/token?a=1&amp;b=2"' in mail.html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("name", NAMES)
def test_sample_texts_tell_nothing_of_a_debt_and_are_short(name: str, language: str) -> None:
    words = SAMPLES.render(name, "sms", language, VALUES).text.casefold()
    for telling in ("debt", "owe", "balance", "pay", "bank", "$", "欠", "款", "债", "还", "催"):
        assert telling not in words
    assert len(text.split(words, reference=0)) <= 2


def test_where_a_us_sample_mentions_the_debt_it_says_that_a_collector_writes() -> None:
    first = SAMPLES.render("first_notice", "email", "en", VALUES)
    for words in (first.text, first.html):
        assert "This is an attempt to collect a debt" in words
        assert "any information we obtain will be used for that purpose" in words
    for name in ("reminder", "plan_reminder"):
        later = SAMPLES.render(name, "email", "en", VALUES)
        for words in (later.text, later.html):
            assert "This communication is from a debt collector." in words


def test_money_and_dates_follow_the_language() -> None:
    values = VALUES | {"currency": "CNY"}
    assert "$1,234.50 as of November 24, 2026" in (
        SAMPLES.render("first_notice", "email", "en", VALUES).text
    )
    assert "2026年11月24日" in SAMPLES.render("first_notice", "email", "zh", values).text
    assert "¥1,234.50" in SAMPLES.render("first_notice", "email", "zh", values).text


def test_html_is_escaped_and_text_is_not() -> None:
    mail = SAMPLES.render("reminder", "email", "en", VALUES)
    assert "Ada &lt;b&gt;Example&lt;/b&gt;" in mail.html
    assert "Ada <b>Example</b>" in mail.text


@pytest.mark.parametrize(
    "source",
    [
        "{% for i in range(9) %}x{% endfor %} STOP",
        "{{ 'a' * 1000000000 }} STOP",
        "{{ 2 ** 9999999 }} STOP",
        "{{ name.__class__ }} STOP",
        "{{ name['x'] }} STOP",
        "{{ name() }} STOP",
        "{% set x = 1 %} STOP",
        "{% macro m() %}{% endmacro %} STOP",
        "{% include 'x' %} STOP",
        "{{ name|attr('x') }} STOP",
        "{{ name|format(1) }} STOP",
        "{{ name|center(1000000) }} STOP",
        "{{ 'a' ~ 'b' }} STOP",
        "{{ [1, 2] }} STOP",
        "{{ name STOP",
        "x" * 20_001 + "STOP",
    ],
)
def test_whatever_could_harm_is_refused_at_load(source: str) -> None:
    with pytest.raises(BadTemplate, match=r"template t\.sms\.en\.text"):
        sms(source)


@pytest.mark.parametrize(
    ("words", "language"),
    [
        ("Call us", "en"),
        ("Call us, or stop by", "en"),
        ("{% if nice %}Reply STOP{% endif %}", "en"),
        ("{{ 'STOP' if nice else '' }}", "en"),
        ("Reply STOP", "zh"),
    ],
)
def test_a_text_without_the_opt_out_is_refused_by_name(words: str, language: str) -> None:
    with pytest.raises(BadTemplate, match=rf"template t\.sms\.{language}.*opt out"):
        sms(words, language)


def test_an_email_needs_the_link_in_both_bodies() -> None:
    link = "{{ unsubscribe_url }}"
    email(link, link)
    with pytest.raises(BadTemplate, match=r"template t\.email\.en\.html"):
        email(link, "no link")
    with pytest.raises(BadTemplate, match=r"template t\.email\.en\.text"):
        email("{% if x %}" + link + "{% endif %}", link)


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "'name' is undefined"),
        ({"name": "x" * 501}, "name is longer"),
        ({"name": "a\nBcc: b@example.test"}, "not one line"),
        ({"name": "x" * 300}, "600"),
    ],
)
def test_values_that_do_not_fit_are_refused(values: dict[str, object], why: str) -> None:
    templates = sms("{{ name }}{{ name }}{{ name }} STOP")
    with pytest.raises(BadTemplate, match=why):
        templates.render("t", "sms", "en", values)


def test_a_wrong_type_is_said_and_nothing_is_rendered() -> None:
    with pytest.raises(BadTemplate, match="text"):
        sms("{{ d|date }} STOP").render("t", "sms", "en", {"d": "soon"})
    with pytest.raises(BadTemplate, match="text"):
        sms("{{ m|money('USD') }} STOP").render("t", "sms", "en", {"m": "much"})


def test_there_is_no_fallback_to_another_language() -> None:
    with pytest.raises(BadTemplate, match="there is no template"):
        sms("STOP").render("t", "sms", "zh", {})


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("[sms.en]\ntext = 'STOP'", "no name"),
        ("name = 'x'\n[fax.en]\ntext = 'STOP'", "channel"),
        ("name = 'x'\n[sms.tlh]\ntext = 'STOP'", "language"),
        ("name = 'x'\n[sms.en]\ntext = 'STOP'\nhtml = ''", "must have text"),
        ("name = ", "bad.toml"),
    ],
)
def test_a_bad_file_is_named(tmp_path: Path, content: str, why: str) -> None:
    (tmp_path / "bad.toml").write_text(content, "utf-8")
    with pytest.raises(BadTemplate, match=why):
        load_templates([tmp_path / "bad.toml"])


def test_no_template_is_defined_twice(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text("name = 'x'\n[sms.en]\ntext = 'STOP'", "utf-8")
    with pytest.raises(BadTemplate, match=r"second x\.sms\.en"):
        load_templates(sorted(tmp_path.iterdir()))

"""Wordings of messages, per channel and language: loaded, checked, filled in.

A template is text with `{{ name }}`, filters from a short list and `{% if %}`; loops, arithmetic,
calls, attributes and assignments are refused, so that no wording can look into the program or
keep it busy. Every one must carry the opt-out instruction where no condition can hide it (12 CFR
1006.6(e)): a file without it is not loaded at all.

A file is TOML: `name`, and a table for each channel and language, `[sms.en]` with `text`,
`[email.zh]` with `subject`, `text` and `html`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from importlib.resources import files
from importlib.resources.abc import Traversable

from babel.dates import format_date
from babel.numbers import format_currency, get_currency_precision
from jinja2 import StrictUndefined, TemplateError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

LANGUAGES = ("en", "zh")
CHANNELS: Mapping[str, tuple[str, ...]] = {
    "sms": ("text",),
    "email": ("subject", "text", "html"),
}
UNSUBSCRIBE = "unsubscribe_url"
MAX_SOURCE = 20_000
MAX_VALUE = 500
MAX_RENDERED: Mapping[str, int] = {"text": 50_000, "html": 100_000, "subject": 200}
MAX_SMS = 600  # characters; the transport counts the SMS

_OPT_OUT_WORD = {"en": re.compile(r"\bSTOP\b"), "zh": re.compile("退订")}
_ALLOWED = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.Filter,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_FILTERS = frozenset({"date", "money", "trim", "upper", "lower", "title"})


class BadTemplate(ValueError):
    """A template that must not be used, or values that do not fit it; the text names which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A wording with its blanks filled. `subject` and `html` are empty for an SMS."""

    text: str
    subject: str = ""
    html: str = ""


def _date(language: str) -> Callable[[date], str]:
    def render(value: date) -> str:
        if not isinstance(value, date):
            raise TypeError(f"{value!r} is not a date")
        return format_date(value, "long", locale=language)

    return render


def _money(language: str) -> Callable[[int, str], str]:
    """`minor_units|money(currency)`, the currency by its ISO 4217 code."""

    def render(minor_units: int, currency: str) -> str:
        amount = Decimal(minor_units).scaleb(-get_currency_precision(currency))
        return format_currency(amount, currency, locale=language)

    return render


def _environment(language: str, *, escape: bool) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=escape, keep_trailing_newline=False
    )
    environment.globals.clear()
    environment.filters["date"] = _date(language)
    environment.filters["money"] = _money(language)
    return environment


class Templates:
    """All templates of a service, by name, channel and language."""

    def __init__(self, sources: Mapping[tuple[str, str, str], Mapping[str, str]]) -> None:
        """`sources`: (name, channel, language) -> field -> template. Raises BadTemplate."""
        self._environments = {
            (language, escape): _environment(language, escape=escape)
            for language in LANGUAGES
            for escape in (False, True)
        }
        self.names = frozenset(sources)
        self._compiled = {}
        for (name, channel, language), fields in sources.items():
            label = f"template {name}.{channel}.{language}"
            _check_fields(label, channel, language, fields)
            for field, source in fields.items():
                environment = self._environments[language, field == "html"]
                _check(f"{label}.{field}", environment, source)
                compiled = environment.from_string(source)
                self._compiled[name, channel, language, field] = compiled
            _check_opt_out(label, self._environments[language, False], channel, language, fields)

    def render(
        self, name: str, channel: str, language: str, values: Mapping[str, object]
    ) -> Rendered:
        """Fill in. A value that is missing, too long, or of two lines raises BadTemplate."""
        label = f"template {name}.{channel}.{language}"
        if (name, channel, language) not in self.names:
            raise BadTemplate(f"there is no {label}")
        for key, value in values.items():
            if isinstance(value, str) and (len(value) > MAX_VALUE or not value.isprintable()):
                raise BadTemplate(f"{label}: {key} is longer than {MAX_VALUE} or not one line")
        rendered = {}
        for field in CHANNELS[channel]:
            compiled = self._compiled[name, channel, language, field]
            try:
                rendered[field] = compiled.render(values).strip()
            except (TemplateError, ValueError, TypeError, ArithmeticError) as error:
                raise BadTemplate(f"{label}.{field}: {error}") from error
            most = MAX_SMS if channel == "sms" else MAX_RENDERED[field]
            if not 0 < len(rendered[field]) <= most:
                raise BadTemplate(f"{label}.{field}: {len(rendered[field])} characters of {most}")
        return Rendered(**rendered)


def load_templates(files: Iterable[Traversable]) -> Templates:
    """Templates from TOML files; the first bad one raises BadTemplate, naming it."""
    sources: dict[tuple[str, str, str], Mapping[str, str]] = {}
    for file in files:
        try:
            table = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadTemplate(f"{file.name}: {error}") from error
        name = table.pop("name", None)
        if not isinstance(name, str):
            raise BadTemplate(f"{file.name}: there is no name")
        for channel, languages in table.items():
            for language, fields in languages.items():
                key = (name, channel, language)
                if key in sources:
                    raise BadTemplate(f"{file.name}: a second {'.'.join(key)}")
                sources[key] = fields
    return Templates(sources)


def sample_templates() -> Templates:
    """The templates that come with the product."""
    folder = files("messaging") / "samples"
    return load_templates(
        sorted((f for f in folder.iterdir() if f.name.endswith(".toml")), key=lambda f: f.name)
    )


def _check_fields(label: str, channel: str, language: str, fields: Mapping[str, str]) -> None:
    if channel not in CHANNELS:
        raise BadTemplate(f"{label}: the channel is not one of {', '.join(CHANNELS)}")
    if language not in LANGUAGES:
        raise BadTemplate(f"{label}: the language is not one of {', '.join(LANGUAGES)}")
    if set(fields) != set(CHANNELS[channel]):
        raise BadTemplate(f"{label}: it must have {', '.join(CHANNELS[channel])}")


def _check(label: str, environment: ImmutableSandboxedEnvironment, source: str) -> None:
    if len(source) > MAX_SOURCE:
        raise BadTemplate(f"{label}: longer than {MAX_SOURCE} characters")
    try:
        tree = environment.parse(source)
    except TemplateError as error:
        raise BadTemplate(f"{label}: {error}") from error
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            raise BadTemplate(f"{label}: {type(node).__name__} is not allowed in a template")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise BadTemplate(f"{label}: the filter {node.name} is not allowed in a template")


def _check_opt_out(
    label: str,
    environment: ImmutableSandboxedEnvironment,
    channel: str,
    language: str,
    fields: Mapping[str, str],
) -> None:
    for field in ("text",) if channel == "sms" else ("text", "html"):
        words, names = _unconditional(environment.parse(fields[field]))
        if channel == "sms" and not _OPT_OUT_WORD[language].search(words):
            raise BadTemplate(f"{label}: it does not say how to opt out (STOP, 退订)")
        if channel == "email" and UNSUBSCRIBE not in names:
            raise BadTemplate(f"{label}.{field}: it does not carry {{{{ {UNSUBSCRIBE} }}}}")


def _unconditional(tree: nodes.Template) -> tuple[str, frozenset[str]]:
    """Words and names that stand outside every condition."""
    parts = [part for node in tree.body if isinstance(node, nodes.Output) for part in node.nodes]
    words = "".join(p.data for p in parts if isinstance(p, nodes.TemplateData))
    return words, frozenset(p.name for p in parts if isinstance(p, nodes.Name))

"""The texts of rules and findings in the reader's language.

Packs and records hold each text once, in the words in which the rule was written; what is said in
another language is looked up here when it is shown, so that neither a pack's hash nor a record's
bytes depend on a translation. A text without one is shown as it is written.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

_SEPARATOR = "; "
_PLACE = re.compile(r"\\\{(\w+)\\\}")


@dataclass(frozen=True, slots=True)
class _Pattern:
    """A text with places for words: lower-case ones take known words alone, others any text."""

    matches: re.Pattern[str]
    says: str


@dataclass(frozen=True, slots=True)
class _Catalogue:
    texts: Mapping[str, str]
    words: Mapping[str, str]
    patterns: tuple[_Pattern, ...]


def languages() -> tuple[str, ...]:
    """The languages for which texts are kept, by their ISO 639 code."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(f.name.removesuffix(".toml") for f in files if f.name.endswith(".toml")))


def said(text: str, language: str) -> str:
    """A text of a pack, a finding or a refusal in a language (BCP 47; its region is not asked).

    Several texts joined by a semicolon are looked up one by one.
    """
    kept = _catalogue(language.partition("-")[0])
    whole = _one(text, kept)
    if whole is not None:
        return whole
    parts, done = text.split(_SEPARATOR), 0
    found: list[str] = []
    while done < len(parts):
        for end in range(len(parts), done, -1):
            run = _SEPARATOR.join(parts[done:end])
            answer = _one(run, kept) if run != text else None
            if answer is not None:
                break
        found.append(answer or run)
        done = end
    return _SEPARATOR.join(found)


def _one(text: str, kept: _Catalogue) -> str | None:
    if text in kept.texts:
        return kept.texts[text]
    for pattern in kept.patterns:
        match = pattern.matches.fullmatch(text)
        if match is None:
            continue
        words = {name: _word(name, value, kept) for name, value in match.groupdict().items()}
        if None not in words.values():
            return pattern.says.format(**words)
    return None


def _word(name: str, value: str, kept: _Catalogue) -> str | None:
    known = kept.words.get(value) or _one(value, kept)
    return value if known is None and name.isupper() else known


@cache
def _catalogue(language: str) -> _Catalogue:
    file = resources.files(__package__).joinpath(f"{language}.toml")
    if not file.is_file():
        return _Catalogue({}, {}, ())
    kept = tomllib.loads(file.read_text("utf-8"))
    return _Catalogue(
        texts=kept.get("texts", {}),
        words=kept.get("words", {}),
        patterns=tuple(
            _Pattern(re.compile(_PLACE.sub(r"(?P<\1>.+?)", re.escape(text))), says)
            for text, says in kept.get("patterns", {}).items()
        ),
    )

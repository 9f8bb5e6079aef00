"""Values of the facts to plain data and back, so that a recorded decision can be decided again."""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from json.encoder import encode_basestring
from operator import attrgetter
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from compliance.ledger import WRITERS, Written

T = TypeVar("T")
Reader = Callable[[Any], Any]
"""Plain data to a value; ValueError where it is none."""


@dataclass(frozen=True, slots=True)
class _Form:
    """The fields of a dataclass in the order of their names, and how each begins as text."""

    names: tuple[str, ...]
    starts: tuple[str, ...]
    values: Callable[[Any], tuple[Any, ...]]


class _Forms(dict[type, _Form]):
    """The forms of all dataclasses, each worked out when it is first met."""

    def __missing__(self, kind: type[Any]) -> _Form:
        names = tuple(sorted(kind.__dataclass_fields__))
        starts = tuple(f'"{name}":' for name in names)
        form = self[kind] = _Form(names, starts, attrgetter(*names))
        return form


_FORMS = _Forms()


def filled(item: Any) -> dict[str, object]:
    """The fields of a dataclass that are not empty, for `canonical`; inner ones are written."""
    form = _FORMS[type(item)]
    plain: dict[str, object] = {}
    for name, value in zip(form.names, form.values(item), strict=True):
        if value is None or (not value and isinstance(value, (tuple, frozenset))):
            continue
        inner = isinstance(value, tuple) and is_dataclass(value[0])
        plain[name] = [Written(_text(one)) for one in value] if inner else value
    return plain


def _text(item: Any) -> str:
    """The canonical text of the fields of a dataclass that are not empty."""
    form = _FORMS[type(item)]
    parts: list[str] = []
    for start, value in zip(form.starts, form.values(item), strict=True):
        kind = type(value)
        if kind is str:
            parts.append(start + encode_basestring(value))
        elif value or (value is not None and kind is not tuple and kind is not frozenset):
            parts.append(start + WRITERS[kind](value))
    return f"{{{','.join(parts)}}}"


def restore(kind: type[T], data: object) -> T:
    """The dataclass that `filled` (and JSON) made plain; ValueError where it is none."""
    built: T = _READERS[kind](data)
    return built


class _Readers(dict[Any, Reader]):
    """The readers of all hints, each worked out when it is first met."""

    def __missing__(self, hint: Any) -> Reader:
        reader = self[hint] = _reader(hint)
        return reader


_READERS = _Readers()


def _builder(kind: type[Any]) -> Reader:
    """Reads the fields of a dataclass; those left out are empty."""
    hints = get_type_hints(kind)
    readers = {name: _READERS[hint] for name, hint in hints.items()}
    empty = {
        field.name: _nothing(hints[field.name])
        for field in fields(kind)
        if field.default is MISSING and _nothing(hints[field.name]) is not MISSING
    }

    def build(data: object) -> object:
        if not isinstance(data, Mapping):
            raise ValueError(f"{kind.__name__}: a mapping is needed")
        values = dict(empty)
        for name, value in data.items():
            reader = readers.get(name)
            if reader is None:
                unknown = ", ".join(sorted(set(data) - set(readers)))
                raise ValueError(f"{kind.__name__}: unknown fields {unknown}")
            values[name] = reader(value)
        try:
            return kind(**values)
        except TypeError:
            missing = next(f.name for f in fields(kind) if f.name not in values)
            raise ValueError(f"{kind.__name__}: {missing} is missing") from None

    return build


def _nothing(hint: Any) -> object:
    """What `filled` left out of a field without a default; MISSING where it leaves none out."""
    origin = get_origin(hint)
    if origin in (tuple, frozenset):
        return origin()
    return None if type(None) in get_args(hint) else MISSING


def _reader(hint: Any) -> Reader:
    """Reads one plain value as what the hint says."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        one = _READERS[next(h for h in inner if h is not type(None))]
        return lambda value: None if value is None else one(value)
    if origin in (tuple, frozenset):
        return _reader_of_many(origin, _READERS[inner[0]])
    if isinstance(hint, type) and is_dataclass(hint):
        return _builder(hint)
    return _reader_of_one(hint)


def _reader_of_many(collect: type[Any], one: Reader) -> Reader:
    def read(value: object) -> object:
        if not isinstance(value, (list, tuple, frozenset)):
            raise ValueError(f"a list is needed, not {value!r}")
        return collect(map(one, value))

    return read


def _reader_of_one(hint: type[Any]) -> Reader:
    enum = issubclass(hint, Enum)
    from_text = _FROM_TEXT.get(hint)

    def read(value: object) -> object:
        if enum:
            return hint(value)
        if from_text is not None and type(value) is str:
            return from_text(value)
        if isinstance(value, hint):
            return value
        raise ValueError(f"{value!r} is no {hint}")

    return read


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo is UTC else at.astimezone(UTC)


_FROM_TEXT: Mapping[type[Any], Reader] = {
    datetime: _instant,
    date: date.fromisoformat,
    time: time.fromisoformat,
}

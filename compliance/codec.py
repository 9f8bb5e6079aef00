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
_HINTS: dict[type[Any], dict[str, Any]] = {}


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
    if not isinstance(data, Mapping):
        raise ValueError(f"{kind.__name__}: a mapping is needed")
    hints = _hints(kind)
    unknown = set(data) - set(hints)
    if unknown:
        raise ValueError(f"{kind.__name__}: unknown fields {', '.join(sorted(unknown))}")
    values = {name: _value(hints[name], value) for name, value in data.items()}
    for field in fields(kind):  # type: ignore[arg-type]
        if field.name not in values and field.default is MISSING:
            values[field.name] = _empty(kind, field.name, hints[field.name])
    return kind(**values)


def _hints(kind: type[Any]) -> dict[str, Any]:
    if kind not in _HINTS:
        _HINTS[kind] = get_type_hints(kind)
    return _HINTS[kind]


def _empty(kind: type[Any], name: str, hint: Any) -> object:
    """What `filled` left out."""
    origin = get_origin(hint)
    if origin in (tuple, frozenset):
        return origin()
    if type(None) in get_args(hint):
        return None
    raise ValueError(f"{kind.__name__}: {name} is missing")


def _value(hint: Any, value: object) -> object:
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        if value is None:
            return None
        return _value(next(h for h in inner if h is not type(None)), value)
    if origin in (tuple, frozenset):
        if not isinstance(value, (list, tuple, frozenset)):
            raise ValueError(f"a list is needed, not {value!r}")
        return origin(_value(inner[0], one) for one in value)
    return _scalar(hint, value)


def _scalar(hint: Any, value: object) -> object:
    if is_dataclass(hint) and isinstance(hint, type):
        return restore(hint, value)
    if isinstance(value, str) and hint is datetime:
        return datetime.fromisoformat(value).astimezone(UTC)
    if isinstance(value, str) and hint in (date, time):
        return hint.fromisoformat(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value)
    if isinstance(hint, type) and isinstance(value, hint):
        return value
    raise ValueError(f"{value!r} is no {hint}")

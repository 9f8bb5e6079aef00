"""Values of the facts to plain data and back, so that a recorded decision can be decided again."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")
_HINTS: dict[type[Any], dict[str, Any]] = {}


def filled(item: Any) -> dict[str, object]:
    """The fields of a dataclass that are not empty, those of inner dataclasses likewise."""
    plain: dict[str, object] = {}
    for name in item.__dataclass_fields__:
        value = getattr(item, name)
        if value is None or (not value and isinstance(value, (tuple, frozenset))):
            continue
        if isinstance(value, tuple) and is_dataclass(value[0]):
            value = [filled(one) for one in value]
        plain[name] = value
    return plain


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

"""The closed vocabulary of pack files: what a key may hold, checked at load, shown as a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Any


class FieldError(ValueError):
    """A key of a pack that does not hold; `key` is empty where the table itself is meant."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}" if key else reason)
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One key: how its value is read, whether it must be there, and its JSON Schema."""

    read: Callable[[object], Any]
    schema: Mapping[str, object]
    about: str
    required: bool = False
    default: Any = None


def read_table(fields: Mapping[str, Field], table: Mapping[str, object]) -> dict[str, Any]:
    """The values of a table by key, defaults filled in; FieldError at the first that is wrong."""
    for key in table:
        if key not in fields:
            known = ", ".join(sorted(fields))
            raise FieldError(key, f"unknown key; this table knows {known}")
    values: dict[str, Any] = {}
    for key, field in fields.items():
        if key not in table:
            if field.required:
                raise FieldError("", f"the key {key!r} is missing")
            values[key] = field.default
            continue
        try:
            values[key] = field.read(table[key])
        except FieldError as error:
            inner = f"{key}.{error.key}" if error.key else key
            raise FieldError(inner, error.reason) from error
        except ValueError as error:
            raise FieldError(key, str(error)) from error
    return values


def table_schema(fields: Mapping[str, Field]) -> dict[str, object]:
    """The JSON Schema of a table with these keys."""
    return {
        "type": "object",
        "additionalProperties": False,
        "required": sorted(k for k, f in fields.items() if f.required),
        "properties": {k: {**f.schema, "description": f.about} for k, f in fields.items()},
    }


def _text(value: object) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("text is needed")
    return value


def text(about: str, *, required: bool = False, default: str | None = None) -> Field:
    """A text that is not empty."""
    return Field(
        read=_text,
        schema={"type": "string", "minLength": 1},
        about=about,
        required=required,
        default=default,
    )


def choice(
    about: str, allowed: tuple[str, ...], *, required: bool = False, default: str | None = None
) -> Field:
    """One of a closed list of words."""

    def read(value: object) -> str:
        if value not in allowed:
            raise ValueError(f"{value!r} is not one of {', '.join(allowed)}")
        return str(value)

    return Field(
        read=read, schema={"enum": list(allowed)}, about=about, required=required, default=default
    )


def words(
    about: str,
    allowed: tuple[str, ...] | None = None,
    *,
    required: bool = False,
    default: tuple[str, ...] = (),
) -> Field:
    """A list of words, of a closed list where one is given."""

    def read(value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not value:
            raise ValueError("a list of at least one word is needed")
        for word in value:
            _text(word)
            if allowed is not None and word not in allowed:
                raise ValueError(f"{word!r} is not one of {', '.join(allowed)}")
        return tuple(value)

    items: dict[str, object] = {"type": "string"} if allowed is None else {"enum": list(allowed)}
    return Field(
        read=read,
        schema={"type": "array", "minItems": 1, "items": items},
        about=about,
        required=required,
        default=default,
    )


def flag(about: str, *, default: bool = False) -> Field:
    """True or false."""

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError("true or false is needed")
        return value

    return Field(read=read, schema={"type": "boolean"}, about=about, default=default)


def number(
    about: str, *, minimum: int = 0, required: bool = False, default: int | None = None
) -> Field:
    """A whole number."""

    def read(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < minimum:
            raise ValueError(f"a whole number of at least {minimum} is needed")
        return value

    return Field(
        read=read,
        schema={"type": "integer", "minimum": minimum},
        about=about,
        required=required,
        default=default,
    )


def day(about: str) -> Field:
    """A calendar date, written as a TOML date."""

    def read(value: object) -> date:
        if type(value) is not date:
            raise ValueError("a date such as 2026-09-01 (without quotes) is needed")
        return value

    return Field(read=read, schema={"type": "string", "format": "date"}, about=about, default=None)


def minute_of_day(value: object) -> int:
    """Minutes since midnight of `"HH:MM"`; `"24:00"` is the end of the day."""
    if value == "24:00":
        return 1440
    try:
        clock = time.fromisoformat(str(value))
    except ValueError:
        clock = None
    if clock is None or not isinstance(value, str) or len(value) != 5:
        raise ValueError(f'{value!r} is not a local time such as "08:00"')
    return clock.hour * 60 + clock.minute


CLOCK_SCHEMA: Mapping[str, object] = {
    "type": "string",
    "pattern": "^([01]\\d|2[0-3]):[0-5]\\d$|^24:00$",
}


def clock(about: str, *, required: bool = False) -> Field:
    """A local time of day; the value is in minutes since midnight."""
    return Field(read=minute_of_day, schema=CLOCK_SCHEMA, about=about, required=required)


def table(about: str, fields: Mapping[str, Field], *, required: bool = False) -> Field:
    """A table with keys of its own."""

    def read(value: object) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise ValueError("a table is needed")
        return read_table(fields, value)

    return Field(read=read, schema=table_schema(fields), about=about, required=required)


def span_pair(about: str) -> Field:
    """Local hours `["08:00", "21:00"]`, half-open, or `"closed"`; minutes since midnight."""

    def read(value: object) -> tuple[int, int] | None:
        if value == "closed":
            return None
        if not isinstance(value, list) or len(value) != 2:
            raise ValueError('two times such as ["08:00", "21:00"], or "closed", are needed')
        start, end = minute_of_day(value[0]), minute_of_day(value[1])
        if start >= end:
            raise ValueError("the hours must open before they close")
        return start, end

    pair = {"type": "array", "minItems": 2, "maxItems": 2, "items": CLOCK_SCHEMA}
    return Field(read=read, schema={"anyOf": [{"const": "closed"}, pair]}, about=about, default=...)

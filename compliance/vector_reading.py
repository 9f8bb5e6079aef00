"""Reading the JSON of worked cases strictly: every error names the case and the field."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from enum import Enum, StrEnum, auto
from typing import Any, TypeVar, overload

from compliance.fields import minute_of_day

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class _Required(Enum):
    """Stands where a field has no default."""

    REQUIRED = auto()


_REQUIRED = _Required.REQUIRED


class VectorError(ValueError):
    """A malformed case: which one, which field, and why."""

    def __init__(self, vector: str, field: str, reason: str) -> None:
        super().__init__(f"vector {vector}: {field}: {reason}")
        self.vector = vector
        self.field = field
        self.reason = reason


class Reader:
    """One JSON object of a case. Every field is asked for; `done` finds those that were not."""

    def __init__(self, vector: str, path: str, value: object) -> None:
        self._vector = vector
        self._path = path
        if not isinstance(value, dict):
            raise VectorError(vector, path or "the case", "an object is needed")
        self._value: dict[str, object] = value
        self._asked: set[str] = set()

    def error(self, field: str, reason: str) -> VectorError:
        """The error of a field."""
        return VectorError(self._vector, self._name(field), reason)

    def _name(self, field: str) -> str:
        return f"{self._path}.{field}" if self._path else field

    def names(self) -> list[str]:
        """The fields that are there."""
        return list(self._value)

    def _get(self, field: str) -> Any:
        """What the field holds; None where it is not there."""
        self._asked.add(field)
        return self._value.get(field)

    def _missing(self, field: str, default: T | _Required) -> T:
        """What stands for a field that is not there."""
        if isinstance(default, _Required):
            raise self.error(field, "is missing")
        return default

    def _required(self, field: str) -> Any:
        value = self._get(field)
        return self._missing(field, _REQUIRED) if value is None else value

    def skip(self, *fields: str) -> None:
        """Fields that are for people."""
        self._asked.update(fields)

    def done(self) -> None:
        """Raise VectorError where a field is there that nothing understands."""
        for field in self._value:
            if field not in self._asked:
                raise self.error(field, "unknown field")

    @overload
    def text(self, field: str) -> str: ...
    @overload
    def text(self, field: str, *, default: str) -> str: ...
    @overload
    def text(self, field: str, *, default: None) -> str | None: ...

    def text(self, field: str, *, default: str | _Required | None = _REQUIRED) -> str | None:
        """A text."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        if not isinstance(value, str) or not value:
            raise self.error(field, "text is needed")
        return value

    def texts(
        self, field: str, *, default: tuple[str, ...] | _Required = _REQUIRED
    ) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self.error(field, "a list of texts is needed")
        return tuple(value)

    @overload
    def flag(self, field: str) -> bool: ...
    @overload
    def flag(self, field: str, *, default: bool) -> bool: ...
    @overload
    def flag(self, field: str, *, default: None) -> bool | None: ...

    def flag(self, field: str, *, default: bool | _Required | None = _REQUIRED) -> bool | None:
        """True or false."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        if not isinstance(value, bool):
            raise self.error(field, "true or false is needed")
        return value

    def number(self, field: str) -> int:
        """A whole number that is not negative."""
        value = self._required(field)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise self.error(field, "a whole number is needed")
        return value

    @overload
    def choice(self, field: str, kind: type[E]) -> E: ...
    @overload
    def choice(self, field: str, kind: type[E], *, default: None) -> E | None: ...

    def choice(
        self, field: str, kind: type[E], *, default: _Required | None = _REQUIRED
    ) -> E | None:
        """One word of a closed list."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        try:
            return kind(value)
        except ValueError:
            raise self.error(field, f"{value!r} is not one of {', '.join(kind)}") from None

    @overload
    def instant(self, field: str) -> datetime: ...
    @overload
    def instant(self, field: str, *, default: None) -> datetime | None: ...

    def instant(self, field: str, *, default: _Required | None = _REQUIRED) -> datetime | None:
        """An instant with its offset, as UTC."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        try:
            at = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            raise self.error(field, f"{value!r} is not an instant") from None
        if at.tzinfo is None:
            raise self.error(field, f"{value!r} has no offset from UTC")
        return at.astimezone(UTC)

    @overload
    def day(self, field: str) -> date: ...
    @overload
    def day(self, field: str, *, default: None) -> date | None: ...

    def day(self, field: str, *, default: _Required | None = _REQUIRED) -> date | None:
        """A local date."""
        value = self._get(field)
        if value is None:
            return self._missing(field, default)
        return self._day(field, value)

    def _day(self, field: str, value: object) -> date:
        try:
            if isinstance(value, str):
                return date.fromisoformat(value)
        except ValueError:
            pass
        raise self.error(field, f"{value!r} is not a date")

    def days(
        self, field: str, *, default: tuple[str, ...] | _Required = _REQUIRED
    ) -> tuple[date, ...]:
        """A list of local dates."""
        return tuple(self._day(field, v) for v in self.texts(field, default=default))

    def clock(self, field: str) -> time | None:
        """A local time of day; None is the midnight that ends the day (24:00)."""
        try:
            minute = minute_of_day(self._required(field))
        except ValueError as error:
            raise self.error(field, str(error)) from error
        return None if minute == 1440 else time(minute // 60, minute % 60)

    def child(self, field: str, *, default: dict[str, Any] | _Required = _REQUIRED) -> Reader:
        """An object within."""
        value = self._get(field)
        if value is None:
            value = self._missing(field, default)
        return Reader(self._vector, self._name(field), value)

    def children(
        self, field: str, *, default: list[Any] | _Required = _REQUIRED
    ) -> Iterator[Reader]:
        """The objects of a list within."""
        items = self._get(field)
        if items is None:
            items = self._missing(field, default)
        if not isinstance(items, list):
            raise self.error(field, "a list is needed")
        for number, item in enumerate(items):
            yield Reader(self._vector, f"{self._name(field)}[{number}]", item)

    def groups(self, field: str) -> tuple[tuple[str, ...], ...]:
        """A list of lists of texts."""
        value = self._required(field)
        if not isinstance(value, list):
            raise self.error(field, "a list of lists is needed")
        for group in value:
            if not isinstance(group, list) or not all(isinstance(g, str) for g in group):
                raise self.error(field, "a list of lists of texts is needed")
        return tuple(tuple(group) for group in value)

    def entries(self, field: str) -> Iterator[tuple[str, Reader]]:
        """The objects of a mapping, with their names."""
        inner = self.child(field)
        for name in inner.names():
            yield name, inner.child(name)

    def pairs(self, field: str) -> Iterator[tuple[str, str]]:
        """A mapping of texts to texts."""
        inner = self.child(field)
        for name in inner.names():
            yield name, inner.text(name)

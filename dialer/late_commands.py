"""Commands whose modules are imported when they are run: to list them costs next to nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group


@dataclass(frozen=True, slots=True, kw_only=True)
class Later:
    """Where a command, or a group of them, stands; `help` is what the list says of it."""

    module: str
    name: str
    help: str

    def load(self, called: str) -> Any:
        """The command itself, under the name by which it is called."""
        found = getattr(import_module(self.module), self.name)
        if isinstance(found, typer.Typer):
            return get_group(found)
        alone = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
        alone.command(called)(found)
        return get_command(alone)


class LateGroup(TyperGroup):
    """A group that knows its commands by `later` alone."""

    later: ClassVar[Mapping[str, Later]] = {}

    def list_commands(self, ctx: Any) -> list[str]:
        return list(self.later)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        later = self.later.get(cmd_name)
        return None if later is None else _Promised(cmd_name, later)


class _Promised(TyperCommand):
    """Stands in a list for a command, and becomes it when it is called."""

    def __init__(self, name: str, later: Later) -> None:
        super().__init__(name, help=later.help)
        self._called = name
        self._later = later

    def make_context(self, *args: Any, **extra: Any) -> Any:
        return self._later.load(self._called).make_context(*args, **extra)

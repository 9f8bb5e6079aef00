"""A short way to write a worked case: local times, one line an earlier event.

A table says once who acts, under which packs and where the consumer is. `want` is what must come
out: `allow`, `allow` and the rules that explain it, or `deny` and the rules that deny. `opens` is
the local time at which a refused contact opens by itself; without it, only an event opens it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

YEAR = "2026"
_FLAGS = {"yes": True, "no": False}


@dataclass(frozen=True, slots=True)
class Case:
    """One worked case in the format of `ringfence decide`, and what must come of it."""

    title: str
    cite: str
    vector: dict[str, Any]
    allowed: bool
    rules: tuple[str, ...]
    strength: str | None
    opens: str | None


@dataclass(frozen=True, slots=True)
class Table:
    """What the cases of one jurisdiction have in common."""

    packs: str
    actor: str
    zones: str
    place: dict[str, str]

    def case(
        self,
        title: str,
        cite: str,
        at: str,
        want: str,
        *,
        opens: str | None = None,
        strength: str | None = None,
        history: str = "",
        facts: dict[str, Any] | None = None,
        packs: str | None = None,
        actor: str | None = None,
        zones: str | None = None,
        **proposed: Any,
    ) -> Case:
        """One case at a local time of the first zone."""
        places = (zones or self.zones).split()
        clock = ZoneInfo(places[0])
        answer, *rules = want.split()
        request = _proposed(proposed)
        vector = {
            "id": title,
            "packs": (packs or self.packs).split(),
            "actor": actor or self.actor,
            "consumer": {"locations": [{"kind": "address", "tz": z, **self.place} for z in places]},
            "facts": facts or {},
            "history": [
                _event(line.split(), clock) for line in history.splitlines() if line.strip()
            ],
            "proposed": {"at": _utc(at, clock), **request},
        }
        denies = strength if strength or answer == "allow" else "prohibition"
        return Case(
            title=title,
            cite=cite,
            vector=vector,
            allowed=answer == "allow",
            rules=tuple(rules),
            strength=denies,
            opens=_utc(at if answer == "allow" else opens, clock),
        )


def table(packs: str, actor: str, zones: str, **place: str) -> Table:
    """A table of cases."""
    return Table(packs, actor, zones, place)


def daily(first: str, count: int, what: str) -> str:
    """The same event on `count` days running from `first` (MM-DD): `10:00 call no_answer`."""
    start = date.fromisoformat(f"{YEAR}-{first}")
    days = (start + timedelta(days=n) for n in range(count))
    return "".join(f"{day.isoformat()[5:]} {what}\n" for day in days)


def _utc(local: str | None, clock: ZoneInfo) -> Any:
    if local is None:
        return None
    full = local if len(local.split()[0]) > 5 else f"{YEAR}-{local}"
    at = datetime.fromisoformat(full).replace(tzinfo=clock)
    return at.astimezone(ZoneInfo("UTC")).isoformat().replace("+00:00", "Z")


def _proposed(changes: dict[str, Any]) -> dict[str, Any]:
    channel = changes.get("channel", "call")
    request: dict[str, Any] = {"channel": channel, "debts": ["D1"]}
    if channel in {"call", "sms", "rvm"}:
        request["number"] = "N1"
    elif channel == "email":
        request["address"] = "A1"
    if channel == "call":
        request["mode"] = "agent_dialled"
    return {**request, **changes}


def _event(words: list[str], clock: ZoneInfo) -> dict[str, Any]:
    day, hour, channel, outcome, *more = words
    event: dict[str, Any] = {
        "at": _utc(f"{day} {hour}", clock),
        "channel": channel,
        "direction": "in" if "in" in more else "out",
        "outcome": outcome,
        "debts": ["D1"],
    }
    if channel in {"call", "sms", "rvm"}:
        event["number"] = "N1"
    for word in more:
        name, _, value = word.partition("=")
        if value:
            listed = name in {"debts", "also_discussed"}
            event[name] = value.split(",") if listed else _FLAGS.get(value, value)
    return event

"""Cases that agents look at before they call: one for each free agent, dialed on their word.

A case that is looked at is leased, so that nobody else works it; one that is skipped comes up
again later, one whose agent went away is due as before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from dialer.store.claims import DueCase

LEASE = timedelta(minutes=25)
"""Longer than the longest preview; an agent's own call is begun well within it."""
SKIPPED = timedelta(minutes=15)
MODES = frozenset({"preview", "manual"})


class Wanted(StrEnum):
    """What becomes of a preview."""

    LOOK = "look"
    DIAL = "dial"
    SKIP = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """A case before an agent; `until`: then it is dialed by itself, None = on their word alone."""

    due: DueCase
    since: datetime
    until: datetime | None = None
    wanted: Wanted = Wanted.LOOK


@dataclass(slots=True)
class Previews:
    """The cases that agents look at."""

    _shown: dict[str, Preview] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)

    def of(self, agent: str) -> Preview | None:
        """What the agent looks at."""
        return self._shown.get(agent)

    def show(self, agent: str, preview: Preview) -> None:
        self._shown[agent] = preview

    def want(self, agent: str, wanted: Wanted) -> bool:
        """The agent's word; False where they look at nothing."""
        known = self._shown.get(agent)
        if known is None:
            return False
        self._shown[agent] = replace(known, wanted=wanted)
        return True

    def over(self, campaign_id: str, ready: Iterable[str], now: datetime) -> dict[str, Preview]:
        """The campaign's previews that ended, taken away; LOOK = the agent is not ready any more.

        Whoever dials is busy until `done`.
        """
        here = set(ready)
        ended: dict[str, Preview] = {}
        for agent, shown in tuple(self._shown.items()):
            if shown.due.campaign_id != campaign_id:
                continue
            timed_out = shown.until is not None and now >= shown.until
            if agent not in here:
                ended[agent] = replace(shown, wanted=Wanted.LOOK)
            elif shown.wanted is not Wanted.LOOK:
                ended[agent] = shown
            elif timed_out:
                ended[agent] = replace(shown, wanted=Wanted.DIAL)
        for agent, preview in ended.items():
            del self._shown[agent]
            if preview.wanted is Wanted.DIAL:
                self._busy.add(agent)
        return ended

    def free(self, agent: str) -> bool:
        """Whether the agent looks at nothing and calls nobody."""
        return agent not in self._shown and agent not in self._busy

    def done(self, agent: str) -> None:
        """The call that the agent dialed is over."""
        self._busy.discard(agent)

    def forget(self, running: Iterable[str]) -> list[DueCase]:
        """The leases of campaigns that do not run any more; their previews are taken away."""
        goes_on = set(running)
        gone = {a: p for a, p in self._shown.items() if p.due.campaign_id not in goes_on}
        for agent in gone:
            del self._shown[agent]
        return [preview.due for preview in gone.values()]

"""Which agents have the desk's page open: nobody without it is offered a call."""

from __future__ import annotations

from collections import Counter

PATIENCE_S = 10.0
"""So long may a page be away, for it to be loaded again or another network to be found."""


class Pages:
    """The open pages of each agent; there may be more than one."""

    def __init__(self) -> None:
        self._open: Counter[str] = Counter()
        self._alone: dict[str, float] = {}  # since when their last page is gone

    def opened(self, name: str) -> None:
        """The agent's page is there."""
        self._open[name] += 1
        self._alone.pop(name, None)

    def closed(self, name: str, now: float) -> None:
        """One of the agent's pages is gone; a call goes on without it. `now` is monotonic."""
        self._open[name] -= 1
        if self._open[name] == 0:
            self._alone[name] = now

    def gone(self, now: float) -> list[str]:
        """Whose page has been away for too long."""
        return [name for name, since in self._alone.items() if now - since > PATIENCE_S]

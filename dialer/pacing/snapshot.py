"""What a pacer may look at, and the protocol that every dialing mode keeps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

AgentId = int | str
AgentAges = Sequence[tuple[AgentId, float]]
PacerEvent = tuple[float, str, Any, Any, float]
"""`(t, kind, id, value, age)`: seconds since the start of the shift, what happened, to which call
or agent, with what value, and how long the call or the agent's state had lasted.

| kind | id | value | age |
| --- | --- | --- | --- |
| `launch` | call | None | 0 |
| `answer` | call | None | since launch |
| `outcome` | call | `human`, `machine`, `noanswer`, `fail` | since launch |
| `abandon` | call | None | since launch |
| `agent` | agent | `(old, new)` of `off ready talk wrap pause` | in the old state |
| `disposition` | agent | `human` or `machine`, as it really was | of the talk |
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PacerContext:
    """What a pacer is told once, at the start of a shift.

    `cap` is the share of live answers that may be abandoned, `grace` the seconds an answered
    person may wait after the greeting, `ring_timeout` the longest ringing in seconds, `shift` its
    length in seconds, `amd` whether machines are detected before an agent is connected, `lines`
    the campaign's lines, `cps` new calls a second, `agents` the team's size.
    """

    cap: float = 0.03
    grace: float = 2.0
    ring_timeout: float = 25.0
    shift: float = 28_800.0
    amd: bool = True
    lines: int = 1_000
    cps: float = 50.0
    agents: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Agents by state, calls by stage, and counters of the budget's window; ages in seconds.

    All lists run from the oldest. `ringing` holds seconds since launch, `detecting` seconds since
    pick-up while detection runs, `waiting` seconds since a live verdict without an agent. `room`
    is the number of calls that lines and the carrier's rate allow now.
    """

    ready: AgentAges = ()
    talk: AgentAges = ()
    wrap: AgentAges = ()
    paused: AgentAges = ()
    ringing: Sequence[float] = ()
    detecting: Sequence[float] = ()
    waiting: Sequence[float] = ()
    room: int = 0
    live: int = 0
    abandoned: int = 0

    @property
    def n_ready(self) -> int:
        return len(self.ready)

    @property
    def n_talk(self) -> int:
        return len(self.talk)

    @property
    def n_wrap(self) -> int:
        return len(self.wrap)

    @property
    def n_paused(self) -> int:
        return len(self.paused)

    @property
    def n_pending(self) -> int:
        """Calls ringing or in detection."""
        return len(self.ringing) + len(self.detecting)

    @property
    def n_waiting(self) -> int:
        return len(self.waiting)

    @property
    def logged_in(self) -> int:
        return len(self.ready) + len(self.talk) + len(self.wrap) + len(self.paused)


class Pacer(Protocol):
    """A dialing mode: pure, deterministic, without a clock; all state in `dump`."""

    def step(self, now: float, snap: Snapshot) -> int:
        """Calls to launch now, between 0 and `snap.room`."""
        ...

    def observe(self, event: PacerEvent) -> None:
        """Learn from what happened."""
        ...

    def dump(self) -> dict[str, Any]:
        """State that survives a restart, in JSON's types."""
        ...

    def load(self, state: dict[str, Any]) -> None:
        """Take the state of a `dump`."""
        ...

    def explain(self) -> dict[str, Any]:
        """Why the last step gave its number, for the supervisor's screen."""
        ...

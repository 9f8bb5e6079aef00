"""The call on each agent's page: from its offer until what came of it is noted."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime

from dialer.engine.lines import Errand
from dialer.model.agent import Agent, AgentId, AgentState
from dialer.model.consultation import Consultation


class NotNow(Exception):
    """What the agent asked for does not apply; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnScreen:
    """The call whose case an agent's page shows, until it is disposed of.

    `asked_by` is the colleague who asked the agent into the call, with a `note`; until the call is
    theirs the agent is a `guest`. `passed_on` is a call that goes on without the agent.
    """

    errand: Errand
    since: datetime
    ended: bool = False
    held: bool = False
    muted: bool = False
    unrecorded: bool = False  # the recording holds silence in place of what is said
    consultation: Consultation | None = None  # whom the agent has asked into the call
    asked_by: str | None = None
    note: str = ""
    guest: bool = False
    passed_on: bool = False


class Screens:
    """What the agents' pages show; one call each."""

    def __init__(self) -> None:
        self._shown: dict[AgentId, OnScreen] = {}
        self._kept: dict[str, asyncio.Event] = {}  # by call: its outcome is in the store

    def of(self, name: str) -> OnScreen | None:
        """The call on the agent's page."""
        return self._shown.get(AgentId(name))

    def talk(self, name: str) -> OnScreen:
        """The agent's own call, that they are on. Raises NotNow."""
        screen = self.of(name)
        if screen is None or screen.ended:
            raise NotNow("no call")
        if screen.guest:
            raise NotNow("the call is a colleague's, who asked you into it")
        return screen

    def holder(self, call_id: str) -> str | None:
        """The agent whose page shows the call."""
        shown = self._shown.items()
        return next((str(a) for a, screen in shown if screen.errand.call_id == call_id), None)

    def put(self, agent: AgentId, screen: OnScreen) -> None:
        """Show a call that is offered to the agent, in place of the one before."""
        self.clear(agent)
        self._shown[agent] = screen
        self._kept.setdefault(screen.errand.call_id, asyncio.Event())

    def change(self, agent: AgentId, screen: OnScreen) -> bool:
        """Show the same call otherwise; False if it is gone meanwhile."""
        if agent not in self._shown:
            return False
        self._shown[agent] = screen
        return True

    def clear(self, agent: AgentId) -> None:
        """Show no call."""
        screen = self._shown.pop(agent, None)
        calls = {shown.errand.call_id for shown in self._shown.values()}
        if screen is not None and screen.errand.call_id not in calls:
            self._kept.pop(screen.errand.call_id, None)

    def follow(self, old: Agent, new: Agent) -> None:
        """A page keeps a call that was talked on until it is disposed of, no other one."""
        screen = self._shown.get(new.id)
        if screen is None or screen.errand.call_id != old.call:
            return
        if old.state is AgentState.ON_CALL and new.state is not AgentState.ON_CALL:
            self._shown[new.id] = replace(screen, ended=True, held=False, muted=False)
        elif new.call != old.call and (screen.passed_on or old.state is AgentState.RESERVED):
            self.clear(new.id)

    def kept(self, call_id: str) -> None:
        """The outcome of a call is in the store: it may be disposed of."""
        if call_id in self._kept:
            self._kept[call_id].set()

    async def settled(self, name: str, call_id: str, *, seconds: float) -> OnScreen:
        """The call on the agent's page once it is over and its outcome is kept. Raises NotNow."""
        screen = self.of(name)
        if screen is None or screen.errand.call_id != call_id:
            raise NotNow("this call is not on the desk any more")
        theirs = screen.consultation is None or not screen.consultation.outside
        if screen.guest or (screen.passed_on and theirs):
            raise NotNow("what comes of a call is noted by the colleague whose call it is")
        if not screen.ended:
            raise NotNow("the call is still on")
        try:
            async with asyncio.timeout(seconds):
                await self._kept[call_id].wait()
        except TimeoutError as error:
            raise NotNow("the call's outcome is not kept yet; try again") from error
        return screen

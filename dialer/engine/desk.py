"""The agents' desks of this process: their phones, their states, and the call each of them has.

The floor's rules are `dialer.pacing.floor`; this module keeps the floor, does what it says, and
tells everybody who watches. Longer than most: an agent's leg, state and call change together, and
are best read together. What is on their pages is `screens`, what they do to a call is `talk`.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Coroutine, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from dialer.engine.consulting import Consulting
from dialer.engine.lines import Errand, Lines
from dialer.engine.pages import Pages
from dialer.engine.phones import Phones
from dialer.engine.previews import Preview, Previews, Wanted
from dialer.engine.prompts import Prompts
from dialer.engine.screens import NotNow, OnScreen, Screens
from dialer.engine.staffing import SHIFT_END, Staffing
from dialer.engine.talk import Talk
from dialer.feed.feed import Feed, FeedEvent
from dialer.model.agent import (
    AWAY,
    Agent,
    AgentId,
    AgentState,
    CallId,
    Connect,
    End,
    GoReady,
    LogIn,
    Lose,
    Miss,
    Refused,
    Return,
    Signal,
    StepAway,
    Wish,
)
from dialer.model.call_events import Answered, Bridged, CallEvent, Ended
from dialer.model.campaign import Campaign, CampaignId
from dialer.model.roster import FloorRules, Roster
from dialer.pacing import floor as rules
from dialer.pacing.floor import Floor, Team, Waiting
from dialer.telephony.port import (
    AgentLegSpec,
    EngineRefused,
    TelephonyEngine,
    UnknownCall,
)
from scheduler.clock import Clock

log = structlog.get_logger(__name__)

LOG_OUT = "log-out"
NO_SCREEN = "no-screen"
"""The reason of the break of an agent whose page went away: no call without the case in view."""
PACER_WORDS: Mapping[AgentState, str] = {
    AgentState.OFFLINE: "off",
    AgentState.READY: "ready",
    AgentState.RESERVED: "talk",
    AgentState.ON_CALL: "talk",
    AgentState.WRAP_UP: "wrap",
    AgentState.ON_BREAK: "pause",
    AgentState.TRAINING: "pause",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """An agent's change of state: `old` and `new` in a pacer's words, seconds spent in `old`."""

    agent: str
    old: str
    new: str
    age: float
    campaigns: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskView:
    """One agent's desk as it stands. `calling`: their phone is being rung."""

    agent: Agent
    phone: str | None
    calling: bool
    screen: OnScreen | None
    preview: Preview | None = None


class Desk:
    """All desks. Made by `open_desk`."""

    def __init__(
        self,
        *,
        engine: TelephonyEngine,
        phones: Phones,
        lines: Lines,
        feed: Feed,
        clock: Clock,
        limits: FloorRules,
        caller_id: str,
        prompts: Prompts,
    ) -> None:
        self.phones = phones
        self.limits = limits
        self.previews = Previews()
        self.pages = Pages()
        self.screens = Screens()
        self.consulting = Consulting(
            engine=engine,
            screens=self.screens,
            staff=self,
            db=phones.db,
            caller_id=caller_id,
            prompts=prompts,
        )
        self.talk = Talk(engine, self.screens, self.consulting, self.tell)
        self._engine = engine
        self._lines = lines
        self._feed = feed
        self._clock = clock
        self._floor = Floor(rules=limits)
        self._staffing = Staffing(limits)
        self._leaders: set[AgentId] = set()
        self._legs: dict[AgentId, str] = {}
        self._owners: dict[str, AgentId] = {}
        self._up: set[str] = set()
        self._found: dict[CallId, asyncio.Future[str]] = {}
        self._moves: list[Moved] = []
        self._news: asyncio.Queue[FeedEvent] = asyncio.Queue()
        self._errands: set[asyncio.Task[None]] = set()

    # The agent

    async def log_in(
        self, name: str, campaigns: Iterable[str] = (), *, leads: bool = False
    ) -> None:
        """Ring the agent's phone; they are logged in when it answers. Raises NotNow.

        `campaigns` in the order in which they come first; none = all that run. Nobody logs in
        outside of their shift. Who `leads` may be consulted also while on a break.
        """
        agent = AgentId(name)
        kept_out = self._staffing.kept_out(agent, self._clock.now())
        if kept_out is not None:
            raise NotNow(kept_out)
        phone = self.phones.of(agent)
        if phone is None:
            raise NotNow("no phone is set up: ask for a SIP account first")
        if agent in self._legs:
            raise NotNow("already logged in")
        leg_id = f"agent-{secrets.token_hex(8)}"
        if leads:
            self._leaders.add(agent)
        self._staffing.choose(agent, campaigns)
        self._legs[agent], self._owners[leg_id] = leg_id, agent
        self._floor = rules.enrol(
            self._floor, agent, self._staffing.badge(agent), self._clock.now()
        )
        try:
            await self._engine.connect_agent(AgentLegSpec(leg_id=leg_id, phone=phone))
        except EngineRefused as error:
            del self._legs[agent], self._owners[leg_id]
            raise NotNow(str(error)) from error
        self._tell(self._floor.agents[agent])

    def go_ready(self, name: str) -> None:
        """Raises NotNow."""
        self._signal(name, GoReady())

    def step_away(self, name: str, state: AgentState, reason: str) -> None:
        """To a break, to training or out of work, after the present call. Raises NotNow."""
        if state is AgentState.OFFLINE and self._abandon_ringing(AgentId(name)):
            return
        self._signal(name, StepAway(wish=Wish(state=state, reason=reason)))

    def dismiss(self, names: Iterable[str], *, reason: str, told: str) -> None:
        """Log agents out on a supervisor's word; who has a call finishes it first."""
        agents = [AgentId(name) for name in names]
        now = self._clock.now()
        self._become(rules.dismiss(self._floor, agents, reason=reason, told=told, now=now))

    def has(self, name: str, case_id: str) -> bool:
        """Whether the agent has the case before them: in a call, its wrap-up or a preview."""
        screen, preview = self.screens.of(name), self.previews.of(name)
        before = (
            None if screen is None else screen.errand.case_id,
            None if preview is None else preview.due.case_id,
        )
        return case_id in before

    def view(self, name: str) -> DeskView:
        """The agent's desk as it stands."""
        agent = AgentId(name)
        leg = self._legs.get(agent)
        known = self._floor.agents.get(agent) or Agent(id=agent, since=self._clock.now())
        return DeskView(
            agent=known,
            phone=self.phones.of(agent),
            calling=leg is not None and leg not in self._up,
            screen=self.screens.of(agent),
            preview=self.previews.of(name),
        )

    # The case that an agent looks at before the call

    def look(self, name: str, preview: Preview) -> None:
        """Put a case before an agent, who calls or skips it."""
        self.previews.show(name, preview)
        self._tell(self._floor.agents[AgentId(name)])

    def want(self, name: str, wanted: Wanted) -> None:
        """Call the case that the agent looks at, or skip it. Raises NotNow."""
        if not self.previews.want(name, wanted):
            raise NotNow("no case is shown")

    def inform(self, name: str, told: str | None) -> None:
        """Tell an agent something that they did not ask for, or tell them anew how they stand."""
        known = self._floor.agents[AgentId(name)]
        agent = known if told is None else replace(known, told=told)
        self._floor = replace(self._floor, agents={**self._floor.agents, agent.id: agent})
        self._tell(agent)

    def ready(self, campaign_id: str) -> list[str]:
        """The ready agents whom the campaign counts on, longest idle first."""
        return [str(agent) for agent, _ in self.team(campaign_id).ready]

    def disposed(self, name: str, call_id: str) -> None:
        """What came of the call is noted: the page is free, and wrap-up ends."""
        agent, screen = AgentId(name), self.screens.of(name)
        if screen is None or screen.errand.call_id != call_id:
            return
        self.screens.clear(agent)
        known = self._floor.agents[agent]
        if known.state is AgentState.WRAP_UP and known.call == call_id:
            self._signal(name, GoReady())
        else:
            self._tell(known)

    # AgentPool: what the calls ask

    def dialing(self, call_id: str) -> bool:
        errand = self._lines.errand(call_id)
        if errand is None or errand.dialed_by is None:
            return False
        agent, now = AgentId(errand.dialed_by), self._clock.now()
        person = replace(self._waiting(errand), dialing=True)
        kept = rules.assign(self._floor, agent, person, now)
        if isinstance(kept, Refused):
            return False
        self._become(kept)
        self._offer(agent, person.call)
        self._tell(self._floor.agents[agent])
        return True

    def dialed(self, call_id: str) -> None:
        self._become(rules.depart(self._floor, CallId(call_id), self._clock.now()))

    async def find(self, call_id: str) -> str:
        call, errand = CallId(call_id), self._lines.errand(call_id)
        if errand is None:
            raise UnknownCall(call_id)
        self._become(rules.answered(self._floor, call, self._clock.now()))
        found: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._found[call] = found
        try:
            if call in self._floor.taken:  # matched anew after a missed offer
                return self._legs[self._floor.taken[call][0]]
            if call not in self._floor.waiting:
                self._become(rules.arrive(self._floor, self._waiting(errand)))
            return await found
        except asyncio.CancelledError:
            self._become(rules.depart(self._floor, call, self._clock.now()))
            raise
        finally:
            self._found.pop(call, None)

    def missed(self, leg_id: str) -> None:
        agent = self._owners.get(leg_id)
        known = self._floor.agents.get(agent) if agent is not None else None
        if known is not None and known.call is not None:
            self._try(known.id, Miss(call=known.call))

    def release(self, leg_id: str) -> None:
        agent = self._owners.get(leg_id)
        known = self._floor.agents.get(agent) if agent is not None else None
        if known is None or known.call is None:
            return
        if known.state is AgentState.RESERVED:
            self._become(rules.depart(self._floor, known.call, self._clock.now()))
        elif known.state is AgentState.ON_CALL:
            self._try(known.id, End(call=known.call))

    def took_over(self, call_id: str, leg_id: str) -> bool:
        return self.consulting.took_over(call_id, leg_id)

    def told(self, event: CallEvent) -> None:
        if self.consulting.told(event):
            return
        agent = self._owners.get(event.call_id)
        if agent is None:
            return
        match event:
            case Answered():
                self._up.add(event.call_id)
                self._try(agent, LogIn())
            case Bridged():
                self._try(agent, Connect(call=CallId(event.peer)))
            case Ended():
                self._leg_ended(agent, event)

    def kept(self, call_id: str) -> None:
        self.screens.kept(call_id)

    # Staff: what a consultation asks

    def consultable(self, name: str) -> list[Agent]:
        """The colleagues who can be asked into a talk now."""
        return [a for a in self.agents() if a.id != name and self._may_be_asked(a)]

    def summon(self, name: str, talk: str, screen: OnScreen) -> str:
        agent, errand = AgentId(name), screen.errand
        known = self._floor.agents.get(agent)
        if known is None or not self._may_be_asked(known):
            raise NotNow(f"{name} can't be consulted now")
        asked = replace(self._waiting(errand), call=CallId(talk))
        taken = rules.summon(self._floor, agent, asked, self._clock.now())
        if isinstance(taken, Refused):
            raise NotNow(taken.why)
        self.screens.put(agent, replace(screen, since=self._clock.now()))
        self._become(taken)
        return self._legs[agent]

    def let_go(self, name: str, talk: str) -> None:
        agent = AgentId(name)
        self.screens.clear(agent)
        self._try(agent, Return(call=CallId(talk)))

    def succeed(self, name: str, call_id: str) -> None:
        agent, now = AgentId(name), self._clock.now()
        taken = rules.succeed(self._floor, agent, CallId(call_id), now)
        if isinstance(taken, Refused):
            log.warning("a call was handed over to an agent who is not in it", why=taken.why)
            return
        screen = self.screens.of(name)
        if screen is not None:
            self.screens.change(agent, replace(screen, guest=False, since=now))
        self._become(taken)

    def relieve(self, call_id: str) -> None:
        self._become(rules.relieve(self._floor, CallId(call_id), self._clock.now()))

    def tell(self, name: str) -> None:
        self._tell(self._floor.agents[AgentId(name)])

    def _may_be_asked(self, agent: Agent) -> bool:
        resting = agent.state in (AgentState.ON_BREAK, AgentState.TRAINING)
        free = agent.state is AgentState.READY or (resting and agent.id in self._leaders)
        return free and self._legs.get(agent.id) in self._up

    # What pacing and the wallboard ask

    def serve(self, running: Iterable[Campaign], under_way: Iterable[str] = ()) -> None:
        """Which campaigns want agents now; agents who chose none in particular serve them all.

        A call that is `under_way` is taken also where its campaign was paused meanwhile.
        """
        if self._staffing.serve(running, under_way):
            self._pin_badges()

    def plan(self, roster: Roster) -> None:
        """Take the roster as it is in the store: teams, skills, shifts, longest times."""
        if self._staffing.plan(roster):
            self._floor = replace(self._floor, rules=roster.rules)
            self._pin_badges()

    def team(self, campaign_id: str) -> Team:
        """The agents whom a campaign counts on."""
        running, now = self._staffing.running, self._clock.now()
        return rules.team(self._floor, CampaignId(campaign_id), running, now)

    def could_serve(self, campaign_id: str, needs: frozenset[str]) -> bool:
        """Whether somebody at work has the skills that a talk of this campaign takes."""
        asked = Waiting(
            call=CallId(""),
            campaign=CampaignId(campaign_id),
            since=self._clock.now(),
            needs=needs,
        )
        return any(
            self._floor.badges[agent.id].serves(asked)
            for agent in self._floor.agents.values()
            if agent.state not in AWAY
        )

    def agents(self) -> list[Agent]:
        """Everybody who was logged in since the process began."""
        return sorted(self._floor.agents.values(), key=lambda agent: agent.id)

    def moves(self) -> list[Moved]:
        """What agents did since this was asked last."""
        moves, self._moves = self._moves, []
        return moves

    def tick(self) -> None:
        """End what has lasted too long, and shifts; nobody without a page is offered a call."""
        now = self._clock.now()
        floor, _ = rules.enforce(self._floor, now)
        here = [a.id for a in floor.agents.values() if a.state is not AgentState.OFFLINE]
        for agent, told in self._staffing.over(here, now).items():
            if not _leaves(floor.agents[agent]):
                floor = rules.dismiss(floor, [agent], reason=SHIFT_END, told=told, now=now)
        self._become(floor)
        for name in self.pages.gone(self._clock.monotonic()):
            known = self._floor.agents.get(AgentId(name))
            if known is not None and known.state is AgentState.READY:
                wish = Wish(state=AgentState.ON_BREAK, reason=NO_SCREEN)
                self._try(known.id, StepAway(wish=wish, told="The desk's page was closed."))

    # Within

    def _pin_badges(self) -> None:
        floor, now = self._floor, self._clock.now()
        for agent in floor.agents:
            floor = rules.enrol(floor, agent, self._staffing.badge(agent), now)
        self._become(floor)

    def _waiting(self, errand: Errand) -> Waiting:
        return Waiting(
            call=CallId(errand.call_id),
            campaign=CampaignId(errand.campaign_id),
            since=self._clock.now(),
            urgency=errand.urgency,
            needs=errand.needs,
            agent=AgentId(errand.agent) if errand.agent else None,
        )

    def _signal(self, name: str, what: Signal) -> None:
        moved = rules.signal(self._floor, AgentId(name), what, self._clock.now())
        if isinstance(moved, Refused):
            raise NotNow(moved.why)
        self._become(moved)

    def _try(self, agent: AgentId, what: Signal) -> None:
        """A signal of the telephone's, which may come after the state has changed."""
        moved = rules.signal(self._floor, agent, what, self._clock.now())
        if isinstance(moved, Refused):
            log.info("agent's signal does not apply", why=moved.why)
        else:
            self._become(moved)

    def _abandon_ringing(self, agent: AgentId) -> bool:
        leg = self._legs.get(agent)
        if leg is None or leg in self._up:
            return False
        self._later(self._engine.hangup(leg))
        return True

    def _leg_ended(self, agent: AgentId, event: Ended) -> None:
        answered = event.call_id in self._up
        self._up.discard(event.call_id)
        self._legs.pop(agent, None)
        self._owners.pop(event.call_id, None)
        known = self._floor.agents[agent]
        if known.state is not AgentState.OFFLINE:
            self._try(agent, Lose(why=f"Your phone was lost: {event.reason}"))
        elif answered:
            self._tell(known)
        else:
            told = f"Your phone: {event.reason}"
            known = replace(known, since=self._clock.now(), told=told)
            self._become(replace(self._floor, agents={**self._floor.agents, agent: known}))

    def _become(self, floor: Floor) -> None:
        """Take the floor as it is now, match who can be served, and tell of every change."""
        before = self._floor.agents
        floor, matches = rules.match(floor, self._clock.now())
        self._floor = floor
        for made in matches:
            self._offer(made.agent, made.call)
        for agent in floor.agents.values():
            old = before.get(agent.id)
            if old is not None and old != agent:
                self._changed(old, agent)

    def _offer(self, agent: AgentId, call: CallId) -> None:
        errand = self._lines.errand(call)
        if errand is not None:
            self.screens.put(agent, OnScreen(errand=errand, since=self._clock.now()))
        found = self._found.get(call)
        if found is not None and not found.done():
            found.set_result(self._legs[agent])

    def _changed(self, old: Agent, new: Agent) -> None:
        before, after = PACER_WORDS[old.state], PACER_WORDS[new.state]
        if before != after:
            self._moves.append(
                Moved(
                    agent=new.id,
                    old=before,
                    new=after,
                    age=(new.since - old.since).total_seconds(),
                    campaigns=frozenset(self._floor.badges[new.id].campaigns),
                )
            )
        self.screens.follow(old, new)
        if old.call is not None and old.state is AgentState.ON_CALL is not new.state:
            self.consulting.left(old.call)
        if new.state is AgentState.OFFLINE and new.id in self._legs:
            self._later(self._engine.hangup(self._legs[new.id]))
        self._tell(new)

    def _tell(self, agent: Agent) -> None:
        screen = self.screens.of(agent.id)
        data: dict[str, object] = {
            "agent": agent.id,
            "state": str(agent.state),
            "reason": agent.reason,
            "told": agent.told,
            "call_id": agent.call,
        }
        if screen is not None:
            data |= {
                "case_id": screen.errand.case_id,
                "campaign_id": screen.errand.campaign_id,
            }
        self._news.put_nowait(FeedEvent(topic="agent", at=self._clock.now(), data=data))

    def _later(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._errands.add(task)
        task.add_done_callback(self._errands.discard)

    async def _publish(self) -> None:
        while True:
            await self._feed.publish(await self._news.get())


def _leaves(agent: Agent) -> bool:
    """Whether the agent goes out of work after the present call."""
    return agent.wish is not None and agent.wish.state is AgentState.OFFLINE


@asynccontextmanager
async def open_desk(
    *,
    engine: TelephonyEngine,
    phones: Phones,
    lines: Lines,
    feed: Feed,
    clock: Clock,
    caller_id: str,
    prompts: Prompts,
    limits: FloorRules | None = None,
) -> AsyncIterator[Desk]:
    """The desks while the block runs; the agents' legs end with the engine.

    Somebody outside whom an agent consults sees `caller_id` where the campaign has none.
    """
    desk = Desk(
        engine=engine,
        phones=phones,
        lines=lines,
        feed=feed,
        clock=clock,
        limits=limits or FloorRules(),
        caller_id=caller_id,
        prompts=prompts,
    )
    publisher = asyncio.create_task(desk._publish(), name="desk-news")
    try:
        yield desk
    finally:
        publisher.cancel()

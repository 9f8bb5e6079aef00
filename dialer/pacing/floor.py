"""The floor: which agent gets which person, and who has been in a state for too long. Pure.

Several campaigns share one floor. A person on the line goes to a ready agent of the campaign who
has the skills that the call needs; an agent who becomes ready takes the most urgent person first.
Every function gives the floor as it stands then; none forgets an agent or a call.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum
from typing import TypeVar

from dialer.model.agent import (
    Agent,
    AgentId,
    AgentState,
    CallId,
    End,
    GoReady,
    Lose,
    Miss,
    Offer,
    Refused,
    Signal,
    StepAway,
    Summon,
    TakeOver,
    Wish,
    Withdraw,
    advance,
)
from dialer.model.campaign import CampaignId
from dialer.model.roster import FloorRules

T = TypeVar("T")

OVERDUE = "overdue"
"""The reason of a log-out that follows a break beyond the longest allowed."""


class Urgency(IntEnum):
    """Of two people on the line the more urgent is served first, then the one who waits longer."""

    CALLBACK = 0  # the consumer asked for this hour
    INBOUND = 1
    OUTBOUND = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A person on the line without an agent.

    `needs` are skills that the agent must have (a language, a product, a state's licence);
    `agent` is the one who promised a callback: preferred while ready, but no condition. A person
    whom an agent calls is `dialing` until they answer.
    """

    call: CallId
    campaign: CampaignId
    since: datetime
    urgency: Urgency = Urgency.OUTBOUND
    needs: frozenset[str] = frozenset()
    agent: AgentId | None = None
    dialing: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Badge:
    """What an agent may work on: campaigns with their rank (1 comes first), and skills."""

    campaigns: Mapping[CampaignId, int]
    skills: frozenset[str] = frozenset()

    def serves(self, waiting: Waiting) -> bool:
        return waiting.campaign in self.campaigns and waiting.needs <= self.skills


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """All agents with their badges; people waiting, and those offered or served, by call."""

    rules: FloorRules
    badges: Mapping[AgentId, Badge] = field(default_factory=dict)
    agents: Mapping[AgentId, Agent] = field(default_factory=dict)
    waiting: Mapping[CallId, Waiting] = field(default_factory=dict)
    taken: Mapping[CallId, tuple[AgentId, Waiting]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """This call is to be bridged with this agent, who is reserved for it."""

    call: CallId
    agent: AgentId


def enrol(floor: Floor, agent: AgentId, badge: Badge, now: datetime) -> Floor:
    """Make an agent known, or give a known one another badge."""
    known = floor.agents.get(agent) or Agent(id=agent, since=now)
    return replace(
        floor,
        badges={**floor.badges, agent: badge},
        agents={**floor.agents, agent: known},
    )


def arrive(floor: Floor, person: Waiting) -> Floor:
    """A person is on the line. Raises ValueError if the call is known already."""
    if person.call in floor.waiting or person.call in floor.taken:
        raise ValueError(f"call {person.call} is on the floor already")
    return replace(floor, waiting={**floor.waiting, person.call: person})


def assign(floor: Floor, agent: AgentId, person: Waiting, now: datetime) -> Floor | Refused:
    """Keep a ready agent for the call that they dial themselves."""
    return _reserve(floor, agent, person, Offer(call=person.call), now)


def summon(floor: Floor, agent: AgentId, talk: Waiting, now: datetime) -> Floor | Refused:
    """Ask an agent into a colleague's talk; it has an id of its own on the floor."""
    return _reserve(floor, agent, talk, Summon(call=talk.call), now)


def succeed(floor: Floor, heir: AgentId, call: CallId, now: datetime) -> Floor | Refused:
    """The call goes on with the agent who was asked into it; the one before wraps up."""
    talk = floor.agents[heir].call if heir in floor.agents else None
    if talk is None or talk not in floor.taken:
        return Refused(why=f"agent {heir} is in no talk")
    took = advance(floor.agents[heir], TakeOver(call=call, instead_of=talk), now)
    if isinstance(took, Refused):
        return took
    floor = relieve(floor, call, now)
    person = replace(floor.taken[talk][1], call=call)
    return replace(
        floor,
        agents={**floor.agents, heir: took},
        taken={**_without(floor.taken, talk), call: (heir, person)},
    )


def relieve(floor: Floor, call: CallId, now: datetime) -> Floor:
    """The agent of a call wraps up, while the consumer talks on with somebody else."""
    held = floor.taken.get(call)
    if held is None:
        return floor
    moved = signal(floor, held[0], End(call=call), now)
    return floor if isinstance(moved, Refused) else moved


def _reserve(
    floor: Floor, agent: AgentId, person: Waiting, how: Offer | Summon, now: datetime
) -> Floor | Refused:
    known = floor.agents.get(agent)
    if known is None:
        return Refused(why=f"agent {agent} is not known")
    if person.call in floor.waiting or person.call in floor.taken:
        return Refused(why=f"call {person.call} is on the floor already")
    reserved = advance(known, how, now)
    if isinstance(reserved, Refused):
        return reserved
    return replace(
        floor,
        agents={**floor.agents, agent: reserved},
        taken={**floor.taken, person.call: (agent, person)},
    )


def answered(floor: Floor, call: CallId, now: datetime) -> Floor:
    """The person whom an agent calls has answered: from now on the bridge is waited for."""
    held = floor.taken.get(call)
    if held is None or not held[1].dialing:
        return floor
    agent, person = held
    return replace(
        floor,
        agents={**floor.agents, agent: replace(floor.agents[agent], since=now)},
        taken={**floor.taken, call: (agent, replace(person, dialing=False, since=now))},
    )


def depart(floor: Floor, call: CallId, now: datetime) -> Floor:
    """The call is over for the floor: hung up while waiting or while being bridged.

    A reserved agent is free again; a call in conversation ends with the signal `End`.
    """
    if call in floor.waiting:
        return replace(floor, waiting=_without(floor.waiting, call))
    held = floor.taken.get(call)
    if held is None or floor.agents[held[0]].state is not AgentState.RESERVED:
        return floor
    changed = signal(floor, held[0], Withdraw(call=call), now)
    return floor if isinstance(changed, Refused) else changed


def signal(floor: Floor, agent: AgentId, what: Signal, now: datetime) -> Floor | Refused:
    """An agent's signal. Offers are made by `match` alone, so that no agent gets two.

    A person whose agent missed the call, or was lost before the bridge, waits again from the
    moment at which they began to.
    """
    known = floor.agents.get(agent)
    if known is None:
        return Refused(why=f"agent {agent} is not known")
    if isinstance(what, Offer | Summon | TakeOver):
        return Refused(why="offers are made by the floor")
    moved = advance(known, what, now)
    if isinstance(moved, Refused):
        return moved
    return _settle(floor, known, moved, back=isinstance(what, Miss | Lose))


def match(floor: Floor, now: datetime) -> tuple[Floor, tuple[Match, ...]]:
    """Reserve a ready agent for each person who can be served now, most urgent first."""
    ready = [a for a in floor.agents.values() if a.state is AgentState.READY]
    agents, waiting, taken = dict(floor.agents), dict(floor.waiting), dict(floor.taken)
    made = []
    for person in sorted(waiting.values(), key=lambda w: (w.urgency, w.since, w.call)):
        able = [a for a in ready if floor.badges[a.id].serves(person)]
        if not able:
            continue
        best = min(able, key=lambda a: _preference(a, floor.badges[a.id], person))
        reserved = advance(best, Offer(call=person.call), now)
        if isinstance(reserved, Refused):
            raise AssertionError(reserved.why)
        ready.remove(best)
        agents[best.id] = reserved
        taken[person.call] = (best.id, waiting.pop(person.call))
        made.append(Match(call=person.call, agent=best.id))
    if not made:
        return floor, ()
    return replace(floor, agents=agents, waiting=waiting, taken=taken), tuple(made)


def _preference(agent: Agent, badge: Badge, person: Waiting) -> tuple[bool, int, int, float, str]:
    """The callback's own agent; who ranks the campaign first; who is no rarer than needed; idle."""
    idle = agent.idle_since or agent.since
    return (
        agent.id != person.agent,
        badge.campaigns[person.campaign],
        len(badge.skills),
        idle.timestamp(),
        agent.id,
    )


def enforce(floor: Floor, now: datetime) -> tuple[Floor, tuple[Agent, ...]]:
    """End offers, wrap-ups and breaks beyond the longest allowed; each changed agent is told why.

    An offer goes back to the line and its agent on a break; a wrap-up ends, and its agent is ready
    or where they wished to go; an agent away for too long is logged out.
    """
    changed = []
    for agent in floor.agents.values():
        held = floor.taken.get(agent.call) if agent.call is not None else None
        dials = held is not None and held[1].dialing
        what = None if dials else _overdue(floor.rules, agent, now)
        if what is None:
            continue
        moved = signal(floor, agent.id, what, now)
        if isinstance(moved, Refused):
            raise AssertionError(moved.why)
        after = moved.agents[agent.id]
        if isinstance(what, GoReady):
            after = replace(after, told=f"Wrap-up ended after {_spoken(now - agent.since)}.")
            moved = replace(moved, agents={**moved.agents, agent.id: after})
        floor = moved
        changed.append(after)
    return floor, tuple(changed)


def _overdue(rules: FloorRules, agent: Agent, now: datetime) -> Signal | None:
    lasted = now - agent.since
    if agent.state is AgentState.RESERVED and agent.call is not None:
        return Miss(call=agent.call) if lasted > rules.longest_offer else None
    if agent.state is AgentState.WRAP_UP:
        longest = rules.longest_wrap_up
        return GoReady() if longest is not None and lasted > longest else None
    if agent.state is AgentState.ON_BREAK:
        longest = rules.breaks.get(agent.reason or "", rules.longest_break)
        if longest is not None and lasted > longest:
            told = (
                f"Logged out: break {agent.reason} lasted {_spoken(lasted)}, "
                f"{_spoken(longest)} is allowed."
            )
            return StepAway(wish=Wish(state=AgentState.OFFLINE, reason=OVERDUE), told=told)
    return None


def dismiss(
    floor: Floor, agents: Iterable[AgentId], *, reason: str, told: str, now: datetime
) -> Floor:
    """Log agents out, as at the end of a shift; who has a call finishes it and its wrap-up."""
    for agent in agents:
        wish = Wish(state=AgentState.OFFLINE, reason=reason)
        moved = signal(floor, agent, StepAway(wish=wish, told=told), now)
        if not isinstance(moved, Refused):
            floor = moved
    return floor


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The agents that a campaign counts on, as a pacer's snapshot takes them: oldest first."""

    ready: tuple[tuple[AgentId, float], ...]
    talk: tuple[tuple[AgentId, float], ...]
    wrap: tuple[tuple[AgentId, float], ...]
    paused: tuple[tuple[AgentId, float], ...]


def team(floor: Floor, campaign: CampaignId, running: frozenset[CampaignId], now: datetime) -> Team:
    """The team of a running campaign; ages in seconds.

    A shared agent counts for the best ranked running campaign only, or the same free agent would
    have lines dialed for them twice; on a call, for the campaign of that call.
    """
    groups: dict[str, list[tuple[AgentId, float]]] = {g: [] for g in _GROUPS.values()}
    for agent in floor.agents.values():
        group = _GROUPS.get(agent.state)
        if group is not None and _works_for(floor, agent, running) == campaign:
            groups[group].append((agent.id, (now - agent.since).total_seconds()))
    for ages in groups.values():
        ages.sort(key=lambda pair: (-pair[1], pair[0]))
    return Team(**{name: tuple(ages) for name, ages in groups.items()})


_GROUPS: Mapping[AgentState, str] = {
    AgentState.READY: "ready",
    AgentState.RESERVED: "talk",
    AgentState.ON_CALL: "talk",
    AgentState.WRAP_UP: "wrap",
    AgentState.ON_BREAK: "paused",
    AgentState.TRAINING: "paused",
}


def _works_for(floor: Floor, agent: Agent, running: frozenset[CampaignId]) -> CampaignId | None:
    if agent.call is not None and agent.call in floor.taken:
        return floor.taken[agent.call][1].campaign
    ranked = floor.badges[agent.id].campaigns
    return min(running & ranked.keys(), key=lambda c: (ranked[c], c), default=None)


def _settle(floor: Floor, before: Agent, after: Agent, *, back: bool) -> Floor:
    """Put the agent's new state on the floor; a call that they leave is done, or waits again."""
    agents = {**floor.agents, after.id: after}
    left = before.call if before.call is not None and after.call is None else None
    if left is None:
        return replace(floor, agents=agents)
    owner, person = floor.taken.get(left, (None, None))
    if owner != after.id or person is None:  # the call went on with a colleague
        return replace(floor, agents=agents)
    waiting = floor.waiting
    if back and before.state is AgentState.RESERVED:
        waiting = {**waiting, left: person}
    return replace(floor, agents=agents, waiting=waiting, taken=_without(floor.taken, left))


def _without(table: Mapping[CallId, T], call: CallId) -> dict[CallId, T]:
    return {key: value for key, value in table.items() if key != call}


def _spoken(length: timedelta) -> str:
    minutes, seconds = divmod(int(length.total_seconds()), 60)
    return f"{minutes} min {seconds} s" if minutes else f"{seconds} s"

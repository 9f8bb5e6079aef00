"""The floor: who gets whom, what lasts too long, and that nobody is lost whatever happens."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dialer.model.agent import (
    AgentId,
    AgentState,
    CallId,
    Connect,
    End,
    GoReady,
    LogIn,
    Lose,
    Miss,
    Offer,
    Refused,
    Return,
    Signal,
    StepAway,
    Wish,
)
from dialer.model.campaign import CampaignId
from dialer.model.roster import FloorRules
from dialer.pacing.floor import (
    Badge,
    Floor,
    Match,
    Urgency,
    Waiting,
    arrive,
    depart,
    dismiss,
    enforce,
    enrol,
    match,
    signal,
    succeed,
    summon,
    team,
)

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AUTO, CARD = CampaignId("auto"), CampaignId("card")
LUNCH = Wish(state=AgentState.ON_BREAK, reason="lunch")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def floor_of(**badges: Badge) -> Floor:
    """Agents who became ready one after the other, a second apart."""
    floor = Floor(rules=FloorRules(longest_break=timedelta(minutes=20)))
    for number, (name, badge) in enumerate(badges.items()):
        floor = enrol(floor, AgentId(name), badge, START)
        for what in (LogIn(), GoReady()):
            floor = told(floor, name, what, number)
    return floor


def told(floor: Floor, name: str, what: Signal, seconds: float) -> Floor:
    moved = signal(floor, AgentId(name), what, at(seconds))
    assert isinstance(moved, Floor), moved
    return moved


def person(call: str, campaign: CampaignId = AUTO, seconds: float = 0, **more) -> Waiting:
    return Waiting(call=CallId(call), campaign=campaign, since=at(seconds), **more)


def served(floor: Floor, *people: Waiting, seconds: float = 10) -> dict[str, str]:
    for one in people:
        floor = arrive(floor, one)
    return {m.call: m.agent for m in match(floor, at(seconds))[1]}


def test_the_longest_idle_agent_is_next():
    floor = floor_of(ann=Badge(campaigns={AUTO: 1}), bob=Badge(campaigns={AUTO: 1}))
    assert served(floor, person("c1")) == {"c1": "ann"}


def test_a_call_waits_for_the_skills_that_it_needs():
    plain, spanish = Badge(campaigns={AUTO: 1}), Badge(campaigns={AUTO: 1}, skills={"es", "ca"})
    floor = floor_of(ann=plain, bob=spanish)
    assert served(floor, person("c1", needs=frozenset({"es"}))) == {"c1": "bob"}
    assert served(floor, person("c1", needs=frozenset({"ny"}))) == {}
    assert served(floor_of(bob=spanish, ann=plain), person("c1")) == {"c1": "ann"}


def test_campaigns_rank_among_an_agents_work_and_callbacks_come_first():
    floor = floor_of(ann=Badge(campaigns={AUTO: 2, CARD: 1}), bob=Badge(campaigns={AUTO: 1}))
    assert served(floor, person("c1")) == {"c1": "bob"}
    back = person("c2", seconds=5, urgency=Urgency.CALLBACK, agent=AgentId("ann"))
    assert served(floor, person("c1"), back) == {"c2": "ann", "c1": "bob"}
    assert served(floor, person("c1", CampaignId("other"))) == {}


def test_a_missed_offer_goes_to_the_next_agent_with_its_old_place_in_line():
    floor = floor_of(ann=Badge(campaigns={AUTO: 1}), bob=Badge(campaigns={AUTO: 1}))
    floor, _ = match(arrive(floor, person("c1", seconds=9)), at(10))
    floor, changed = enforce(floor, at(20))
    assert [(a.id, a.state, a.reason) for a in changed] == [
        ("ann", AgentState.ON_BREAK, "missed-call")
    ]
    assert floor.waiting[CallId("c1")].since == at(9)
    assert match(floor, at(20))[1] == (Match(call=CallId("c1"), agent=AgentId("bob")),)


def test_wrap_up_and_breaks_end_with_the_reason_told():
    floor = floor_of(ann=Badge(campaigns={AUTO: 1}))
    floor, _ = match(arrive(floor, person("c1")), at(1))
    for number, what in enumerate((Connect(call=CallId("c1")), End(call=CallId("c1")))):
        floor = told(floor, "ann", what, 2 + number)
    assert enforce(floor, at(100))[1] == ()
    floor, (ann,) = enforce(floor, at(190))
    assert (ann.state, ann.told) == (AgentState.READY, "Wrap-up ended after 3 min 7 s.")
    floor = told(floor, "ann", StepAway(wish=LUNCH), 200)
    floor, (ann,) = enforce(floor, at(200 + 1201))
    assert ann.state is AgentState.OFFLINE
    assert ann.told == "Logged out: break lunch lasted 20 min 1 s, 20 min 0 s is allowed."


def test_at_the_shifts_end_a_call_is_finished_first():
    floor = floor_of(ann=Badge(campaigns={AUTO: 1}), bob=Badge(campaigns={AUTO: 1}))
    floor, _ = match(arrive(floor, person("c1")), at(1))
    floor = told(floor, "ann", Connect(call=CallId("c1")), 2)
    floor = dismiss(floor, list(floor.agents), reason="shift", told="The shift is over.", now=at(5))
    assert floor.agents[AgentId("bob")].state is AgentState.OFFLINE
    for what in (End(call=CallId("c1")), GoReady()):
        assert floor.agents[AgentId("ann")].state is not AgentState.OFFLINE
        floor = told(floor, "ann", what, 60)
    assert floor.agents[AgentId("ann")].state is AgentState.OFFLINE


def test_a_shared_agent_counts_once_for_the_best_ranked_running_campaign():
    shared = Badge(campaigns={AUTO: 2, CARD: 1})
    floor = floor_of(ann=shared, bob=shared, cyd=Badge(campaigns={AUTO: 1}))
    both = frozenset({AUTO, CARD})
    assert team(floor, CARD, both, at(10)).ready == (("ann", 10.0), ("bob", 9.0))
    assert team(floor, AUTO, both, at(10)).ready == (("cyd", 8.0),)
    assert len(team(floor, AUTO, frozenset({AUTO}), at(10)).ready) == 3
    floor = told(floor, "ann", StepAway(wish=LUNCH), 11)
    floor, _ = match(arrive(floor, person("c1", AUTO)), at(12))
    assert [agent for agent, _ in team(floor, AUTO, both, at(13)).talk] == ["cyd"]
    assert [agent for agent, _ in team(floor, CARD, both, at(13)).paused] == ["ann"]


def test_what_the_floor_does_not_know_is_refused():
    floor = floor_of(ann=Badge(campaigns={AUTO: 1}))
    assert isinstance(signal(floor, AgentId("zoe"), GoReady(), START), Refused)
    assert isinstance(signal(floor, AgentId("ann"), Offer(call=CallId("c")), START), Refused)
    with pytest.raises(ValueError, match="c1"):
        arrive(arrive(floor, person("c1")), person("c1"))
    assert depart(floor, CallId("unknown"), START) == floor


NAMES = [AgentId(n) for n in ("ann", "bob", "cyd", "dee")]
SKILLS = ("es", "fr")


class FloorMachine(RuleBasedStateMachine):
    """Everything that may happen, in any order; the far side keeps its own list of calls."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.floor = Floor(rules=FloorRules(longest_break=timedelta(minutes=5)))
        for n, name in enumerate(NAMES):
            badge = Badge(
                campaigns={AUTO: 1 + n % 2, CARD: 2 - n % 2}, skills=frozenset(SKILLS[: n % 3])
            )
            self.floor = enrol(self.floor, name, badge, self.now)
        self.calls = 0
        self.live: set[CallId] = set()

    def _signal(self, name: AgentId, what: Signal) -> None:
        call = self.floor.agents[name].call
        state = self.floor.agents[name].state
        moved = signal(self.floor, name, what, self.now)
        if isinstance(moved, Refused):
            return
        self.floor = moved
        if isinstance(what, End | Return) or (
            isinstance(what, Lose) and state is AgentState.ON_CALL
        ):
            self.live.discard(call)

    @rule(seconds=st.integers(1, 400))
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(name=st.sampled_from(NAMES), what=st.sampled_from([LogIn(), GoReady()]))
    def work(self, name, what):
        self._signal(name, what)

    @rule(name=st.sampled_from(NAMES), state=st.sampled_from(["on_break", "training", "offline"]))
    def step_away(self, name, state):
        self._signal(name, StepAway(wish=Wish(state=AgentState(state), reason="code")))

    @rule(name=st.sampled_from(NAMES))
    def lose_the_phone(self, name):
        self._signal(name, Lose(why="the phone is gone"))

    @rule(
        campaign=st.sampled_from([AUTO, CARD]),
        needs=st.frozensets(st.sampled_from(SKILLS)),
        urgency=st.sampled_from(Urgency),
        own=st.none() | st.sampled_from(NAMES),
    )
    def somebody_answers(self, campaign, needs, urgency, own):
        self.calls += 1
        call = CallId(f"c{self.calls}")
        self.live.add(call)
        new = Waiting(
            call=call, campaign=campaign, since=self.now, urgency=urgency, needs=needs, agent=own
        )
        self.floor = arrive(self.floor, new)

    @rule()
    def calls_are_matched(self):
        before = self.floor
        self.floor, made = match(self.floor, self.now)
        assert len({m.agent for m in made}) == len(made)
        for m in made:
            assert before.agents[m.agent].state is AgentState.READY
            assert before.badges[m.agent].serves(before.waiting[m.call])
            assert self.floor.agents[m.agent].call == m.call

    @precondition(lambda self: self.floor.taken)
    @rule(data=st.data(), kind=st.sampled_from([Connect, Miss, End]))
    def an_offer_or_a_call_goes_on(self, data, kind):
        call = data.draw(st.sampled_from(sorted(self.floor.taken)))
        self._signal(self.floor.taken[call][0], kind(call=call))

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def somebody_hangs_up_early(self, data):
        call = data.draw(st.sampled_from(sorted(self.live)))
        self.floor = depart(self.floor, call, self.now)
        if call not in self.floor.taken:
            self.live.discard(call)

    @precondition(lambda self: self.floor.taken)
    @rule(data=st.data(), name=st.sampled_from(NAMES), stays=st.booleans())
    def a_colleague_is_asked_in_and_leaves_or_takes_the_call(self, data, name, stays):
        call = data.draw(st.sampled_from(sorted(self.floor.taken)))
        owner, person = self.floor.taken[call]
        if self.floor.agents[owner].state is not AgentState.ON_CALL:
            return
        self.calls += 1
        talk = replace(person, call=CallId(f"talk-{self.calls}"))
        asked = summon(self.floor, name, talk, self.now)
        if isinstance(asked, Refused):
            return
        self.floor = asked
        if not stays:
            self._signal(name, Return(call=talk.call))
            return
        taken = succeed(self.floor, name, call, self.now)
        assert isinstance(taken, Floor)
        self.floor = taken
        assert taken.agents[name].call == call
        assert taken.agents[owner].state is AgentState.WRAP_UP

    @rule()
    def rules_are_enforced(self):
        self.floor, changed = enforce(self.floor, self.now)
        assert all(agent.told for agent in changed)
        assert enforce(self.floor, self.now)[1] == ()

    @invariant()
    def nobody_is_lost(self):
        assert list(self.floor.agents) == NAMES
        counted = [
            agent
            for campaign in (AUTO, CARD)
            for group in _groups(self.floor, campaign, self.now)
            for agent in group
        ]
        at_work = [a.id for a in self.floor.agents.values() if a.state is not AgentState.OFFLINE]
        assert sorted(counted) == sorted(at_work)

    @invariant()
    def every_live_call_is_in_one_place(self):
        served_now = {
            c
            for c, (name, _) in self.floor.taken.items()
            if self.floor.agents[name].state is not AgentState.WRAP_UP
        }
        assert self.live == set(self.floor.waiting) | served_now
        assert not set(self.floor.waiting) & set(self.floor.taken)

    @invariant()
    def an_agent_and_their_call_know_each_other(self):
        holders = {c: name for c, (name, _) in self.floor.taken.items()}
        handed_over = [
            a
            for a in self.floor.agents.values()
            if a.call is not None and holders.get(a.call) != a.id
        ]
        assert all(a.state is AgentState.WRAP_UP for a in handed_over)
        held = [a for a in self.floor.agents.values() if a.call and a not in handed_over]
        assert holders == {a.call: a.id for a in held}

    def teardown(self):
        for call in sorted(self.live):
            self.floor = depart(self.floor, call, self.now)
        states = [agent.state for agent in self.floor.agents.values()]
        assert AgentState.RESERVED not in states
        assert not self.floor.waiting


def _groups(floor: Floor, campaign: CampaignId, now: datetime) -> list[list[AgentId]]:
    found = team(floor, campaign, frozenset({AUTO, CARD}), now)
    return [[a for a, _ in ages] for ages in (found.ready, found.talk, found.wrap, found.paused)]


FloorMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestFloor = FloorMachine.TestCase

"""An event-driven shift: agents, calls, detection, and a pacer that sees only its protocol."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dialer.pacing.lab.result import Result, Tally
from dialer.pacing.lab.scenario import Scenario
from dialer.pacing.snapshot import Pacer, PacerContext, Snapshot

PacerFactory = Callable[[PacerContext], Pacer]


@dataclass(slots=True)
class _Agent:
    talk_factor: float
    wrap_factor: float
    state: str = "off"
    since: float = 0.0
    break_wanted: float = 0.0  # seconds of break to take at the next chance
    call: int = -1


@dataclass(slots=True)
class _Call:
    launched: float
    person: bool = False
    deadline: float = 0.0  # end of the grace after the greeting
    verdict_at: float = 0.0


class Shift:
    """One shift of one pacer. Everything random comes from the seed."""

    def __init__(
        self,
        scenario: Scenario,
        pacer_class: PacerFactory,
        seed: int,
        *,
        timer: Callable[[], float] | None = None,
    ) -> None:
        self.scenario = scenario
        # Separate streams, so that two pacers meet the same team, day and breaks.
        self.world = random.Random(f"{seed}:world")
        self.calls_rng = random.Random(f"{seed}:calls")
        self.ctx = PacerContext(
            cap=scenario.cap,
            grace=scenario.grace,
            ring_timeout=scenario.ring_timeout,
            shift=scenario.shift,
            amd=scenario.amd,
            lines=scenario.lines,
            cps=scenario.cps,
            agents=scenario.agents,
        )
        self.pacer = pacer_class(self.ctx)
        self.timer = timer
        self.now = 0.0
        self.tokens = scenario.cps
        self.queue: list[tuple[float, int, Callable[..., None], tuple[Any, ...]]] = []
        self.order = 0
        self.agents = [self._new_agent() for _ in range(scenario.agents)]
        self.states: dict[str, dict[int, float]] = {
            s: {} for s in ("ready", "talk", "wrap", "pause")
        }
        self.calls: dict[int, _Call] = {}
        self.next_call = 0
        self.ringing: dict[int, float] = {}
        self.detecting: dict[int, float] = {}
        self.waiting: dict[int, float] = {}
        self.lines_used = 0
        self.drift = 0.0
        self.live = 0
        self.abandoned = 0
        self.tally = Tally(scenario.shift)
        self._plan_day()

    # The day ---------------------------------------------------------------------------------

    def _new_agent(self) -> _Agent:
        sd = self.scenario.agents_sd
        talk = math.exp(self.world.gauss(-sd * sd / 2, sd))
        wrap = math.exp(self.world.gauss(-sd * sd / 2, sd))
        return _Agent(talk_factor=talk, wrap_factor=wrap)

    def _plan_day(self) -> None:
        sc = self.scenario
        for a in range(sc.agents):
            self._at(self.world.uniform(0, sc.login_spread), self._set, a, "ready")
            if sc.shift >= 6 * 3600:
                at = sc.shift * self.world.uniform(0.4, 0.6)
                self._at(at, self._want_break, a, sc.lunch)
            if sc.pauses_per_hour > 0:
                t = self.world.expovariate(sc.pauses_per_hour / 3600)
                while t < sc.shift:
                    length = self.world.expovariate(1 / sc.pause_mean)
                    self._at(t, self._want_break, a, length)
                    t += length + self.world.expovariate(sc.pauses_per_hour / 3600)
        for shock in sc.shocks:
            if shock.kind == "pause":
                at = shock.at * sc.shift
                self._at(at, self._mass_break, shock.factor, shock.seconds)
        self._at(0.0, self._drift)
        for second in range(int(sc.shift)):
            self._at(float(second), self._tick)

    def _drift(self) -> None:
        sc = self.scenario
        every = 10.0
        keep = math.exp(-every / sc.drift_memory)
        noise = sc.drift_sd * math.sqrt(1 - keep * keep)
        if self.now == 0.0:
            self.drift = self.world.gauss(0, sc.drift_sd)
        else:
            self.drift = keep * self.drift + noise * self.world.gauss(0, 1)
        self._at(self.now + every, self._drift)

    def _shock(self, kind: str) -> float:
        for shock in self.scenario.shocks:
            start = shock.at * self.scenario.shift
            if shock.kind == kind and start <= self.now < start + shock.seconds:
                return shock.factor
        return 1.0

    def answer_rate(self) -> float:
        """The chance now that a call is answered by a person."""
        sc = self.scenario
        day = 1 + sc.day_swing * math.sin(2 * math.pi * self.now / max(sc.shift, 14_400))
        return min(0.95, sc.answer_rate * day * math.exp(self.drift) * self._shock("answers"))

    # The clockwork ----------------------------------------------------------------------------

    def _at(self, t: float, action: Callable[..., None], *args: Any) -> None:
        self.order += 1
        heapq.heappush(self.queue, (t, self.order, action, args))

    def run(self) -> Result:
        """Simulate to the end; calls still ringing then find the agents gone."""
        queue, end = self.queue, self.scenario.shift
        while queue and queue[0][0] < end:
            self.now, _, action, args = heapq.heappop(queue)
            action(*args)
        self.now = end
        for a in range(len(self.agents)):
            self._leave(a)
        drained = (self._answer, self._verdict, self._give_up, self._fail)
        while queue and queue[0][0] < end + 120:
            self.now, _, action, args = heapq.heappop(queue)
            if action in drained:
                action(*args)
        return self.tally.result(self.scenario, self.pacer.explain())

    def _leave(self, a: int) -> None:
        self.tally.state(self.agents[a].state, self.agents[a].since, self.now)
        self.agents[a].state = "off"
        self.agents[a].since = self.now
        for group in self.states.values():
            group.pop(a, None)

    def _tick(self) -> None:
        self.tokens = min(self.scenario.cps, self.tokens + self.scenario.cps)
        self._step()

    def _step(self) -> None:
        now, states = self.now, self.states
        free_lines = self.scenario.lines - self.lines_used
        room = max(0, min(free_lines, int(self.tokens)))
        snap = Snapshot(
            ready=[(a, now - t) for a, t in states["ready"].items()],
            talk=[(a, now - t) for a, t in states["talk"].items()],
            wrap=[(a, now - t) for a, t in states["wrap"].items()],
            paused=[(a, now - t) for a, t in states["pause"].items()],
            ringing=[now - t for t in self.ringing.values()],
            detecting=[now - t for t in self.detecting.values()],
            waiting=[now - t for t in self.waiting.values()],
            room=room,
            live=self.live,
            abandoned=self.abandoned,
        )
        started = self.timer() if self.timer else 0.0
        lines = self.pacer.step(now, snap)
        if self.timer:
            self.tally.step_times.append(self.timer() - started)
        if not 0 <= lines <= room:
            raise ValueError(f"{type(self.pacer).__name__} asked for {lines} lines of {room}")
        for _ in range(lines):
            self._launch()

    # Calls -------------------------------------------------------------------------------------

    def _launch(self) -> None:
        sc, rng, now = self.scenario, self.calls_rng, self.now
        call = self.next_call
        self.next_call += 1
        self.tokens -= 1
        self.lines_used += 1
        self.ringing[call] = now
        self.calls[call] = _Call(launched=now)
        self.pacer.observe((now, "launch", call, None, 0.0))
        self.tally.launched += 1
        if rng.random() < self.answer_rate():
            self.calls[call].person = True
            delay = sc.ring_timeout
            while delay >= sc.ring_timeout:
                scale = sc.answer_mean / sc.answer_shape
                delay = sc.answer_min + rng.gammavariate(sc.answer_shape, scale)
            self._at(now + delay, self._answer, call)
            return
        kind = rng.random()
        if kind < sc.machine_share:
            pickup = max(4.0, rng.gauss(sc.machine_pickup, 2.0))
            if pickup < sc.ring_timeout:
                self._at(now + pickup, self._answer, call)
                return
        elif kind < sc.machine_share + sc.fail_share:
            self._at(now + rng.uniform(0.5, 4.0), self._fail, call, "fail")
            return
        self._at(now + sc.ring_timeout, self._fail, call, "noanswer")

    def _fail(self, call: int, outcome: str) -> None:
        age = self.now - self.calls.pop(call).launched
        del self.ringing[call]
        self.lines_used -= 1
        self.pacer.observe((self.now, "outcome", call, outcome, age))

    def _answer(self, call: int) -> None:
        sc, rng, record = self.scenario, self.calls_rng, self.calls[call]
        del self.ringing[call]
        self.pacer.observe((self.now, "answer", call, None, self.now - record.launched))
        greeting = sc.greeting * rng.uniform(0.7, 1.3)
        record.deadline = self.now + greeting + sc.grace
        self.detecting[call] = self.now
        if not sc.amd:
            self._verdict(call, "human")
        elif record.person:
            verdict = "machine" if rng.random() < sc.amd_false_machine else "human"
            delay = greeting + rng.uniform(sc.verdict_min, sc.verdict_max)
            self._at(self.now + delay, self._verdict, call, verdict)
        else:
            verdict = "human" if rng.random() < sc.amd_false_human else "machine"
            delay = rng.uniform(2.0, 4.0)
            self._at(self.now + delay, self._verdict, call, verdict)

    def _verdict(self, call: int, verdict: str) -> None:
        record = self.calls[call]
        del self.detecting[call]
        self.pacer.observe((self.now, "outcome", call, verdict, self.now - record.launched))
        if record.person:
            self.tally.person(self.now)
        if verdict == "machine":
            if record.person:
                self.tally.hung_up(self.now)
            self.lines_used -= 1
            del self.calls[call]
            return
        self.live += 1
        record.verdict_at = self.now
        free = self.states["ready"]
        if free:
            self._connect(next(iter(free)), call)
        else:
            self.waiting[call] = self.now
            self._at(max(self.now, record.deadline), self._give_up, call)

    def _give_up(self, call: int) -> None:
        if call not in self.waiting:
            return
        del self.waiting[call]
        record = self.calls.pop(call)
        self.lines_used -= 1
        self.abandoned += 1
        if record.person:
            self.tally.abandon(self.now)
        self.pacer.observe((self.now, "abandon", call, None, self.now - record.launched))

    # Agents ------------------------------------------------------------------------------------

    def _connect(self, a: int, call: int) -> None:
        sc, agent, record = self.scenario, self.agents[a], self.calls[call]
        agent.call = call
        self._set(a, "talk")
        if record.person:
            sigma = sc.talk_sigma
            mean = sc.talk_mean * agent.talk_factor * self._shock("talk")
            length = mean * math.exp(self.calls_rng.gauss(-sigma * sigma / 2, sigma))
        else:
            length = self.calls_rng.uniform(4.0, 12.0)
        self._at(self.now + length, self._hang_up, a)

    def _hang_up(self, a: int) -> None:
        sc, agent = self.scenario, self.agents[a]
        record = self.calls.pop(agent.call)
        agent.call = -1
        self.lines_used -= 1
        talked = self.now - agent.since
        self._set(a, "wrap")
        kind = "human" if record.person else "machine"
        self.pacer.observe((self.now, "disposition", a, kind, talked))
        sigma = sc.wrap_sigma
        mean = sc.wrap_mean * agent.wrap_factor * (1.0 if record.person else 0.3)
        length = mean * math.exp(self.calls_rng.gauss(-sigma * sigma / 2, sigma))
        self._at(self.now + length, self._wrapped, a)

    def _wrapped(self, a: int) -> None:
        if self.agents[a].break_wanted > 0:
            self._take_break(a)
        else:
            self._set(a, "ready")

    def _want_break(self, a: int, seconds: float) -> None:
        agent = self.agents[a]
        agent.break_wanted = max(agent.break_wanted, seconds)
        if agent.state == "ready":
            self._take_break(a)

    def _take_break(self, a: int) -> None:
        seconds, self.agents[a].break_wanted = self.agents[a].break_wanted, 0.0
        self._set(a, "pause")
        self._at(self.now + seconds, self._set, a, "ready")

    def _mass_break(self, share: float, seconds: float) -> None:
        for a in range(len(self.agents)):
            if self.world.random() < share:
                self._want_break(a, seconds)

    def _set(self, a: int, state: str) -> None:
        agent, now = self.agents[a], self.now
        old, since = agent.state, agent.since
        if old != "off":
            del self.states[old][a]
            self.tally.state(old, since, now)
        agent.state, agent.since = state, now
        self.states[state][a] = now
        self.pacer.observe((now, "agent", a, (old, state), now - since))
        if state != "ready":
            return
        if self.waiting:
            call = next(iter(self.waiting))
            del self.waiting[call]
            self._connect(a, call)
        else:
            self._step()


def simulate(
    scenario: Scenario,
    pacer_class: PacerFactory,
    seed: int,
    *,
    timer: Callable[[], float] | None = None,
) -> Result:
    """One shift; the same arguments give the same result. `timer` measures the steps."""
    return Shift(scenario, pacer_class, seed, timer=timer).run()

"""Every interleaving of three workers, crashes and recovery, over a small model of a reservation.

The model has one person, a cap of two, and the steps as the store takes them: each is atomic, for
each is one transaction or one thing done outside. Each fault that the store must not have is put
into the model in turn, and has to be found: so the exploration does see what it says it excludes.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

CAP, WORKERS = 2, 3
RESERVED, ACTIVE = "reserved", "active"


@dataclass(frozen=True, slots=True, order=True)
class Attempt:
    """An open attempt in the store. `sent`: the consumer's phone has rung."""

    owner: int
    state: str = RESERVED
    lapsed: bool = False
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Worker:
    """What one process has in its memory: nothing, a free slot seen, a permit, leave to send."""

    at: str = "idle"


@dataclass(frozen=True, slots=True)
class State:
    open: tuple[Attempt, ...] = ()
    counted: int = 0  # closed attempts that count
    rung: int = 0  # contacts that went out and count in law
    uncounted: int = 0  # contacts that went out and that the store says did not
    workers: tuple[Worker, ...] = (Worker(),) * WORKERS

    def held(self) -> int:
        return self.counted + len(self.open)

    def mine(self, owner: int) -> Attempt | None:
        return next((a for a in self.open if a.owner == owner), None)

    def worker(self, number: int, at: str) -> State:
        workers = (*self.workers[:number], Worker(at), *self.workers[number + 1 :])
        return replace(self, workers=workers)

    def change(self, old: Attempt, new: Attempt | None) -> State:
        left = list(self.open)
        left.remove(old)
        return replace(self, open=tuple(sorted([*left, *([] if new is None else [new])])))


def steps(state: State, fault: str | None) -> Iterator[State]:
    """All states that may follow."""
    for number, worker in enumerate(state.workers):
        yield from work(state, number, worker, fault)
        if worker.at != "idle":
            yield state.worker(number, "idle")  # killed: its memory is gone, the store is not
    for attempt in set(state.open):
        if not attempt.lapsed:
            yield state.change(attempt, replace(attempt, lapsed=True))
        elif fault != "nothing is recovered":
            yield recover(state, attempt, fault)


def work(state: State, number: int, worker: Worker, fault: str | None) -> Iterator[State]:
    mine = state.mine(number)
    match worker.at:
        case "idle" if mine is None:
            if fault == "the count is read outside the transaction":
                if state.held() < CAP:
                    yield state.worker(number, "saw room")
            elif state.held() < CAP:
                yield reserve(state, number)
        case "saw room":
            yield reserve(state, number)
        case "permit":
            if mine is not None and mine.state == RESERVED:
                if not mine.lapsed:
                    yield state.change(mine, replace(mine, state=ACTIVE)).worker(number, "may send")
            elif fault == "the permit is used though the store has closed it":
                yield state.worker(number, "may send")
            yield state.worker(number, "idle")  # AttemptLost: nothing is sent
        case "may send":
            yield ring(state, number, mine)
        case "sent":
            if mine is None:
                yield state.worker(number, "idle")  # closed by recovery meanwhile
            else:
                yield close(state, mine, counts=True).worker(number, "idle")
                if fault == "an answered call is given back":
                    yield close(state, mine, counts=False).worker(number, "idle")


def reserve(state: State, number: int) -> State:
    grown = replace(state, open=tuple(sorted((*state.open, Attempt(owner=number)))))
    return grown.worker(number, "permit")


def ring(state: State, number: int, mine: Attempt | None) -> State:
    """The phone rings, whatever the store has done meanwhile; busy lines are left out."""
    rung = replace(state, rung=state.rung + 1)
    if mine is None:
        # Recovery closed it as unknown, which counts; only one closed as not sent is uncounted.
        return rung.worker(number, "sent")
    return rung.change(mine, replace(mine, sent=True)).worker(number, "sent")


def close(state: State, attempt: Attempt, *, counts: bool) -> State:
    closed = state.change(attempt, None)
    if counts:
        return replace(closed, counted=closed.counted + 1)
    return replace(closed, uncounted=closed.uncounted + attempt.sent)


def recover(state: State, attempt: Attempt, fault: str | None) -> State:
    """A lapsed attempt is closed: as not sent if it never started, else as counted."""
    lost = attempt.state == ACTIVE and fault == "a started attempt is recovered as not sent"
    return close(state, attempt, counts=attempt.state == ACTIVE and not lost)


def explore(fault: str | None) -> tuple[dict[State, list[State]], list[str]]:
    """All reachable states with what follows each, and the first broken promises."""
    first = State()
    seen: dict[State, list[State]] = {}
    waiting, broken = deque([first]), []
    while waiting:
        state = waiting.popleft()
        if state in seen:
            continue
        broken += promises(state)
        if len(broken) > 10:
            break
        seen[state] = list(steps(state, fault))
        waiting.extend(seen[state])
    return seen, broken


def promises(state: State) -> Iterator[str]:
    if state.held() > CAP:
        yield f"over the cap: {state}"
    if state.rung > CAP:
        yield f"the phone rang {state.rung} times: {state}"
    if state.uncounted:
        yield f"a contact is not counted: {state}"
    if state.rung > state.counted + sum(a.state == ACTIVE for a in state.open):
        yield f"a contact that the store does not hold: {state}"


def lost_slots(seen: dict[State, list[State]]) -> int:
    """States from which leases and recovery alone do not bring back every slot that is held."""
    return sum(1 for state in seen if recovered(state, seen).open != ())


def recovered(state: State, seen: dict[State, list[State]]) -> State:
    """What leases and recovery alone make of a state, all workers being dead."""
    while state.open:
        attempt = state.open[0]
        lapsed = replace(attempt, lapsed=True)
        then = state if attempt.lapsed else state.change(attempt, lapsed)
        closed = recover(then, lapsed, None)
        if closed not in seen:
            return state
        state = closed
    return state


def test_no_interleaving_passes_the_cap_or_loses_a_contact() -> None:
    seen, broken = explore(None)
    assert broken == []
    assert len(seen) > 500
    assert max(state.rung for state in seen) == CAP, "the whole cap can be used"


def test_no_slot_is_lost_for_longer_than_its_lease() -> None:
    seen, _ = explore(None)
    assert lost_slots(seen) == 0
    stuck, _ = explore("nothing is recovered")
    assert lost_slots(stuck) > 0


@pytest.mark.parametrize(
    "fault",
    [
        "the count is read outside the transaction",
        "the permit is used though the store has closed it",
        "an answered call is given back",
        "a started attempt is recovered as not sent",
    ],
)
def test_a_fault_in_the_protocol_is_found(fault: str) -> None:
    _, broken = explore(fault)
    assert broken

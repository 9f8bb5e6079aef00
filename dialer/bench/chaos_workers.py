"""Processes that admit, send and settle for the same people, made to be killed at any moment.

One process with everything loaded forks the workers; so a new one is there at once. The first line
on its standard input has the orders, and each further one is the name of a worker to start. Each
line on the standard output is what one of them did: `started NAME PID`, `permit NAME ATTEMPT`,
`refusal NAME`, `sent NAME ATTEMPT`.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sys
from dataclasses import asdict, dataclass
from datetime import timedelta

from compliance import packs
from compliance.permit import Permit
from dialer.bench.people import Somebody, call_to
from dialer.bench.stores import KEYS
from dialer.store import attempts
from dialer.store.attempts import AttemptLost, Outcome
from dialer.store.database import Database, open_database
from dialer.store.gate import Gate, open_gate
from scheduler.clock import SystemClock

CATALOGUE = {"us.regf": packs.shipped()["us.regf"]}
CAP = 7
"""Calls in seven days to one person about one debt (12 CFR 1006.14(b)(2)(i)(A))."""

COUNTS = "no_answer"
GIVES_BACK = "busy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What every worker is told. `ahead_s`: its clock is so many seconds ahead of the machine's."""

    url: str
    people: list[Somebody]
    callers: int
    lease_s: float
    busy_share: float
    ahead_s: float
    seed: int

    def text(self) -> str:
        """The orders as one line."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Orders:
        """Orders from their text."""
        said = json.loads(text)
        return cls(**{**said, "people": [Somebody(**one) for one in said["people"]]})

    def clock(self) -> SystemClock:
        """The clock that all workers and their watcher share."""
        return SystemClock(SystemClock().now() + timedelta(seconds=self.ahead_s))


async def work(name: str, orders: Orders) -> None:
    """Admit, send and settle until killed; what an earlier worker of the name left is closed."""
    chance = random.Random(f"{orders.seed}/{name}/{os.getpid()}")
    clock = orders.clock()
    async with (
        open_database(orders.url, KEYS, clock=clock, writer=f"{name}-{os.getpid()}") as db,
        open_gate(db, CATALOGUE) as gate,
        asyncio.TaskGroup() as callers,
    ):
        await attempts.recover(db, now=clock.now(), owner=name)
        for _ in range(orders.callers):
            callers.create_task(_call(name, orders, db, gate, chance))


async def _call(name: str, orders: Orders, db: Database, gate: Gate, chance: random.Random) -> None:
    while True:
        one = chance.choice(orders.people)
        lease = timedelta(seconds=orders.lease_s)
        answer = await gate.admit(call_to(one, owner=name, lease=lease))
        if not isinstance(answer, Permit):
            _say("refusal", name)
            continue
        _say("permit", name, answer.attempt_id)
        try:
            await attempts.activate(db, answer.attempt_id, now=db.clock.now(), lease=lease)
        except AttemptLost:
            continue  # it lapsed while this process was slow: nothing is sent
        _say("sent", name, answer.attempt_id)
        word = GIVES_BACK if chance.random() < orders.busy_share else COUNTS
        await attempts.settle(db, answer.attempt_id, Outcome(outcome=word, at=db.clock.now()))


def _say(*words: str) -> None:
    """One line, whole, whatever other process writes at the same moment."""
    os.write(1, f"{' '.join(words)}\n".encode())


def main() -> None:
    """Fork workers as the standard input says; with its end, all of them end."""
    orders = Orders.read(sys.stdin.readline())
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    started: list[int] = []
    for line in sys.stdin:
        name = line.strip()
        pid = os.fork()
        if pid == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            asyncio.run(work(name, orders))
            os._exit(0)
        started.append(pid)
        _say("started", name, str(pid))
    for pid in started:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    main()

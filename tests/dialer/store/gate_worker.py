"""One process at the gate: admits for one person, and may die before it settles."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from compliance.permit import Permit
from dialer.store import attempts
from dialer.store.attempts import Outcome
from dialer.store.database import open_database
from dialer.store.gate import open_gate
from scheduler.clock import ManualClock
from tests.dialer.store.conftest import START
from tests.dialer.store.people import LEASE, Somebody, call, catalogue
from tests.keys import KEYS


async def main(url: str, name: str, fate: str, one: Somebody) -> None:
    clock = ManualClock(START)
    async with (
        open_database(url, KEYS, clock=clock, writer=name) as db,
        open_gate(db, catalogue()) as gate,
    ):
        for _ in range(6):
            answer = await gate.admit(call(one, owner=name))
            if not isinstance(answer, Permit):
                continue
            await attempts.activate(db, answer.attempt_id, now=clock.now(), lease=LEASE)
            sys.stdout.write(f"{answer.attempt_id}\n")
            sys.stdout.flush()
            if fate == "dies":
                os.kill(os.getpid(), signal.SIGKILL)
            await attempts.settle(
                db, answer.attempt_id, Outcome(outcome="no_answer", at=clock.now())
            )


if __name__ == "__main__":
    url, name, fate, person, case, debt, point = sys.argv[1:]
    somebody = Somebody(person=person, case=case, debt=debt, point=point, number="+12125550123")
    asyncio.run(main(url, name, fate, somebody))

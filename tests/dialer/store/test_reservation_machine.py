"""The real store under any order of admissions, starts, outcomes, crashes, leases and recovery."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from sqlalchemy import select

from compliance import packs
from compliance.permit import Permit
from dialer.store import attempts, ledger_reader, tables
from dialer.store.attempts import NOT_SENT, AttemptLost, Outcome
from dialer.store.database import Database, migrate, open_database
from dialer.store.gate import Gate, open_gate
from scheduler.clock import ManualClock
from tests.dialer.store.conftest import START
from tests.dialer.store.people import LEASE, Somebody, add_somebody, call
from tests.keys import KEYS

CAP = 7
FREE = {"busy", NOT_SENT}
CATALOGUE = {"us.regf": packs.shipped()["us.regf"]}
OWNERS = st.sampled_from(["worker-1", "worker-2", "worker-3"])


class Reservations(RuleBasedStateMachine):
    """`known` is what the workers remember, `sent` what the consumer has noticed."""

    url: ClassVar[str]

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.stack = AsyncExitStack()
        self.clock = ManualClock(START)
        self.known: dict[str, list[str]] = {}
        self.started: set[str] = set()
        self.sent: set[str] = set()
        self.run(self._open())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _open(self) -> None:
        enter = self.stack.enter_async_context
        self.db: Database = await enter(open_database(self.url, KEYS, clock=self.clock))
        self.gate: Gate = await enter(open_gate(self.db, CATALOGUE))
        self.one: Somebody = await add_somebody(self.db, number=f"+1212555{id(self) % 10**12}")

    def teardown(self) -> None:
        self.run(self._close())
        self.runner.close()

    async def _close(self) -> None:
        assert (await ledger_reader.verify(self.db)).broken is None
        await self.stack.aclose()

    def rows(self) -> list[Any]:
        async def read() -> list[Any]:
            table = tables.attempts
            query = select(table).where(table.c.consumer_id == self.one.person)
            async with self.db.read() as conn:
                return list((await conn.execute(query)).all())

        found: list[Any] = self.run(read())
        return found

    def talked(self) -> bool:
        """Something open or unknown counts as a conversation: no call for a week after it."""
        return any(row.outcome not in {"no_answer", *FREE} for row in self.rows())

    @rule(owner=OWNERS)
    def admit(self, owner: str) -> None:
        room = sum(row.outcome not in FREE for row in self.rows()) < CAP
        expected = room and not self.talked()
        answer = self.run(self.gate.admit(call(self.one, owner=owner)))
        assert isinstance(answer, Permit) == expected
        if isinstance(answer, Permit):
            self.known.setdefault(owner, []).append(answer.attempt_id)

    @precondition(lambda self: any(self.known.values()))
    @rule(data=st.data())
    def start(self, data: st.DataObject) -> None:
        ident = self._one_of(data)
        try:
            self.run(attempts.activate(self.db, ident, now=self.clock.now(), lease=LEASE))
        except AttemptLost:
            return
        assert ident not in self.started, "a contact goes out once"
        self.started.add(ident)
        self.sent.add(ident)

    @precondition(lambda self: any(self.known.values()))
    @rule(data=st.data(), word=st.sampled_from(["busy", "no_answer", "no_answer"]))
    def settle(self, data: st.DataObject, word: str) -> None:
        ident = self._one_of(data)
        said = word if ident in self.sent else NOT_SENT
        outcome = Outcome(outcome=said, at=self.clock.now())
        if self.run(attempts.settle(self.db, ident, outcome)) and said == "busy":
            self.sent.discard(ident)  # the law lets it not count
        self._forget(ident)

    @rule(owner=OWNERS)
    def crash(self, owner: str) -> None:
        self.known.pop(owner, None)

    @rule(minutes=st.sampled_from([1, 3]))  # within a lease, and beyond it
    def wait(self, minutes: int) -> None:
        self.run(self.clock.advance(60 * minutes))

    @rule(owner=st.none() | OWNERS)
    def recover(self, owner: str | None) -> None:
        self.run(attempts.recover(self.db, now=self.clock.now(), owner=owner))
        if owner is not None:
            self.known.pop(owner, None)  # it starts only now
        late = [r for r in self.rows() if r.state != "closed" and r.lease_until <= self.clock.now()]
        assert late == [], "no slot is held longer than its lease"

    @invariant()
    def the_cap_holds(self) -> None:
        assert sum(row.outcome not in FREE for row in self.rows()) <= CAP

    @invariant()
    def what_went_out_is_held(self) -> None:
        held = {row.id for row in self.rows() if row.outcome not in FREE}
        assert self.sent <= held, "a contact that nobody counts"

    def _one_of(self, data: st.DataObject) -> str:
        idents = sorted(ident for mine in self.known.values() for ident in mine)
        return data.draw(st.sampled_from(idents))

    def _forget(self, ident: str) -> None:
        for mine in self.known.values():
            if ident in mine:
                mine.remove(ident)


@pytest.mark.timeout(240)
def test_reservations_under_any_order() -> None:
    with tempfile.TemporaryDirectory() as folder:
        Reservations.url = f"sqlite+aiosqlite:///{Path(folder) / 'store.sqlite'}"
        asyncio.run(migrate(Reservations.url, KEYS))
        machine: Any = Reservations.TestCase
        machine.settings = settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        )
        machine("runTest").runTest()

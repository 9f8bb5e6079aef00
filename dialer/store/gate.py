"""The one way to a Permit that counts: facts, decision and reservation in one transaction.

Candidates wait in a queue; one task takes up to a hundred, holds their people and numbers, reads
the facts, decides one after the other, writes every decision and the attempts that it permits, and
commits. Only then do the callers get their answers. So a permit always stands in the store before
anything is dialed or sent, and an earlier reservation is seen by every later decision.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError, TimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from compliance import packs
from compliance.allocation import ALLOTMENT
from compliance.decision import decide
from compliance.facts import ContactRequest
from compliance.ledger import canonical
from compliance.pack import RulePack
from compliance.permit import Permit, Refusal
from compliance.record import record
from dialer.store import kept_packs, tables
from dialer.store.attempts import NOT_SENT, Outcome, settle
from dialer.store.database import Database, lock
from dialer.store.driver import Command, driver
from dialer.store.facts import RESERVED, read_facts, reserved_event
from dialer.store.ledger_writer import Draft, append
from dialer.store.work import WorkState

BATCH = 100
_STORE_IS_DOWN = (OperationalError, InterfaceError, TimeoutError, OSError)

Answer = Permit | Refusal


class LedgerUnavailable(Exception):
    """The decision could not be written, so there is none: nothing may be sent."""


class GateClosed(Exception):
    """The gate is shutting down and takes no more candidates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A contact that we would like to make.

    `actor` is whom the rules bind (the campaign's). `owner` is the process that will do it; its
    reservation lapses after `lease` unless the attempt is activated or settled.
    """

    request: ContactRequest
    case_id: str
    actor: str
    owner: str
    lease: timedelta
    step: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _Waiting:
    candidate: Candidate
    answer: asyncio.Future[Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    candidate: Candidate
    answer: Answer
    record: str
    record_sha256: str
    allotted_debt: str | None


class Gate:
    """Admits candidates, many at a time. Made by `open_gate`."""

    def __init__(self, db: Database, catalogue: Mapping[str, RulePack]) -> None:
        self._db = db
        self._catalogue = catalogue
        self._queue: asyncio.Queue[_Waiting | None] = asyncio.Queue()  # None = close
        self._closed = False

    async def admit(self, candidate: Candidate) -> Answer:
        """Decide, durably. A Permit has its attempt reserved; a Refusal has moved its case.

        Raises LedgerUnavailable when nothing could be written: then nothing may be sent.
        """
        if self._closed:
            raise GateClosed("the gate is closed")
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(_Waiting(candidate=candidate, answer=answer))
        return await answer

    async def run(self) -> None:
        """Serve the queue until the gate is closed."""
        first = await self._queue.get()
        while first is not None:
            batch = [first]
            while len(batch) < BATCH and not self._queue.empty():
                one = self._queue.get_nowait()
                if one is not None:
                    batch.append(one)
            await self._serve([one for one in batch if not one.answer.done()])
            first = None if self._closed else await self._queue.get()

    def close(self) -> None:
        """Take no more. The batch under way is finished; those who still wait are told."""
        self._closed = True
        while not self._queue.empty():
            one = self._queue.get_nowait()
            if one is not None:
                _fail(one, GateClosed("the gate is closed"))
        self._queue.put_nowait(None)

    async def _serve(self, batch: Sequence[_Waiting]) -> None:
        if not batch:
            return
        work = asyncio.create_task(self._decide([one.candidate for one in batch]))
        await asyncio.wait({work})
        error = work.exception()
        if error is None:
            for one, decided in zip(batch, work.result(), strict=True):
                if not one.answer.done():
                    one.answer.set_result(decided.answer)
                elif isinstance(decided.answer, Permit):
                    await self._give_back(decided.answer)
        elif len(batch) == 1 or isinstance(error, _STORE_IS_DOWN):
            for one in batch:
                _fail(one, _told(error))
        else:
            # One candidate spoils the batch: let each stand alone, so that only that one fails.
            for one in batch:
                await self._serve([one])

    async def _give_back(self, permit: Permit) -> None:
        """The caller is gone: free the slot now. If that fails, the lease lapses by itself."""
        unsent = Outcome(outcome=NOT_SENT, at=self._db.clock.now())
        with suppress(SQLAlchemyError, OSError):
            await settle(self._db, permit.attempt_id, unsent)

    async def _decide(self, batch: Sequence[Candidate]) -> list[_Decided]:
        async with self._db.write() as conn:
            await lock(conn, _names(batch))
            now = self._db.clock.now()
            decided = await self._judge(conn, batch, now)
            await _keep(conn, decided, now)
            await append(self._db, conn, [_draft(one) for one in decided])
        return decided

    async def _judge(
        self, conn: AsyncConnection, batch: Sequence[Candidate], now: datetime
    ) -> list[_Decided]:
        known = await read_facts(conn, [candidate.request for candidate in batch])
        decided = []
        for candidate in batch:
            request = candidate.request
            facts = known.facts(request, candidate.actor, now)
            rulebook = packs.select(self._catalogue, request, facts)
            answer = decide(request, facts, rulebook, now)
            allotted = None
            if isinstance(answer, Permit):
                allotted = answer.condition(ALLOTMENT)
                known.add(request.person_id, reserved_event(request, now, allotted))
            text = canonical(record(answer, request, facts))
            decided.append(
                _Decided(
                    candidate=candidate,
                    answer=answer,
                    record=text.decode(),
                    record_sha256=sha256(text).hexdigest(),
                    allotted_debt=allotted,
                )
            )
        return decided


@asynccontextmanager
async def open_gate(db: Database, catalogue: Mapping[str, RulePack]) -> AsyncIterator[Gate]:
    """A gate that serves while the block runs. Decisions go to the stream of `db.writer`.

    The packs' texts are kept first, so that every decision can be made again.
    """
    await kept_packs.keep(db, catalogue.values())
    gate = Gate(db, catalogue)
    server = asyncio.create_task(gate.run(), name="gate")
    try:
        yield gate
    finally:
        gate.close()
        await server


def _names(batch: Sequence[Candidate]) -> set[str]:
    """What must hold still while we count: the people, and the numbers that they may share."""
    names: set[str] = set()
    for candidate in batch:
        names |= {candidate.request.person_id, candidate.request.contact_point}
    return names


def _told(error: BaseException) -> BaseException:
    if not isinstance(error, SQLAlchemyError | OSError):
        return error
    told = LedgerUnavailable(f"the decision could not be written: {error}")
    told.__cause__ = error
    return told


def _fail(waiting: _Waiting, error: BaseException) -> None:
    if not waiting.answer.done():
        waiting.answer.set_exception(error)


async def _keep(conn: AsyncConnection, decided: Sequence[_Decided], now: datetime) -> None:
    store = await driver(conn)
    await store.insert(tables.decisions, [_decision_row(one) for one in decided])
    permitted = [one for one in decided if isinstance(one.answer, Permit)]
    await store.insert(tables.attempts, [_attempt_row(one, now) for one in permitted])
    campaigned = [one for one in decided if one.candidate.request.campaign_id is not None]
    await store.run(_MOVE, [_move(one, now) for one in campaigned])


_MOVE = Command(
    update(tables.campaign_cases)
    .where(
        tables.campaign_cases.c.campaign_id == bindparam("of_campaign"),
        tables.campaign_cases.c.case_id == bindparam("of_case"),
    )
    .values(
        state=bindparam("new_state"),
        next_at=bindparam("new_next_at"),
        last_attempt_id=bindparam("attempt"),
        last_rule=bindparam("rule"),
        lease_owner=None,
        lease_until=None,
        updated_at=bindparam("now"),
    )
)


def _move(one: _Decided, now: datetime) -> dict[str, object]:
    """Where the case goes: to work, to the next lawful moment, or to wait for an event."""
    request, answer = one.candidate.request, one.answer
    if isinstance(answer, Permit):
        state, next_at = WorkState.WORKING, None
    elif answer.first_allowed_at is not None:
        state, next_at = WorkState.DUE, answer.first_allowed_at
    else:
        state, next_at = WorkState.HELD, None
    return {
        "of_campaign": request.campaign_id,
        "of_case": one.candidate.case_id,
        "new_state": state,
        "new_next_at": next_at,
        "attempt": request.attempt_id,
        "rule": None if isinstance(answer, Permit) else answer.binding_rule,
        "now": now,
    }


def _decision_row(one: _Decided) -> dict[str, object]:
    request, answer = one.candidate.request, one.answer
    return {
        "id": request.attempt_id,
        "consumer_id": request.person_id,
        "case_id": one.candidate.case_id,
        "campaign_id": request.campaign_id,
        "channel": request.channel,
        "contact_point_id": request.contact_point,
        "decided_at": answer.decided_at,
        "allowed": isinstance(answer, Permit),
        "rules": list(answer.rules),
        "strength": answer.strength,
        "binding_rule": answer.binding_rule,
        "first_allowed_at": answer.first_allowed_at,
        "unlock": answer.unlock,
        "pack_sha256": dict(answer.pack_sha256),
        "tz_version": answer.tz_version,
        "record": one.record,
        "record_sha256": one.record_sha256,
    }


def _attempt_row(one: _Decided, now: datetime) -> dict[str, Any]:
    request, answer = one.candidate.request, one.answer
    assert isinstance(answer, Permit)
    return {
        "id": request.attempt_id,
        "case_id": one.candidate.case_id,
        "consumer_id": request.person_id,
        "campaign_id": request.campaign_id,
        "channel": request.channel,
        "mode": request.mode,
        "party": request.party,
        "by": request.by,
        "creditor": request.creditor,
        "contact_point_id": request.contact_point,
        "debts": list(request.debts),
        "also_discussed": [],
        "allotted_debt": one.allotted_debt,
        "step": one.candidate.step,
        "state": RESERVED,
        "outcome": RESERVED,
        "detail": {},
        "owner": one.candidate.owner,
        "lease_until": now + one.candidate.lease,
        "permit_expires_at": answer.expires_at,
        "reserved_at": now,
    }


def _draft(one: _Decided) -> Draft:
    request, answer = one.candidate.request, one.answer
    body = {
        "attempt": request.attempt_id,
        "case": one.candidate.case_id,
        "campaign": request.campaign_id,
        "channel": request.channel,
        "contact_point": request.contact_point,
        "allowed": isinstance(answer, Permit),
        "rules": list(answer.rules),
        "allotted_debt": one.allotted_debt,
        "record_sha256": one.record_sha256,
    }
    return Draft(kind="decision", body=body, person=request.person_id)

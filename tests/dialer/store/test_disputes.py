"""Disputes and complaints: held at once, answered in time, resolved with reasons, papers kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from compliance.permit import Permit, Refusal
from dialer.casework.allocation import Line, Part
from dialer.model.case import CaseStatus
from dialer.model.complaint import Category, ComplaintState, RootCause
from dialer.model.dispute import Dispute, DisputeKind, DisputeState, WrongStep
from dialer.reports.case_view import case_view
from dialer.store import complaints, disputes, documents
from dialer.store.casework_tables import documents as papers
from dialer.store.complaints import AlreadyDecided, NewComplaint, Review
from dialer.store.database import Database
from dialer.store.disputes import Decision, NewDispute
from dialer.store.documents import Altered, NewDocument, TooLarge
from scheduler.clock import ManualClock
from tests.dialer.store.owing import US, ask_gate, case, in_ledger, owe, pay, told, words
from tests.dialer.store.people import Somebody, add_somebody

RECEIVED = datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


async def dispute(db: Database, one: Somebody, kind: DisputeKind = DisputeKind.AMOUNT) -> Dispute:
    new = NewDispute(
        case_id=one.case,
        kind=kind,
        received_at=RECEIVED,
        in_writing=False,
        statement="I paid half of that in March.",
        by="agent-1",
    )
    return await disputes.receive(db, new, US.deadlines, now=db.clock.now())


async def step(db: Database, of: Dispute, state: DisputeState, *write_off: Line) -> Dispute:
    decision = Decision(state=state, reason="as checked", by="sup-1", write_off=write_off)
    return await disputes.move(db, of.dispute_id, decision, now=db.clock.now())


async def answered(db: Database, of: Dispute) -> None:
    await step(db, of, DisputeState.INVESTIGATING)
    await step(db, of, DisputeState.ANSWERED)


async def test_a_dispute_closes_the_gate_at_once_and_its_answer_opens_it(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    assert isinstance(await ask_gate(db, one), Permit)
    of = await dispute(db, one)
    refusal = await ask_gate(db, one)
    assert isinstance(refusal, Refusal)
    assert "RF-DISPUTE" in refusal.rules
    await step(db, of, DisputeState.INVESTIGATING)
    assert isinstance(await ask_gate(db, one), Refusal)
    await step(db, of, DisputeState.ANSWERED)
    assert isinstance(await ask_gate(db, one), Permit)
    assert await words(db, one) == ["disputed"]
    await step(db, of, DisputeState.REJECTED)
    assert await words(db, one) == ["disputed", "dispute_resolved"]
    await step(db, of, DisputeState.APPEALED)
    assert isinstance(await ask_gate(db, one), Refusal)
    assert await words(db, one) == ["disputed", "dispute_resolved", "disputed"]
    with pytest.raises(WrongStep):
        await step(db, of, DisputeState.UPHELD)


async def test_the_strategy_rests_until_the_last_dispute_is_closed(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    first, second = await dispute(db, one), await dispute(db, one, DisputeKind.SERVICE)
    await step(db, first, DisputeState.WITHDRAWN)
    assert "dispute_resolved" not in await words(db, one)
    await step(db, second, DisputeState.WITHDRAWN)
    assert (await words(db, one))[-1] == "dispute_resolved"


async def test_a_disputed_debt_gets_no_payment_by_itself(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    of = await dispute(db, one)
    assert (await pay(db, one, 5_000)).lines == ()
    await step(db, of, DisputeState.WITHDRAWN)
    assert len((await pay(db, one, 5_000)).lines) == 1


async def test_duties_have_their_days_and_are_seen_until_fulfilled(
    db: Database, clock: ManualClock
) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    of = await dispute(db, one)
    async with db.read() as conn:
        due = await disputes.deadlines_of(conn, of.dispute_id)
        assert [(d.rule_id, d.due_on) for d in due] == [
            ("RF-DISPUTE-ANSWER", date(2026, 12, 24)),
            ("US-REGZ-13C1", date(2026, 12, 24)),
            ("US-REGZ-13C2", date(2027, 2, 22)),
        ]
        assert await disputes.due_by(conn, date(2026, 12, 23)) == []
        assert len(await disputes.due_by(conn, date(2026, 12, 24))) == 2
    await clock.advance(timedelta(days=2).total_seconds())
    await answered(db, of)
    async with db.read() as conn:
        due = await disputes.deadlines_of(conn, of.dispute_id)
        assert [d.fulfilled_on for d in due] == [date(2026, 11, 26), date(2026, 11, 26), None]
        assert await disputes.due_by(conn, date(2026, 12, 24)) == []


async def test_a_resolution_corrects_the_debt(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one, 90_000)
    of = await dispute(db, one)
    await answered(db, of)
    less = Line(debt_id=one.debt, part=Part.PRINCIPAL, amount_minor=45_000)
    with pytest.raises(WrongStep, match="takes nothing off"):
        await step(db, of, DisputeState.REJECTED, less)
    await step(db, of, DisputeState.PARTLY_UPHELD, less)
    (debt,) = (await case(db, one)).debts
    assert (debt.balance_minor, debt.status) == (45_000, "open")


async def test_a_debt_that_is_not_the_consumers_goes_back(db: Database) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    of = await dispute(db, one, DisputeKind.NOT_MINE)
    await answered(db, of)
    await step(db, of, DisputeState.UPHELD)
    after = await case(db, one)
    assert after.status is CaseStatus.CLOSED
    assert [debt.status for debt in after.debts] == ["recalled"]
    assert (await words(db, one))[-1] == "recalled"


async def test_papers_are_found_as_they_were_filed(db: Database) -> None:
    one = await add_somebody(db)
    of = await dispute(db, one)
    new = NewDocument(
        case_id=one.case,
        kind=documents.EVIDENCE,
        name="receipt.pdf",
        media_type="application/pdf",
        content=b"%PDF-1.7 paid",
        by="agent-1",
        subject=of.dispute_id,
    )
    filed = await documents.add(db, new, now=db.clock.now())
    async with db.read() as conn:
        assert await documents.of_case(conn, one.case) == [filed]
        assert await documents.content(conn, filed.id) == (filed, b"%PDF-1.7 paid")
    assert "document.filed" in await in_ledger(db, one)
    async with db.write() as conn:
        await conn.execute(update(papers).values(content=b"something else"))
    async with db.read() as conn:
        with pytest.raises(Altered):
            await documents.content(conn, filed.id)
    large = NewDocument(
        case_id=one.case,
        kind=documents.EVIDENCE,
        name="film",
        media_type="video/mp4",
        content=bytes(documents.MOST_BYTES + 1),
        by="agent-1",
    )
    with pytest.raises(TooLarge):
        await documents.add(db, large, now=db.clock.now())


async def test_a_complaint_is_decided_once_with_a_reason_and_a_cause(db: Database) -> None:
    one = await add_somebody(db)
    new = NewComplaint(
        case_id=one.case,
        category=Category.CONDUCT,
        statement="The agent was rude.",
        by="agent-2",
        about="agent-1",
    )
    filed = await complaints.file(db, new, days=15, now=db.clock.now())
    assert (filed.state, filed.due_on) == (ComplaintState.OPEN, date(2026, 12, 9))
    assert filed.late(date(2026, 12, 10))
    async with db.read() as conn:
        assert await complaints.open_until(conn, date(2026, 12, 8)) == []
        assert await complaints.open_until(conn, date(2026, 12, 9)) == [filed]
    review = Review(upheld=True, reason="heard the call", root_cause=RootCause.TRAINING, by="sup")
    decided = await complaints.review(db, filed.id, review, now=db.clock.now())
    assert (decided.state, decided.root_cause) == (ComplaintState.UPHELD, RootCause.TRAINING)
    with pytest.raises(AlreadyDecided):
        await complaints.review(db, filed.id, review, now=db.clock.now())
    async with db.read() as conn:
        view = await case_view(conn, one.case, now=db.clock.now(), sensitive=False, allowance=None)
    assert view is not None
    assert view.complaints == (decided,)
    assert await told(db, one) == ["complaint.received", "complaint.upheld"]

"""Circumstances with a purpose, the sums that follow from them, notes, and the knowledge base."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from compliance.facts import Mode
from compliance.permit import Permit, Refusal
from dialer.casework.willingness import Direction
from dialer.model.circumstance import Circumstance, CircumstanceKind
from dialer.reports.case_view import CaseView, case_view
from dialer.store import circumstances, knowledge, notes, promises, tables
from dialer.store.circumstances import BadCircumstance, NewCircumstance
from dialer.store.database import Database
from dialer.store.knowledge import NewArticle
from dialer.store.notes import NewNote, NoteKind
from scheduler.clock import ManualClock
from tests.dialer.store.owing import US, ask_gate, owe, pay, promise
from tests.dialer.store.people import Somebody, add_somebody

K = CircumstanceKind


async def tell(db: Database, one: Somebody, kind: CircumstanceKind, **body: object) -> Circumstance:
    new = NewCircumstance(
        case_id=one.case, kind=kind, body=body, purpose="to find a plan", by="agent-1"
    )
    return await circumstances.record(db, new, now=db.clock.now())


async def known(db: Database, one: Somebody, *, sensitive: bool = False) -> list[Circumstance]:
    async with db.read() as conn:
        return await circumstances.of_consumer(conn, one.person, sensitive=sensitive)


async def shown(db: Database, one: Somebody) -> CaseView:
    async with db.read() as conn:
        view = await case_view(conn, one.case, now=db.clock.now(), sensitive=False, allowance=None)
    assert view is not None
    return view


async def test_the_ability_to_pay_follows_from_what_was_told(
    db: Database, clock: ManualClock
) -> None:
    assert US.allowance is not None
    one = await add_somebody(db)
    nothing = circumstances.ability(await known(db, one), US.allowance)
    assert (nothing.affordable_minor, nothing.missing) == (
        None,
        ("income", "outgoings", "household"),
    )
    await tell(db, one, K.INCOME, label="wages", amount_minor=420_000, proved=True)
    await tell(db, one, K.OUTGOING, label="rent", amount_minor=150_000)
    await tell(db, one, K.HOUSEHOLD, adults=1, children=2)
    before = circumstances.ability(await known(db, one), US.allowance)
    # 4200 - 1500 rent - 2000 to live on = 700, less a tenth.
    assert before.affordable_minor == 63_000
    assert before.unproved == ("rent",)
    await clock.advance(1)
    await tell(db, one, K.HOUSEHOLD, adults=1, children=1)
    assert circumstances.ability(await known(db, one), US.allowance).affordable_minor == 99_000


async def test_what_is_sensitive_is_shown_only_on_purpose_and_never_in_the_ledger(
    db: Database,
) -> None:
    one = await add_somebody(db)
    await tell(db, one, K.HARDSHIP, text="lost work after surgery")
    (hidden,), (shown,) = await known(db, one), await known(db, one, sensitive=True)
    assert (hidden.body, hidden.purpose) == (None, "to find a plan")
    assert shown.body == {"text": "lost work after surgery"}
    async with db.read() as conn:
        bodies = (await conn.execute(select(tables.ledger.c.body))).scalars().all()
    assert not any("surgery" in body for body in bodies)


async def test_a_vulnerable_person_is_called_by_people_alone(db: Database) -> None:
    one = await add_somebody(db)
    fact = await tell(db, one, K.VULNERABILITY, text="can't follow a recorded voice")
    assert isinstance(await ask_gate(db, one, Mode.AGENT_DIALLED), Permit)
    refusal = await ask_gate(db, one, Mode.PRERECORDED)
    assert isinstance(refusal, Refusal)
    assert "RF-VULNERABLE" in refusal.rules
    assert await circumstances.end(db, fact.id, by="sup-1", now=db.clock.now())
    assert not await circumstances.end(db, fact.id, by="sup-1", now=db.clock.now())
    after = await ask_gate(db, one, Mode.PRERECORDED)
    assert "RF-VULNERABLE" not in after.rules
    assert await known(db, one) == []


@pytest.mark.parametrize(
    ("kind", "body", "told"),
    [
        (K.INCOME, {"label": "wages"}, "amount_minor"),
        (K.INCOME, {"label": "wages", "amount_minor": -1}, "negative"),
        (K.HOUSEHOLD, {"adults": 0, "children": 0}, "at least one adult"),
        (K.HARDSHIP, {"words": "x"}, "needs `text`"),
        (K.EMPLOYMENT, {"text": "  "}, "needs `text`"),
    ],
)
async def test_a_fact_in_no_form_is_refused(
    db: Database, kind: CircumstanceKind, body: dict[str, object], told: str
) -> None:
    one = await add_somebody(db)
    with pytest.raises(BadCircumstance, match=told):
        await tell(db, one, kind, **body)


async def test_signs_of_will_come_from_the_history(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    await owe(db, one)
    await promise(db, one, 10_000)
    await clock.advance(timedelta(days=20).total_seconds())
    await promises.judge_case(db, one.case, now=db.clock.now())
    await pay(db, one, 5_000, clock.now().date())
    assert [(sign.direction, sign.reason) for sign in (await shown(db, one)).signals] == [
        (Direction.AGAINST, "1 promises broken"),
        (Direction.FOR, "1 payments in 90 days"),
    ]


async def test_notes_stay_as_written_newest_first(db: Database, clock: ManualClock) -> None:
    one = await add_somebody(db)
    for kind, text in ((NoteKind.NOTE, "prefers mornings"), (NoteKind.HAND_OVER, "plan next")):
        new = NewNote(case_id=one.case, kind=kind, text=text, by="agent-1")
        await notes.add(db, new, now=db.clock.now())
        await clock.advance(60)
    assert [(note.kind, note.text) for note in (await shown(db, one)).notes] == [
        (NoteKind.HAND_OVER, "plan next"),
        (NoteKind.NOTE, "prefers mornings"),
    ]
    with pytest.raises(ValueError, match="needs its text"):
        await notes.add(
            db, NewNote(case_id=one.case, kind=NoteKind.NOTE, text=" ", by="a"), now=clock.now()
        )


async def write(db: Database, name: str, title: str, body: str, **more: str) -> str:
    new = NewArticle(name=name, title=title, body=body, by="sup-1", **{"language": "en", **more})
    return (await knowledge.write(db, new, now=db.clock.now())).id


async def search(db: Database, query: str, **more: str) -> list[str]:
    async with db.read() as conn:
        return [article.name for article in await knowledge.search(conn, query, **more)]


async def test_articles_are_found_by_words_in_both_languages(db: Database) -> None:
    await write(db, "late", "Late fees", "A late fee is charged *once* a month.")
    await write(db, "freeze", "Interest", "Interest rests while a plan is kept.", creditor="Oak")
    await write(db, "fenqi", "分期还款", "个性化分期还款协议最长六十个月。", language="zh")
    assert await search(db, "late fee") == ["late"]
    assert await search(db, "FEE late month") == ["late"]
    assert await search(db, "inter") == ["freeze"]
    assert await search(db, "还款") == ["fenqi"]
    assert await search(db, "款还") == []
    assert await search(db, "分期 六十") == ["fenqi"]
    assert await search(db, "interest", creditor="Elm") == []
    assert await search(db, "interest", creditor="Oak") == ["freeze"]
    assert await search(db, "还款", language="en") == []
    for nothing in ("", '"', "late & nothing", "*) or (1=1"):
        assert await search(db, nothing) == []


async def test_an_article_written_anew_is_found_by_its_new_words(db: Database) -> None:
    first = await write(db, "late", "Late fees", "charged monthly")
    assert await write(db, "late", "Late fees", "waived in hardship") == first
    assert await search(db, "monthly") == []
    assert await search(db, "hardship") == ["late"]
    await knowledge.remove(db, first, by="sup-1", now=db.clock.now())
    assert await search(db, "hardship") == []
    async with db.read() as conn:
        assert (await knowledge.find(conn, first)).name == "late"

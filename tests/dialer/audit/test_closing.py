"""The closing finds every difference between our side and the far side, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from dialer.store import tables
from dialer.store.closing import day
from dialer.store.closing.day import Closing
from dialer.store.closing.reconcile import Contact, Difference, Finding, reconcile
from dialer.store.closing.records import (
    BadRecords,
    Record,
    Result,
    read_calls,
    read_mails,
    read_texts,
)
from tests.dialer.audit.conftest import START, Worked

END = START + timedelta(days=1)
PICKED_UP = {"voicemail_limited_content", "abandoned"}


def mirrored(contact: Contact, skew: float) -> Record:
    """The far side's record of a call of ours."""
    answered = contact.outcome in PICKED_UP
    return Record(
        ids=(),
        address=contact.address,
        at=contact.at + timedelta(seconds=skew),
        result=Result.ANSWERED if answered else Result.NOT_ANSWERED,
    )


@st.composite
def calls(draw: st.DrawFn) -> list[Contact]:
    """Calls to few numbers, some close together but none closer than the clocks may differ."""
    gaps = draw(st.lists(st.integers(min_value=121, max_value=4000), min_size=1, max_size=20))
    at, found = START, []
    for number, gap in enumerate(gaps):
        at += timedelta(seconds=gap)
        found.append(
            Contact(
                attempt_id=f"a{number}",
                ids=(),
                address=f"+1212555010{draw(st.integers(min_value=0, max_value=3))}",
                at=at,
                outcome=draw(st.sampled_from(["no_answer", "busy", *sorted(PICKED_UP)])),
                sent=True,
            )
        )
    return found


SKEW = st.floats(min_value=-59, max_value=59)


def differences(contacts: list[Contact], records: list[Record]) -> list[Finding]:
    return reconcile("call", contacts, records, since=START, until=END)


@given(calls(), SKEW)
def test_two_sides_that_agree_have_no_findings(contacts: list[Contact], skew: float) -> None:
    assert differences(contacts, [mirrored(contact, skew) for contact in contacts]) == []


@given(calls(), SKEW, st.data())
def test_one_row_that_is_gone_on_either_side_is_found(
    contacts: list[Contact], skew: float, data: st.DataObject
) -> None:
    gone = data.draw(st.integers(min_value=0, max_value=len(contacts) - 1))
    records = [mirrored(contact, skew) for contact in contacts]
    (found,) = differences(contacts, records[:gone] + records[gone + 1 :])
    assert (found.difference, found.attempt_id) == (Difference.NOT_ON_RECORD, f"a{gone}")
    (found,) = differences(contacts[:gone] + contacts[gone + 1 :], records)
    assert (found.difference, found.attempt_id) == (Difference.NOT_OURS, None)


def contact(outcome: str, *, sent: bool = True, ids: tuple[str, ...] = ()) -> Contact:
    return Contact(
        attempt_id="a", ids=ids, address="+12125550101", at=START, outcome=outcome, sent=sent
    )


def record(result: Result, *, at: datetime = START, ids: tuple[str, ...] = ()) -> Record:
    return Record(ids=ids, address="+12125550101", at=at, result=result)


@pytest.mark.parametrize(
    ("ours", "theirs", "difference"),
    [
        (contact("no_answer"), Result.ANSWERED, Difference.RESULT_DIFFERS),
        (contact("conversation"), Result.NOT_ANSWERED, Difference.RESULT_DIFFERS),
        (contact("not_sent", sent=False), Result.NOT_ANSWERED, Difference.SENT_AFTER_ALL),
        (contact("sent"), Result.DELIVERED, Difference.RECEIPT_MISSING),
        (contact("delivered"), Result.UNDELIVERABLE, Difference.RESULT_DIFFERS),
        (contact("sent"), Result.REFUSED, Difference.RESULT_DIFFERS),
        (contact("unknown"), Result.ANSWERED, None),
        (contact("bounced"), Result.TAKEN, None),
        (contact("bounced"), Result.REFUSED, None),
        (contact("no_answer"), Result.OPEN, None),
    ],
)
def test_what_came_of_a_contact_is_compared(
    ours: Contact, theirs: Result, difference: Difference | None
) -> None:
    found = differences([ours], [record(theirs)])
    assert [one.difference for one in found] == ([difference] if difference else [])


def test_an_id_counts_for_more_than_time() -> None:
    late = record(Result.DELIVERED, at=START + timedelta(hours=2), ids=("m1", "m2"))
    assert differences([contact("delivered", ids=("m2",))], [late]) == []


def test_a_record_with_another_name_is_another_call() -> None:
    called = [contact("no_answer", ids=("x",)), contact("no_answer", ids=("y",))]
    records = [
        record(Result.NOT_ANSWERED, ids=("x",)),
        record(Result.NOT_ANSWERED, ids=("z",)),
    ]
    assert [one.difference for one in differences(called, records)] == [
        Difference.NOT_ON_RECORD,
        Difference.NOT_OURS,
    ]
    nameless = [records[0], record(Result.NOT_ANSWERED)]
    assert differences(called, nameless) == []


def test_a_contact_that_stayed_here_needs_no_record() -> None:
    assert differences([contact("not_sent", sent=False)], []) == []


def test_asterisk_call_records(tmp_path: Path) -> None:
    file = tmp_path / "Master.csv"
    file.write_text(
        '"","5550100","12125550123","out","""R"" <5550100>","PJSIP/a","PJSIP/b","Dial","x",'
        '"2026-11-24 17:00:03","2026-11-24 17:00:09","2026-11-24 17:01:00",57,51,"ANSWERED",'
        '"DOCUMENTATION","1.1",""\n'
        '"","5550100","12125550124","out","","PJSIP/a","PJSIP/b","Dial","x",'
        '"2026-11-24 17:00:05","","2026-11-24 17:00:20",15,0,"BUSY","DOCUMENTATION","1.2",""\n',
        "utf-8",
    )
    first, second = read_calls(file)
    assert first == Record(
        ids=("1.1",),
        address="+12125550123",
        at=datetime(2026, 11, 24, 17, 0, 3, tzinfo=UTC),
        result=Result.ANSWERED,
    )
    assert second.result is Result.NOT_ANSWERED
    headed = tmp_path / "headed.csv"
    headed.write_text(
        "start,dst,disposition\n2026-11-24T17:00:03+00:00,+12125550123,NO ANSWER\n", "utf-8"
    )
    (only,) = read_calls(headed)
    assert (only.ids, only.result) == ((), Result.NOT_ANSWERED)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[", "calls.json: not JSON"),
        ('[{"number": "+1"}]', "record 1: KeyError"),
        ('[{"number": "nobody", "started_at": "2026-11-24T17:00Z"}]', "is no number"),
    ],
)
def test_records_that_cannot_be_read_are_named(tmp_path: Path, text: str, reason: str) -> None:
    file = tmp_path / "calls.json"
    file.write_text(text, "utf-8")
    with pytest.raises(BadRecords, match=reason):
        read_calls(file)


async def carrier_file(worked: Worked, folder: Path) -> Path:
    """What a carrier would have written of the store's calls."""
    async with worked.db.read() as conn:
        table, points = tables.attempts, tables.contact_points
        rows = await conn.execute(
            select(table, points.c.value).join(points, points.c.id == table.c.contact_point_id)
        )
        calls = [
            {
                "call_id": f"sip-{number}",
                "number": row.value,
                "started_at": row.active_at.isoformat(),
                "answered_at": row.active_at.isoformat() if row.outcome in PICKED_UP else None,
                "code": 200 if row.outcome in PICKED_UP else 480,
            }
            for number, row in enumerate(rows)
        ]
    path = folder / "2026-11-24.call.json"
    path.write_text(json.dumps(calls), "utf-8")
    return path


def named(closing: Closing) -> list[tuple[Difference, str | None]]:
    return [(one.difference, one.attempt_id) for one in closing.findings]


async def test_a_day_is_closed_with_an_entry_and_a_root(
    worked_anywhere: Worked, tmp_path: Path
) -> None:
    db = worked_anywhere.db
    await carrier_file(worked_anywhere, tmp_path)
    files = day.files_of_day(tmp_path, date(2026, 11, 24))
    await worked_anywhere.clock.advance(86400)
    closed = await day.close_day(db, date(2026, 11, 24), files)
    assert closed.findings == ()
    calls = sum(permit.decided_at.day == 24 for permit in worked_anywhere.permits)
    assert calls < len(worked_anywhere.permits), "some are of the next day"
    assert (closed.permits, closed.attempts, closed.records) == (
        calls,
        {"call": calls},
        {"call": calls},
    )
    async with db.read() as conn:
        table = tables.ledger
        query = select(table.c.body).where(table.c.kind == "closing")
        body = json.loads((await conn.execute(query)).scalar_one())
    assert (body["permits"], body["findings"]) == (calls, {})


async def test_one_row_deleted_anywhere_is_found(worked: Worked, tmp_path: Path) -> None:
    file = await carrier_file(worked, tmp_path)
    whole = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(whole[1:]), "utf-8")
    closed = await day.close(worked.db, START, END, {"call": file})
    assert [difference for difference, _ in named(closed)] == [Difference.NOT_ON_RECORD]
    file.write_text(json.dumps(whole), "utf-8")

    gone, undecided = worked.permits[0].attempt_id, worked.permits[-1].attempt_id
    async with worked.db.write() as conn:
        await conn.exec_driver_sql(f"delete from attempts where id = '{gone}'")
        await conn.exec_driver_sql(f"delete from decisions where id = '{undecided}'")
    closed = await day.close(worked.db, START, END, {"call": file})
    assert (Difference.PERMIT_WITHOUT_ATTEMPT, gone) in named(closed)
    assert (Difference.ATTEMPT_WITHOUT_PERMIT, undecided) in named(closed)
    assert (Difference.NOT_OURS, None) in named(closed)
    assert len(closed.findings) == 3


async def test_an_attempt_whose_lease_lapsed_is_found(worked: Worked) -> None:
    attempt = worked.permits[0].attempt_id
    async with worked.db.write() as conn:
        await conn.exec_driver_sql(f"update attempts set state = 'active' where id = '{attempt}'")
    closed = await day.close(worked.db, START, END, {})
    assert named(closed) == [(Difference.ATTEMPT_LEFT_OPEN, attempt)]


def test_texts_and_mails(tmp_path: Path) -> None:
    file = tmp_path / "records.json"
    text = {"smsc_ids": ["1", "2"], "number": "12125550101", "at": "2026-11-24T17:00:00Z"}
    file.write_text(json.dumps([{**text, "state": s} for s in ("DELIVRD", "UNDELIV")]), "utf-8")
    assert [one.result for one in read_texts(file)] == [Result.DELIVERED, Result.UNDELIVERABLE]
    mail = {"address": "A@mail.example", "at": "2026-11-24T17:00:00Z"}
    taken = {**mail, "code": 250, "message_id": "<1@x>"}
    file.write_text(json.dumps([taken, {**mail, "code": 550}]), "utf-8")
    first, second = read_mails(file)
    assert (first.ids, first.address, first.result) == (("<1@x>",), "a@mail.example", Result.TAKEN)
    assert (second.ids, second.result) == ((), Result.REFUSED)

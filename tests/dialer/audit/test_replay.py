"""Recorded decisions are made again from what the store keeps, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from compliance.pack import PackError, parse
from dialer.reports.pack_diff import differences
from dialer.store import kept_packs
from dialer.store.ledger_reader import verify
from dialer.store.ledger_root import prove, read_roots, record_root
from dialer.store.ledger_writer import Draft, append
from dialer.store.replaying import replay, replay_one, try_draft
from tests.dialer.audit.conftest import START, Worked
from tests.dialer.store.people import catalogue


async def change(worked: Worked, statement: str) -> None:
    async with worked.db.write() as conn:
        await conn.exec_driver_sql(statement)


async def test_every_decision_is_made_again_to_the_same_bytes(worked: Worked) -> None:
    done = await replay(worked.db)
    assert worked.refusals
    assert done.decisions == len(worked.permits) + worked.refusals
    assert (done.identical, done.faults) == (done.decisions, ())


async def test_a_period_and_a_sample_can_be_replayed(worked_anywhere: Worked) -> None:
    morning = await replay(worked_anywhere.db, until=START + timedelta(minutes=30))
    rest = await replay(worked_anywhere.db, since=START + timedelta(minutes=30))
    whole = await replay(worked_anywhere.db)
    assert morning.decisions == 2
    assert morning.decisions + rest.decisions == whole.decisions
    sample = await replay(worked_anywhere.db, sample=5, seed=3)
    assert (sample.decisions, sample.identical) == (5, 5)
    assert (await replay(worked_anywhere.db, sample=500)).decisions == whole.decisions


async def test_a_changed_record_is_named_with_what_differs(worked: Worked) -> None:
    attempt = worked.permits[0].attempt_id
    await change(
        worked,
        "update decisions set record = replace(record, 'America/New_York', 'Pacific/Honolulu') "
        f"where id = '{attempt}'",
    )
    done = await replay(worked.db)
    assert done.identical == done.decisions - 1
    assert [fault.attempt_id for fault in done.faults] == [attempt]
    assert "decision." in done.faults[0].reason
    async with worked.db.read() as conn:
        assert (await replay_one(conn, attempt)).faults == done.faults
        assert (await replay_one(conn, worked.permits[1].attempt_id)).identical == 1
        assert (await replay_one(conn, "nobody")).decisions == 0


async def test_the_gate_keeps_the_packs_that_it_decides_by(worked: Worked) -> None:
    async with worked.db.read() as conn:
        kept = await kept_packs.read(conn)
    assert kept.keys() == {pack.sha256 for pack in catalogue().values()}
    assert await kept_packs.keep(worked.db, catalogue().values()) == 0


async def test_a_changed_pack_text_is_no_ground_for_a_decision(worked: Worked) -> None:
    await change(worked, "update rule_packs set text = text || '# later' where pack_id = 'us.regf'")
    with pytest.raises(PackError, match=r"us\.regf .* its text was changed"):
        await replay(worked.db)


async def test_the_pack_in_force_as_draft_changes_nothing(worked: Worked) -> None:
    drafted = await try_draft(worked.db, catalogue()["us.regf"], since=START)
    changes = drafted.changes
    assert changes.candidates == len(worked.permits) + worked.refusals
    assert (changes.newly_refused, changes.newly_permitted, changes.moved) == ((), (), ())
    assert drafted.wrong == ()


async def test_a_stricter_draft_names_the_attempts_that_it_would_call_wrong(
    worked: Worked,
) -> None:
    text = catalogue()["us.regf"].text
    stricter = parse(text.replace("limit = 7", "limit = 2"))
    drafted = await try_draft(worked.db, stricter, since=START)
    assert drafted.wrong
    assert set(drafted.wrong) <= {permit.attempt_id for permit in worked.permits}
    assert {c.attempt_id for c in drafted.changes.newly_refused} == set(drafted.wrong)
    assert all("US-REGF-7IN7" in c.rules for c in drafted.changes.newly_refused)


def test_packs_differ_rule_by_rule() -> None:
    pack = catalogue()["us.regf"]
    assert differences(pack, pack) == ()
    (found,) = differences(pack, parse(pack.text.replace("limit = 7", "limit = 5")))
    assert (found.rule, found.key) == ("frequency US-REGF-7IN7", "limit")
    assert (found.before, found.after) == (7, 5)


async def test_entries_are_proven_to_stand_under_their_roots(worked_anywhere: Worked) -> None:
    await record_root(worked_anywhere.db)
    await record_root(worked_anywhere.db)
    async with worked_anywhere.db.read() as conn:
        roots = await read_roots(conn)
        first = roots[0].entry
        (proof,) = await prove(conn, [first])
    assert proof.root == roots[1]
    assert (await verify(worked_anywhere.db)).broken is None


async def test_a_false_root_is_found_though_the_chain_holds(worked: Worked) -> None:
    await record_root(worked.db)
    async with worked.db.read() as conn:
        (root,) = await read_roots(conn)
    body = {"root": "0" * 64, "size": 1, "after": root.heads, "heads": {"main": root.entry.seq}}
    async with worked.db.write() as conn:
        (false,) = await append(worked.db, conn, [Draft(kind="root", body=body)])
    broken = (await verify(worked.db)).broken
    assert broken is not None
    assert (broken.stream, broken.seq) == (false.stream, false.seq)

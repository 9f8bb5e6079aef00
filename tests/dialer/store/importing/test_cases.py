"""Importing cases: what goes in, what is refused and why; a second time changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Table, func, select

from dialer.store import ledger_reader, tables
from dialer.store.cases import find, load
from dialer.store.database import Database
from dialer.store.importing import cases
from dialer.store.importing.cases import BEGINNING, CaseOptions, import_cases
from dialer.store.importing.columns import BadFile
from dialer.store.importing.report import Report
from scheduler.clock import ManualClock
from tests.dialer.store.people import add_campaign

HEADER = "case_id,full_name,debt_id,currency,balance,phone,phone_2,email,country,postal_code,dnc"
GOOD = "A-1,Otto Abendroth,D-1,USD,1204.50,(212) 555-0123,,otto@mail.example,US,10001,"


async def run(db: Database, path: Path, *lines: str, **options: object) -> Report:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return await import_cases(db, path, CaseOptions(**options))


async def rows(db: Database, table: Table) -> int:
    async with db.read() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "cases.csv"


async def test_a_row_becomes_a_case(db: Database, path: Path) -> None:
    report = await run(db, path, HEADER, GOOD)
    assert (report.rows, report.good, report.bad, report.rejected_file) == (1, 1, 0, None)
    async with db.read() as conn:
        ident = await find(conn, "A-1")
        assert ident is not None
        case = (await load(conn, [ident]))[ident]
    assert case.consumer.full_name == "Otto Abendroth"
    assert case.consumer.history_known_from is None
    assert [(debt.debt_ref, debt.balance_minor) for debt in case.debts] == [("D-1", 120450)]
    assert [(p.value, p.raw) for p in case.contact_points] == [
        ("+12125550123", "(212) 555-0123"),
        ("otto@mail.example", "otto@mail.example"),
    ]
    assert case.zones == ("America/New_York",)


async def test_the_same_file_again_changes_nothing(db: Database, path: Path) -> None:
    lines = (HEADER + ",consent_sms", GOOD + "yes,yes", "B-1,Pilar Birdsong,,,,,,p@m.example,US,,,")
    first = await run(db, path, *lines)
    before = {table.name: await rows(db, table) for table in tables.metadata.sorted_tables}
    again = await run(db, path, *lines)
    after = {table.name: await rows(db, table) for table in tables.metadata.sorted_tables}
    assert first.changes["consumers.added"] == 2
    assert again.changes == {}
    changed = {name for name, count in after.items() if count != before[name]}
    assert changed == {"imports", "ledger"}
    assert (await ledger_reader.verify(db)).broken is None


@pytest.mark.parametrize("large", [cases.LARGE, 0])
async def test_every_bad_row_is_told_and_kept_for_mending(
    db: Database, path: Path, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    monkeypatch.setattr(cases, "LARGE", large)  # above it another process checks the rows
    report = await run(
        db,
        path,
        HEADER,
        GOOD,
        ",Nobody,,,,,,n@m.example,US,,",
        "C-1,Ursa Inglenook,D-1,USD,12.345,12345,,not-an-address,US,,perhaps",
        "C-2,Wren Hollins,,,,,,,US,,",
        "A-1,Quentin Grimsby,,,,,,q@m.example,US,,",
    )
    assert (report.good, report.bad) == (1, 4)
    told = {(problem.row, problem.column) for problem in report.problems}
    assert told == {
        (3, "case_id"),
        (4, "phone"),
        (4, "email"),
        (4, "balance"),
        (4, "dnc"),
        (5, "phone"),
        (6, "full_name"),
    }
    assert report.rejected_file == path.with_name("cases.rejected.csv")
    kept = report.rejected_file.read_text("utf-8").splitlines()
    assert kept[0] == HEADER + ",problem"
    assert [line.split(",")[0] for line in kept[1:]] == ["", "C-1", "C-2", "A-1"]
    assert await rows(db, tables.cases) == 1


async def test_a_dry_run_writes_nothing(db: Database, path: Path) -> None:
    report = await run(db, path, HEADER, GOOD, ",,,,,,,,,,x", dry_run=True)
    assert (report.good, report.bad, report.rejected_file) == (1, 1, None)
    assert report.changes["cases.added"] == 1
    assert await rows(db, tables.consumers) == 0
    assert await rows(db, tables.ledger) == 0
    assert not path.with_name("cases.rejected.csv").exists()


async def test_rows_of_one_case_are_its_debts(db: Database, path: Path) -> None:
    await run(db, path, HEADER, GOOD, GOOD.replace("D-1", "D-2").replace("1204.50", "7"))
    async with db.read() as conn:
        ident = await find(conn, "A-1")
        assert ident is not None
        case = (await load(conn, [ident]))[ident]
    assert [debt.debt_ref for debt in case.debts] == ["D-1", "D-2"]
    assert await rows(db, tables.consumers) == 1


async def test_the_same_name_and_number_is_the_same_person(db: Database, path: Path) -> None:
    other_case = "A-2,OTTO  abendroth,D-9,USD,3,+12125550123,,,US,,"
    namesake = "A-3,Otto Abendroth,D-7,USD,3,+12125550124,,,US,,"
    sharer = "A-4,Pilar Birdsong,D-8,USD,3,+12125550123,,,US,,"
    await run(db, path, HEADER, GOOD, other_case, namesake, sharer)
    assert await rows(db, tables.cases) == 4
    assert await rows(db, tables.consumers) == 3
    assert await rows(db, tables.contact_points) == 3, "a number exists once, whoever shares it"


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
async def test_delimiters_and_bom(db: Database, path: Path, delimiter: str, mark: str) -> None:
    report = await run(
        db, path, mark + HEADER.replace(",", delimiter), GOOD.replace(",", delimiter)
    )
    assert (report.good, report.bad) == (1, 0)


async def test_vicidial_leads_come_in_as_they_are(db: Database, path: Path) -> None:
    header = (
        "vendor_lead_code,source_id,list_id,phone_code,phone_number,first_name,middle_initial,"
        "last_name,address1,city,state,postal_code,country_code,alt_phone,email,comments,rank"
    )
    row = "V-1,S,101,1,2125550123,Otto,Q,Abendroth,1 Sample St,New York,NY,10001,USA,,,hello,5"
    report = await run(db, path, header, row)
    assert report.bad == 0, report.problems
    assert report.ignored_columns == ("source_id",)
    async with db.read() as conn:
        ident = await find(conn, "V-1")
        assert ident is not None
        case = (await load(conn, [ident]))[ident]
    assert case.consumer.full_name == "Otto Q Abendroth"
    assert (case.rank, case.consumer.country) == (5, "US")
    assert case.contact_points[0].value == "+12125550123"


async def test_a_mapping_renames_columns(db: Database, path: Path) -> None:
    report = await run(
        db,
        path,
        "Acct No,Debtor,Cell",
        "M-1,Ravi Dovewood,+12125550123",
        mapping={"Acct No": "case_id", "Debtor": "full_name", "Cell": "phone"},
    )
    assert (report.good, report.bad) == (1, 0)


async def test_a_file_without_a_needed_column_is_refused(db: Database, path: Path) -> None:
    with pytest.raises(BadFile, match="case_id is missing"):
        await run(db, path, "full_name,phone", "Otto,+12125550123")
    path.write_bytes("case_id,full_name,phone\nA,Otto \xe9,1\n".encode("latin-1"))
    with pytest.raises(BadFile, match="not UTF-8"):
        await import_cases(db, path, CaseOptions())


async def test_a_person_without_any_zone_is_imported_and_marked(db: Database, path: Path) -> None:
    report = await run(db, path, "case_id,full_name,email", "N-1,Viggo Eastlake,v@m.example")
    assert (report.good, report.without_zone) == (1, 1)
    async with db.read() as conn:
        assert (await conn.execute(select(tables.locations.c.tz))).scalars().all() == [None]


async def test_do_not_call_is_a_hold_in_the_ledger(db: Database, path: Path) -> None:
    await run(db, path, HEADER, GOOD + "yes")
    async with db.read() as conn:
        hold = (await conn.execute(select(tables.holds))).one()
        kinds = (await conn.execute(select(tables.ledger.c.kind))).scalars().all()
    assert (hold.kind, hold.received_at) == ("dnc_global", db.clock.now())
    assert sorted(kinds) == ["hold", "import"]


async def test_consents_begin_and_end(db: Database, path: Path, clock: ManualClock) -> None:
    header = "case_id,full_name,phone,consent_call,consent_sms"
    await run(db, path, header, "A,Otto Abendroth,+12125550123,yes,2026-05-01")
    await clock.advance(60)
    await run(db, path, header, "A,Otto Abendroth,+12125550123,no,")
    async with db.read() as conn:
        table = tables.consents
        found = (await conn.execute(select(table).order_by(table.c.channel))).all()
        person = (await conn.execute(select(tables.consumers))).one()
    assert [row.channel for row in found] == ["call", "sms"]
    assert found[0].revoked_at == db.clock.now()
    assert found[1].revoked_at is None
    assert found[1].given_at.isoformat() == "2026-05-01T00:00:00+00:00"
    assert found[1].given_to == "creditor"
    assert person.tcpa_consent is False


async def test_a_changed_balance_is_taken_with_its_date(
    db: Database, path: Path, clock: ManualClock
) -> None:
    await run(db, path, HEADER, GOOD)
    await clock.advance(86400)
    report = await run(
        db,
        path,
        HEADER,
        GOOD.replace("1204.50", "1,100.00").replace("1,1", '"1,1').replace("00.00", '00.00"', 1),
    )
    assert report.changes == {"debts.changed": 1}
    async with db.read() as conn:
        debt = (await conn.execute(select(tables.debts))).one()
    assert (debt.balance_minor, debt.as_of) == (110_000, db.clock.now())


async def test_cases_enter_their_campaign_by_rank(db: Database, path: Path) -> None:
    campaign = await add_campaign(db, "early")
    header = "case_id,full_name,phone,campaign,rank"
    report = await run(
        db,
        path,
        header,
        "A,Otto Abendroth,+12125550123,early,1",
        "B,Pilar Birdsong,+12125550124,early,9",
        "C,Ravi Dovewood,+12125550125,late,9",
    )
    assert report.bad == 1
    assert report.problems[0].column == "campaign"
    async with db.read() as conn:
        work, cases = tables.campaign_cases, tables.cases
        order = await conn.execute(
            select(cases.c.case_ref)
            .join(work, work.c.case_id == cases.c.id)
            .where(work.c.campaign_id == campaign)
            .order_by(work.c.position)
        )
    assert order.scalars().all() == ["B", "A"]


async def test_a_fresh_placement_has_a_known_history(db: Database, path: Path) -> None:
    await run(db, path, HEADER, GOOD, fresh_placement=True)
    async with db.read() as conn:
        known = (await conn.execute(select(tables.consumers.c.history_known_from))).scalar_one()
    assert known == BEGINNING


async def test_a_held_case_wakes_when_its_place_becomes_known(
    db: Database, path: Path, clock: ManualClock
) -> None:
    campaign = await add_campaign(db, "early")
    header = "case_id,full_name,email,country,postal_code"
    await run(db, path, header, "A,Otto Abendroth,o@m.example,,", campaign="early")
    table = tables.campaign_cases
    async with db.write() as conn:
        await conn.execute(table.update().values(state="held", next_at=None))
    await clock.advance(60)
    await run(db, path, header, "A,Otto Abendroth,o@m.example,US,10001")
    async with db.read() as conn:
        row = (await conn.execute(select(table).where(table.c.campaign_id == campaign))).one()
    assert (row.state, row.next_at) == ("due", db.clock.now())


async def test_progress_is_told(db: Database, path: Path) -> None:
    header = "case_id,full_name,email"
    lines = [f"P-{i},Otto Abendroth {i},o{i}@m.example" for i in range(1100)]
    path.write_text("\n".join([header, *lines]), "utf-8")
    seen: list[int] = []
    started = db.clock.now()
    report = await import_cases(db, path, CaseOptions(), progress=seen.append)
    assert seen == [500, 1000, 1100]
    assert report.good == 1100
    assert db.clock.now() - started == timedelta(0)

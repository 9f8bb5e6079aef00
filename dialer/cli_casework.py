"""The commands of case work: payments in, a case on one page, legal files, reports, articles."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from pydantic import TypeAdapter

from dialer.casework.terms import shipped, terms_for
from dialer.commands import on_store, reading
from dialer.engine.reminders import assess_plans, judge_promises
from dialer.options import AsJson
from dialer.reports.case_view import CaseView, case_view
from dialer.reports.legal_bundle import as_pdf, as_zip, collect
from dialer.reports.spreadsheet import as_csv, as_xlsx
from dialer.reports.superiors import Figures, Period, Sheet, figures, hand_over
from dialer.settings import Settings
from dialer.store import cases, knowledge, report_schedules
from dialer.store.case_rows import read_case
from dialer.store.database import Database
from dialer.store.importing.columns import read_mapping
from dialer.store.importing.payments import PaymentOptions, import_payments
from dialer.store.importing.report import Report
from dialer.store.knowledge import NewArticle
from dialer.store.ledger_writer import Draft, append
from dialer.store.report_schedules import Format as FileFormat
from dialer.store.report_schedules import Run, Schedule, ScheduleState
from dialer.web.i18n import ENGLISH, Format
from dialer.web.report_files import Printer

WHO = "cli"
_VIEW = TypeAdapter(CaseView)

case_app = typer.Typer(no_args_is_help=True, help="One case: on a page, as a legal file.")
reports_app = typer.Typer(no_args_is_help=True, help="Reports that go out by themselves.")
article_app = typer.Typer(no_args_is_help=True, help="The knowledge base.")
Case = Annotated[str, typer.Option("--case", help="The creditor's number of the case.")]
Out = Annotated[Path, typer.Option(help="Where the file goes.")]


def import_payments_command(
    file: Path,
    mapping: Annotated[Path | None, typer.Option(help="TOML that renames columns.")] = None,
    dry_run: bool = False,
    as_json: AsJson = False,
) -> None:
    """Payments and reversals from a CSV file; the same payment twice is one."""
    options = PaymentOptions(
        terms=shipped(),
        mapping=read_mapping(mapping) if mapping else None,
        by=WHO,
        dry_run=dry_run,
    )

    async def job(db: Database) -> Report:
        with reading(file) as progress:
            return await import_payments(db, file, options, progress=progress)

    done = on_store(Settings(), job)
    if as_json:
        typer.echo(json.dumps(done.document()))
    else:
        typer.echo(f"{done.rows} rows: {done.good} good, {done.bad} bad")
    for problem in done.problems:
        typer.echo(str(problem), err=True)


@case_app.command("show")
def show_case(case: Case) -> None:
    """Everything of one case as JSON; sensitive facts are left out."""

    async def job(db: Database) -> CaseView:
        async with db.read() as conn:
            case_id = await _find(db, case)
            country = (await read_case(conn, case_id)).country
            view = await case_view(
                conn,
                case_id,
                now=db.clock.now(),
                sensitive=False,
                allowance=terms_for(shipped(), country).allowance,
            )
        assert view is not None
        await _looked(db, view.consumer_id, "case show", "command line")
        return view

    typer.echo(_VIEW.dump_json(on_store(Settings(), job), indent=2).decode())


@case_app.command("legal-file")
def legal_file(
    case: Case,
    out: Out,
    why: Annotated[str, typer.Option(help="The purpose; it is written into the ledger.")],
) -> None:
    """The legal file: one PDF with an index, or a ZIP with every paper and its digest."""
    if out.suffix not in (".pdf", ".zip"):
        raise typer.BadParameter("the file ends in .pdf or .zip", param_hint="--out")

    async def job(db: Database) -> bytes:
        case_id = await _find(db, case)
        async with db.read() as conn:
            person = (await read_case(conn, case_id)).consumer_id
        await _looked(db, person, "legal file", why)
        async with db.read() as conn:
            bundle = await collect(conn, case_id, now=db.clock.now())
        return as_pdf(bundle) if out.suffix == ".pdf" else as_zip(bundle)

    out.write_bytes(on_store(Settings(), job))


def report(
    first: Annotated[str, typer.Option("--from", help="The first day, YYYY-MM-DD.")],
    last: Annotated[str, typer.Option("--to", help="The last day, included.")],
    out: Out,
) -> None:
    """Figures of a period as a workbook (.xlsx), a PDF (.pdf), a page with charts (.html), or as
    one CSV file a table (a folder).
    """
    period = Period(first=date.fromisoformat(first), last=date.fromisoformat(last))
    if period.last < period.first:
        raise typer.BadParameter("the last day is before the first", param_hint="--to")

    async def job(db: Database) -> Figures:
        async with db.read() as conn:
            return await figures(conn, period, db.clock.now())

    settings = Settings()
    found = on_store(settings, job)
    if out.suffix not in (".pdf", ".html"):
        _write(out, found.sheets)
        return
    form = Format(language=ENGLISH, zone=period.zone)
    printer = Printer(form=form, business_name=settings.business_name)
    out.write_bytes(printer.one_file(found, FileFormat(out.suffix[1:])).content)


def hand_over_command(agent: str, out: Out) -> None:
    """What an agent who leaves has open, for whoever takes over."""

    async def job(db: Database) -> Sheet:
        async with db.read() as conn:
            return await hand_over(conn, agent)

    _write(out, [on_store(Settings(), job)])


def judge() -> None:
    """Judge the promises and plans whose days are past, as the service does by itself."""

    async def job(db: Database) -> tuple[int, int]:
        return await judge_promises(db), await assess_plans(db)

    promised, planned = on_store(Settings(), job)
    typer.echo(f"promises changed: {promised}, plans changed: {planned}")


@reports_app.command("schedules")
def show_schedules() -> None:
    """The reports that go out by themselves: id, state, next time, name."""

    async def job(db: Database) -> list[Schedule]:
        async with db.read() as conn:
            return await report_schedules.listed(conn)

    for schedule in on_store(Settings(), job):
        at = schedule.next_at.isoformat()
        typer.echo(f"{schedule.id}\t{schedule.state}\t{at}\t{schedule.told.name}")


@reports_app.command("sent")
def show_runs() -> None:
    """The last reports, newest first: state, days, name, and the last failure."""

    async def job(db: Database) -> list[Run]:
        async with db.read() as conn:
            return await report_schedules.runs(conn)

    for run in on_store(Settings(), job):
        days = f"{run.first.isoformat()}..{run.last.isoformat()}"
        typer.echo(f"{run.state}\t{days}\t{run.schedule.told.name}\t{run.error or ''}")


@reports_app.command("switch")
def switch_schedule(schedule: str, state: ScheduleState) -> None:
    """Pause a schedule, go on with it (active), or delete it."""

    async def job(db: Database) -> bool:
        now = db.clock.now()
        return await report_schedules.switch(db, schedule, state, by=WHO, now=now)

    typer.echo(state if on_store(Settings(), job) else "nothing to change")


@article_app.command("add")
def add_article(
    file: Path,
    title: Annotated[str, typer.Option()],
    language: str = "en",
    creditor: str = "",
    product: str = "",
) -> None:
    """Write an article from a Markdown file; its name is that of the file."""
    new = NewArticle(
        name=file.stem,
        language=language,
        title=title,
        body=file.read_text("utf-8"),
        by=WHO,
        creditor=creditor,
        product=product,
    )
    on_store(Settings(), lambda db: knowledge.write(db, new, now=db.clock.now()))


@article_app.command("find")
def find_articles(query: str, language: str | None = None) -> None:
    """Articles with all words of the query, best first."""

    async def job(db: Database) -> list[knowledge.Article]:
        async with db.read() as conn:
            return await knowledge.search(conn, query, language=language)

    for article in on_store(Settings(), job):
        typer.echo(f"{article.name}\t{article.language}\t{article.title}")


async def _find(db: Database, case_ref: str) -> str:
    async with db.read() as conn:
        case_id = await cases.find(conn, case_ref)
    if case_id is None:
        raise ValueError(f"there is no case {case_ref}")
    return case_id


async def _looked(db: Database, person: str, page: str, purpose: str) -> None:
    """Write the look down before anything is handed out."""
    body = {"page": f"ringfence {page}", "by": WHO, "purpose": purpose}
    async with db.write() as conn:
        await append(db, conn, [Draft(kind="audit.looked", body=body, person=person)])


def _write(out: Path, sheets: list[Sheet] | tuple[Sheet, ...]) -> None:
    if out.suffix == ".xlsx":
        out.write_bytes(as_xlsx((sheet.name, sheet.header, sheet.rows) for sheet in sheets))
        return
    out.mkdir(parents=True, exist_ok=True)
    for sheet in sheets:
        name = sheet.name.lower().replace(" ", "_")
        (out / f"{name}.csv").write_bytes(as_csv(sheet.header, sheet.rows))

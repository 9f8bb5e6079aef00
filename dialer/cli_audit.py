"""The auditor's commands: replay, what-if, roots, proof packs, the closing, and lists."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from compliance import packs as rule_packs
from compliance.pack import RulePack, parse
from compliance.replay import Change
from compliance.shares import Share
from dialer.commands import instant, on_store, show
from dialer.engine.cutover import Cutover
from dialer.engine.cutover import cutover as day_one
from dialer.options import AsJson
from dialer.reports.pack_diff import differences
from dialer.reports.pressure import Pressure, find_pressure
from dialer.reports.proof.collecting import scope_of
from dialer.reports.proof.verifying import verify_proof
from dialer.reports.proof.writing import Written, write_proof
from dialer.settings import Settings
from dialer.store import ledger_reader, ledger_root, replaying
from dialer.store.closing import day
from dialer.store.database import Database
from dialer.store.exposure import find_exposure

From = Annotated[str | None, typer.Option("--from", help="From this ISO instant on.")]
To = Annotated[str | None, typer.Option("--to", help="To before this ISO instant.")]

proof_app = typer.Typer(
    invoke_without_command=True,
    help="The proof pack of one person or case, and its verification.",
)

_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
WHOLE = 0
FAILED = 1


def replay(
    *,
    since: From = None,
    until: To = None,
    sample: Annotated[int | None, typer.Option(min=1, help="Draw so many of them.")] = None,
    seed: Annotated[int, typer.Option(help="Draws the same sample again.")] = 0,
    workers: Annotated[int, typer.Option(min=1, help="Processes that share the work.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Decide recorded decisions again, under the packs of their day; exit 1 if one differs."""
    first, last = instant(since, "--from"), instant(until, "--to")
    done = on_store(
        Settings(),
        lambda db: replaying.replay(
            db, since=first, until=last, sample=sample, seed=seed, workers=workers
        ),
    )
    told = {"decisions": done.decisions, "identical": done.identical}
    if as_json:
        show({**told, "faults": [asdict(fault) for fault in done.faults]}, as_json=True)
    else:
        typer.echo(f"{done.identical} of {done.decisions} decisions are byte-identical")
        for fault in done.faults:
            typer.echo(f"{fault.attempt_id}: {fault.reason}")
    raise typer.Exit(WHOLE if done.identical == done.decisions else FAILED)


def whatif(
    pack: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The draft.")],
    days: Annotated[int, typer.Option(min=1, help="Candidates of so many days.")] = 30,
    as_json: AsJson = False,
) -> None:
    """A draft pack over past candidates: what it would refuse, permit or move."""
    draft = parse(pack.read_text("utf-8"), str(pack))

    async def job(db: Database) -> replaying.Drafted:
        since = db.clock.now() - timedelta(days=days)
        return await replaying.try_draft(db, draft, since=since)

    drafted = on_store(Settings(), job)
    changes = drafted.changes
    lists = {
        "newly_refused": changes.newly_refused,
        "newly_permitted": changes.newly_permitted,
        "moved": changes.moved,
    }
    if as_json:
        document: dict[str, object] = {"pack": draft.pack_id, "candidates": changes.candidates}
        document |= {name: [asdict(change) for change in found] for name, found in lists.items()}
        document["past_attempts_called_wrong"] = drafted.wrong
        document["shares"] = {
            axis: [asdict(share) for share in found] for axis, found in changes.shares().items()
        }
        show(document, as_json=True)
        return
    typer.echo(f"{changes.candidates} candidates under {draft.pack_id} {draft.version}")
    for name, found in lists.items():
        typer.echo(f"{name.replace('_', ' ')}: {len(found)}")
        for change in found:
            typer.echo(f"  {_line(change)}")
    typer.echo(f"past attempts that it would call wrong: {len(drafted.wrong)}")
    for attempt in drafted.wrong:
        typer.echo(f"  {attempt}")
    for axis, found_there in changes.shares().items():
        for share in found_there:
            typer.echo(f"by {axis} {share.value}: {_share(share)}")


def _share(share: Share) -> str:
    return (
        f"of {share.candidates} candidates {share.newly_refused} newly refused, "
        f"{share.newly_permitted} newly permitted, {share.moved} moved"
    )


def packs_diff(a: str, b: str, as_json: AsJson = False) -> None:
    """What differs between two packs: files, or ids of shipped ones; exit 1 if anything."""
    found = differences(_pack(a), _pack(b))
    if as_json:
        show({"differences": [asdict(one) for one in found]}, as_json=True)
    else:
        for one in found:
            typer.echo(f"{one.rule}: {one.key}: {one.before!r} -> {one.after!r}")
    raise typer.Exit(FAILED if found else WHOLE)


def ledger_verify(
    file: Annotated[Path | None, typer.Option(help="An export, with no database.")] = None,
) -> None:
    """Walk the ledger; the first broken entry is named."""
    if file is not None:
        verified = ledger_reader.verify_file(file)
    else:
        verified = on_store(Settings(), ledger_reader.verify)
    if verified.broken is not None:
        broken = verified.broken
        raise ValueError(f"broken at {broken.stream} {broken.seq}: {broken.reason}")
    typer.echo(f"{verified.entries} entries in {verified.streams} streams: unbroken")


def ledger_export(file: Path) -> None:
    """Write the ledger as JSON lines that `verify --file` checks."""
    count = on_store(Settings(), lambda db: ledger_reader.export(db, file))
    typer.echo(f"{count} entries")


def ledger_root_command(as_json: AsJson = False) -> None:
    """Bind all streams of the ledger by one hash, and write it down; keep it elsewhere too."""
    root = on_store(Settings(), ledger_root.record_root)
    show({"root": root}, as_json=as_json)


def closing(
    *,
    carrier: Annotated[
        Path | None, typer.Option(help="Call records, JSON or Asterisk CSV.")
    ] = None,
    messages: Annotated[Path | None, typer.Option(help="The SMSC's records, JSON.")] = None,
    mail: Annotated[Path | None, typer.Option(help="The mail log, JSON.")] = None,
    since: From = None,
    until: To = None,
    as_json: AsJson = False,
) -> None:
    """Our decisions and contacts beside the far side's records; exit 1 if anything differs.

    Without a period: everything until now.
    """
    named = {day.CALLS: carrier, day.TEXTS: messages, day.MAILS: mail}
    files = {channel: path for channel, path in named.items() if path is not None}
    first, last = instant(since, "--from"), instant(until, "--to")

    async def job(db: Database) -> day.Closing:
        return await day.close(db, first or _EARLIEST, last or db.clock.now(), files)

    closed = on_store(Settings(), job)
    if as_json:
        show(asdict(closed), as_json=True)
    else:
        typer.echo(f"{closed.decisions} decisions, {closed.permits} of them permits")
        for channel, count in sorted(closed.attempts.items()):
            told = closed.records.get(channel, "no")
            typer.echo(f"{channel}: {count} sent by us, {told} on record")
        for finding in closed.findings:
            who = finding.attempt_id or finding.channel
            typer.echo(f"{finding.difference} {who}: {finding.detail}")
        typer.echo(f"{len(closed.findings)} findings; root {closed.root}")
    raise typer.Exit(FAILED if closed.findings else WHOLE)


def exposure(since: From = None, until: To = None, as_json: AsJson = False) -> None:
    """Past attempts that what we learned later makes questionable; what was known then stays."""
    first, last = instant(since, "--from"), instant(until, "--to")
    found = on_store(Settings(), lambda db: find_exposure(db, since=first, until=last))
    if as_json:
        show(asdict(found), as_json=True)
        return
    for one in found.exposed:
        causes = ", ".join(f"{c.kind} {c.what} known {c.known_at.isoformat()}" for c in one.causes)
        typer.echo(
            f"{one.attempt_id} {one.at.isoformat()} {one.channel} {one.person_id}: "
            f"{', '.join(one.rules)} ({causes})"
        )
    for attempt in found.uncounted:
        typer.echo(f"{attempt}: reached for somebody else's number")
    typer.echo(f"{len(found.exposed)} exposed, {len(found.uncounted)} by a wrong number")


def cutover(
    at: Annotated[str | None, typer.Option(help="Day one begins at this ISO instant.")] = None,
    as_json: AsJson = False,
) -> None:
    """Who may be contacted on day one, and what holds the others back."""
    settings, begins = Settings(), instant(at, "--at")
    catalogue = rule_packs.read(settings.packs_dir) if settings.packs_dir else rule_packs.shipped()

    async def job(db: Database) -> Cutover:
        first = begins or db.clock.now()
        return await day_one(db, catalogue, actor=settings.actor, at=first)

    found = on_store(settings, job)
    figures: dict[str, object] = {
        "at": found.at.isoformat(),
        "contactable": found.contactable(),
        "held": found.held(),
        "unknown_history": found.unknown_history(),
    }
    if as_json:
        show({**figures, "cases": [asdict(one) for one in found.standings]}, as_json=True)
    else:
        show(figures, as_json=False)


def pressure(
    days: Annotated[int, typer.Option(min=1, help="Of so many days.")] = 30,
    as_json: AsJson = False,
) -> None:
    """Signs of pressure on people, with the contacts that make them."""

    async def job(db: Database) -> list[Pressure]:
        now = db.clock.now()
        async with db.read() as conn:
            return await find_pressure(conn, since=now - timedelta(days=days), until=now)

    found = on_store(Settings(), job)
    if as_json:
        show({"signs": [asdict(one) for one in found]}, as_json=True)
        return
    for one in found:
        typer.echo(f"{one.at.isoformat()} {one.person_id} {one.sign}: {', '.join(one.contacts)}")
    typer.echo(f"{len(found)} signs")


@proof_app.callback()
def proof(
    ctx: typer.Context,
    *,
    person: Annotated[str | None, typer.Option(help="The person's id.")] = None,
    case: Annotated[str | None, typer.Option(help="A case's id, or the creditor's own.")] = None,
    since: From = None,
    until: To = None,
    out: Annotated[Path | None, typer.Option(help="The ZIP file to write.")] = None,
    by: Annotated[str, typer.Option(help="Who makes it, for the ledger.")] = "command line",
    as_json: AsJson = False,
) -> None:
    """Everything recorded about the contacts with one person, for a second party to verify."""
    if ctx.invoked_subcommand is not None:
        return
    if out is None or (person is None) == (case is None):
        raise typer.BadParameter("one of --person and --case, and --out, are needed")
    first, last = instant(since, "--from"), instant(until, "--to")

    async def job(db: Database) -> Written:
        async with db.read() as conn:
            scope = await scope_of(conn, person=person, case_id=case, since=first, until=last)
        return await write_proof(db, scope, out, by=by)

    show({"file": str(out), **asdict(on_store(Settings(), job))}, as_json=as_json)


@proof_app.command("verify")
def proof_verify(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)],
    root: Annotated[str | None, typer.Option(help="A root that was kept elsewhere.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check a proof pack with nothing but the pack; every fault names its file."""
    checked = verify_proof(file, root=root)
    if as_json:
        show(asdict(checked), as_json=True)
    elif checked.faults:
        for fault in checked.faults:
            typer.echo(f"{fault.file}: {fault.reason}")
    else:
        typer.echo(
            f"{checked.files} files, {checked.decisions} decisions, {checked.entries} ledger "
            f"entries: all hold under root {checked.root}"
        )
    raise typer.Exit(FAILED if checked.faults else WHOLE)


def _pack(name: str) -> RulePack:
    shipped = rule_packs.shipped().get(name)
    if shipped is not None:
        return shipped
    path = Path(name)
    if not path.is_file():
        raise ValueError(f"{name} is neither a file nor the id of a shipped pack")
    return parse(path.read_text("utf-8"), name)


def _line(change: Change) -> str:
    moved = f"{change.first_allowed_before} -> {change.first_allowed_after}"
    rules = ", ".join(change.rules)
    return f"{change.attempt_id} {change.decided_at.isoformat()} {rules} {moved}"

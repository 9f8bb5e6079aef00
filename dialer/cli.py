"""The command line: `ringfence`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import ClassVar

import typer
from pydantic_core import ValidationError
from rich.console import Console

from dialer import logs
from dialer.late_commands import LateGroup, Later
from dialer.lockfile import AlreadyRunning

errors = Console(stderr=True)


def _at(place: str, help_text: str) -> Later:
    module, _, name = place.rpartition(".")
    return Later(module=f"dialer.{module}", name=name, help=help_text)


class Packs(LateGroup):
    later: ClassVar[Mapping[str, Later]] = {
        "list": _at("cli_packs.packs_list", "All shipped packs with version, hash and review."),
        "show": _at("cli_packs.packs_show", "The text of one pack."),
        "check": _at("cli_packs.packs_check", "Whether a pack holds; else file, line and reason."),
        "diff": _at(
            "cli_audit.packs_diff",
            "What differs between two packs: files, or ids of shipped ones; exit 1 if anything.",
        ),
    }


class Ledger(LateGroup):
    later: ClassVar[Mapping[str, Later]] = {
        "verify": _at(
            "cli_audit.ledger_verify", "Walk the ledger; the first broken entry is named."
        ),
        "export": _at(
            "cli_audit.ledger_export", "Write the ledger as JSON lines that `verify --file` checks."
        ),
        "root": _at(
            "cli_audit.ledger_root_command",
            "Bind all streams of the ledger by one hash, and write it down; keep it elsewhere too.",
        ),
    }


packs_app = typer.Typer(
    cls=Packs, no_args_is_help=True, help="Rule packs: validity, hash, confidence."
)
ledger_app = typer.Typer(cls=Ledger, no_args_is_help=True, help="The contact ledger.")


class Root(LateGroup):
    later: ClassVar[Mapping[str, Later]] = {
        "serve": _at(
            "cli_service.serve",
            "The service with console and API; settings are RINGFENCE_ variables.",
        ),
        "settings": _at(
            "cli_settings.settings", "Every setting's environment variable, and its value now."
        ),
        "sample": _at(
            "cli_service.run_sample",
            "The sample portfolio on the simulated town, with the console.",
        ),
        "demo": _at(
            "cli_service.demo", "The main job, headless, on a fresh store; prints what came of it."
        ),
        "import": _at(
            "cli_import.import_command",
            "Consumers, debts, contact points and consents from a CSV file.",
        ),
        "import-history": _at(
            "cli_import.import_history_command",
            "Contacts from before: opening balances of every cap.",
        ),
        "decide": _at(
            "cli_packs.decide", "Decide worked cases; one JSON line each. Pure: no store, no clock."
        ),
        "next": _at(
            "cli_import.next_command",
            "The next lawful moment, the rule that binds, and what would move it.",
        ),
        "why": _at(
            "cli_floor.why",
            "Why is nobody being dialed? Agents, due cases, hours, rules, trunk, lines, budget.",
        ),
        "import-settings": _at(
            "cli_floor.import_settings",
            "VICIdial's settings of campaigns (CSV with its own column names).",
        ),
        "simulate": _at(
            "cli_simulate.simulate",
            "A simulated shift with a pacer, beside others.",
        ),
        "bench": _at(
            "bench.command.bench",
            "Measure what the product carries, beside a bare baseline of the same run.",
        ),
        "import-payments": _at(
            "cli_casework.import_payments_command",
            "Payments and reversals from a CSV file; the same payment twice is one.",
        ),
        "report": _at(
            "cli_casework.report",
            "Figures of a period as a workbook, a PDF, a page or CSV.",
        ),
        "hand-over": _at(
            "cli_casework.hand_over_command",
            "What an agent who leaves has open, for whoever takes over.",
        ),
        "judge": _at(
            "cli_casework.judge",
            "Judge the promises and plans whose days are past, as the service does by itself.",
        ),
        "replay": _at(
            "cli_audit.replay",
            "Decide recorded decisions again, under the packs of their day; exit 1 if one differs.",
        ),
        "whatif": _at(
            "cli_audit.whatif",
            "A draft pack over past candidates: what it would refuse, permit or move.",
        ),
        "closing": _at(
            "cli_audit.closing",
            "Our decisions and contacts beside the far side's records; exit 1 if anything differs.",
        ),
        "exposure": _at(
            "cli_audit.exposure",
            "Past attempts that what we learned later makes questionable.",
        ),
        "cutover": _at(
            "cli_audit.cutover", "Who may be contacted on day one, and what holds the others back."
        ),
        "pressure": _at(
            "cli_audit.pressure", "Signs of pressure on people, with the contacts that make them."
        ),
        "packs": _at("cli.packs_app", "Rule packs: validity, hash, confidence."),
        "ledger": _at("cli.ledger_app", "The contact ledger."),
        "recordings": _at("cli_recordings.app", "Sealed recordings."),
        "keys": _at("cli_keys.app", "The keys that seal personal data and recordings."),
        "relisten": _at(
            "cli_floor.relisten_app",
            "Calls hung up as machines, heard again: detection's mistakes.",
        ),
        "person": _at("cli_person.app", "A person's own data: export and erasure."),
        "case": _at("cli_casework.case_app", "One case: on a page, as a legal file."),
        "articles": _at("cli_casework.article_app", "The knowledge base."),
        "reports": _at("cli_casework.reports_app", "Reports that go out by themselves."),
        "feed": _at("cli_feed.feed_app", "The feed to the bank's own system."),
        "proof": _at(
            "cli_audit.proof_app", "The proof pack of one person or case, and its verification."
        ),
    }


app = typer.Typer(
    cls=Root, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)


@app.callback()
def ringfence() -> None:
    """An outreach dialer."""


def main() -> None:
    """Run a command; refused or failed jobs end with status 1."""
    logs.set_up()
    try:
        app()
    except ValidationError as error:
        for problem in error.errors():
            name = "_".join(["RINGFENCE", *map(str, problem["loc"])]).upper()
            errors.print(f"ringfence: {name}: {problem['msg']}", markup=False, highlight=False)
        sys.exit(2)
    except (AlreadyRunning, OSError, LookupError, ValueError) as error:
        errors.print(f"ringfence: {error}", markup=False)
        sys.exit(1)

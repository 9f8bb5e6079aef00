"""The mail that a scheduled report goes out by, in the schedule's language and zone."""

from __future__ import annotations

from dialer.engine.report_post import Made
from dialer.reports.scope import Scope
from dialer.reports.superiors import Period, figures
from dialer.store.accounts import find_account
from dialer.store.apart import apart
from dialer.store.database import Database
from dialer.store.report_schedules import Run
from dialer.web.auth import GRANTS, Permission
from dialer.web.i18n import LANGUAGES, Format
from dialer.web.report_files import Printer


async def report_mail(db: Database, business_name: str, run: Run) -> Made:
    """The mail of a run, made off the loop. Raises LookupError for a campaign that is gone."""
    told = run.schedule.told
    zone = told.recurrence.zone
    printer = Printer(
        form=Format(language=LANGUAGES[told.language], zone=zone), business_name=business_name
    )
    period = Period(first=run.first, last=run.last, zone=zone)
    scope = Scope(creditor=told.creditor, campaign=told.campaign_id, team=told.team)

    async def make(own: Database) -> Made:
        async with own.read() as conn:
            found = await figures(conn, period, own.clock.now(), scope)
        shown = printer.shown(found)
        lines = [shown.title, shown.about, "", printer.say(_TEXT), printer.say(_WHO) + told.by]
        return Made(
            subject=f"{told.name}: {run.first.isoformat()} – {run.last.isoformat()}",
            text="\n".join(lines),
            files=printer.files(found, told.formats),
        )

    return await apart(db, make)


async def may_see_reports(db: Database, name: str) -> bool:
    """Whether the account of this name is active and its role includes reports."""
    async with db.read() as conn:
        account = await find_account(conn, name)
    return account is not None and account.active and Permission.SEE_REPORTS in GRANTS[account.role]


def mark(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


_TEXT = mark("The report is attached. It holds figures, and no personal data of consumers.")
_WHO = mark("Scheduled by: ")

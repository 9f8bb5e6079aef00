"""The console's pages, one module a screen."""

from __future__ import annotations

from dialer.web.pages import (
    account,
    accounts,
    attempts,
    campaigns,
    case_acts,
    case_decisions,
    cases,
    decisions,
    desk,
    floor,
    ledger,
    packs,
    people,
    personal_data,
    proof,
    report_schedules,
    reports,
    roster,
    whatif,
    work,
)

ROUTERS = (
    account.router,
    roster.router,
    campaigns.router,
    desk.router,
    work.router,
    floor.router,
    cases.router,
    case_acts.router,
    case_decisions.router,
    attempts.router,
    decisions.router,
    people.router,
    personal_data.router,
    proof.router,
    report_schedules.router,
    reports.router,
    ledger.router,
    whatif.router,
    packs.router,
    accounts.router,
)

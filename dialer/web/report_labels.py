"""The words of the reports for superiors: their tables and columns."""

from __future__ import annotations

from collections.abc import Mapping


def mark(text: str) -> str:
    """Marks a word for the catalogue; it is translated where it is shown."""
    return text


REPORTS: Mapping[str, str] = {
    "Agents": mark("Agents"),
    "Campaigns": mark("Campaigns"),
    "Best hours": mark("Best hours"),
    "Creditors": mark("Creditors"),
    "Ages": mark("Age of the debts"),
    "agent": mark("Agent"),
    "dispositions": mark("Contacts noted"),
    "promises": mark("Promises"),
    "kept": mark("Kept"),
    "partly_kept": mark("Partly kept"),
    "broken": mark("Broken"),
    "kept_rate": mark("Share kept"),
    "plans_agreed": mark("Plans agreed"),
    "complaints_about": mark("Complaints about them"),
    "campaign": mark("Campaign"),
    "cases": mark("Cases"),
    "worked": mark("Worked"),
    "penetration": mark("Penetration"),
    "contacts": mark("Contacts"),
    "right_party": mark("Right party"),
    "promise_rate": mark("Promises of these"),
    "hour_utc": mark("Hour (UTC)"),
    "calls": mark("Calls"),
    "rate": mark("Reached"),
    "creditor": mark("Creditor"),
    "currency": mark("Currency"),
    "open": mark("Open"),
    "paid": mark("Paid"),
    "cure_rate": mark("Cured"),
    "balance_minor": mark("Balance"),
    "collected_minor": mark("Collected"),
    "bucket": mark("Bucket"),
    "debts": mark("Debts"),
}

FORMATS: Mapping[str, str] = {
    "csv": mark("CSV"),
    "xlsx": mark("Workbook"),
    "html": mark("Page with charts"),
    "pdf": mark("PDF"),
}

EVERY: Mapping[str, str] = {
    "day": mark("Every day"),
    "week": mark("Every week"),
    "month": mark("Every month"),
}

WEEKDAYS: Mapping[str, str] = {
    "0": mark("Monday"),
    "1": mark("Tuesday"),
    "2": mark("Wednesday"),
    "3": mark("Thursday"),
    "4": mark("Friday"),
    "5": mark("Saturday"),
    "6": mark("Sunday"),
}

SCHEDULES: Mapping[str, str] = {
    "active": mark("Active"),
    "paused": mark("Paused"),
    "deleted": mark("Deleted"),
    "waiting": mark("Waiting"),
    "sent": mark("Sent"),
    "failed": mark("Failed"),
}

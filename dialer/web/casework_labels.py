"""The words of case work for the codes of the store."""

from __future__ import annotations

from collections.abc import Mapping


def mark(text: str) -> str:
    """Marks a word for the catalogue; it is translated where it is shown."""
    return text


CASEWORK: Mapping[str, str] = {
    "open": mark("Open"),
    "paused": mark("Paused"),
    "closed": mark("Closed"),
    "paid": mark("Paid"),
    "recalled": mark("Given back to the creditor"),
    "kept": mark("Kept"),
    "partly_kept": mark("Partly kept"),
    "broken": mark("Broken"),
    "withdrawn": mark("Withdrawn"),
    "requested": mark("Waits for approval"),
    "refused": mark("Not approved"),
    "proposed": mark("Proposed"),
    "agreed": mark("Agreed, terms met"),
    "behind": mark("Behind"),
    "defaulted": mark("In default"),
    "completed": mark("Completed"),
    "renegotiated": mark("Renegotiated"),
    "received": mark("Received"),
    "investigating": mark("Being checked"),
    "answered": mark("Answered"),
    "upheld": mark("Upheld"),
    "partly_upheld": mark("Partly upheld"),
    "rejected": mark("Rejected"),
    "appealed": mark("Appealed"),
    "amount": mark("Amount"),
    "interest": mark("Interest"),
    "term": mark("Term"),
    "not_mine": mark("Not the consumer's"),
    "fraud": mark("Fraud"),
    "already_paid": mark("Paid already"),
    "service": mark("Service"),
    "principal": mark("Principal"),
    "fees": mark("Fees"),
    "note": mark("Note"),
    "answer": mark("Answer given"),
    "hand_over": mark("Hand-over"),
    "identity": mark("Check of identity"),
    "income": mark("Income"),
    "outgoing": mark("Outgoing"),
    "household": mark("Household"),
    "employment": mark("Employment"),
    "hardship": mark("Hardship"),
    "vulnerability": mark("Vulnerability"),
    "time_or_frequency": mark("Time or frequency of contacts"),
    "third_party": mark("Told to others"),
    "conduct": mark("Conduct"),
    "privacy": mark("Privacy"),
    "other": mark("Other"),
    "training": mark("Training"),
    "data": mark("Data"),
    "process": mark("Process"),
    "system": mark("System"),
    "creditor": mark("Creditor"),
    "none_found": mark("None found"),
    "evidence": mark("Evidence"),
    "statement_of_account": mark("Statement of account"),
    "agreement": mark("Agreement"),
    "contact_history": mark("Contact history"),
    "notices_with_proof": mark("Notices with proof"),
    "recordings_list": mark("List of recordings"),
    "promises_and_breaches": mark("Promises and breaches"),
    "assignment": mark("Assignment of the debt"),
    "referred": mark("Referred"),
    "pre_action_letter": mark("Pre-action letter"),
    "filed": mark("Claim filed"),
    "judgment": mark("Judgment"),
    "enforcement": mark("Enforcement"),
    "acknowledge": mark("Confirm receipt"),
    "resolve": mark("Decide"),
    "duty": mark("Say or do"),
    "question": mark("Ask"),
    "ask_for": mark("Ask for the person by name"),
    "not_the_person": mark("Anybody else: say nothing of a debt, and goodbye"),
    "may_speak": mark("The person is known: the debt may be discussed"),
}

LEVELS: Mapping[str, str] = {
    "agent": mark("Agent"),
    "team_leader": mark("Team leader"),
    "manager": mark("Manager"),
}

WORK: Mapping[str, str] = {
    "plan_approved": mark("The plan was approved: it can be offered"),
    "plan_refused": mark("The plan was not approved"),
    "legal_reminder": mark("Look at the legal file"),
    "limitation": mark("The last day for a claim is near"),
}

REFUSALS = (
    mark(
        "First check who is on the line: nothing is agreed before the consumer's identity is known."
    ),
    mark(
        "First check who is on the line. Where they will not say, note that they would not identify"
        " themselves: the dispute is then kept as an unverified claim, and contact stops all the"
        " same."
    ),
)
"""The sentences of `dialer.store.identity`, for the catalogue."""

ACCEPTANCES: Mapping[str, str] = {
    "link": mark("accepted by the link"),
    "call": mark("accepted on the phone"),
    "letter": mark("accepted by letter"),
    "branch": mark("accepted at a branch"),
}

"""The words of the agents' desks and of the floor."""

from __future__ import annotations

from collections.abc import Mapping


def mark(text: str) -> str:
    """Marks a word for the catalogue; it is translated where it is shown."""
    return text


DESK: Mapping[str, str] = {
    "offline": mark("Offline"),
    "ready": mark("Ready"),
    "reserved": mark("A call is coming"),
    "on_call": mark("On a call"),
    "calling": mark("being called"),
    "apart": mark("talks with you; the consumer hears music"),
    "together": mark("all three talk"),
    "handed_over": mark("has the call"),
    "wrap_up": mark("Wrap-up"),
    "on_break": mark("On a break"),
    "training": mark("Training"),
    "log-in": mark("just logged in"),
    "log-out": mark("logged out"),
    "missed-call": mark("a call was missed"),
    "no-screen": mark("the desk's page was closed"),
    "overdue": mark("the break was too long"),
    "shift-end": mark("the shift is over"),
    "supervisor": mark("logged out by a supervisor"),
    "coffee": mark("Coffee"),
    "lunch": mark("Lunch"),
    "meeting": mark("Meeting"),
    "coaching": mark("Coaching"),
    "personal": mark("Personal"),
    "right_party": mark("Talked, nothing agreed"),
    "promise": mark("Promise to pay"),
    "callback": mark("Callback"),
    "refused": mark("Refuses to pay"),
    "dispute": mark("Dispute"),
    "opt_out": mark("Asks not to be called"),
    "wrong_number": mark("Wrong number"),
    "third_party": mark("Third party"),
    "voicemail": mark("Voicemail"),
    "hung_up": mark("Hung up at once"),
    "amount": mark("the amount"),
    "interest": mark("interest or fees"),
    "term": mark("a term"),
    "not_mine": mark("not my debt"),
    "fraud": mark("fraud"),
    "already_paid": mark("already paid"),
    "service": mark("goods or service"),
    "free": mark("free to dial"),
    "progressive": mark("no more lines than free agents"),
    "stop": mark("stopped"),
}

STANDSTILL: Mapping[str, str] = {
    "no agent is logged in": mark("no agent is logged in"),
    "every agent is on a break": mark("every agent is on a break"),
    "all lines are taken": mark("all lines are taken"),
}

"""Every event of the case-store feed, with what its data hold. Pure.

The outbox takes no event that is not written here as it is: what the catalogue says is what goes
out. Events hold opaque ids, figures and closed words; never a name, an address or free text.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


class UnknownEvent(ValueError):
    """An event is not in the catalogue, or its data are not as the catalogue says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One kind of event. `fields` are always there; `sometimes` need not be."""

    meaning: str
    fields: Mapping[str, str]
    sometimes: Mapping[str, str]


def _event(meaning: str, fields: str, sometimes: str = "") -> Event:
    return Event(
        meaning=meaning,
        fields={name: FIELDS[name] for name in fields.split()},
        sometimes={name: FIELDS[name] for name in sometimes.split()},
    )


FIELDS: Mapping[str, str] = {
    "about": "whom or what it is about: an agent's name, or the id of a dispute, or null",
    "agreed_minor": "what the plan brings in, in minor units",
    "agreement_sha256": "the digest of the agreement's text",
    "amount_minor": "in minor units of the currency",
    "approval": "the level of the authority table that offers it",
    "as_of": "the instant of the figures",
    "at": "the instant that was agreed",
    "attempt": "the id of the contact attempt, or null",
    "balance_minor": "what is owed, in minor units",
    "because_of": "the id of the payment, plan or dispute that made the difference",
    "by": "the account that did it, or null",
    "call": "the id of the call that came in; `attempt` is then null",
    "callback": "the id of the appointment",
    "campaign": "the id of the campaign, or null",
    "case": "the id of the case in this system",
    "category": "what the complaint is about",
    "certificate_sha256": "the digest of the certificate of the deletion",
    "channel": "call, sms, email, ...",
    "code": "the disposition's code",
    "complaint": "the id of the complaint",
    "contact_point": "the id of the number or address",
    "currency": "ISO 4217",
    "debt": "the id of the debt",
    "debts": "the ids of the debts; an empty list is every debt of the case",
    "disposition": "the id of the disposition",
    "dispute": "the id of the dispute",
    "document": "the id of the paper",
    "duration_ms": "how long it is, in milliseconds",
    "due_on": "the day that was promised",
    "event": "the id of what came in",
    "evidence_sha256": "the digest of the evidence of the acceptance, in its canonical form",
    "hold": "the id of the stop mark",
    "how": "link, call, letter or branch",
    "identified": "false where who disputes would not say who they are",
    "in_writing": "true or false",
    "instalments": "their number",
    "kind": "which kind, from a closed list",
    "last_day": "the last day on which a claim can be brought",
    "legal": "the id of the legal file",
    "lines": "where the money went: debt, part, amount_minor",
    "link": "the id of the link",
    "missed": "the numbers of the instalments that were missed",
    "missing_minor": "what is missing, in minor units",
    "on": "the day of it",
    "opt_out": "the id of the withdrawal",
    "outcome": "what came of it, from the list of outcomes",
    "paid_minor": "what was paid towards it, in minor units",
    "payment": "the id of the payment",
    "plan": "the id of the plan",
    "promise": "the id of the promise",
    "reason": "paid or recalled",
    "recording": "the name of the recording",
    "received_at": "the instant of the receipt",
    "received_on": "the day of the receipt",
    "remaining_minor": "what is still to be paid, in minor units",
    "replaced_by": "the id of the new plan",
    "root_cause": "what was behind it",
    "sha256": "the digest of the content",
    "to": "the agent with whom it goes on, or null for somebody outside",
    "unallocated_minor": "what could not be allotted, in minor units",
    "waived_minor": "what is let go if the plan is kept, in minor units",
    "why": "the reason, a closed word",
}

_CONTACT = "attempt channel campaign outcome debts"
_COURSE = "plan paid_minor remaining_minor missed"
_JUDGED = "promise paid_minor missing_minor"

CATALOGUE: Mapping[str, Event] = {
    "attempt.closed": _event("A contact attempt ended.", _CONTACT),
    "attempt.revised": _event("The outcome of an ended attempt became known better.", _CONTACT),
    "call.handed_over": _event(
        "The agent of a call left it to a colleague, or to somebody outside.", "attempt by to"
    ),
    "inbound": _event(
        "A call, text or e-mail of the consumer came in.",
        "event channel contact_point outcome attempt",
    ),
    "recording.stored": _event(
        "A call's recording was sealed.", "recording attempt sha256 duration_ms", "call"
    ),
    "recording.failed": _event(
        "A recording could not be kept, or is not whole.", "attempt why", "call"
    ),
    "recording.deleted": _event(
        "A recording's time was over; it is deleted.",
        "recording attempt certificate_sha256",
        "call",
    ),
    "disposition": _event(
        "An agent said what came of a contact.", "disposition attempt code debts by"
    ),
    "callback": _event("The consumer asked to be called at a time.", "callback attempt at by"),
    "hold": _event("A stop mark was put: contact is limited from now on.", "hold kind"),
    "hold.resolved": _event("A stop mark was lifted.", "hold"),
    "opt_out": _event("The consumer withdrew from a channel.", "opt_out channel"),
    "contact_point.wrong": _event(
        "A number or address turned out not to be the consumer's.", "contact_point"
    ),
    "promise.made": _event(
        "A promise to pay was taken.", "promise attempt amount_minor currency due_on by"
    ),
    "promise.kept": _event("It was kept.", _JUDGED),
    "promise.partly_kept": _event("Its days passed, and a part was paid.", _JUDGED),
    "promise.broken": _event("Its days passed, and nothing was paid.", _JUDGED),
    "promise.open": _event("A payment was taken back; it is open again.", _JUDGED),
    "promise.withdrawn": _event("It was taken back.", "promise by"),
    "plan.proposed": _event(
        "An instalment plan was proposed.",
        "plan debt agreed_minor waived_minor currency instalments approval agreement_sha256 by",
    ),
    "plan.requested": _event(
        "A plan was asked for that needs an approval; `approval` is the least level that may.",
        "plan debt agreed_minor waived_minor currency instalments approval agreement_sha256 by",
    ),
    "plan.approved": _event("It was approved, and can be offered.", "plan approval by"),
    "plan.refused": _event("It was not approved.", "plan approval by"),
    "plan.offered": _event("The link to its agreement was sent.", "plan link attempt by"),
    "plan.read": _event("The consumer read the agreement by the link.", "plan link"),
    "plan.agreed": _event(
        "The consumer accepted the agreement, or the terms of a plan are met again.",
        "plan",
        "how agreement_sha256 evidence_sha256 paid_minor remaining_minor missed",
    ),
    "plan.behind": _event("An instalment was missed.", _COURSE),
    "plan.defaulted": _event("The plan is broken.", _COURSE),
    "plan.completed": _event("All is paid; what was to be let go is let go.", _COURSE),
    "plan.renegotiated": _event("Another plan took its place.", "plan replaced_by"),
    "plan.withdrawn": _event("It was ended at the consumer's wish, or not offered.", "plan by"),
    "payment.received": _event(
        "A payment was recorded and allotted.",
        "payment amount_minor currency received_on lines unallocated_minor",
    ),
    "payment.reversed": _event("A payment was taken back.", "payment on by"),
    "debt.reported": _event("The creditor gave new figures.", "debt balance_minor as_of by"),
    "debt.recalled": _event("The creditor took debts back.", "debt debts by"),
    "case.closed": _event("No debt is open any more.", "case because_of reason"),
    "case.reopened": _event("A debt is open again.", "case because_of"),
    "dispute.received": _event(
        "A dispute came in; its debts rest.",
        "dispute kind debts received_at in_writing identified by",
    ),
    "dispute.investigating": _event("It is being checked.", "dispute by"),
    "dispute.answered": _event("The answer was sent.", "dispute by"),
    "dispute.upheld": _event("The consumer was right.", "dispute by"),
    "dispute.partly_upheld": _event("The consumer was partly right.", "dispute by"),
    "dispute.rejected": _event("The consumer was not right.", "dispute by"),
    "dispute.appealed": _event("The consumer appealed; the debts rest again.", "dispute by"),
    "dispute.withdrawn": _event("The consumer took it back.", "dispute by"),
    "complaint.received": _event("A complaint came in.", "complaint category about by"),
    "complaint.upheld": _event("A superior found it right.", "complaint root_cause by"),
    "complaint.rejected": _event("A superior found it wrong.", "complaint root_cause by"),
    "document.filed": _event("A paper was filed.", "document kind sha256 about by"),
    "legal.referred": _event("The case went to the legal department.", "legal last_day by"),
    "legal.pre_action_letter": _event("The pre-action letter was sent.", "legal on by"),
    "legal.filed": _event("The claim was filed.", "legal on by"),
    "legal.judgment": _event("There is a judgment.", "legal on by"),
    "legal.enforcement": _event("It is being enforced.", "legal on by"),
    "legal.closed": _event("The legal file is closed.", "legal on by"),
}


def check(kind: str, data: Mapping[str, object]) -> None:
    """Raise UnknownEvent unless the catalogue knows the event with just these data."""
    event = CATALOGUE.get(kind)
    if event is None:
        raise UnknownEvent(f"{kind} is not in the catalogue of events")
    missing = sorted(event.fields.keys() - data.keys())
    strange = sorted(data.keys() - event.fields.keys() - event.sometimes.keys())
    if missing or strange:
        raise UnknownEvent(f"{kind}: without {missing}, with {strange} beyond the catalogue")


def as_markdown() -> str:
    """The catalogue as the documentation shows it."""
    lines = []
    for kind, event in CATALOGUE.items():
        lines += [f"### `{kind}`", "", event.meaning, ""]
        lines += [f"- `{name}`: {words}" for name, words in event.fields.items()]
        lines += [f"- `{name}` (not always): {words}" for name, words in event.sometimes.items()]
        lines.append("")
    return "\n".join(lines)

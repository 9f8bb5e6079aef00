"""The words of the glossary for the codes of the store, so that each is said one way everywhere."""

from __future__ import annotations

from collections.abc import Mapping

from dialer.web.call_labels import CALLERS, CALLS, INBOUND, RECORDING
from dialer.web.casework_labels import ACCEPTANCES, CASEWORK, LEVELS, WORK
from dialer.web.desk_labels import DESK, STANDSTILL
from dialer.web.report_labels import EVERY, FORMATS, REPORTS, SCHEDULES, WEEKDAYS


def mark(text: str) -> str:
    """Marks a word for the catalogue; it is translated where it is shown."""
    return text


CHANNELS: Mapping[str, str] = {
    "call": mark("Call"),
    "rvm": mark("Ringless voicemail"),
    "sms": mark("SMS"),
    "email": mark("E-mail"),
    "im": mark("Chat message"),
    "letter": mark("Letter"),
    "visit": mark("Visit"),
}

CAMPAIGN_STATES: Mapping[str, str] = {
    "draft": mark("Draft"),
    "running": mark("Running"),
    "paused": mark("Paused"),
    "stopped": mark("Stopped"),
}

MODES: Mapping[str, str] = {
    "manual": mark("Manual"),
    "preview": mark("Preview"),
    "progressive": mark("Progressive"),
    "power": mark("Power"),
    "predictive": mark("Predictive"),
    "agentless": mark("Agentless"),
    "agent_dialled": mark("Dialed by an agent"),
    "prerecorded": mark("Recorded message"),
    "ai_voice": mark("AI voice"),
}

ATTEMPT_STATES: Mapping[str, str] = {
    "reserved": mark("Reserved"),
    "active": mark("Under way"),
    "closed": mark("Closed"),
}

OUTCOMES: Mapping[str, str] = {
    "reserved": mark("Not ended yet"),
    "no_answer": mark("No answer"),
    "no_answer_voicemail_available": mark("No answer, voicemail reached"),
    "voicemail_message": mark("Voicemail left"),
    "voicemail_no_message": mark("Voicemail, none left"),
    "voicemail_limited_content": mark("Limited-content voicemail"),
    "conversation": mark("Conversation"),
    "conversation_general": mark("Conversation, no debt discussed"),
    "conversation_refused": mark("Refused further contact"),
    "answered_dropped": mark("Answered, dropped"),
    "message_played": mark("Message heard"),
    "abandoned": mark("Abandoned"),
    "busy": mark("Busy"),
    "not_in_service": mark("Not in service"),
    "failed_before_ring": mark("Failed before ringing"),
    "wrong_number": mark("Wrong number"),
    "third_party": mark("Third party"),
    "sent": mark("Sent"),
    "accepted": mark("Accepted"),
    "delivered": mark("Delivered"),
    "undeliverable": mark("Undeliverable"),
    "expired": mark("Expired"),
    "bounced": mark("Bounced"),
    "received": mark("Received"),
    "replied": mark("Replied"),
    "STOP": mark("Opted out by STOP"),
    "unsubscribed": mark("Unsubscribed"),
    "unknown": mark("Unknown, counts as made"),
    "not_sent": mark("Not sent"),
}

VERDICTS: Mapping[str, str] = {
    "pass": mark("Passes"),
    "deny": mark("Denies"),
    "explain": mark("Allows"),
    "excused": mark("Excused"),
    "not_applicable": mark("Does not apply"),
}

STRENGTHS: Mapping[str, str] = {
    "prohibition": mark("Prohibition"),
    "presumption": mark("Presumption"),
    "safe_harbor": mark("Safe harbor"),
    "recommendation": mark("Recommendation"),
    "guideline": mark("Guideline"),
    "industry_code": mark("Industry code"),
    "policy": mark("House policy"),
}

CONFIDENCES: Mapping[str, str] = {
    "P": mark("primary text read"),
    "S": mark("secondary source only"),
    "K": mark("known, text not seen"),
    "U": mark("doubtful, switched off"),
}

ROLES: Mapping[str, str] = {
    "supervisor": mark("Supervisor"),
    "manager": mark("Manager"),
    "agent": mark("Agent"),
    "auditor": mark("Auditor"),
    "administrator": mark("Administrator"),
}

REVIEWS: Mapping[str, str] = {
    "pending": mark("pending"),
    "signed": mark("signed"),
}

COUNTED: Mapping[str, str] = {
    "dial_any": mark("Numbers dialed"),
    "dial_connected_to_number": mark("Calls that reached the number"),
    "dial_unanswered": mark("Calls that nobody answered"),
    "answered": mark("Calls that a person answered"),
    "effective_conversation": mark("Conversations with the consumer"),
    "contact_or_message": mark("Contacts made and messages left"),
    "message_sent": mark("Messages sent"),
    "reachable": mark("Contacts, or chances to leave a message"),
    "abandoned": mark("Abandoned calls"),
    "machine": mark("Answering machines reached"),
    "notified": mark("Recorded messages played"),
    "refused": mark("Refusals by the consumer"),
    "attempt": mark("Attempts on any channel"),
    "opt_out_word": mark("Opt-outs by a word"),
}

SIGNS: Mapping[str, str] = {
    "rapid_redial": mark("Two unanswered calls within five minutes"),
    "many_in_a_day": mark("Seven calls or more in one day"),
    "voicemails_in_a_row": mark("Three voicemails in a row"),
    "contact_after_refusal": mark("Contact after a refusal"),
}

FIND_BY: Mapping[str, str] = {
    "": mark("Anything"),
    "name": mark("Name"),
    "case": mark("Case number"),
    "address": mark("Number or address, exact"),
}

HOLDS: Mapping[str, str] = {
    "dnc_global": mark("Do not contact"),
    "dnc_creditor": mark("Do not contact for this creditor"),
    "dnc_campaign": mark("Do not contact in this campaign"),
    "cease": mark("Cease communication"),
    "represented": mark("Represented by an attorney"),
    "dispute": mark("Dispute"),
    "bankruptcy": mark("Bankruptcy"),
    "deceased": mark("Deceased"),
    "minor": mark("Minor"),
    "military": mark("Military service"),
    "breathing_space": mark("Breathing space"),
    "vulnerable": mark("Vulnerable"),
    "plan_in_force": mark("Plan in force"),
}

DATA: Mapping[str, str] = {
    "identity": mark("Name, address, numbers and places"),
    "words": mark("Notes, messages and circumstances"),
    "papers": mark("Documents, agreements and statements"),
    "everything": mark("Everything"),
}

FAMILIES: Mapping[str, Mapping[str, str]] = {
    "channel": CHANNELS,
    "campaign_state": CAMPAIGN_STATES,
    "mode": MODES,
    "attempt_state": ATTEMPT_STATES,
    "outcome": OUTCOMES,
    "verdict": VERDICTS,
    "strength": STRENGTHS,
    "confidence": CONFIDENCES,
    "role": ROLES,
    "review": REVIEWS,
    "hold": HOLDS,
    "counted": COUNTED,
    "sign": SIGNS,
    "find_by": FIND_BY,
    "casework": CASEWORK,
    "data": DATA,
    "desk": DESK,
    "standstill": STANDSTILL,
    "level": LEVELS,
    "work": WORK,
    "report": REPORTS,
    "report_format": FORMATS,
    "every": EVERY,
    "weekday": WEEKDAYS,
    "schedule": SCHEDULES,
    "acceptance": ACCEPTANCES,
    "inbound": INBOUND,
    "caller": CALLERS,
    "calls": CALLS,
    "recording": RECORDING,
}


def label(code: str, family: str) -> str:
    """The English word for a code of a family; the code itself where it has none."""
    return FAMILIES[family].get(code, code)

"""What became of a contact, and which of the law's countings it enters.

"Connected" has several meanings in the law (a line that rings, a person who answers, a talk), so
each outcome carries the classes it belongs to. An outcome that is not in the list, and those
whose result is not known yet, enter every class: they count for everything.
"""

from __future__ import annotations

from enum import IntFlag


class Counts(IntFlag):
    """Classes of events that rules count; the names are those of the `counts` key of a pack."""

    DIAL_ANY = 1  # a number was dialed
    DIAL_CONNECTED_TO_NUMBER = 2  # it rang, or reached a person or a voicemail
    DIAL_UNANSWERED = 4  # no person answered
    ANSWERED = 8  # a person answered
    EFFECTIVE_CONVERSATION = 16  # a talk with the person
    CONTACT_OR_MESSAGE = 32  # the person was reached, or a message left or sent
    MESSAGE_SENT = 64  # a text, an e-mail, a letter or a ringless voicemail
    REACHABLE = 128  # reached, or a message could have been left (Armata v. Target)
    ABANDONED = 256  # a live person answered and no agent came in time
    MACHINE = 512  # taken for an answering machine
    NOTIFIED = 1024  # a recorded message was played to a person or a machine
    REFUSED = 2048  # the person asked not to be contacted again
    ATTEMPT = 4096  # any try at all, on any channel
    OPT_OUT_WORD = 8192  # a message whose word withdraws the channel it came on


EVERYTHING = Counts((1 << 14) - 1)

_RANG = Counts.ATTEMPT | Counts.DIAL_ANY | Counts.DIAL_CONNECTED_TO_NUMBER
_UNANSWERED = _RANG | Counts.DIAL_UNANSWERED
_ANSWERED = _RANG | Counts.ANSWERED | Counts.REACHABLE
_TALK = _ANSWERED | Counts.EFFECTIVE_CONVERSATION | Counts.CONTACT_OR_MESSAGE
_VOICEMAIL = _UNANSWERED | Counts.REACHABLE | Counts.MACHINE
# "sent" and "delivered" are said of ringless voicemail too, which is a dial (comment 14(b)-1).
_MESSAGE = Counts.DIAL_ANY | Counts.DIAL_CONNECTED_TO_NUMBER
_MESSAGE |= Counts.ATTEMPT | Counts.MESSAGE_SENT | Counts.CONTACT_OR_MESSAGE | Counts.REACHABLE
_STRICTEST = EVERYTHING & ~Counts.REFUSED & ~Counts.OPT_OUT_WORD
_NO_RING = Counts.ATTEMPT | Counts.DIAL_ANY | Counts.DIAL_UNANSWERED

CLASSES: dict[str, Counts] = {
    "no_answer": _UNANSWERED | Counts.REACHABLE,
    "no_answer_voicemail_available": _UNANSWERED | Counts.REACHABLE,
    "voicemail_message": _VOICEMAIL | Counts.CONTACT_OR_MESSAGE | Counts.NOTIFIED,
    "voicemail_limited_content": _VOICEMAIL | Counts.CONTACT_OR_MESSAGE | Counts.NOTIFIED,
    "voicemail_no_message": _VOICEMAIL,
    "conversation": _TALK,
    "conversation_general": _TALK,
    "conversation_refused": _TALK | Counts.REFUSED,
    "answered_dropped": _ANSWERED,
    "abandoned": _ANSWERED | Counts.ABANDONED,
    "message_played": _ANSWERED | Counts.CONTACT_OR_MESSAGE | Counts.NOTIFIED,
    "busy": _NO_RING,
    "not_in_service": _NO_RING,
    "failed_before_ring": _NO_RING,
    "sent": _MESSAGE,
    "delivered": _MESSAGE,
    "received": Counts.ATTEMPT | Counts.CONTACT_OR_MESSAGE,
    "STOP": Counts.ATTEMPT | Counts.CONTACT_OR_MESSAGE | Counts.OPT_OUT_WORD,
    "reserved": _STRICTEST,
    "unknown": _STRICTEST,
}
"""Outcome -> classes.

`reserved`, an attempt under way, and `unknown` count for all but a wish of the consumer.
"""

UNMAPPED = CLASSES["unknown"]
"""What an outcome outside the list counts for."""


def classes(outcome: str) -> Counts:
    """The classes of an outcome; one outside the list counts for everything."""
    return CLASSES.get(outcome, UNMAPPED)

"""What the invented consumers do with a call, a text and an e-mail, and how many do what.

Each table is a deck of forty cards. A population is dealt from shuffled decks, so that every forty
consumers show the shares exactly, and each habit can be met in a small town.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class CallHabit(StrEnum):
    LISTENS = "listens"  # answers, says hello, hears the message to its end
    PRESSES_KEY = "presses_key"  # as above, and presses a key after a while
    HANGS_UP = "hangs_up"  # answers and ends the call within seconds
    MACHINE = "machine"  # a greeting, a beep, then silence
    RINGS_OUT = "rings_out"  # never answers
    BUSY = "busy"  # 486
    NOT_IN_SERVICE = "not_in_service"  # 404
    NETWORK_FAILURE = "network_failure"  # 503
    REJECTS = "rejects"  # rings, then 603


class TextHabit(StrEnum):
    DELIVERED = "delivered"
    UNDELIVERABLE = "undeliverable"
    REPLIES = "replies"  # delivered; writes back
    STOPS = "stops"  # delivered; writes STOP


class MailHabit(StrEnum):
    ACCEPTED = "accepted"
    REFUSED = "refused"  # 550 to RCPT
    BOUNCES = "bounces"  # accepted; a delivery status notification follows
    UNSUBSCRIBES = "unsubscribes"  # accepted; RFC 8058 one-click POST follows


CALL_DECK: dict[CallHabit, int] = {
    CallHabit.LISTENS: 12,
    CallHabit.PRESSES_KEY: 5,
    CallHabit.HANGS_UP: 3,
    CallHabit.MACHINE: 8,
    CallHabit.RINGS_OUT: 4,
    CallHabit.BUSY: 4,
    CallHabit.NOT_IN_SERVICE: 2,
    CallHabit.NETWORK_FAILURE: 1,
    CallHabit.REJECTS: 1,
}
TEXT_DECK: dict[TextHabit, int] = {
    TextHabit.DELIVERED: 26,
    TextHabit.UNDELIVERABLE: 5,
    TextHabit.REPLIES: 5,
    TextHabit.STOPS: 4,
}
MAIL_DECK: dict[MailHabit, int] = {
    MailHabit.ACCEPTED: 29,
    MailHabit.REFUSED: 4,
    MailHabit.BOUNCES: 4,
    MailHabit.UNSUBSCRIBES: 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CallManner:
    """One number's way with calls. Times are seconds.

    `rings_s` runs from the INVITE to the answer or the rejection; the others from the answer.
    """

    habit: CallHabit
    rings_s: float
    speaks_after_s: float
    patience_s: float  # ends the call by itself after so long
    key: str  # one of 0-9 * #
    key_after_s: float
    voice: int  # picks one of the voices of the consumer's language


@dataclass(frozen=True, slots=True, kw_only=True)
class TextManner:
    """One number's way with texts. `after_s` runs from the submit to the receipt or the reply."""

    habit: TextHabit
    after_s: float
    words: str  # of the reply


@dataclass(frozen=True, slots=True, kw_only=True)
class MailManner:
    """One mailbox's way with e-mail. `after_s` runs from the acceptance to what follows."""

    habit: MailHabit
    after_s: float

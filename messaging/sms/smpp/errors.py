"""How a request to a message centre can fail."""

from __future__ import annotations

from messaging.sms.smpp.pdu import status_name


class SmppError(Exception):
    """A session could not do what was asked."""


class NotSent(SmppError):
    """The request never left: the session was not bound, or ended while it waited."""


class AnswerLost(SmppError):
    """The request left and no answer came: nobody can say whether it was carried out."""


class Refused(SmppError):
    """The message centre answered with an error status; nothing was taken."""

    def __init__(self, what: str, status: int) -> None:
        super().__init__(f"{what} refused: {status_name(status)}")
        self.status = status

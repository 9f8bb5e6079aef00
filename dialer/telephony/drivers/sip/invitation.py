"""One INVITE to one hop, until it is answered, refused or given up.

Sees to challenges, reliable provisional answers (RFC 3262), forked and repeated answers, CANCEL,
and the answer that crosses a CANCEL: each 2xx that is not the leg's is acknowledged and ended with
BYE, whenever it comes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from dialer.telephony.causes import read_reason
from dialer.telephony.drivers.sip.auth import Authenticator, with_via
from dialer.telephony.drivers.sip.conversation import Conversation
from dialer.telephony.drivers.sip.dialog import dialog_of
from dialer.telephony.drivers.sip.hop import Hop
from dialer.telephony.drivers.sip.layer import Layer
from dialer.telephony.drivers.sip.session_timer import longer
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Gone, InviteClient
from dialer.telephony.wire.message import Request, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there will be no call: the far side's final answer, or none (`gone`)."""

    status: int | None
    q850: int | None = None
    reason: str
    credentials_refused: bool = False
    retry_after: float | None = None
    gone: Gone | None = None


class InvitationUser(Protocol):
    def reached(self) -> None:
        """Anything at all came back."""
        ...

    def progressed(self, response: Response) -> None:
        """A provisional answer."""
        ...

    def answered(self, talk: Conversation, response: Response) -> None:
        """The first 2xx; it is acknowledged."""
        ...

    def crossed(self, response: Response) -> None:
        """A 2xx came though the call was cancelled; it has been ended."""
        ...

    def failed(self, failure: Failure) -> None: ...


@dataclass(slots=True)
class _Early:
    """An early dialog in which reliable answers are acknowledged."""

    talk: Conversation
    rseq: int = 0


class Invitation:
    """Our side of one INVITE."""

    def __init__(
        self, layer: Layer, timers: Timers, hop: Hop, invite: Request, user: InvitationUser
    ) -> None:
        self.heard = False  # anything came back
        self.early_tags: set[str | None] = set()  # of the far side's dialogs so far
        self._layer = layer
        self._timers = timers
        self._hop = hop
        self._invite = invite
        self._user = user
        self._auth = Authenticator(hop.username, hop.password)
        self._transaction: InviteClient | None = None
        self._early: dict[str | None, _Early] = {}
        self._talks: dict[str | None, Conversation] = {}
        self._proceeding = False  # the present transaction has a provisional answer
        self._cancelled = False
        self._cancel_sent = False

    def start(self) -> None:
        self._proceeding = False
        via = self._layer.via(self._hop.address.transport)
        self._invite = with_via(self._invite, via)
        self._transaction = self._layer.invite(self._invite, self._hop.address, self)

    def cancel(self) -> None:
        """No call is wanted any more. CANCEL waits for a provisional answer (RFC 3261, 9.1)."""
        self._cancelled = True
        if self._proceeding:
            self._send_cancel()

    def _send_cancel(self) -> None:
        transaction = self._transaction
        if self._cancel_sent or transaction is None or not transaction.open:
            return
        self._cancel_sent = True
        transaction.give_up_in(self._timers.give_up)
        self._layer.ask(transaction.cancel(), self._hop.address, _Unwatched())

    def provisional(self, response: Response) -> None:
        self._hear()
        self._proceeding = True
        if response.to_tag:
            self.early_tags.add(response.to_tag)
        if not self._fresh(response):
            return
        if self._cancelled:
            self._send_cancel()
        else:
            self._user.progressed(response)

    def _fresh(self, response: Response) -> bool:
        """Acknowledge a reliable answer by PRACK; False for a repeat or one out of order."""
        if "100rel" not in {option.lower() for option in response.all("Require")}:
            return True
        told = (response.get("RSeq") or "").strip()
        if not (told.isascii() and told.isdigit() and len(told) < 11):
            return True
        number = int(told)
        early = self._early.get(response.to_tag)
        if early is None:
            talk = Conversation(self._layer, self._hop, dialog_of(self._invite, response))
            early = self._early[response.to_tag] = _Early(talk)
        elif number != early.rseq + 1:
            return False
        early.rseq = number
        early.talk.ask("PRACK", headers=(("RAck", f"{number} {self._invite.get('CSeq')}"),))
        return True

    def final(self, response: Response) -> None:
        self._hear()
        if response.status < 300:
            self._accepted(response)
            return
        again = None if self._cancelled else self._again(response)
        if again is not None:
            self._invite = again
            self.start()
            return
        q850, text = read_reason(response.all("Reason"))
        self._user.failed(
            Failure(
                status=response.status,
                q850=q850,
                reason=text or response.phrase,
                credentials_refused=bool(self._auth.headers) and not self._proceeding,
                retry_after=_seconds(response.get("Retry-After")),
            )
        )

    def _again(self, response: Response) -> Request | None:
        return self._auth.retry(self._invite, response) or longer(self._invite, response)

    def gone(self, why: Gone) -> None:
        self._user.failed(Failure(status=None, reason=why.value, gone=why))

    def _hear(self) -> None:
        self.heard = True
        self._user.reached()

    def _accepted(self, response: Response) -> None:
        known = self._talks.get(response.to_tag)
        if known is not None:
            known.acknowledge_again()
            return
        talk = Conversation(self._layer, self._hop, dialog_of(self._invite, response))
        first = not self._talks
        self._talks[response.to_tag] = talk
        early = self._early.get(response.to_tag)
        talk.acknowledge(self._auth.headers, used=early.talk.dialog.cseq if early else 0)
        if first and not self._cancelled:
            self._user.answered(talk, response)
            return
        talk.bye()
        if first:
            self._user.crossed(response)


def _seconds(value: str | None) -> float | None:
    digits = (value or "").split(";")[0].split("(")[0].strip()
    return float(digits) if digits.isascii() and digits.isdigit() and len(digits) < 6 else None


class _Unwatched:
    """For a CANCEL: what matters is the INVITE's own final answer."""

    def provisional(self, response: Response) -> None:
        pass

    def final(self, response: Response) -> None:
        pass

    def gone(self, why: Gone) -> None:
        pass

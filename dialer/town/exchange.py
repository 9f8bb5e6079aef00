"""The town's telephone exchange: a SIP trunk over UDP, with the consumers behind it.

It asks for digest authentication where the trunk has an account, and counts each Call-ID of an
INVITE once, however often the INVITE comes.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from twisted.internet.protocol import DatagramProtocol

from dialer.telephony.wire import digest
from dialer.telephony.wire.digest import Challenge
from dialer.telephony.wire.headers import Malformed, parse_uri
from dialer.telephony.wire.message import Request, Response, parse
from dialer.telephony.wire.reactor import TimeReactor
from dialer.town.answers import Address, answer
from dialer.town.consumer_call import ALLOW, ConsumerCall
from dialer.town.habits import CallHabit, CallManner
from dialer.town.line import Line
from dialer.town.loopback import LOOPBACK
from dialer.town.population import Population
from dialer.town.records import CallRecord
from dialer.town.resend import LIFETIME
from scheduler.clock import Clock

REALM = "town"
NOBODY = CallManner(
    habit=CallHabit.NOT_IN_SERVICE,
    rings_s=0.0,
    speaks_after_s=0.0,
    patience_s=0.0,
    key="0",
    key_after_s=0.0,
    voice=0,
)


WhoAnswers = Callable[[str], tuple[CallManner, str]]
"""The way with calls of whoever has a number (E.164), and the language spoken there."""


def people_of(population: Population) -> WhoAnswers:
    """The town's people; other numbers are not in service."""

    def who(number: str) -> tuple[CallManner, str]:
        known = population.by_number.get(number)
        return (known[1].call, known[0].language) if known else (NOBODY, "en")

    return who


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkAccount:
    """Who may call through the trunk."""

    user: str
    password: str


class Exchange(DatagramProtocol):
    """All calls of the trunk. `account` None lets anyone call."""

    transport: Any

    def __init__(
        self,
        who: WhoAnswers,
        *,
        account: TrunkAccount | None,
        clock: Clock,
        timers: TimeReactor,
        open_line: Callable[[], Line],
    ) -> None:
        self._who = who
        self._account = account
        self._clock, self._timers = clock, timers
        self._open_line = open_line
        self._secret = secrets.token_hex(16)
        self._calls: dict[str, ConsumerCall] = {}
        self._records: dict[str, CallRecord] = {}  # by Call-ID, in the order of their INVITEs

    @property
    def invites(self) -> int:
        """Distinct Call-IDs of INVITEs."""
        return len(self._records)

    @property
    def records(self) -> list[CallRecord]:
        """Every call that came, as it stands now."""
        live = self._calls
        return [live[c].record if c in live else r for c, r in self._records.items()]

    def datagramReceived(self, datagram: bytes, addr: Address) -> None:
        try:
            message = parse(datagram)
            if isinstance(message, Response):
                self._response(message)
            else:
                self._request(message, addr)
        except Malformed:
            return  # a datagram that is not SIP gets no answer

    def _response(self, response: Response) -> None:
        call = self._calls.get(response.call_id)
        if call is not None and response.cseq[1] == "BYE":
            call.answered(response)

    def _request(self, request: Request, source: Address) -> None:
        call = self._calls.get(request.call_id)
        if call is not None:
            call.receive(request, source)
        elif request.method == "INVITE" and request.to_tag is None:
            self._invited(request, source)
        elif request.method == "OPTIONS":
            self._reply(request, source, 200, ("Allow", ALLOW), ("Accept", "application/sdp"))
        elif request.method != "ACK":
            self._reply(request, source, 481)

    def _invited(self, invite: Request, source: Address) -> None:
        number = _number(invite)
        self._records.setdefault(
            invite.call_id,
            CallRecord(call_id=invite.call_id, number=number, started_at=self._clock.now()),
        )
        refusal = self._unauthorized(invite)
        if refusal is not None:
            self._reply(invite, source, *refusal)
            self._records[invite.call_id] = replace(self._records[invite.call_id], code=refusal[0])
            return
        manner, language = self._who(number)
        call = ConsumerCall(
            invite,
            source,
            number=number,
            manner=manner,
            language=language,
            here=f"{LOOPBACK}:{self.transport.getHost().port}",
            tag=self._tag(invite),
            clock=self._clock,
            timers=self._timers,
            send=self._write,
            open_line=self._open_line,
            over=lambda: self._over(invite.call_id),
        )
        self._calls[invite.call_id] = call
        call.begin()

    def _unauthorized(self, invite: Request) -> tuple[int, *tuple[tuple[str, str], ...]] | None:
        """The status and header to refuse with, or None for a caller who proved the password."""
        if self._account is None:
            return None
        challenge = Challenge(realm=REALM, nonce=self._tag(invite), qop=True)
        proof = invite.get("Proxy-Authorization")
        if proof is None:
            return 407, ("Proxy-Authenticate", challenge.encode())
        good = digest.verify(
            proof,
            challenge,
            username=self._account.user,
            password=self._account.password,
            method="INVITE",
        )
        return None if good else (403,)

    def _tag(self, request: Request) -> str:
        """The same for every repetition of a request, so that a refusal needs no memory."""
        return hashlib.sha256(f"{self._secret}{request.call_id}".encode()).hexdigest()[:16]

    def _over(self, call_id: str) -> None:
        """Keep the record; keep the call too while repetitions may still come."""
        self._timers.callLater(LIFETIME, lambda: self._forget(call_id))

    def _forget(self, call_id: str) -> None:
        self._records[call_id] = self._calls.pop(call_id).record

    def _reply(
        self, request: Request, source: Address, status: int, *headers: tuple[str, str]
    ) -> None:
        self._write(*answer(request, source, status, *headers, tag=self._tag(request)))

    def _write(self, data: bytes, target: Address) -> None:
        self.transport.write(data, target)


def _number(invite: Request) -> str:
    """The called number as E.164, from the request's address."""
    user = parse_uri(invite.uri).user or ""
    return user if user.startswith("+") else f"+{user}"

"""One call: its invitation, its audio, its events, and exactly one end.

Longer than most modules: a call has one state, and what changes it is best read in one place.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from dialer.telephony.amd import Beep, Detector, Verdict
from dialer.telephony.causes import failure_outcome
from dialer.telephony.drivers.sip.conversation import Conversation
from dialer.telephony.drivers.sip.inside import SDP, Inside, readable
from dialer.telephony.drivers.sip.invitation import Failure, Invitation
from dialer.telephony.drivers.sip.layer import ALLOWED, Layer, tag
from dialer.telephony.drivers.sip.media import MediaCounters, PortPool, Session, Ticker
from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.drivers.sip.recorder import Recorded, Recorder
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Gone, Server
from dialer.telephony.drivers.sip.trunk import TrunkState
from dialer.telephony.port import (
    Answered,
    BeepHeard,
    CallEvent,
    CallOutcome,
    CallSpec,
    Dtmf,
    Ended,
    MachineVerdict,
    PlayFinished,
    RecordingFinished,
    Ringing,
    Trying,
)
from dialer.telephony.wire import sdp
from dialer.telephony.wire.message import Headers, Request, Response, reply
from dialer.telephony.wire.reactor import TimeReactor

_TRUNK_FAULTS = frozenset({CallOutcome.NO_ROUTE, CallOutcome.CONGESTION, CallOutcome.AUTH})
AUTH_PAUSE = 60.0
"""Seconds of rest for a trunk that refuses our credentials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What an engine lends to its calls."""

    reactor: TimeReactor
    timers: Timers
    layer: Layer
    ports: PortPool
    ticker: Ticker
    media_counters: MediaCounters
    writer: Executor
    media_host: str
    monotonic: Callable[[], float]
    emit: Callable[[CallEvent], None]
    known_as: Callable[[str, Call], None]  # a SIP Call-ID of this call
    over: Callable[[Call], None]
    other_trunk: Callable[[frozenset[str]], TrunkState | None]


class Call:
    """A call leg towards a consumer. Raises NoPort where no RTP port is free."""

    def __init__(self, services: Services, spec: CallSpec, trunk: TrunkState) -> None:
        self.spec = spec
        self.sip_ids: list[str] = []
        self._services = services
        self._trunk = trunk
        self._tried = frozenset({trunk.trunk.name})
        self._local_tag = tag()
        self._media = Session(self, services.media_counters, symmetric=trunk.trunk.symmetric_rtp)
        self._release_port = services.ports.open(self._media)
        self._inside = Inside(self, services.layer.contact, services.media_host, self._media.port)
        self._ring = Alarm(services.reactor)
        self._invitation: Invitation | None = None
        self._talk: Conversation | None = None
        self._detector = Detector() if spec.detect_machine else None
        self._seq = 0
        self._started: float | None = None
        self._rang: float | None = None
        self._early_media = False
        self._answered_at: float | None = None
        self._timed_out = False
        self._hanging_up = False
        self._ending = False
        trunk.live += 1

    # What the engine asks

    def discard(self) -> None:
        """Give all back with no event: nothing was sent."""
        if not self._ending:
            self._ending = True
            self._release_port()
            self._trunk.live -= 1

    def start(self) -> None:
        """Send the INVITE and arm the ring timer."""
        if self._ending:
            return
        self._started = self._services.monotonic()
        self._ring.set(self.spec.ring_timeout_s, self._ring_timeout)
        self._invite()
        self._tell(Trying)

    def hangup(self) -> None:
        """End the call: CANCEL before the answer, BYE after it."""
        if self._ending or self._hanging_up:
            return
        self._hanging_up = True
        if self._talk is not None:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="hung up by us", by="us")
        elif self._invitation is None:
            self._finish(CallOutcome.CANCELLED, reason="hung up before it was sent", by="us")
        else:
            self._give_up()

    def abort(self, outcome: CallOutcome, reason: str) -> None:
        """End at once, whatever the far side may still say."""
        if self._ending:
            return
        if self._talk is not None:
            self._talk.bye()
        elif self._invitation is not None:
            self._invitation.cancel()
        self._finish(outcome, reason=reason, by="us")

    def play(self, frames: Sequence[bytes], name: str) -> None:
        if not self._ending:
            self._media.play(frames, name)

    def stop_play(self) -> None:
        self._media.stop_play()

    async def record(self, path: str) -> None:
        """Raises OSError if the file can't be made, ValueError if the call is recorded already."""
        if self._media.recorder is not None:
            raise ValueError(f"call {self.spec.call_id} is being recorded")
        recorder = await Recorder.open(path, self._services.writer)
        if self._ending:
            recorder.close()
        else:
            self._media.recorder = recorder

    # The invitation

    def _invite(self) -> None:
        trunk, sip_id = self._trunk.trunk, secrets.token_hex(16)
        self.sip_ids.append(sip_id)
        self._services.known_as(sip_id, self)
        domain = trunk.from_domain or trunk.host
        caller = self.spec.caller_id or trunk.caller_id
        identity: Headers = ()
        if trunk.assert_identity:
            identity = (("P-Asserted-Identity", f"<sip:{caller}@{domain}>"),)
        invite = Request(
            method="INVITE",
            uri=f"sip:{self.spec.number}@{trunk.host}:{trunk.port}",
            headers=(
                ("Via", self._services.layer.via()),
                ("Max-Forwards", "70"),
                ("From", f"<sip:{caller}@{domain}>;tag={self._local_tag}"),
                ("To", f"<sip:{self.spec.number}@{trunk.host}>"),
                ("Call-ID", sip_id),
                ("CSeq", "1 INVITE"),
                ("Contact", self._services.layer.contact),
                ("Allow", ALLOWED),
                ("User-Agent", "Ringfence"),
                *identity,
                *SDP,
            ),
            body=self._inside.describe().encode(),
        )
        self._invitation = Invitation(
            self._services.layer, self._services.timers, self._trunk, invite, self
        )
        self._invitation.start()

    def _ring_timeout(self) -> None:
        self._timed_out = True
        self._give_up()

    def _give_up(self) -> None:
        self._ring.clear()
        assert self._invitation is not None
        self._invitation.cancel()
        if not self._invitation.heard:
            # There is nobody to wait for; should an answer come yet, the invitation ends it.
            self._trunk.silent()
            self._finish(self._given_up_as(), reason="no answer at all from the trunk", by="us")

    def _given_up_as(self) -> CallOutcome:
        if not self._timed_out:
            return CallOutcome.CANCELLED
        if self._invitation is not None and not self._invitation.heard:
            return CallOutcome.NO_ROUTE
        return CallOutcome.NO_ANSWER if self._rang is not None else CallOutcome.UNAVAILABLE

    def progressed(self, response: Response) -> None:
        if self._ending or not 180 <= response.status < 199:
            return
        media = readable(response.body)
        early = media is not None and not self._early_media
        if early and media is not None:
            self._early_media = True
            self.flow(media)
        if self._rang is None or early:
            self._rang = self._rang or self._services.monotonic()
            self._tell(Ringing, early_media=self._early_media)

    def answered(self, talk: Conversation, response: Response) -> None:
        if self._ending:
            talk.bye()
            return
        self._ring.clear()
        self._talk = talk
        media = readable(response.body)
        if media is None and not self._early_media:
            talk.bye()
            self._finish(
                CallOutcome.INCOMPATIBLE, sip_code=200, reason="no audio that we speak", by="us"
            )
            return
        if media is not None:
            self.flow(media)
        self._answered_at = self._services.monotonic()
        self._tell(Answered)

    def crossed(self, response: Response) -> None:
        self._finish(
            CallOutcome.ANSWERED,
            sip_code=response.status,
            reason="answered while it was being cancelled",
            by="us",
        )

    def failed(self, failure: Failure) -> None:
        if self._ending:
            return
        outcome = self._outcome_of(failure)
        if failure.gone is not None and not (self._timed_out or self._hanging_up):
            self._trunk.lost(failure.reason)
        elif outcome is CallOutcome.AUTH:
            self._trunk.pause("it refuses our credentials", AUTH_PAUSE)
        elif failure.retry_after is not None and outcome is CallOutcome.CONGESTION:
            self._trunk.pause("it asks for rest", failure.retry_after)
        if outcome in _TRUNK_FAULTS and self._rang is None and self._try_other():
            return
        self._finish(
            outcome,
            sip_code=failure.status,
            q850=failure.q850,
            reason=failure.reason,
            by=self._ended_by(failure),
        )

    def _outcome_of(self, failure: Failure) -> CallOutcome:
        if self._timed_out or self._hanging_up:
            return self._given_up_as()
        if failure.status is None:
            return CallOutcome.NO_ROUTE
        return failure_outcome(
            failure.status,
            failure.q850,
            ringing_seen=self._rang is not None,
            credentials_refused=failure.credentials_refused,
        )

    def _ended_by(self, failure: Failure) -> str:
        if self._timed_out or self._hanging_up or failure.gone is Gone.SILENT:
            return "us"
        return "network" if failure.gone is Gone.REFUSED else "them"

    def _try_other(self) -> bool:
        other = self._services.other_trunk(self._tried)
        if other is None:
            return False
        self._trunk.live -= 1
        other.live += 1
        self._trunk = other
        self._tried |= {other.trunk.name}
        self._invite()
        return True

    # Requests from the far side

    def request(self, request: Request, server: Server) -> None:
        talk = self._talk
        ours = request.to_tag == self._local_tag
        if talk is None or not ours or request.from_tag != talk.dialog.remote_tag:
            server.respond(reply(request, 481, source=server.source))
        else:
            self._inside.request(request, server)

    def acknowledged(self, ack: Request) -> None:
        self._inside.acknowledged(ack)

    def left(self, q850: int | None, reason: str) -> None:
        self._finish(CallOutcome.ANSWERED, sip_code=200, q850=q850, reason=reason, by="them")

    def unacknowledged(self) -> None:
        if self._talk is not None and not self._ending:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="no ACK", by="network")

    # Audio

    def flow(self, media: sdp.Media) -> None:
        self._media.talk_to(media)
        self._services.ticker.add(self._media)

    def heard(self, frame: bytes) -> None:
        if self._detector is None or self._answered_at is None:
            return
        found = self._detector.feed(frame)
        if isinstance(found, Verdict):
            self._tell(MachineVerdict, verdict=found.machine, why=found.why, ms=found.ms)
        elif isinstance(found, Beep):
            self._tell(BeepHeard)

    def pressed(self, digit: str) -> None:
        if self._answered_at is not None and not self._ending:
            self._tell(Dtmf, digit=digit)

    def played(self, name: str, completed: bool) -> None:
        self._tell(PlayFinished, media=name, completed=completed)

    def broke(self) -> None:
        self.abort(CallOutcome.ENGINE_FAULT, "our own fault; see the log")

    # The end

    def _finish(
        self,
        outcome: CallOutcome,
        *,
        reason: str,
        by: str,
        sip_code: int | None = None,
        q850: int | None = None,
    ) -> None:
        if self._ending:
            return
        self._media.stop_play()
        self._ending = True
        self._ring.clear()
        self._services.ticker.remove(self._media)
        self._release_port()
        self._trunk.live -= 1
        now = self._services.monotonic()
        facts = {
            "outcome": outcome,
            "sip_code": sip_code,
            "q850": q850,
            "reason": reason,
            "hung_up_by": by,
            "ringing_seen": self._rang is not None,
            "ring_ms": _ms(self._rang, self._answered_at or now),
            "talk_ms": _ms(self._answered_at, now),
        }
        if self._media.recorder is None:
            self._end(facts)
            return
        closing = self._media.recorder.close()
        closing.add_done_callback(lambda done: self._recorded(done.result(), facts))

    def _recorded(self, recorded: Recorded, facts: dict[str, Any]) -> None:
        self._tell(
            RecordingFinished,
            path=recorded.path,
            duration_s=recorded.seconds,
            bytes=recorded.size,
            error=recorded.error,
        )
        self._end(facts)

    def _end(self, facts: dict[str, Any]) -> None:
        self._tell(Ended, **facts)
        self._services.over(self)

    def _tell(self, kind: type[CallEvent], **facts: Any) -> None:
        self._seq += 1
        now = self._services.monotonic()
        self._services.emit(kind(call_id=self.spec.call_id, seq=self._seq, at=now, **facts))


def _ms(since: float | None, until: float) -> int:
    return 0 if since is None else round(1000 * (until - since))

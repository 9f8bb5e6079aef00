"""One telephone connection: its dialog, its audio, its events, and exactly one end.

What consumer legs, agent legs and calls that come in have in common. Longer than most modules: a
leg has one state, and what changes it is best read in one place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from dialer.telephony.drivers.sip.bridge import Bridge
from dialer.telephony.drivers.sip.conversation import Conversation
from dialer.telephony.drivers.sip.description import Description
from dialer.telephony.drivers.sip.inside import SDP, Inside
from dialer.telephony.drivers.sip.layer import Layer, tag
from dialer.telephony.drivers.sip.media import MediaCounters, PortPool, Session, Ticker
from dialer.telephony.drivers.sip.recorder import Recorded, Recorder
from dialer.telephony.drivers.sip.session_timer import (
    SessionTimer,
    Terms,
    agreed_terms,
    refresh_headers,
)
from dialer.telephony.drivers.sip.timers import Timers
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.port import (
    Answered,
    CallEvent,
    CallOutcome,
    Dtmf,
    Ended,
    PlayFinished,
    RecordingFinished,
    Transferred,
)
from dialer.telephony.wire import sdp
from dialer.telephony.wire.headers import parse_address
from dialer.telephony.wire.message import Request, Response, reply
from dialer.telephony.wire.reactor import TimeReactor


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What an engine lends to its legs."""

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
    known_as: Callable[[str, Leg], None]  # a SIP Call-ID of this leg
    over: Callable[[Leg], None]


class Leg:
    """A leg. Raises NoPort where no RTP port is free."""

    def __init__(self, services: Services, leg_id: str, *, symmetric: bool) -> None:
        self.id = leg_id
        self.sip_ids: list[str] = []
        self.bridge: Bridge | None = None
        self.media = Session(self, services.media_counters, symmetric=symmetric)
        self._services = services
        self._local_tag = tag()
        self._release_port = services.ports.open(self.media)
        self._description = Description(services.media_host, self.media.port)
        self._inside = Inside(self, services.layer.contact(), self._description)
        self._timer = SessionTimer(services.reactor, self._refresh, self._expired)
        self._far_updates = False  # it takes UPDATE
        self._transfer: str | None = None
        self._talk: Conversation | None = None
        self._seq = 0
        self._rang: float | None = None
        self._answered_at: float | None = None
        self._ending = False

    @property
    def up(self) -> bool:
        """Answered and not over."""
        return self._answered_at is not None and not self._ending

    # What the engine asks

    def hangup(self) -> None:
        """End the leg, whatever state it is in. Once more does nothing."""
        raise NotImplementedError

    def abort(self, outcome: CallOutcome, reason: str) -> None:
        """End at once, whatever the far side may still say."""
        if self._ending:
            return
        if self._talk is not None:
            self._talk.bye()
        else:
            self._withdraw()
        self._finish(outcome, reason=reason, by="us")

    def discard(self) -> None:
        """Give all back with no event: nothing was sent."""
        if not self._ending:
            self._ending = True
            self._release_port()
            self._freed()

    def play(self, frames: Sequence[bytes], name: str) -> None:
        if not self._ending:
            self.media.play(frames, name)

    def stop_play(self) -> None:
        self.media.stop_play()

    async def record(self, path: str) -> None:
        """Raises OSError if the file can't be made, ValueError if the leg is recorded already."""
        if self.media.recorder is not None:
            raise ValueError(f"call {self.id} is being recorded")
        recorder = await Recorder.open(path, self._services.writer)
        if self._ending:
            recorder.close()
        else:
            self.media.recorder = recorder

    def pause_recording(self, paused: bool) -> None:
        """Raises ValueError if the leg is not being recorded."""
        if self.media.recorder is None:
            raise ValueError(f"call {self.id} is not being recorded")
        self.media.recorder.paused = paused

    # What a kind of leg adds

    def _withdraw(self) -> None:
        """Give up a leg that is not answered; nobody is told."""
        raise NotImplementedError

    def _freed(self) -> None:
        """The leg takes up no line any more."""

    # The conversation

    def _begin(self, talk: Conversation, media: sdp.Media | None) -> None:
        """It is answered, and acknowledged where that is ours to do."""
        self._talk = talk
        if media is not None:
            self.flow(media)
        self._answered_at = self._services.monotonic()
        self.tell(Answered)

    def request(self, request: Request, server: Server) -> None:
        if request.to_tag == self._local_tag and self._dialog_with(request):
            self._inside.request(request, server)
        else:
            server.respond(reply(request, 481, source=server.source))

    def _dialog_with(self, request: Request) -> bool:
        """Whether the request belongs to a dialog of this leg."""
        return self._talk is not None and request.from_tag == self._talk.dialog.remote_tag

    def acknowledged(self, ack: Request) -> None:
        self._inside.acknowledged(ack)

    def left(self, q850: int | None, reason: str) -> None:
        self._finish(CallOutcome.ANSWERED, sip_code=200, q850=q850, reason=reason, by="them")

    def unacknowledged(self) -> None:
        if self._talk is not None and not self._ending:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="no ACK", by="network")

    def timed(self, terms: Terms | None) -> None:
        if not self._ending:
            self._timer.agree(terms)

    def _refresh(self, seconds: int) -> None:
        """Tell the far side that we are still there."""
        if self._talk is None:
            return
        contact = ("Contact", self._inside.contact)
        headers = (contact, *refresh_headers(seconds))
        self._timer.last_chance(seconds / 2)
        if self._far_updates:
            self._talk.ask("UPDATE", headers=headers, told=self._refreshed)
        else:
            body = self._description.offer().encode()
            headers = (*headers, *SDP)
            self._talk.invite_again(headers=headers, body=body, told=self._refreshed)

    def _refreshed(self, response: Response | None) -> None:
        if self._ending:
            return
        if response is not None and response.status < 300:
            self._timer.agree(agreed_terms(response))
        elif response is None or response.status in {408, 481}:
            self._expired()

    def _expired(self) -> None:
        if self._talk is not None and not self._ending:
            self._talk.bye()
            reason = "the far side is gone: its session has expired"
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason=reason, by="network")

    def transfer(self, target: str) -> None:
        """Ask the far side to call `target`, a SIP address, in our place (RFC 3515)."""
        if self._talk is None or self._ending or self._transfer is not None:
            return
        self._transfer = target
        headers = (
            ("Contact", self._inside.contact),
            ("Refer-To", f"<{target}>"),
            ("Referred-By", f"<{parse_address(self._inside.contact).uri}>"),
        )
        self._talk.ask("REFER", headers=headers, told=self._referred)

    def _referred(self, response: Response | None) -> None:
        if response is None or response.status >= 300:
            self.transferring(408 if response is None else response.status)

    def transferring(self, status: int) -> None:
        if self._ending or self._transfer is None or status < 200:
            return
        target, self._transfer = self._transfer, None
        self.tell(Transferred, target=target, status=status)
        if status < 300 and self._talk is not None:
            self._talk.bye()
            self._finish(CallOutcome.ANSWERED, sip_code=200, reason="transferred", by="us")

    # Audio

    def flow(self, media: sdp.Media) -> None:
        self.media.talk_to(media, self._description.protection(media))
        self._services.ticker.add(self.media)

    def heard(self, frame: bytes) -> None:
        pass

    def pressed(self, digit: str) -> None:
        if not self.up:
            return
        self.tell(Dtmf, digit=digit)
        if self.bridge is not None:
            self.bridge.pressed(self, digit)

    def played(self, name: str, completed: bool) -> None:
        self.tell(PlayFinished, media=name, completed=completed)

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
        if self.bridge is not None:
            self.bridge.without(self, over=True)
        self.media.stop_play()
        self._ending = True
        self._timer.clear()
        self._services.ticker.remove(self.media)
        self._release_port()
        self._freed()
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
            "provider_id": " ".join(self.sip_ids),
        }
        if self.media.recorder is None:
            self._end(facts)
            return
        closing = self.media.recorder.close()
        closing.add_done_callback(lambda done: self._recorded(done.result(), facts))

    def _recorded(self, recorded: Recorded, facts: dict[str, Any]) -> None:
        self.tell(
            RecordingFinished,
            path=recorded.path,
            duration_s=recorded.seconds,
            bytes=recorded.size,
            error=recorded.error,
        )
        self._end(facts)

    def _end(self, facts: dict[str, Any]) -> None:
        self.tell(Ended, **facts)
        self._services.over(self)

    def tell(self, kind: type[CallEvent], **facts: Any) -> None:
        """Send an event of this leg."""
        self._seq += 1
        now = self._services.monotonic()
        self._services.emit(kind(call_id=self.id, seq=self._seq, at=now, **facts))


def _ms(since: float | None, until: float) -> int:
    return 0 if since is None else round(1000 * (until - since))

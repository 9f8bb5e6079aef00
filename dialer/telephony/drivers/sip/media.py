"""Audio of calls: RTP ports, one shared 20 ms tick, playing, hearing, recording."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.protocol import DatagramProtocol

from dialer.telephony.drivers.sip.jitter import JitterBuffer
from dialer.telephony.drivers.sip.keypad import Keypad
from dialer.telephony.drivers.sip.reactor import Alarm, Reactor, bound
from dialer.telephony.drivers.sip.recorder import Recorder
from dialer.telephony.wire import dtmf, g711, rtp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.reactor import TimeReactor, UdpPort
from dialer.telephony.wire.sdp import Media
from dialer.telephony.wire.srtp import Protection

TICK = 0.02
_ABANDONED = 50
"""Ticks of silence after which audio from another address is taken for the far side's."""

_CATCH_UP = 10  # ticks; a longer standstill is not made good


class NoPort(Exception):
    """All RTP ports of the range are taken."""


class Listener(Protocol):
    """Whoever hears what comes over a session."""

    def heard(self, frame: bytes) -> None:
        """20 ms of mu-law from the far side, each tick."""
        ...

    def pressed(self, digit: str) -> None: ...

    def played(self, name: str, completed: bool) -> None: ...

    def broke(self) -> None:
        """Our own handling of the audio failed."""
        ...


@dataclass(slots=True)
class MediaCounters:
    """What all sessions of an engine have sent, received and thrown away."""

    sent: int = 0
    received: int = 0
    junk: int = 0
    strangers: int = 0  # packets from an address that is not the call's


class Session(DatagramProtocol):
    """The audio of one call on one RTP port."""

    noisy = False
    transport: Any

    def __init__(self, listener: Listener, counters: MediaCounters, *, symmetric: bool) -> None:
        self.recorder: Recorder | None = None
        self.frame = g711.SILENCE  # the last 20 ms from the far side
        self.quiet = 0  # ticks since a packet came
        self._listener = listener
        self._counters = counters
        self._symmetric = symmetric
        self._found = False  # where the far side really sends from is known
        self._remote: tuple[str, int] | None = None
        self._protection: Protection | None = None
        self._codec = rtp.PCMU
        self._event: int | None = None
        self._silent = False
        self._stream = rtp.Stream(
            ssrc=secrets.randbits(32), sequence=secrets.randbits(15), timestamp=secrets.randbits(32)
        )
        self._jitter = JitterBuffer()
        self._digits = dtmf.Reader()
        self._keypad = Keypad(self._stream)
        self._queue: deque[bytes] = deque()
        self._playing: str | None = None
        self._inputs: tuple[Session, ...] = ()
        self._music: Iterator[bytes] | None = None

    @property
    def port(self) -> int:
        return int(self.transport.getHost().port)

    def talk_to(self, media: Media, protection: Protection | None = None) -> None:
        """Send to the far side as its session description says, from the next tick on."""
        self._protection = protection
        told = (media.host, media.port)
        if self._remote is None or not self._symmetric or self._remote[0] == media.host:
            self._remote, self._found = (told if media.port else None), False
        self._codec = media.codecs[0]
        self._event = media.event
        self._silent = media.held

    def play(self, frames: Sequence[bytes], name: str) -> None:
        self.stop_play()
        self._queue.extend(frames)
        self._playing = name

    def stop_play(self) -> None:
        name, self._playing = self._playing, None
        self._queue.clear()
        if name is not None:
            self._listener.played(name, False)

    def hears(self, *voices: Session, music: Sequence[bytes] = ()) -> None:
        """What goes to the far side while nothing is played: these voices, or music in a loop."""
        self._inputs = voices
        self._music = cycle(music) if music else None

    def press(self, digit: str) -> None:
        """Send a key press to the far side. Raises ValueError for a key that is none."""
        if digit.upper() not in dtmf.DIGITS:
            raise ValueError(f"{digit!r} is no key")
        self._keypad.press(digit)

    @property
    def held(self) -> bool:
        """Whether the far side does not want to hear us."""
        return self._silent

    def listen(self) -> None:
        """First half of a tick: 20 ms from the far side."""
        if self._remote is None:
            return
        self.quiet += 1
        self.frame = self._jitter.pull()
        self._listener.heard(self.frame)

    def speak(self) -> None:
        """Second half of a tick: 20 ms to the far side, and both into the recording."""
        if self._remote is None:
            return
        ours = self._next()
        self._transmit(ours)
        if self.recorder is not None:
            self.recorder.add(ours, self.frame)
        if self._playing is not None and not self._queue:
            name, self._playing = self._playing, None
            self._listener.played(name, True)

    def _next(self) -> bytes:
        if self._queue:
            return self._queue.popleft()
        if self._music is not None and not self._inputs:
            return next(self._music)
        return g711.mix([voice.frame for voice in self._inputs])

    def broke(self) -> None:
        self._listener.broke()

    def _transmit(self, frame: bytes) -> None:
        if self._silent:
            self._stream.skip(len(frame))
            self._stream.pause()
            return
        keys, instead = self._keypad.due(self._event)
        for packet in keys:
            self._send(packet)
        if not instead:
            payload = frame if self._codec == rtp.PCMU else g711.ulaw_to_alaw(frame)
            self._send(self._stream.packet(self._codec, payload))

    def _send(self, packet: rtp.Packet) -> None:
        data = packet.encode()
        if self._protection is not None:
            data = self._protection.protect(data)
        try:
            self.transport.getHandle().sendto(data, self._remote)
        except OSError:
            return  # a full socket buffer or an unreachable far side is a lost packet
        self._counters.sent += 1

    def _expected(self, addr: tuple[str, int]) -> bool:
        """Whether a packet from there may be the far side's.

        With symmetric RTP the first address that speaks is it, until it is silent for a second:
        nobody can take over a call that goes on.
        """
        if self._remote is None:
            return False
        if not self._symmetric:
            return addr[0] == self._remote[0]
        return addr == self._remote or not self._found or self.quiet >= _ABANDONED

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        if not self._expected(addr):
            self._counters.strangers += 1
            return
        try:
            if self._protection is not None:
                datagram = self._protection.unprotect(datagram)
            packet = rtp.parse(datagram)
        except Malformed:
            self._counters.junk += 1
            return
        self._counters.received += 1
        self.quiet = 0
        if self._symmetric:
            self._remote, self._found = addr, True
        if packet.payload_type == rtp.PCMU:
            self._jitter.put(packet.ssrc, packet.timestamp, packet.payload)
        elif packet.payload_type == rtp.PCMA:
            heard = g711.alaw_to_ulaw(packet.payload)
            self._jitter.put(packet.ssrc, packet.timestamp, heard)
        elif packet.payload_type == self._event:
            digit = self._digits.feed(packet)
            if digit is not None:
                self._listener.pressed(digit)


class Ticker:
    """Calls every session each 20 ms. It rests while there is none."""

    def __init__(self, reactor: TimeReactor) -> None:
        self._reactor = reactor
        self._alarm = Alarm(reactor)
        self._sessions: dict[Session, None] = {}
        self._due = 0.0
        self.worst_late = 0.0  # seconds
        self.lateness: Counter[int] = Counter()  # ticks by whole milliseconds

    def add(self, session: Session) -> None:
        if not self._sessions:
            self._due = self._reactor.seconds() + TICK
            self._alarm.set(TICK, self._tick)
        self._sessions[session] = None

    def remove(self, session: Session) -> None:
        self._sessions.pop(session, None)
        if not self._sessions:
            self._alarm.clear()

    def __len__(self) -> int:
        return len(self._sessions)

    def _tick(self) -> None:
        now = self._reactor.seconds()
        late = now - self._due
        self.worst_late = max(self.worst_late, late)
        self.lateness[int(1000 * max(0.0, late))] += 1
        self._due = (now if late > _CATCH_UP * TICK else self._due) + TICK
        self._alarm.set(max(0.0, self._due - now), self._tick)
        sessions = tuple(self._sessions)
        for session in sessions:
            self._half(session, session.listen)
        for session in sessions:
            if session in self._sessions:  # it may have ended by what was heard
                self._half(session, session.speak)

    def _half(self, session: Session, work: Callable[[], None]) -> None:
        sound = False
        try:
            work()
            sound = True
        finally:  # the error goes on to the reactor, which logs it and lives
            if not sound:
                session.broke()


class PortPool:
    """Even RTP ports of a range, taken in turn so that late packets meet no new call."""

    def __init__(self, reactor: Reactor, host: str, ports: tuple[int, int]) -> None:
        first = ports[0] + ports[0] % 2
        self._reactor = reactor
        self._host = host
        self._free = deque(range(first, ports[1] + 1, 2))
        self._closing: set[Deferred[None]] = set()
        self.taken = 0

    def open(self, session: Session) -> Callable[[], None]:
        """Bind the session to a port; the result gives it back. Raises NoPort."""
        for _ in range(len(self._free)):
            number = self._free.popleft()
            try:
                with bound(socket.SOCK_DGRAM, self._host, number) as made:
                    port = self._reactor.adoptDatagramPort(made.fileno(), socket.AF_INET, session)
            except OSError:
                self._free.append(number)  # some other program has it just now
                continue
            self.taken += 1
            return lambda: self._close(port, number)
        raise NoPort("no free RTP port")

    def _close(self, port: UdpPort, number: int) -> None:
        closing = port.stopListening()
        if closing is not None:
            self._closing.add(closing)
            closing.addBoth(lambda _: self._closing.discard(closing))
        self.taken -= 1
        self._free.append(number)

    async def closed(self) -> None:
        """Return once every socket that was given back is closed."""
        loop = asyncio.get_running_loop()
        await asyncio.gather(*(port.asFuture(loop) for port in tuple(self._closing)))

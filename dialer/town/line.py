"""RTP of the town: one UDP port a call, and one 20 ms beat for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, Protocol, cast

from twisted.internet.protocol import DatagramProtocol
from twisted.internet.task import LoopingCall

from dialer.telephony.wire import dtmf, g711
from dialer.telephony.wire.reactor import TimeReactor, UdpPort, UdpReactor
from dialer.telephony.wire.rtp import PCMA, Packet, Stream
from dialer.telephony.wire.sdp import Media
from dialer.town.loopback import LOOPBACK
from dialer.town.speech import FRAMES_PER_SECOND, Key, Sound

_RTP_HEADER = 12
_RTCP_TYPES = range(200, 205)
_MOST_LATE = 10  # beats made up for after a stall; the rest is lost, as on a real line


class Line(Protocol):
    """The media of one call, as the call sees it."""

    port: int
    received: int  # RTP packets

    def talk(self, remote: Media, sounds: Iterator[Sound]) -> None:
        """Send these to the other side from now on."""
        ...

    def redirect(self, remote: Media) -> None:
        """Go on with another address, codec or direction."""
        ...

    def close(self) -> None: ...


class Lines:
    """Opens lines, and beats every 20 ms while one is open. `received` counts for all of them."""

    def __init__(self, reactor: UdpReactor, clock: TimeReactor, rng: Random) -> None:
        self.received = 0
        self._reactor = reactor
        self._rng = rng
        self._talking: dict[RtpLine, None] = {}
        self._beat = cast(Any, LoopingCall.withCount(self._tick))
        self._beat.clock = clock

    def open(self) -> RtpLine:
        """A line on a free loopback port. Raises twisted's CannotListenError if there is none."""
        stream = Stream(
            ssrc=self._rng.getrandbits(32),
            sequence=self._rng.getrandbits(16),
            timestamp=self._rng.getrandbits(32),
        )
        line = RtpLine(self, stream)
        line.opened(self._reactor.listenUDP(0, line, LOOPBACK))
        return line

    def add(self, line: RtpLine) -> None:
        self._talking[line] = None
        if not self._beat.running:
            self._beat.start(1 / FRAMES_PER_SECOND, now=False)

    def remove(self, line: RtpLine) -> None:
        self._talking.pop(line, None)
        if not self._talking and self._beat.running:
            self._beat.stop()

    def _tick(self, beats: int) -> None:
        for _ in range(min(beats, _MOST_LATE)):
            for line in list(self._talking):
                line.tick()


class RtpLine(DatagramProtocol):
    """One call's RTP. See `Line`."""

    transport: Any

    def __init__(self, lines: Lines, stream: Stream) -> None:
        self.port = 0
        self.received = 0
        self._lines = lines
        self._stream = stream
        self._remote: Media | None = None
        self._sounds: Iterator[Sound] = iter(())
        self._press: Iterator[Packet] = iter(())
        self._socket: UdpPort | None = None

    def opened(self, socket: UdpPort) -> None:
        self._socket, self.port = socket, socket.getHost().port

    def talk(self, remote: Media, sounds: Iterator[Sound]) -> None:
        self._remote, self._sounds = remote, sounds
        self._lines.add(self)

    def redirect(self, remote: Media) -> None:
        self._remote = remote
        self._stream.pause()

    def close(self) -> None:
        self._lines.remove(self)
        if self._socket is not None:
            self._socket.stopListening()

    def datagramReceived(self, datagram: bytes, addr: tuple[str, int]) -> None:
        if (
            len(datagram) >= _RTP_HEADER
            and datagram[0] >> 6 == 2
            and datagram[1] not in _RTCP_TYPES
        ):
            self.received += 1
            self._lines.received += 1

    def tick(self) -> None:
        """Send what is due in this 20 ms."""
        remote = self._remote
        if remote is None:
            return
        packet = next(self._press, None)
        if packet is None:
            sound = next(self._sounds)
            packet = self._key(remote, sound) if isinstance(sound, Key) else self._audio(sound)
        if packet is not None and remote.port and not remote.held:
            self.transport.write(packet.encode(), (remote.host, remote.port))

    def _audio(self, frame: bytes) -> Packet:
        assert self._remote is not None
        codec = self._remote.codecs[0]
        return self._stream.packet(codec, g711.ulaw_to_alaw(frame) if codec == PCMA else frame)

    def _key(self, remote: Media, key: Key) -> Packet | None:
        """The press's first packet; a caller who takes no telephone events does not notice it."""
        if remote.event is None:
            return None
        self._press = dtmf.press(self._stream, key.digit, payload_type=remote.event)
        return next(self._press)

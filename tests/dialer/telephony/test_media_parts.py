"""Jitter buffer, tick, rate limit and port pool, each by itself."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st
from twisted.internet.task import Clock

from dialer.telephony.drivers.sip.jitter import JitterBuffer
from dialer.telephony.drivers.sip.media import MediaCounters, Session, Ticker
from dialer.telephony.drivers.sip.trunk import TokenBucket
from dialer.telephony.wire import rtp, sdp
from dialer.telephony.wire.g711 import FRAME, SILENCE


def frame(n: int) -> bytes:
    return bytes([n % 100]) * FRAME


@given(start=st.integers(0, 2**32 - 1), seed=st.integers(0, 1000))
def test_packets_out_of_order_play_in_order(start: int, seed: int) -> None:
    buffer = JitterBuffer()
    chance = random.Random(seed)
    heard = []
    order = [n for k in range(0, 100, 2) for n in chance.sample([k, k + 1], 2)]
    for n in [0, *order]:
        buffer.put(7, (start + n * FRAME) & 0xFFFFFFFF, frame(n))
        if n % 2 == 0:
            heard += [buffer.pull(), buffer.pull()]
    heard += [buffer.pull() for _ in range(10)]
    sound = [f for f in heard if f != SILENCE]
    assert sound == [frame(n) for n in range(100)]


def test_what_is_lost_is_silence_and_keeps_its_place() -> None:
    buffer = JitterBuffer()
    for n in (0, 1, 3):
        buffer.put(7, n * FRAME, frame(n + 1))
    heard = [buffer.pull() for _ in range(8)]
    assert heard == [SILENCE] * 3 + [frame(1), frame(2), SILENCE, frame(4), SILENCE]


def test_frames_of_any_length_fit() -> None:
    buffer = JitterBuffer()
    sound = bytes(range(250)) * 4
    for at in range(0, len(sound), 240):
        buffer.put(7, 1000 + at, sound[at : at + 240])
    heard = b"".join(buffer.pull() for _ in range(11))
    assert heard[3 * FRAME :][: len(sound)] == sound


def test_a_jump_of_the_far_clock_or_a_new_source_starts_anew() -> None:
    buffer = JitterBuffer()
    buffer.put(7, 0, frame(1))
    buffer.put(7, 10_000_000, frame(2))
    assert [buffer.pull() for _ in range(4)][3] == frame(2)
    buffer.put(8, 5, frame(3))
    assert [buffer.pull() for _ in range(4)][3] == frame(3)
    for _ in range(100):
        buffer.pull()
    for n in range(40):
        buffer.put(8, 165 + n * FRAME, frame(4))
    assert buffer.dropped >= 24
    assert any(buffer.pull() == frame(4) for _ in range(20))


def test_a_far_clock_that_runs_fast_does_not_add_delay_without_end() -> None:
    buffer = JitterBuffer()
    sent = 0
    for tick in range(8 * 60 * 50):  # eight minutes, in which the far side sends a thousandth more
        while sent * 1000 <= tick * 1001:
            buffer.put(7, sent * FRAME, frame(sent))
            sent += 1
        heard = buffer.pull()
    behind = (sent - 1 - heard[0]) % 100
    assert behind <= 6


class Deaf:
    """A listener that is told of nothing that matters here."""

    def heard(self, frame: bytes) -> None:
        pass

    def pressed(self, digit: str) -> None:
        raise AssertionError(digit)

    def played(self, name: str, completed: bool) -> None:
        raise AssertionError(name)

    def broke(self) -> None:
        raise AssertionError("broke")


def test_nobody_takes_over_the_audio_of_a_phone_behind_a_router() -> None:
    counters = MediaCounters()
    session = Session(Deaf(), counters, symmetric=True)
    session.talk_to(sdp.Media(host="10.0.0.7", port=4000, codecs=(rtp.PCMU,)))
    stream = rtp.Stream(ssrc=1, sequence=1, timestamp=0)
    phone, thief = ("192.0.2.1", 30_000), ("192.0.2.66", 4000)

    def packet() -> bytes:
        return stream.packet(rtp.PCMU, frame(7)).encode()

    session.datagramReceived(packet(), phone)
    session.datagramReceived(packet(), thief)
    session.datagramReceived(packet(), phone)
    assert (counters.received, counters.strangers) == (2, 1)
    for _ in range(60):
        session.listen()
    session.datagramReceived(packet(), thief)  # the phone may have moved, after a second of silence
    assert counters.received == 3


class Counting:
    def __init__(self, fails: bool = False) -> None:
        self.ticks, self.broken, self._fails = 0, False, fails

    def listen(self) -> None:
        if self._fails:
            raise RuntimeError("broken")

    def speak(self) -> None:
        self.ticks += 1

    def broke(self) -> None:
        self.broken = True


def test_the_tick_catches_up_and_rests_when_nobody_listens() -> None:
    clock = Clock()
    ticker = Ticker(clock)
    one = Counting()
    ticker.add(one)
    clock.pump([0.01] * 200)
    assert 98 <= one.ticks <= 100
    before = one.ticks
    clock.advance(0.1)
    clock.pump([0.0] * 10)
    assert one.ticks - before == 5
    ticker.remove(one)
    assert clock.getDelayedCalls() == []


@given(rate=st.floats(0.5, 50), gaps=st.lists(st.floats(0, 1), max_size=80))
def test_no_second_sees_more_than_the_rate_and_one_burst(rate: float, gaps: list[float]) -> None:
    bucket, now, sent = TokenBucket(rate, 0.0), 0.0, []
    for gap in gaps:
        now += gap
        wait = bucket.reserve(now, longest=1.0)
        if wait is not None:
            sent.append(now + wait)
    for first in sent:
        in_window = sum(first <= at < first + 1.0 for at in sent)
        assert in_window <= rate + max(1.0, rate) + 1

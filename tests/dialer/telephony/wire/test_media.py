"""RTP, DTMF, SDP, G.711 and WAV: what goes out can be read, also by others' tools and at wraps."""

from __future__ import annotations

import contextlib
import shutil
import struct
import subprocess
import wave
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyVoIP.RTP import TransmitType

from dialer.telephony.wire import dtmf, g711, rtp, sdp, wav
from dialer.telephony.wire.headers import Malformed

PACKETS = st.builds(
    rtp.Packet,
    payload_type=st.integers(0, 127),
    sequence=st.integers(0, 65535),
    timestamp=st.integers(0, 2**32 - 1),
    ssrc=st.integers(0, 2**32 - 1),
    payload=st.binary(max_size=200),
    marker=st.booleans(),
)


@given(PACKETS)
def test_packets_read_back(packet: rtp.Packet) -> None:
    assert rtp.parse(packet.encode()) == packet


@given(st.binary(max_size=64))
def test_junk_is_no_packet(data: bytes) -> None:
    with contextlib.suppress(Malformed):
        rtp.parse(data)


def test_header_extension_sources_and_padding_are_taken_off() -> None:
    head = struct.pack("!BBHII", 0xB1, 0, 1, 2, 3)
    data = head + b"csrc" + struct.pack("!HH", 0xBEDE, 1) + b"extn" + b"audio" + b"\0\0\3"
    assert rtp.parse(data).payload == b"audio"
    for broken in (data[:14], head + b"csrc" + b"\0\0\0\x09", data[:-1] + b"\xff"):
        with pytest.raises(Malformed):
            rtp.parse(broken)


def test_sequence_and_timestamp_wrap() -> None:
    stream = rtp.Stream(ssrc=1, sequence=65535, timestamp=2**32 - 160)
    first, second = (stream.packet(rtp.PCMU, g711.SILENCE) for _ in range(2))
    assert (first.sequence, first.timestamp, first.marker) == (65535, 2**32 - 160, True)
    assert (second.sequence, second.timestamp, second.marker) == (0, 0, False)
    assert rtp.parse(second.encode()) == second


def test_each_press_is_heard_once_even_with_losses() -> None:
    stream = rtp.Stream(ssrc=7, sequence=65530, timestamp=2**32 - 400)
    reader = dtmf.Reader()
    heard = []
    for index, digit in enumerate("1590*#AD"):
        packets = list(dtmf.press(stream, digit, payload_type=101))
        assert {p.timestamp for p in packets} == {packets[0].timestamp}
        assert [p.payload[1] >> 7 for p in packets[-3:]] == [1, 1, 1]
        heard += [d for p in packets[index % 5 :] if (d := reader.feed(rtp.parse(p.encode())))]
        stream.skip(160)
    assert "".join(heard) == "1590*#AD"
    assert reader.feed(packets[0]) is None


def test_an_offer_is_answered_in_its_own_numbers() -> None:
    offer = sdp.parse(
        b"v=0\no=x 1 1 IN IP4 192.0.2.9\ns= a = b\nc=IN IP4 192.0.2.1/127\nt=0 0\na=sendonly\n"
        b"m=audio 4002/1  RTP/AVPF 9 8 0 96 97\nc=IN IP4 192.0.2.2\na=rtpmap: 8 PCMA/8000/1\n"
        b"a=rtpmap:96 telephone-event/48000\na=rtpmap:97 telephone-event/8000\na=crypto:=:=\n"
        b"m=video 4004 RTP/AVP 31\na=recvonly\n"
    )
    assert (offer.host, offer.port, offer.codecs, offer.event) == ("192.0.2.2", 4002, (8, 0), 97)
    assert offer.held
    answer = sdp.answer(offer, host="192.0.2.7", port=4100)
    assert (answer.codecs, answer.event) == ((8,), 97)
    assert answer.direction is TransmitType.RECVONLY
    again = sdp.parse(answer.encode())
    assert (again.host, again.port, again.codecs, again.event) == ("192.0.2.7", 4100, (8,), 97)
    assert again.direction is TransmitType.RECVONLY


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 18\r\n",
        b"c=IN IP4 192.0.2.1\r\nm=audio x RTP/AVP 0\r\n",
        b"m=audio 4000 RTP/AVP 0\r\n",
        b"c=IN IP4 192.0.2.999\r\nm=audio 4000 RTP/AVP 0\r\n",
        b"c=IN IP4 192.0.2.1\r\nm=video 4000 RTP/AVP 0\r\n",
    ],
)
def test_a_description_without_usable_audio_is_malformed(body: bytes) -> None:
    with pytest.raises(Malformed):
        sdp.parse(body)


@given(st.binary(max_size=120))
def test_random_descriptions_are_malformed_or_read(tail: bytes) -> None:
    with contextlib.suppress(Malformed):
        sdp.parse(b"c=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0 101\r\na=" + tail)


def test_both_laws_agree() -> None:
    quiet = g711.tone(440, 0.1)[2]
    there_and_back = g711.alaw_to_ulaw(g711.ulaw_to_alaw(quiet))
    worst = max(
        abs(a - b)
        for (a,), (b,) in zip(
            struct.iter_unpack("=h", g711.ulaw_to_pcm(quiet)),
            struct.iter_unpack("=h", g711.ulaw_to_pcm(there_and_back)),
            strict=True,
        )
    )
    assert worst < 700
    assert len(g711.tone(1000, 1.0)) == len(g711.silence(1.0)) == 50
    assert g711.frames(b"\x00" * 161)[1] == b"\x00" + b"\xff" * 159


def test_a_recording_is_whole_after_every_chunk(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    writer = wav.StereoWriter(path)
    for _ in range(3):
        writer.append(b"".join(g711.tone(440, 1.0)), b"".join(g711.silence(1.0)))
        on_disk = path.read_bytes()
        left, right = wav.read(path)
        assert len(on_disk) == writer.size
        assert int.from_bytes(on_disk[4:8], "little") == len(on_disk) - 8
        assert len(left) == len(right) == 8000 * round(writer.seconds)
        assert set(right) == {0xFF}
    writer.close()
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(FileExistsError):
        wav.StereoWriter(path)
    with pytest.raises(ValueError, match="left has"), wav.StereoWriter(tmp_path / "b") as other:
        other.append(b"a", b"")


@pytest.mark.peer("soxi")
def test_sox_reads_two_channels(tmp_path: Path) -> None:
    path = tmp_path / "call.wav"
    with wav.StereoWriter(path) as writer:
        writer.append(b"".join(g711.tone(440, 2.0)), b"".join(g711.silence(2.0)))
    soxi = shutil.which("soxi")
    assert soxi is not None
    told = subprocess.run([soxi, path], check=True, capture_output=True, text=True).stdout
    assert "Channels       : 2" in told
    assert "8-bit u-law" in told
    assert "00:00:02.00" in told


def test_other_wavs_are_read_as_mu_law(tmp_path: Path) -> None:
    path = tmp_path / "voice.wav"
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(16000)
        out.writeframes(struct.pack("<2h", 8000, -8000) * 16000)
    left, right = wav.read(path)
    assert abs(len(left) - 8000) < 5
    assert struct.unpack("=h", g711.ulaw_to_pcm(left[100:101]))[0] == pytest.approx(8000, rel=0.05)
    assert struct.unpack("=h", g711.ulaw_to_pcm(right[100:101]))[0] == pytest.approx(
        -8000, rel=0.05
    )
    wav.write(path, b"\x01" * 321)
    assert [len(frame) for frame in wav.read_frames(path)] == [160, 160, 160]


@pytest.mark.parametrize("data", [b"", b"RIFF\0\0\0\0WAVE", b"not sound at all, no"])
def test_what_is_no_wav_is_refused_by_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "x.wav"
    path.write_bytes(data)
    with pytest.raises(ValueError, match=r"x\.wav"):
        wav.read(path)

"""SMS text: alphabets, parts, and parts put together again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.sms import text

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
GSM = st.text(st.sampled_from(sorted(text._ENCODE)), max_size=700)
ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=700)


@pytest.mark.parametrize(
    ("words", "octets"),
    [
        ("@£$", b"\x00\x01\x02"),
        ("Az09 ", b"Az09 "),
        ("ÄÖÑÜ§", b"\x5b\x5c\x5d\x5e\x5f"),
        ("äöñüà", b"\x7b\x7c\x7d\x7e\x7f"),
        ("€[]{}\\~|^", bytes.fromhex("1b65 1b3c 1b3e 1b28 1b29 1b2f 1b3d 1b40 1b14")),
        ("ΔΦΓΛΩΠΨΣΘΞ", bytes.fromhex("10 12 13 14 15 16 17 18 19 1a")),
        ("_¡¿¤", bytes.fromhex("11 40 60 24")),
    ],
)
def test_the_default_alphabet_is_that_of_23_038(words: str, octets: bytes) -> None:
    assert text.encode_gsm(words) == octets
    assert text.decode_gsm(octets) == words


@given(GSM)
def test_gsm_text_comes_back(words: str) -> None:
    octets, coding = text.encode(words)
    assert coding is text.Coding.GSM
    assert text.decode(octets, coding) == words


@given(ANY)
def test_any_text_comes_back(words: str) -> None:
    for alphabet in text.DefaultAlphabet:
        octets, coding = text.encode(words, alphabet)
        assert text.decode(octets, coding, alphabet) == words


@given(st.binary(max_size=300), st.integers(0, 255))
def test_whatever_comes_is_read_as_some_text(octets: bytes, coding: int) -> None:
    assert isinstance(text.decode(octets, coding), str)
    assert isinstance(text.read_header(octets, coding), text.Part)


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ("x" * 160, 1),
        ("x" * 161, 2),
        ("x" * 153 * 2, 2),
        ("x" * 153 * 2 + "x", 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        ("您" * 70, 1),
        ("您" * 71, 2),
        ("您" * 67 * 2, 2),
        ("您" * 67 * 2 + "好", 3),
        ("😀" * 35, 1),
        ("😀" * 36, 2),
        ("", 1),
    ],
)
def test_the_number_of_sms_is_the_networks(words: str, parts: int) -> None:
    assert len(text.split(words, reference=1)) == parts


@given(st.one_of(GSM, ANY), st.integers(0, 255), st.randoms(use_true_random=False))
def test_parts_in_any_order_make_the_text_again(words: str, reference: int, rng: Random) -> None:
    segments = list(text.split(words, reference=reference))
    assert all(
        len(s.octets) <= (160 if s.coding is text.Coding.GSM else text.CAPACITY) for s in segments
    )
    parts = [
        text.read_header(s.octets, s.coding)
        if s.has_header
        else text.Part(reference=0, total=1, number=1, octets=s.octets, data_coding=s.coding)
        for s in segments
    ]
    for part in parts:  # each part can be read by itself: no escape or pair is cut
        assert "\ufffd" not in text.decode(part.octets, part.data_coding) or "\ufffd" in words
    rng.shuffle(parts)
    reassembler = text.Reassembler()
    wholes = [w for p in parts if (w := reassembler.add("a", "b", p, AT)) is not None]
    assert [text.decode(*w) for w in wholes] == [words]


def test_a_text_beyond_255_parts_is_refused() -> None:
    with pytest.raises(ValueError, match="256 SMS"):
        text.split("x" * (153 * 255 + 1), reference=0)


def test_a_16_bit_reference_is_read() -> None:
    part = text.read_header(bytes.fromhex("06 08 04 01a7 02 01") + b"hi", 0)
    assert (part.reference, part.total, part.number, part.octets) == (0x1A7, 2, 1, b"hi")


def test_parts_of_two_people_do_not_mix() -> None:
    reassembler = text.Reassembler()
    one, two = (text.read_header(bytes((5, 0, 3, 7, 2, n)) + b"x", 0) for n in (1, 2))
    assert reassembler.add("a", "b", one, AT) is None
    assert reassembler.add("c", "b", two, AT) is None


def test_half_a_message_is_given_out_in_the_end() -> None:
    reassembler = text.Reassembler(patience=timedelta(minutes=1), max_pending=2)
    for reference in range(3):
        octets = bytes((5, 0, 3, reference, 2, 1)) + b"STOP now or"
        reassembler.add("a", "b", text.read_header(octets, 0), AT)
    assert reassembler.overdue(AT) == [("a", "b", b"STOP now or", 0)]  # over its memory
    assert reassembler.overdue(AT + timedelta(seconds=59)) == []
    assert len(reassembler.overdue(AT + timedelta(minutes=1))) == 2
    assert reassembler.overdue(AT + timedelta(minutes=2)) == []

"""SRTP: the numbers of RFC 3711, what is forged or repeated, and the lines of RFC 4568."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from dialer.telephony.wire import rtp, sdp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.srtp import KEY_SIZE, Crypto, Protection, read_crypto

KEY, SALT = "E1F97A0D3E018BE0D64FA32C06DE4139", "0EC675AD498AFEEBB6960B3AABE6"
MASTER = bytes.fromhex(KEY + SALT)
OTHER = bytes(range(KEY_SIZE))


def keystream(key: bytes, start: bytes, size: int) -> bytes:
    encryptor = Cipher(algorithms.AES(key), modes.CTR(start)).encryptor()
    return encryptor.update(bytes(size))


def derived(label: int, size: int) -> bytes:
    """RFC 3711, 4.3 with a derivation rate of 0."""
    salt = int.from_bytes(MASTER[16:], "big") ^ (label << 48)
    return keystream(MASTER[:16], salt.to_bytes(14, "big") + b"\0\0", size)


def by_hand(packet: rtp.Packet) -> bytes:
    """The packet as RFC 3711, 4.1.1 and 4.2.1 say, with a rollover counter of 0."""
    plain = packet.encode()
    salt = int.from_bytes(derived(2, 14), "big") << 16
    start = salt ^ (packet.ssrc << 64) ^ (packet.sequence << 16)
    stream = keystream(derived(0, 16), start.to_bytes(16, "big"), len(packet.payload))
    payload = bytes(a ^ b for a, b in zip(packet.payload, stream, strict=True))
    signed = plain[:12] + payload
    mac = hmac.new(derived(1, 20), signed + bytes(4), hashlib.sha1).digest()
    return signed + mac[:10]


def packet(sequence: int = 0x1234, payload: bytes = b"\xab" * 16) -> rtp.Packet:
    return rtp.Packet(
        payload_type=15,
        sequence=sequence,
        timestamp=0xDECAFBAD,
        ssrc=0xCAFEBABE,
        payload=payload,
    )


def test_the_keys_of_the_standards_appendix_are_derived() -> None:
    assert derived(0, 16).hex().upper() == "C61E7A93744F39EE10734AFE3FF7A087"
    assert derived(2, 14).hex().upper() == "30CBBC08863D8C85D49DB34A9AE1"
    assert derived(1, 20).hex().upper() == "CEBE321F6FF7716B6FD4AB49AF256A156D38BAA4"


@given(sequence=st.integers(0, 0x7FFF), payload=st.binary(max_size=200))
def test_packets_are_encrypted_as_the_standard_says(sequence: int, payload: bytes) -> None:
    sent = packet(sequence, payload)
    protected = Protection(MASTER, OTHER).protect(sent.encode())
    assert protected == by_hand(sent)
    assert Protection(OTHER, MASTER).unprotect(protected) == sent.encode()


def test_numbers_that_wrap_are_followed() -> None:
    ours, theirs = Protection(MASTER, OTHER), Protection(OTHER, MASTER)
    for sequence in (0xFFFE, 0xFFFF, 0, 1):
        plain = packet(sequence).encode()
        assert theirs.unprotect(ours.protect(plain)) == plain


@pytest.mark.parametrize("spoil", [0, 3, 13, -1])
def test_a_changed_packet_is_no_packet(spoil: int) -> None:
    protected = bytearray(Protection(MASTER, OTHER).protect(packet().encode()))
    protected[spoil] ^= 1
    with pytest.raises(Malformed):
        Protection(OTHER, MASTER).unprotect(bytes(protected))


def test_what_came_once_does_not_come_again() -> None:
    theirs = Protection(OTHER, MASTER)
    protected = Protection(MASTER, OTHER).protect(packet().encode())
    theirs.unprotect(protected)
    with pytest.raises(Malformed, match="replay"):
        theirs.unprotect(protected)


@given(st.binary(max_size=2000))
def test_junk_is_told_and_nothing_else(data: bytes) -> None:
    with pytest.raises(Malformed):
        Protection(OTHER, MASTER).unprotect(data)


INLINE = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"


@pytest.mark.parametrize(
    "line",
    [
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}",
        f" 1 aes_cm_128_hmac_sha1_80 inline:{INLINE}|2^20 WSH=64",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|1048576",
    ],
)
def test_a_line_of_our_suite_is_read(line: str) -> None:
    assert read_crypto(line) == Crypto(tag=1, key=OTHER)


@pytest.mark.parametrize(
    "line",
    [
        f"1 AES_CM_128_HMAC_SHA1_32 inline:{INLINE}",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE}|2^20|1:4",
        f"1 AES_CM_128_HMAC_SHA1_80 inline:{INLINE} UNENCRYPTED_SRTP",
        "1 AES_CM_128_HMAC_SHA1_80 inline:AAEC",
        "1 AES_CM_128_HMAC_SHA1_80 inline:====",
        "1 AES_CM_128_HMAC_SHA1_80",
        "",
    ],
)
def test_what_we_do_not_do_is_left(line: str) -> None:
    assert read_crypto(line) is None


@given(st.binary(min_size=KEY_SIZE, max_size=KEY_SIZE), st.booleans())
def test_a_description_with_a_key_is_read_as_it_was_written(key: bytes, secure: bool) -> None:
    made = sdp.Media(
        host="127.0.0.1", port=4000, codecs=(0,), secure=secure, crypto=Crypto(tag=7, key=key)
    )
    read = sdp.parse(made.encode())
    assert (read.secure, read.crypto) == (secure, made.crypto)
    answered = sdp.answer(read, host="127.0.0.1", port=4002, key=OTHER)
    assert (answered.secure, answered.crypto) == (secure, Crypto(tag=7, key=OTHER))

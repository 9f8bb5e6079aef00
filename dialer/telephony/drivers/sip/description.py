"""Our side of a call's session description: its versions, and the key for SRTP."""

from __future__ import annotations

import secrets

from dialer.telephony.drivers.sip.trunk import Srtp
from dialer.telephony.wire import sdp
from dialer.telephony.wire.headers import Malformed
from dialer.telephony.wire.rtp import PCMA, PCMU
from dialer.telephony.wire.srtp import KEY_SIZE, Crypto, Protection


class Description:
    """What we say of our audio, and what we make of what the far side says of its own."""

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._session = secrets.randbits(31)
        self._version = 1
        self._srtp = Srtp.OFF
        self._key = b""
        self._protection: Protection | None = None

    def encrypt(self, srtp: Srtp) -> None:
        """Whether audio is encrypted from the next description on, with a key of its own."""
        self._srtp = srtp
        self._key = secrets.token_bytes(KEY_SIZE)

    def offer(self) -> sdp.Media:
        return sdp.Media(
            host=self._host,
            port=self._port,
            codecs=(PCMU, PCMA),
            secure=self._srtp is Srtp.REQUIRED,
            crypto=None if self._srtp is Srtp.OFF else Crypto(tag=1, key=self._key),
            session=self._session,
            version=self._version,
        )

    def answer(self, offer: sdp.Media | None) -> sdp.Media:
        """What we say to an offer; our own offer where there was none."""
        if offer is None:
            return self.offer()
        return sdp.answer(
            offer,
            host=self._host,
            port=self._port,
            key=None if self._srtp is Srtp.OFF else self._key,
            session=self._session,
            version=self._version,
        )

    def revised(self) -> None:
        """The next description is a new one."""
        self._version += 1

    def read(self, body: bytes) -> sdp.Media | None:
        """The far side's audio; None where there is none that we speak, or that we may speak."""
        try:
            media = sdp.parse(body) if body else None
        except Malformed:
            return None
        if media is None:
            return None
        keyed = media.crypto is not None and self._srtp is not Srtp.OFF
        return media if keyed or not (media.secure or self._srtp is Srtp.REQUIRED) else None

    def protection(self, media: sdp.Media) -> Protection | None:
        """How audio is encrypted with a far side that described itself so; None = it is not."""
        if media.crypto is None or self._srtp is Srtp.OFF:
            return None
        keys = (self._key, media.crypto.key)
        if self._protection is None or self._protection.keys != keys:
            self._protection = Protection(*keys)
        return self._protection

"""Texts as the SMSC sees them: which part of which message, the receipt, the consumer's answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from messaging.sms.smpp.pdu import (
    Address,
    DataCoding,
    DeliverSm,
    EsmClass,
    MessageState,
    Npi,
    SubmitSm,
    Tag,
    Tlv,
    Ton,
)

_PART_8_BIT = 0x00  # information elements of 3GPP TS 23.040, 9.2.3.24
_PART_16_BIT = 0x08


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One submit_sm as a part of a message of `total` parts."""

    number: str  # E.164
    sender: str
    reference: int  # -1 for a message of one part
    total: int

    @property
    def key(self) -> tuple[str, str, int, int]:
        """The same for all parts of one message."""
        return self.number, self.sender, self.reference, self.total


def part_of(body: SubmitSm) -> Part | None:
    """The part, or None if the destination is no telephone number."""
    digits = body.destination.number.removeprefix("+")
    if not re.fullmatch(r"[0-9]{5,15}", digits):
        return None
    reference, total = _concatenation(body)
    return Part(number=f"+{digits}", sender=body.source.number, reference=reference, total=total)


def _concatenation(body: SubmitSm) -> tuple[int, int]:
    """Reference and number of parts, by user data header or by the sar parameters."""
    reference = body.tlv_integer(Tag.SAR_MSG_REF_NUM)
    total = body.tlv_integer(Tag.SAR_TOTAL_SEGMENTS)
    if reference is not None and total:
        return reference, total
    if body.esm_class & EsmClass.UDHI:
        for element, value in _header_elements(body.octets):
            if element == _PART_8_BIT and len(value) == 3 and value[1]:
                return value[0], value[1]
            if element == _PART_16_BIT and len(value) == 4 and value[2]:
                return int.from_bytes(value[:2], "big"), value[2]
    return -1, 1


def _header_elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    header = octets[1 : 1 + octets[0]] if octets else b""
    while len(header) >= 2:
        yield header[0], header[2 : 2 + header[1]]
        header = header[2 + header[1] :]


def receipt(
    body: SubmitSm, message_id: str, delivered: bool, taken: datetime, done: datetime
) -> DeliverSm:
    """The delivery receipt of appendix B, with the parameters of 5.3.2 beside it."""
    state, error = ("DELIVRD", "000") if delivered else ("UNDELIV", "001")
    text = (
        f"id:{message_id} sub:001 dlvrd:{int(delivered):03d} submit date:{taken:%y%m%d%H%M}"
        f" done date:{done:%y%m%d%H%M} stat:{state} err:{error} text:"
    )
    return DeliverSm(
        source=body.destination,
        destination=body.source,
        esm_class=EsmClass.RECEIPT,
        short_message=text.encode("ascii"),
        tlvs=(
            Tlv.text(Tag.RECEIPTED_MESSAGE_ID, message_id),
            Tlv.integer(
                Tag.MESSAGE_STATE,
                MessageState.DELIVERED if delivered else MessageState.UNDELIVERABLE,
            ),
        ),
    )


def reply(body: SubmitSm, words: str) -> DeliverSm:
    """What the consumer writes back, to the sender of `body`."""
    ascii_only = words.isascii()
    return DeliverSm(
        source=Address(
            number=body.destination.number.removeprefix("+"),
            ton=Ton.INTERNATIONAL,
            npi=Npi.ISDN,
        ),
        destination=body.source,
        data_coding=DataCoding.DEFAULT if ascii_only else DataCoding.UCS2,
        short_message=words.encode("ascii" if ascii_only else "utf-16-be"),
    )

"""What is particular to one provider's route, and messages laid out for it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum

from messaging.message import TextMessage
from messaging.sms import text
from messaging.sms.smpp import numbers
from messaging.sms.smpp.pdu import Address, DeliverSm, EsmClass, SubmitSm, Tag, Tlv
from messaging.sms.smpp.receipt import IdMatching


class LongText(StrEnum):
    """How a text of more than one SMS travels: in parts, or whole for the centre to split."""

    PARTS = "parts"
    PAYLOAD = "payload"


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Habits of a message centre.

    `region`: ISO 3166-1 alpha-2, for senders that come without country code. `max_parts`: longer
    texts are refused. `validity_period`: SMPP time format (7.1.1), empty for the centre's own.
    """

    region: str | None = None
    ids: IdMatching = field(default_factory=IdMatching)
    long_text: LongText = LongText.PARTS
    alphabet: text.DefaultAlphabet = text.DefaultAlphabet.GSM
    max_parts: int = 6
    validity_period: str = ""

    def submits(self, message: TextMessage, *, reference: int) -> list[SubmitSm]:
        """The submit_sm of a message, receipts asked for. Raises ValueError with the reason."""
        segments = text.split(message.text, reference=reference, default=self.alphabet)
        if len(segments) > self.max_parts:
            raise ValueError(f"the text takes {len(segments)} SMS, allowed are {self.max_parts}")
        common = SubmitSm(
            source=numbers.sender(message.sender),
            destination=numbers.destination(message.to),
            registered_delivery=1,
            validity_period=self.validity_period,
        )
        if len(segments) > 1 and self.long_text is LongText.PAYLOAD:
            octets, coding = text.encode(message.text, self.alphabet)
            payload = Tlv(tag=Tag.MESSAGE_PAYLOAD, value=octets)
            return [replace(common, data_coding=coding, tlvs=(payload,))]
        return [
            replace(
                common,
                data_coding=segment.coding,
                short_message=segment.octets,
                esm_class=EsmClass.UDHI if segment.has_header else 0,
            )
            for segment in segments
        ]

    def number(self, address: Address) -> str:
        """E.164 where it can be known."""
        return numbers.from_wire(address, self.region)


def part_of(message: DeliverSm) -> text.Part:
    """The user data of a message from a phone, as a part of a text or as a whole one."""
    if message.esm_class & EsmClass.UDHI:
        return text.read_header(message.octets, message.data_coding)
    reference = message.tlv_integer(Tag.SAR_MSG_REF_NUM)
    total = message.tlv_integer(Tag.SAR_TOTAL_SEGMENTS) or 1
    number = message.tlv_integer(Tag.SAR_SEGMENT_SEQNUM) or 1
    in_parts = reference is not None and 1 <= number <= total <= text.MAX_PARTS
    return text.Part(
        reference=reference if in_parts and reference is not None else 0,
        total=total if in_parts else 1,
        number=number if in_parts else 1,
        octets=message.octets,
        data_coding=message.data_coding,
    )

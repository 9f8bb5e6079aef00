"""Delivery receipts: read by optional parameter first and by text second; ids made comparable.

Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from messaging.message import MessageStatus
from messaging.sms import text
from messaging.sms.correlation import Receipt
from messaging.sms.smpp.pdu import DeliverSm, EsmClass, MessageState, Tag

_TYPE_BITS = 0x3C
_INTERMEDIATE = 0x20

# The `stat` words of appendix B, and those that SMPP 5.0 added.
_STATES = {
    "DELIVRD": MessageState.DELIVERED,
    "EXPIRED": MessageState.EXPIRED,
    "DELETED": MessageState.DELETED,
    "UNDELIV": MessageState.UNDELIVERABLE,
    "ACCEPTD": MessageState.ACCEPTED,
    "UNKNOWN": MessageState.UNKNOWN,
    "REJECTD": MessageState.REJECTED,
    "ENROUTE": MessageState.ENROUTE,
    "SCHEDULED": MessageState.ENROUTE,
    "SKIPPED": MessageState.REJECTED,
}
_STATUS = {
    MessageState.ENROUTE: MessageStatus.ACCEPTED,
    MessageState.DELIVERED: MessageStatus.DELIVERED,
    MessageState.EXPIRED: MessageStatus.EXPIRED,
    MessageState.DELETED: MessageStatus.UNDELIVERABLE,
    MessageState.UNDELIVERABLE: MessageStatus.UNDELIVERABLE,
    MessageState.ACCEPTED: MessageStatus.ACCEPTED,
    MessageState.UNKNOWN: MessageStatus.UNKNOWN,
    MessageState.REJECTED: MessageStatus.UNDELIVERABLE,
}
_ID = re.compile(r"\bid:\s*([^\s]+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*([A-Za-z]+)", re.IGNORECASE)
_ERR = re.compile(r"\berr:\s*(\w+)", re.IGNORECASE)


def read_receipt(message: DeliverSm) -> Receipt | None:
    """The receipt in a deliver_sm, or None where it is a person's message.

    The words of a receipt count only under the message type that the network sets: a person may
    type them.
    """
    kind = message.esm_class & _TYPE_BITS
    by_id = message.tlv_text(Tag.RECEIPTED_MESSAGE_ID)
    if by_id is None and kind not in {EsmClass.RECEIPT, _INTERMEDIATE}:
        return None
    words = text.decode(message.octets, message.data_coding)
    provider_id = by_id or _find(_ID, words) or ""
    state = _state(message, words)
    return Receipt(
        provider_id=provider_id,
        status=_STATUS[state],
        code=_code(message, words),
        detail=words[:200],
    )


def _state(message: DeliverSm, words: str) -> MessageState:
    number = message.tlv_integer(Tag.MESSAGE_STATE)
    if number is not None and number in MessageState._value2member_map_:
        return MessageState(number)
    return _STATES.get((_find(_STAT, words) or "").upper(), MessageState.UNKNOWN)


def _code(message: DeliverSm, words: str) -> str | None:
    """The network's error code; 0 and 000 mean none."""
    network = message.tlv(Tag.NETWORK_ERROR_CODE)
    code = (
        str(int.from_bytes(network[1:], "big"))
        if network is not None and len(network) == 3
        else _find(_ERR, words)
    )
    return code if code and code.strip("0") else None


def _find(pattern: re.Pattern[str], words: str) -> str | None:
    found = pattern.search(words)
    return found[1] if found else None


class IdBase(StrEnum):
    """How a message centre writes its message ids in one place."""

    OPAQUE = "opaque"
    DECIMAL = "decimal"
    HEX = "hex"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdMatching:
    """How ids in responses and in receipts of one route are compared.

    By default they must be the same string. Some message centres answer in hexadecimal and write
    receipts in decimal, or the other way round: set both bases. `fold` ignores letter case and
    leading zeros. An id that is not a number of its base is compared as it stands.
    """

    response: IdBase = IdBase.OPAQUE
    receipt: IdBase = IdBase.OPAQUE
    fold: bool = False

    def __post_init__(self) -> None:
        if (self.response is IdBase.OPAQUE) is not (self.receipt is IdBase.OPAQUE):
            raise ValueError("give the base of ids in both responses and receipts, or in neither")

    def of_response(self, message_id: str) -> str:
        """The canonical form of an id from a submit_sm_resp."""
        return self._canonical(message_id, self.response)

    def of_receipt(self, message_id: str) -> str:
        """The canonical form of an id from a receipt."""
        return self._canonical(message_id, self.receipt)

    def _canonical(self, message_id: str, base: IdBase) -> str:
        digits = {IdBase.OPAQUE: None, IdBase.DECIMAL: r"[0-9]+", IdBase.HEX: r"[0-9A-Fa-f]+"}[base]
        if digits is not None and re.fullmatch(digits, message_id):
            return str(int(message_id, 16 if base is IdBase.HEX else 10))
        return (message_id.casefold().lstrip("0") or "0") if self.fold else message_id

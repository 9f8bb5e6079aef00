"""SMPP 3.4 as values: protocol data units, their parts, and the numbers of the specification.

Section and table numbers are those of "Short Message Peer to Peer Protocol Specification v3.4,
issue 1.2". Strings are Latin-1 on the wire; message ids are opaque.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag

RESPONSE_BIT = 0x8000_0000
MAX_SEQUENCE = 0x7FFF_FFFF  # 3.2: sequence numbers run from 1 to here and start again


class Command(IntEnum):
    """Command ids of 5.1.2.1 that are spoken here."""

    GENERIC_NACK = 0x8000_0000
    BIND_RECEIVER = 0x0000_0001
    BIND_RECEIVER_RESP = 0x8000_0001
    BIND_TRANSMITTER = 0x0000_0002
    BIND_TRANSMITTER_RESP = 0x8000_0002
    SUBMIT_SM = 0x0000_0004
    SUBMIT_SM_RESP = 0x8000_0004
    DELIVER_SM = 0x0000_0005
    DELIVER_SM_RESP = 0x8000_0005
    UNBIND = 0x0000_0006
    UNBIND_RESP = 0x8000_0006
    BIND_TRANSCEIVER = 0x0000_0009
    BIND_TRANSCEIVER_RESP = 0x8000_0009
    ENQUIRE_LINK = 0x0000_0015
    ENQUIRE_LINK_RESP = 0x8000_0015


class Status(IntEnum):
    """Command statuses of 5.1.3; with `ESME_` in front they are the specification's names."""

    ROK = 0x00
    RINVMSGLEN = 0x01
    RINVCMDLEN = 0x02
    RINVCMDID = 0x03
    RINVBNDSTS = 0x04
    RALYBND = 0x05
    RSYSERR = 0x08
    RINVSRCADR = 0x0A
    RINVDSTADR = 0x0B
    RINVMSGID = 0x0C
    RBINDFAIL = 0x0D
    RINVPASWD = 0x0E
    RINVSYSID = 0x0F
    RMSGQFUL = 0x14
    RINVSERTYP = 0x15
    RINVESMCLASS = 0x43
    RSUBMITFAIL = 0x45
    RINVSRCTON = 0x48
    RINVSRCNPI = 0x49
    RINVDSTTON = 0x50
    RINVDSTNPI = 0x51
    RINVSYSTYP = 0x53
    RTHROTTLED = 0x58
    RINVEXPIRY = 0x62
    RX_T_APPN = 0x64
    RX_P_APPN = 0x65
    RX_R_APPN = 0x66
    RINVOPTPARSTREAM = 0xC0
    RINVPARLEN = 0xC2
    RINVOPTPARAMVAL = 0xC4
    RDELIVERYFAILURE = 0xFE
    RUNKNOWNERR = 0xFF


def status_name(status: int) -> str:
    """The specification's name with the number; the number alone where it has no name."""
    try:
        return f"ESME_{Status(status).name} (0x{status:02x})"
    except ValueError:
        return f"0x{status:08x}"


class Tag(IntEnum):
    """Optional parameters of 5.3.2 that are read or written here; others pass through."""

    ADDITIONAL_STATUS_INFO_TEXT = 0x001D
    RECEIPTED_MESSAGE_ID = 0x001E
    USER_MESSAGE_REFERENCE = 0x0204
    SAR_MSG_REF_NUM = 0x020C
    SAR_TOTAL_SEGMENTS = 0x020E
    SAR_SEGMENT_SEQNUM = 0x020F
    SC_INTERFACE_VERSION = 0x0210
    NETWORK_ERROR_CODE = 0x0423
    MESSAGE_PAYLOAD = 0x0424
    MESSAGE_STATE = 0x0427


class MessageState(IntEnum):
    """States of a message, 5.2.28."""

    ENROUTE = 1
    DELIVERED = 2
    EXPIRED = 3
    DELETED = 4
    UNDELIVERABLE = 5
    ACCEPTED = 6
    UNKNOWN = 7
    REJECTED = 8


class EsmClass(IntFlag):
    """Bits of esm_class, 5.2.12."""

    RECEIPT = 0x04  # deliver_sm: short_message is a delivery receipt
    UDHI = 0x40  # short_message starts with a user data header


class DataCoding(IntEnum):
    """Values of data_coding, 5.2.19, that are read or written here."""

    DEFAULT = 0x00
    ASCII = 0x01
    LATIN1 = 0x03
    UCS2 = 0x08


class Ton(IntEnum):
    """Type of number, 5.2.5."""

    UNKNOWN = 0
    INTERNATIONAL = 1
    NATIONAL = 2
    NETWORK_SPECIFIC = 3
    SUBSCRIBER = 4
    ALPHANUMERIC = 5
    ABBREVIATED = 6


class Npi(IntEnum):
    """Numbering plan, 5.2.6."""

    UNKNOWN = 0
    ISDN = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """An SME address. `ton` and `npi` are plain numbers so that odd ones survive a round trip."""

    number: str = ""
    ton: int = Ton.UNKNOWN
    npi: int = Npi.UNKNOWN


@dataclass(frozen=True, slots=True, kw_only=True)
class Tlv:
    """One optional parameter, value as on the wire."""

    tag: int
    value: bytes

    @classmethod
    def integer(cls, tag: int, value: int, *, octets: int = 1) -> Tlv:
        return cls(tag=tag, value=value.to_bytes(octets, "big"))

    @classmethod
    def text(cls, tag: int, value: str) -> Tlv:
        """A C-octet string: Latin-1 with its closing NUL."""
        return cls(tag=tag, value=value.encode("latin-1") + b"\0")


class BindMode(IntEnum):
    """Which way messages go on the session; the value is the bind's command id."""

    RECEIVER = Command.BIND_RECEIVER
    TRANSMITTER = Command.BIND_TRANSMITTER
    TRANSCEIVER = Command.BIND_TRANSCEIVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Bind:
    """bind_transmitter, bind_receiver, bind_transceiver (4.1)."""

    mode: BindMode = BindMode.TRANSCEIVER
    system_id: str
    password: str
    system_type: str = ""
    interface_version: int = 0x34
    addr_ton: int = Ton.UNKNOWN
    addr_npi: int = Npi.UNKNOWN
    address_range: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BindResp:
    mode: BindMode = BindMode.TRANSCEIVER
    system_id: str = ""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """What submit_sm and deliver_sm have in common: they are laid out alike.

    `short_message` is at most 254 octets, user data header included; longer text goes into the
    message_payload parameter with `short_message` empty.
    """

    source: Address = Address()
    destination: Address = Address()
    short_message: bytes = b""
    service_type: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present: int = 0
    data_coding: int = DataCoding.DEFAULT
    sm_default_msg_id: int = 0
    tlvs: tuple[Tlv, ...] = ()

    def tlv(self, tag: int) -> bytes | None:
        """The first optional parameter with this tag, or None."""
        return next((t.value for t in self.tlvs if t.tag == tag), None)

    def tlv_integer(self, tag: int) -> int | None:
        value = self.tlv(tag)
        return None if value is None else int.from_bytes(value, "big")

    def tlv_text(self, tag: int) -> str | None:
        value = self.tlv(tag)
        return None if value is None else value.split(b"\0", 1)[0].decode("latin-1")

    @property
    def octets(self) -> bytes:
        """The user data, wherever it stands: message_payload or short_message."""
        return self.tlv(Tag.MESSAGE_PAYLOAD) or self.short_message


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSm(_Message):
    """submit_sm (4.4): a message towards a phone. registered_delivery 1 asks for a receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSm(_Message):
    """deliver_sm (4.6): a message from a phone, or a delivery receipt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitSmResp:
    message_id: str = ""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSmResp:
    message_id: str = ""  # 4.6.2: unused, empty
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLink:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class EnquireLinkResp:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unbind:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class UnbindResp:
    pass


@dataclass(frozen=True, slots=True, kw_only=True)
class GenericNack:
    """The answer to a PDU that could not be read (4.3); the status says why."""


Body = (
    Bind
    | BindResp
    | SubmitSm
    | SubmitSmResp
    | DeliverSm
    | DeliverSmResp
    | EnquireLink
    | EnquireLinkResp
    | Unbind
    | UnbindResp
    | GenericNack
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pdu:
    """A body with its header. `status` is 0 in requests; a response repeats the `sequence`."""

    sequence: int
    body: Body
    status: int = Status.ROK

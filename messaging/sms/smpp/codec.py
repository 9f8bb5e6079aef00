"""SMPP 3.4 on the wire: PDUs to bytes, bytes to PDUs, and frames out of a byte stream. Pure.

Writing is strict: what the specification does not allow raises EncodeError. Reading is lenient
where the sense is plain (over-long strings, a missing body in an error response), because to
refuse a submit_sm_resp is to lose a message that was sent.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TypeVar

from messaging.sms.smpp.pdu import (
    RESPONSE_BIT,
    Address,
    Bind,
    BindMode,
    BindResp,
    Body,
    Command,
    DeliverSm,
    DeliverSmResp,
    EnquireLink,
    EnquireLinkResp,
    GenericNack,
    Pdu,
    Status,
    SubmitSm,
    SubmitSmResp,
    Tlv,
    Unbind,
    UnbindResp,
)

M = TypeVar("M", SubmitSm, DeliverSm)

HEADER = struct.Struct(">IIII")
MAX_SHORT_MESSAGE = 254
# A message_payload holds at most 65,535 octets; the rest of a PDU fits in 4 KiB.
MAX_PDU = 65_535 + 4_096

_EMPTY: dict[int, type[EnquireLink | EnquireLinkResp | Unbind | UnbindResp | GenericNack]] = {
    Command.ENQUIRE_LINK: EnquireLink,
    Command.ENQUIRE_LINK_RESP: EnquireLinkResp,
    Command.UNBIND: Unbind,
    Command.UNBIND_RESP: UnbindResp,
    Command.GENERIC_NACK: GenericNack,
}
_EMPTY_COMMAND = {body: command for command, body in _EMPTY.items()}


class EncodeError(ValueError):
    """A value that SMPP 3.4 cannot carry; the text names the field."""


class FrameError(ValueError):
    """The stream is not SMPP: no later byte of it can be trusted. Close the connection."""


class PduError(ValueError):
    """A frame that could not be read; the stream itself is sound.

    `status` is what a generic_nack or an error response should carry.
    """

    def __init__(self, message: str, *, command: int, sequence: int, status: Status) -> None:
        super().__init__(message)
        self.command = command
        self.sequence = sequence
        self.status = status

    @property
    def is_response(self) -> bool:
        return bool(self.command & RESPONSE_BIT)


class Framer:
    """Cuts a byte stream into frames: `push` bytes as they come, then iterate over whole frames.

    Memory is bounded by `max_length` and the size of one push. A command_length that is
    impossible raises FrameError, now and for ever after.
    """

    def __init__(self, *, max_length: int = MAX_PDU) -> None:
        self._max_length = max_length
        self._buffer = bytearray()

    def push(self, data: bytes) -> None:
        self._buffer += data

    def __iter__(self) -> Iterator[bytes]:
        while len(self._buffer) >= 4:
            length = int.from_bytes(self._buffer[:4], "big")
            if not HEADER.size <= length <= self._max_length:
                raise FrameError(
                    f"command_length {length} is not between {HEADER.size} and {self._max_length}"
                )
            if len(self._buffer) < length:
                return
            frame = bytes(self._buffer[:length])
            del self._buffer[:length]
            yield frame


def encode(pdu: Pdu) -> bytes:
    """The bytes of a PDU, header included. Raises EncodeError."""
    command, payload = _encode_body(pdu.body)
    length = HEADER.size + len(payload)
    if length > MAX_PDU:
        raise EncodeError(f"PDU of {length} octets is longer than {MAX_PDU}")
    try:
        return HEADER.pack(length, command, pdu.status, pdu.sequence) + payload
    except struct.error as error:
        raise EncodeError(
            f"status {pdu.status} or sequence {pdu.sequence} is out of range"
        ) from error


def decode(frame: bytes) -> Pdu:
    """The PDU in one frame as the Framer cuts it. Raises PduError, and nothing else."""
    if len(frame) < HEADER.size:
        raise PduError(
            f"{len(frame)} octets are no PDU header",
            command=0,
            sequence=0,
            status=Status.RINVCMDLEN,
        )
    length, command, status, sequence = HEADER.unpack_from(frame)
    if length != len(frame):
        raise PduError(
            f"command_length {length} in a frame of {len(frame)} octets",
            command=command,
            sequence=sequence,
            status=Status.RINVCMDLEN,
        )
    try:
        body = _decode_body(command, _Reader(frame, HEADER.size))
    except _Unreadable as error:
        raise PduError(
            f"command 0x{command:08x}, sequence {sequence}: {error}",
            command=command,
            sequence=sequence,
            status=error.status,
        ) from None
    return Pdu(sequence=sequence, status=status, body=body)


def _encode_body(body: Body) -> tuple[int, bytes]:
    match body:
        case Bind():
            return body.mode, b"".join(
                (
                    _string("system_id", body.system_id, 15),
                    _string("password", body.password, 8),
                    _string("system_type", body.system_type, 12),
                    _octet("interface_version", body.interface_version),
                    _octet("addr_ton", body.addr_ton),
                    _octet("addr_npi", body.addr_npi),
                    _string("address_range", body.address_range, 40),
                )
            )
        case BindResp():
            text = _string("system_id", body.system_id, 15)
            return body.mode | RESPONSE_BIT, text + _tlvs(body.tlvs)
        case SubmitSm():
            return Command.SUBMIT_SM, _encode_message(body)
        case DeliverSm():
            return Command.DELIVER_SM, _encode_message(body)
        case SubmitSmResp():
            text = _string("message_id", body.message_id, 64)
            return Command.SUBMIT_SM_RESP, text + _tlvs(body.tlvs)
        case DeliverSmResp():
            text = _string("message_id", body.message_id, 64)
            return Command.DELIVER_SM_RESP, text + _tlvs(body.tlvs)
        case _:
            return _EMPTY_COMMAND[type(body)], b""


def _encode_message(body: SubmitSm | DeliverSm) -> bytes:
    if len(body.short_message) > MAX_SHORT_MESSAGE:
        raise EncodeError(
            f"short_message of {len(body.short_message)} octets is longer than {MAX_SHORT_MESSAGE}"
        )
    return b"".join(
        (
            _string("service_type", body.service_type, 5),
            _address("source_addr", body.source),
            _address("destination_addr", body.destination),
            _octet("esm_class", body.esm_class),
            _octet("protocol_id", body.protocol_id),
            _octet("priority_flag", body.priority_flag),
            _string("schedule_delivery_time", body.schedule_delivery_time, 16),
            _string("validity_period", body.validity_period, 16),
            _octet("registered_delivery", body.registered_delivery),
            _octet("replace_if_present_flag", body.replace_if_present),
            _octet("data_coding", body.data_coding),
            _octet("sm_default_msg_id", body.sm_default_msg_id),
            _octet("sm_length", len(body.short_message)),
            body.short_message,
            _tlvs(body.tlvs),
        )
    )


def _address(name: str, address: Address) -> bytes:
    return (
        _octet(f"{name}_ton", address.ton)
        + _octet(f"{name}_npi", address.npi)
        + _string(name, address.number, 20)
    )


def _octet(name: str, value: int) -> bytes:
    if not 0 <= value <= 0xFF:
        raise EncodeError(f"{name} {value} does not fit in one octet")
    return bytes((value,))


def _string(name: str, value: str, limit: int) -> bytes:
    try:
        octets = value.encode("latin-1")
    except UnicodeEncodeError:
        raise EncodeError(f"{name} holds characters outside Latin-1") from None
    if len(octets) > limit:
        raise EncodeError(f"{name} of {len(octets)} octets is longer than {limit}")
    if b"\0" in octets:
        raise EncodeError(f"{name} holds a NUL")
    return octets + b"\0"


def _tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    for tlv in tlvs:
        if not (0 <= tlv.tag <= 0xFFFF and len(tlv.value) <= 0xFFFF):
            raise EncodeError(f"optional parameter 0x{tlv.tag:04x} does not fit in a PDU")
    return b"".join(struct.pack(">HH", t.tag, len(t.value)) + t.value for t in tlvs)


class _Unreadable(Exception):
    def __init__(self, message: str, status: Status) -> None:
        super().__init__(message)
        self.status = status


class _Reader:
    """A cursor over a frame that never reads past its end."""

    def __init__(self, frame: bytes, position: int) -> None:
        self._frame = frame
        self._position = position

    @property
    def left(self) -> int:
        return len(self._frame) - self._position

    def take(self, name: str, count: int, status: Status = Status.RINVCMDLEN) -> bytes:
        if count > self.left:
            raise _Unreadable(f"{name} needs {count} octets, {self.left} are left", status)
        start, self._position = self._position, self._position + count
        return self._frame[start : self._position]

    def octet(self, name: str) -> int:
        return self.take(name, 1)[0]

    def string(self, name: str) -> str:
        end = self._frame.find(b"\0", self._position)
        if end < 0:
            raise _Unreadable(f"{name} has no closing NUL", Status.RINVCMDLEN)
        start, self._position = self._position, end + 1
        return self._frame[start:end].decode("latin-1")

    def optional_string(self, name: str) -> str:
        """A string that an error response may leave out (4.1.2, 4.4.2)."""
        return self.string(name) if self.left else ""

    def address(self, name: str) -> Address:
        ton, npi = self.octet(f"{name}_ton"), self.octet(f"{name}_npi")
        return Address(ton=ton, npi=npi, number=self.string(name))

    def response_tlvs(self) -> tuple[Tlv, ...]:
        """Optional parameters of a response: rubbish behind the message id does not undo it."""
        try:
            return self.tlvs()
        except _Unreadable:
            return ()

    def tlvs(self) -> tuple[Tlv, ...]:
        found = []
        while self.left:
            tag, length = struct.unpack(
                ">HH", self.take("optional parameter", 4, Status.RINVOPTPARSTREAM)
            )
            value = self.take(f"optional parameter 0x{tag:04x}", length, Status.RINVPARLEN)
            found.append(Tlv(tag=tag, value=value))
        return tuple(found)


def _decode_body(command: int, reader: _Reader) -> Body:
    if command in _EMPTY:
        return _EMPTY[command]()
    match command:
        case Command.SUBMIT_SM:
            return _decode_message(SubmitSm, reader)
        case Command.DELIVER_SM:
            return _decode_message(DeliverSm, reader)
        case Command.SUBMIT_SM_RESP:
            message_id = reader.optional_string("message_id")
            return SubmitSmResp(message_id=message_id, tlvs=reader.response_tlvs())
        case Command.DELIVER_SM_RESP:
            message_id = reader.optional_string("message_id")
            return DeliverSmResp(message_id=message_id, tlvs=reader.response_tlvs())
        case Command.BIND_RECEIVER | Command.BIND_TRANSMITTER | Command.BIND_TRANSCEIVER:
            return _decode_bind(BindMode(command), reader)
        case (
            Command.BIND_RECEIVER_RESP
            | Command.BIND_TRANSMITTER_RESP
            | Command.BIND_TRANSCEIVER_RESP
        ):
            mode = BindMode(command & ~RESPONSE_BIT)
            system_id = reader.optional_string("system_id")
            return BindResp(mode=mode, system_id=system_id, tlvs=reader.response_tlvs())
        case _:
            raise _Unreadable("command is not known", Status.RINVCMDID)


def _decode_bind(mode: BindMode, reader: _Reader) -> Bind:
    return Bind(
        mode=mode,
        system_id=reader.string("system_id"),
        password=reader.string("password"),
        system_type=reader.string("system_type"),
        interface_version=reader.octet("interface_version"),
        addr_ton=reader.octet("addr_ton"),
        addr_npi=reader.octet("addr_npi"),
        address_range=reader.string("address_range"),
    )


def _decode_message(kind: type[M], reader: _Reader) -> M:
    return kind(
        service_type=reader.string("service_type"),
        source=reader.address("source_addr"),
        destination=reader.address("destination_addr"),
        esm_class=reader.octet("esm_class"),
        protocol_id=reader.octet("protocol_id"),
        priority_flag=reader.octet("priority_flag"),
        schedule_delivery_time=reader.string("schedule_delivery_time"),
        validity_period=reader.string("validity_period"),
        registered_delivery=reader.octet("registered_delivery"),
        replace_if_present=reader.octet("replace_if_present_flag"),
        data_coding=reader.octet("data_coding"),
        sm_default_msg_id=reader.octet("sm_default_msg_id"),
        short_message=reader.take("short_message", reader.octet("sm_length"), Status.RINVMSGLEN),
        tlvs=reader.tlvs(),
    )

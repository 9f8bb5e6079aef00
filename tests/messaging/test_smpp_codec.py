"""SMPP on the wire: bytes worked out by hand from the specification, and properties."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.sms.smpp import pdu as p
from messaging.sms.smpp.codec import (
    MAX_PDU,
    EncodeError,
    FrameError,
    Framer,
    PduError,
    decode,
    encode,
)

# Each pair was laid out octet by octet from the tables of SMPP 3.4.
BY_HAND = [
    (
        "0000002f 00000002 00000000 00000001"
        "534d50503354455354 00"  # system_id SMPP3TEST
        "736563726574303800"  # password secret08
        "5355424d49543100"  # system_type SUBMIT1
        "00 01 01 00",
        p.Pdu(
            sequence=1,
            body=p.Bind(
                mode=p.BindMode.TRANSMITTER,
                system_id="SMPP3TEST",
                password="secret08",
                system_type="SUBMIT1",
                interface_version=0,
                addr_ton=1,
                addr_npi=1,
            ),
        ),
    ),
    (
        "00000017 80000009 00000000 00000007 53 00 0210 0001 34",
        p.Pdu(
            sequence=7,
            body=p.BindResp(system_id="S", tlvs=(p.Tlv.integer(p.Tag.SC_INTERFACE_VERSION, 0x34),)),
        ),
    ),
    (
        "0000003d 00000004 00000000 00000005"
        "00"
        "05 00 52696e6766656e636500"
        "01 01 313230323535353031303000"
        "40 00 00 00 00 01 00 08 00 08"
        "050003a70201 4f60",
        p.Pdu(
            sequence=5,
            body=p.SubmitSm(
                source=p.Address(number="Ringfence", ton=p.Ton.ALPHANUMERIC),
                destination=p.Address(
                    number="12025550100", ton=p.Ton.INTERNATIONAL, npi=p.Npi.ISDN
                ),
                esm_class=p.EsmClass.UDHI,
                registered_delivery=1,
                data_coding=p.DataCoding.UCS2,
                short_message=bytes.fromhex("050003a702014f60"),
            ),
        ),
    ),
    (
        "00000015 80000004 00000000 00000005 3141462d00",
        p.Pdu(sequence=5, body=p.SubmitSmResp(message_id="1AF-")),
    ),
    (
        "00000010 80000004 00000058 00000006",
        p.Pdu(sequence=6, status=p.Status.RTHROTTLED, body=p.SubmitSmResp()),
    ),
    (
        "00000035 00000005 00000000 00000009"
        "00 01 01 3100 01 01 3200"
        "04 00 00 00 00 00 00 00 00 00"
        "001e 0003 414200"
        "0427 0001 02"
        "0204 0002 002a",
        p.Pdu(
            sequence=9,
            body=p.DeliverSm(
                source=p.Address(number="1", ton=1, npi=1),
                destination=p.Address(number="2", ton=1, npi=1),
                esm_class=p.EsmClass.RECEIPT,
                tlvs=(
                    p.Tlv.text(p.Tag.RECEIPTED_MESSAGE_ID, "AB"),
                    p.Tlv.integer(p.Tag.MESSAGE_STATE, p.MessageState.DELIVERED),
                    p.Tlv.integer(p.Tag.USER_MESSAGE_REFERENCE, 42, octets=2),
                ),
            ),
        ),
    ),
    ("00000011 80000005 00000000 00000009 00", p.Pdu(sequence=9, body=p.DeliverSmResp())),
    ("00000010 00000015 00000000 00000002", p.Pdu(sequence=2, body=p.EnquireLink())),
    ("00000010 80000015 00000000 00000002", p.Pdu(sequence=2, body=p.EnquireLinkResp())),
    ("00000010 00000006 00000000 00000003", p.Pdu(sequence=3, body=p.Unbind())),
    ("00000010 80000006 00000000 00000003", p.Pdu(sequence=3, body=p.UnbindResp())),
    (
        "00000010 80000000 00000003 00000000",
        p.Pdu(sequence=0, status=p.Status.RINVCMDID, body=p.GenericNack()),
    ),
]


@pytest.mark.parametrize(("octets", "pdu"), BY_HAND)
def test_octets_are_those_of_the_specification(octets: str, pdu: p.Pdu) -> None:
    wire = bytes.fromhex(octets)
    assert decode(wire) == pdu
    if not (pdu.status and isinstance(pdu.body, p.SubmitSmResp)):
        assert encode(pdu) == wire


octet = st.integers(0, 255)


def strings(limit: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=limit)


addresses = st.builds(p.Address, number=strings(20), ton=octet, npi=octet)
tlvs = st.lists(
    st.builds(p.Tlv, tag=st.integers(0, 0xFFFF), value=st.binary(max_size=300)), max_size=4
).map(tuple)
modes = st.sampled_from(p.BindMode)


def messages(kind: type[p.SubmitSm] | type[p.DeliverSm]) -> st.SearchStrategy[p.Body]:
    return st.builds(
        kind,
        source=addresses,
        destination=addresses,
        short_message=st.binary(max_size=254),
        service_type=strings(5),
        esm_class=octet,
        protocol_id=octet,
        priority_flag=octet,
        schedule_delivery_time=strings(16),
        validity_period=strings(16),
        registered_delivery=octet,
        replace_if_present=octet,
        data_coding=octet,
        sm_default_msg_id=octet,
        tlvs=tlvs,
    )


bodies = st.one_of(
    st.builds(
        p.Bind,
        mode=modes,
        system_id=strings(15),
        password=strings(8),
        system_type=strings(12),
        interface_version=octet,
        addr_ton=octet,
        addr_npi=octet,
        address_range=strings(40),
    ),
    st.builds(p.BindResp, mode=modes, system_id=strings(15), tlvs=tlvs),
    messages(p.SubmitSm),
    messages(p.DeliverSm),
    st.builds(p.SubmitSmResp, message_id=strings(64), tlvs=tlvs),
    st.builds(p.DeliverSmResp, message_id=strings(64), tlvs=tlvs),
    st.builds(p.EnquireLink),
    st.builds(p.EnquireLinkResp),
    st.builds(p.Unbind),
    st.builds(p.UnbindResp),
    st.builds(p.GenericNack),
)
pdus = st.builds(
    p.Pdu,
    sequence=st.integers(0, 0xFFFF_FFFF),
    status=st.integers(0, 0xFFFF_FFFF),
    body=bodies,
)


@given(pdus)
def test_what_is_written_is_read_back(pdu: p.Pdu) -> None:
    assert decode(encode(pdu)) == pdu


@given(st.lists(pdus, max_size=5), st.data())
def test_frames_come_out_whole_however_the_stream_is_cut(
    sent: list[p.Pdu], data: st.DataObject
) -> None:
    stream = b"".join(map(encode, sent))
    framer, got = Framer(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        framer.push(stream[:cut])
        got += [decode(frame) for frame in framer]
        stream = stream[cut:]
    assert got == sent


@given(pdus, st.data())
def test_a_damaged_pdu_is_read_or_refused_with_a_status(pdu: p.Pdu, data: st.DataObject) -> None:
    wire = bytearray(encode(pdu))
    for _ in range(data.draw(st.integers(1, 4))):
        wire[data.draw(st.integers(4, len(wire) - 1))] = data.draw(octet)
    wire = wire[: data.draw(st.integers(0, len(wire)))]
    if len(wire) >= 4:
        wire[:4] = len(wire).to_bytes(4, "big")
    try:
        assert isinstance(decode(bytes(wire)), p.Pdu)
    except PduError as error:
        assert error.status != p.Status.ROK


@pytest.mark.parametrize("length", [0, 1, 15, MAX_PDU + 1, 0xFFFF_FFFF])
def test_an_impossible_length_is_an_error_before_any_body_is_kept(length: int) -> None:
    framer = Framer()
    framer.push(encode(p.Pdu(sequence=1, body=p.EnquireLink())))
    framer.push(length.to_bytes(4, "big"))
    frames = iter(framer)
    assert decode(next(frames)).sequence == 1
    with pytest.raises(FrameError, match=f"command_length {length} "):
        next(frames)
    with pytest.raises(FrameError):
        list(framer)


def test_an_unknown_command_names_itself_and_its_sequence() -> None:
    with pytest.raises(PduError, match="0x00000103") as caught:
        decode(bytes.fromhex("00000010 00000103 00000000 0000002a"))
    assert (caught.value.sequence, caught.value.status) == (42, p.Status.RINVCMDID)
    assert not caught.value.is_response


def test_rubbish_behind_the_message_id_of_a_response_does_not_lose_the_id() -> None:
    wire = bytes.fromhex("00000018 80000004 00000000 00000001 373700 0000000001")
    assert decode(wire).body == p.SubmitSmResp(message_id="77")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (p.Bind(system_id="s" * 16, password=""), "system_id"),
        (p.Bind(system_id="s", password="123456789"), "password"),
        (p.SubmitSm(short_message=b"x" * 255), "short_message"),
        (p.SubmitSm(source=p.Address(number="催收")), "source_addr"),
        (p.SubmitSm(destination=p.Address(number="1\0" + "2")), "destination_addr"),
        (p.SubmitSm(data_coding=256), "data_coding"),
        (p.SubmitSm(tlvs=(p.Tlv(tag=0x424, value=b"x" * 65_536),)), "0x0424"),
    ],
)
def test_what_smpp_cannot_carry_is_refused_by_name(body: p.Body, field: str) -> None:
    with pytest.raises(EncodeError, match=field):
        encode(p.Pdu(sequence=1, body=body))

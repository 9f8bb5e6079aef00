"""Receipts, their matching, numbers and the adaptive rate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.message import MessageStatus
from messaging.sms.correlation import Correlator, Receipt, Tracked
from messaging.sms.smpp import numbers
from messaging.sms.smpp.pdu import Address, DeliverSm, EsmClass, Ton
from messaging.sms.smpp.rate import AdaptiveRate
from messaging.sms.smpp.receipt import IdBase, IdMatching, read_receipt

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
DELIVERED = Receipt(provider_id="p", status=MessageStatus.DELIVERED, code=None, detail="")


def receipt(words: str) -> Receipt:
    found = read_receipt(
        DeliverSm(esm_class=EsmClass.RECEIPT, short_message=words.encode("latin-1"))
    )
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("stat", "status"),
    [
        ("DELIVRD", MessageStatus.DELIVERED),
        ("EXPIRED", MessageStatus.EXPIRED),
        ("DELETED", MessageStatus.UNDELIVERABLE),
        ("UNDELIV", MessageStatus.UNDELIVERABLE),
        ("REJECTD", MessageStatus.UNDELIVERABLE),
        ("ACCEPTD", MessageStatus.ACCEPTED),
        ("ENROUTE", MessageStatus.ACCEPTED),
        ("UNKNOWN", MessageStatus.UNKNOWN),
        ("delivrd", MessageStatus.DELIVERED),
        ("NEWWORD", MessageStatus.UNKNOWN),
    ],
)
def test_the_words_of_a_receipt(stat: str, status: MessageStatus) -> None:
    read = receipt(
        f"id:0a-1 sub:001 dlvrd:001 submit date:2611241500 done date:2611241501 stat:{stat} "
        "err:027 text:id:9 stat:EXPIRED"
    )
    assert (read.provider_id, read.status, read.code) == ("0a-1", status, "027")


def test_a_receipt_in_other_clothes_is_read_as_far_as_it_goes() -> None:
    read = receipt("ID: 77 STAT: UNDELIV ERR:000")
    assert (read.provider_id, read.status, read.code) == (
        "77",
        MessageStatus.UNDELIVERABLE,
        None,
    )
    assert receipt("nothing to see").status is MessageStatus.UNKNOWN


@given(st.integers(0, 2**64))
def test_hex_and_decimal_ids_meet(number: int) -> None:
    ids = IdMatching(response=IdBase.HEX, receipt=IdBase.DECIMAL)
    assert ids.of_response(f"{number:08X}") == ids.of_receipt(f"{number:010d}")
    back = IdMatching(response=IdBase.DECIMAL, receipt=IdBase.HEX)
    assert back.of_response(str(number)) == back.of_receipt(f"{number:x}")


def test_without_options_ids_are_opaque() -> None:
    ids = IdMatching()
    assert ids.of_response("0A") != ids.of_receipt("a")
    assert ids.of_response("x y?") == "x y?"


def test_one_base_alone_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="both"):
        IdMatching(response=IdBase.HEX)


@given(st.permutations(["taken", "receipt", "receipt", "receipt"]))
def test_one_report_in_whatever_order_answer_and_receipts_come(order: list[str]) -> None:
    correlator, tracked, reports = Correlator(), Tracked(message_id="m", parts=1), []
    for step in order:
        if step == "taken":
            reports += correlator.taken(tracked, "p", AT)
        else:
            reports += correlator.receipt("p", DELIVERED, AT)
    assert [(r.message_id, r.status) for r in reports] == [("m", MessageStatus.DELIVERED)]


def test_a_receipt_that_nobody_claims_is_reported_by_its_provider_id() -> None:
    correlator = Correlator(hold=timedelta(seconds=30))
    assert correlator.receipt("p", DELIVERED, AT) == []
    assert correlator.overdue(AT + timedelta(seconds=29)) == []
    (report,) = correlator.overdue(AT + timedelta(seconds=30))
    assert (report.message_id, report.provider_id) == ("", "p")


def test_a_message_of_which_one_part_only_was_confirmed_ends_as_delivered() -> None:
    correlator, tracked = Correlator(keep=timedelta(hours=1)), Tracked(message_id="m", parts=2)
    for provider_id in "ab":
        correlator.taken(tracked, provider_id, AT)
    assert correlator.receipt("a", DELIVERED, AT) == []
    (report,) = correlator.overdue(AT + timedelta(hours=1))
    assert (report.message_id, report.status) == ("m", MessageStatus.DELIVERED)
    assert report.detail == "1 of 2 parts confirmed"


def test_memory_is_bounded_and_the_forgotten_are_still_reported() -> None:
    correlator = Correlator(max_tracked=10, hold=timedelta(0))
    for n in range(50):
        correlator.taken(Tracked(message_id=f"m{n}", parts=1), f"p{n}", AT)
        correlator.overdue(AT)
    assert len(correlator._sent) == 10
    assert correlator.receipt("p0", DELIVERED, AT) == []
    (report,) = correlator.overdue(AT)
    assert (report.message_id, report.provider_id) == ("", "p0")


@pytest.mark.parametrize(
    ("number", "ton", "region", "e164"),
    [
        ("12025550143", Ton.INTERNATIONAL, None, "+12025550143"),
        ("+12025550143", Ton.UNKNOWN, None, "+12025550143"),
        ("12025550143", Ton.UNKNOWN, "US", "+12025550143"),
        ("2025550143", Ton.NATIONAL, "US", "+12025550143"),
        ("2025550143", Ton.UNKNOWN, "US", "+12025550143"),
        ("8619900001234", Ton.UNKNOWN, "US", "+8619900001234"),
        ("19900001234", Ton.NATIONAL, "CN", "+8619900001234"),
        ("12345", Ton.UNKNOWN, "US", "12345"),
        ("Ringfence", Ton.ALPHANUMERIC, "US", "Ringfence"),
    ],
)
def test_a_senders_number_is_read_with_what_is_known(
    number: str, ton: Ton, region: str | None, e164: str
) -> None:
    assert numbers.from_wire(Address(number=number, ton=ton), region) == e164


@pytest.mark.parametrize("wrong", ["", "+", "12025550143", "+1202555014a", "+1" * 9, "+１２"])
def test_only_e164_is_sent_to(wrong: str) -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        numbers.destination(wrong)


def test_senders_are_numbers_short_codes_or_names() -> None:
    assert numbers.sender("+12025550100").ton == Ton.INTERNATIONAL
    assert numbers.sender("12345").ton == Ton.NETWORK_SPECIFIC
    assert numbers.sender("Ringfence").ton == Ton.ALPHANUMERIC
    for wrong in ("", "TwelveLetter"):
        with pytest.raises(ValueError, match="sender"):
            numbers.sender(wrong)


@given(st.floats(0.5, 500), st.lists(st.booleans(), max_size=200))
def test_the_limit_is_never_passed(limit: float, throttles: list[bool]) -> None:
    rate, now, sent = AdaptiveRate(limit=limit), 0.0, []
    for throttled in throttles:
        now += rate.delay(now)
        sent.append(now)
        rate.sent(now)
        if throttled:
            rate.throttled(now)
        assert rate.rate is not None
        assert 0 < rate.rate <= limit + 1e-9
    for index, at in enumerate(sent):
        in_a_second = sum(1 for other in sent[index:] if other < at + 1.0 - 1e-6)
        assert in_a_second <= limit + 1


def test_the_rate_recovers_when_the_centre_is_content() -> None:
    rate, now = AdaptiveRate(limit=100.0), 0.0
    for _ in range(100):
        now += rate.delay(now)
        rate.sent(now)
    rate.throttled(now)
    assert rate.rate == pytest.approx(50, rel=0.05)
    until = now + 10
    while now < until:
        now += rate.delay(now)
        rate.sent(now)
    assert rate.rate == 100.0


def test_an_unlimited_route_slows_down_and_is_unlimited_again() -> None:
    rate = AdaptiveRate(limit=None)
    for _ in range(40):
        rate.sent(0.0)
    rate.throttled(0.0)
    assert rate.rate == 20
    assert rate.delay(0.0) == 1.0
    rate.sent(31.0)
    assert rate.rate is None
    assert rate.delay(31.0) == 0.0

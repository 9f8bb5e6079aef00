"""E-mail as octets, what comes back of it, and the link that ends it."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage as Parsed
from email.policy import default
from email.utils import formataddr

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messaging.email.bounce import parse_inbound
from messaging.email.compose import compose
from messaging.email.identity import MailIdentity
from messaging.email.unsubscribe import (
    Answer,
    BadToken,
    Subscription,
    make_token,
    read_request,
    read_token,
)
from messaging.message import EmailMessage, InboundMessage, MessageStatus, StatusReport
from tests.messaging.mails import BOUNCE, COMPLAINT, REPLY

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
KEY, OLD_KEY = b"k" * 32, b"o" * 32
IDENTITY = MailIdentity(bounce_address="bounces@collector.test", keys=(KEY,))
LINK = "https://collector.test/u/" + "t" * 150
MESSAGE = EmailMessage(
    message_id="att-0001",
    to="ada@example.test",
    sender="Example Collections <outreach@collector.test>",
    subject="A message",
    text="Dear Ada,\n\nHello.",
    html="<p>Dear Ada</p>",
    unsubscribe_url=LINK,
    language="en",
)
VERP = IDENTITY.return_path("att-0001")
MESSAGE_ID = IDENTITY.message_id("att-0001", "collector.test")


def message(**changes: str) -> EmailMessage:
    fields = {name: getattr(MESSAGE, name) for name in MESSAGE.__slots__}
    return EmailMessage(**fields | changes)


def octets(sent: EmailMessage) -> bytes:
    return compose(sent, identity=IDENTITY, list_id="outreach.collector.test", now=NOW).octets


def parsed(raw: bytes) -> Parsed:
    mail = message_from_bytes(raw, policy=default)
    assert isinstance(mail, Parsed)
    assert not mail.defects
    return mail


def body(mail: Parsed, kind: str) -> list[str]:
    part = mail.get_body((kind,))
    assert part is not None
    return lines([str(part.get_content())])


def lines(words: list[str]) -> list[str]:
    return "\n".join(words).rstrip("\r\n").splitlines()


def test_a_mail_has_all_headers_that_it_owes() -> None:
    mail = parsed(octets(MESSAGE))
    assert mail["From"] == "Example Collections <outreach@collector.test>"
    assert mail["To"] == "ada@example.test"
    assert mail["List-Unsubscribe"] == f"<{LINK}>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mail["List-Id"] == "<outreach.collector.test>"
    assert mail["Message-ID"] == MESSAGE_ID
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "en"
    assert mail["Date"].datetime == NOW


def test_the_unsubscribe_header_is_one_line_since_folded_ones_break_signatures() -> None:
    assert f"\r\nList-Unsubscribe: <{LINK}>\r\n".encode() in octets(MESSAGE)


WORDS = st.text(st.characters(exclude_categories=["C", "Z"], include_characters=" "), max_size=150)
LINES = st.text(st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp"]), max_size=1500)


@given(WORDS, st.lists(LINES, max_size=5), st.lists(LINES, max_size=5))
def test_any_words_are_read_back_by_another_library(
    subject: str, text: list[str], html: list[str]
) -> None:
    raw = octets(message(subject=subject, text="\n".join(text), html="\n".join(html)))
    assert all(line.isascii() and len(line) <= 998 for line in raw.decode("ascii").split("\r\n"))
    mail = parsed(raw)
    assert str(mail["Subject"] or "").split() == subject.split()
    assert body(mail, "plain") == lines(text)
    assert body(mail, "html") == lines(html)


@pytest.mark.parametrize("name", ["Example, Inc.", 'The "Best" Co', "示例催收", "Ex.ample", "Café"])
def test_any_name_may_send(name: str) -> None:
    plain = '"{}" <outreach@collector.test>'.format(name.replace('"', r"\""))
    for sender in (plain, formataddr((name, "outreach@collector.test"))):
        mail = parsed(octets(message(sender=sender)))
        (address,) = mail["From"].addresses
        assert (address.display_name, address.addr_spec) == (name, "outreach@collector.test")


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"to": "ada@example.test\r\nBcc: eve@example.test"}, "recipient"),
        ({"to": "ada@example.test, eve@example.test"}, "recipient"),
        ({"to": "nobody"}, "recipient"),
        ({"to": "<ada@example.test> ORCPT=x"}, "recipient"),
        ({"sender": "no address"}, "sender"),
        ({"subject": "x\r\nBcc: eve@example.test"}, "one line"),
        ({"language": "en\nX: y"}, "Content-Language"),
        ({"unsubscribe_url": "http://collector.test/u"}, "https"),
        ({"unsubscribe_url": "https://collector.test/u\r\nX: y"}, "List-Unsubscribe"),
        ({"message_id": "x" * 60}, "too long"),
    ],
)
def test_nothing_slips_into_the_headers(changes: dict[str, str], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        octets(message(**changes))


@given(st.text(min_size=1, max_size=5))
def test_our_names_are_recognised_in_any_letter_case(message_id: str) -> None:
    path = IDENTITY.return_path(message_id)
    header = IDENTITY.message_id(message_id, "collector.test")
    for name in (path, path.upper(), header, f" {header.upper()} "):
        assert IDENTITY.recognise(["someone@else.test", name]) == message_id


@given(st.text(max_size=80))
def test_names_that_we_did_not_seal_are_not_recognised(name: str) -> None:
    assert IDENTITY.recognise([name]) is None


def test_a_seal_does_not_fit_another_message_or_another_key() -> None:
    assert IDENTITY.recognise([VERP.replace("att-0001", "att-0002")]) is None
    other = MailIdentity(bounce_address="bounces@collector.test", keys=(OLD_KEY,))
    assert other.recognise([VERP]) is None
    both = MailIdentity(bounce_address="bounces@collector.test", keys=(OLD_KEY, KEY))
    assert both.recognise([VERP]) == "att-0001"


def read(template: str, recipient: str | None = None, **blanks: str) -> object:
    blanks = {"verp": VERP, "message_id": MESSAGE_ID} | blanks
    return parse_inbound(
        template.format(**blanks).encode(), identity=IDENTITY, now=NOW, recipient=recipient
    )


@pytest.mark.parametrize(
    ("action", "status", "expected"),
    [
        ("failed", "5.1.1", MessageStatus.BOUNCED),
        ("Failed", "5.7.1", MessageStatus.BOUNCED),
        ("failed", "4.4.7", MessageStatus.UNDELIVERABLE),
        ("delayed", "4.4.1", MessageStatus.ACCEPTED),
        ("delivered", "2.0.0", MessageStatus.DELIVERED),
        ("relayed", "2.0.0", MessageStatus.ACCEPTED),
    ],
)
def test_a_bounce_is_read_by_action_and_status(
    action: str, status: str, expected: MessageStatus
) -> None:
    report = read(BOUNCE, action=action, status=status, returned="message/rfc822")
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status, report.code) == ("att-0001", expected, status)
    assert report.detail == f"ada@example.test: smtp; 550 {status} no such mailbox here"


def test_the_sealed_address_wins_over_what_is_returned() -> None:
    other = IDENTITY.message_id("att-0002", "collector.test")
    bounce = {"action": "failed", "status": "5.1.1", "returned": "text/rfc822-headers"}
    report = read(BOUNCE, message_id=other, **bounce)
    assert isinstance(report, StatusReport)
    assert report.message_id == "att-0001"
    report = read(BOUNCE, verp="bounces@collector.test", message_id=other, **bounce)
    assert isinstance(report, StatusReport)
    assert report.message_id == "att-0002"
    report = read(BOUNCE, recipient=VERP, verp="bounces@collector.test", **bounce)
    assert isinstance(report, StatusReport)
    assert report.message_id == "att-0001"


def test_a_bounce_of_a_stranger_is_reported_without_a_message() -> None:
    report = read(
        BOUNCE,
        verp="bounces@collector.test",
        message_id="<x@y.test>",
        action="failed",
        status="5.1.1",
        returned="message/rfc822",
    )
    assert isinstance(report, StatusReport)
    assert report.message_id == ""
    assert report.detail.startswith("ada@example.test")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        ("550 5.1.1 User unknown", MessageStatus.BOUNCED),
        ("mailbox full (4.2.2)", MessageStatus.UNDELIVERABLE),
        ("could not deliver", MessageStatus.UNDELIVERABLE),
    ],
)
def test_a_bounce_that_is_no_report_lasts_only_with_a_5xx_status(
    words: str, status: MessageStatus
) -> None:
    raw = f"From: Mailer-Daemon@mx.test\nTo: {VERP}\nSubject: failure\n\n{words}\n"
    report = parse_inbound(raw.encode(), identity=IDENTITY, now=NOW)
    assert isinstance(report, StatusReport)
    assert (report.message_id, report.status) == ("att-0001", status)


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out"])
def test_a_spam_complaint_is_told_as_such(kind: str) -> None:
    event = read(COMPLAINT, kind=kind)
    assert isinstance(event, InboundMessage)
    assert event.complaint
    assert (event.sender, event.in_reply_to) == ("ada@example.test", "att-0001")


def test_no_complaint_no_event() -> None:
    assert read(COMPLAINT, kind="not-spam") is None


def test_a_reply_comes_with_its_words_and_the_message_it_answers() -> None:
    words = base64.b64encode("不要再发邮件\n> quoted".encode()).decode()
    event = read(REPLY, subject="Re: A message", body=words)
    assert isinstance(event, InboundMessage)
    assert (event.channel, event.sender, event.recipient) == (
        "email",
        "ada@example.test",
        "outreach@collector.test",
    )
    assert event.text == "不要再发邮件\n> quoted"
    assert event.in_reply_to == "att-0001"
    assert not event.complaint


def test_a_subject_of_the_consumers_own_is_part_of_the_words() -> None:
    event = read(REPLY, subject="Unsubscribe", body="")
    assert isinstance(event, InboundMessage)
    assert event.text == "Unsubscribe"


def test_html_alone_is_read_without_tags_and_quotes() -> None:
    raw = (
        b"From: ada@example.test\nTo: x@collector.test\nSubject: Re: x\n"
        b"Content-Type: text/html\n\n<style>p{}</style><p>Please <b>stop</b></p>"
        b"<blockquote>our words</blockquote>"
    )
    event = parse_inbound(raw, identity=IDENTITY, now=NOW)
    assert isinstance(event, InboundMessage)
    assert event.text == "Please stop"


def test_automatic_answers_are_no_words_of_a_consumer() -> None:
    for headers in (
        "Auto-Submitted: auto-replied",
        "Return-Path: <>\nAuto-Submitted: auto-replied",
    ):
        raw = f"From: ada@example.test\nTo: {VERP}\n{headers}\nSubject: Away\n\nI am away"
        assert parse_inbound(raw.encode(), identity=IDENTITY, now=NOW) is None


@given(st.binary(max_size=400), st.integers(0, 2000), st.sampled_from([BOUNCE, COMPLAINT, REPLY]))
def test_whatever_comes_by_mail_is_an_event_or_none(junk: bytes, at: int, template: str) -> None:
    blanks = dict.fromkeys(
        ["verp", "message_id", "action", "status", "returned", "kind", "subject", "body"], "x"
    )
    raw = template.format(**blanks).encode()
    parse_inbound(raw[:at] + junk + raw[at:], identity=IDENTITY, now=NOW)
    parse_inbound(junk, identity=IDENTITY, now=NOW)


@given(st.text(max_size=40), st.text(max_size=40), st.sampled_from(["email", "sms"]))
def test_a_token_comes_back_and_only_whole(person: str, point: str, channel: str) -> None:
    subscription = Subscription(person_id=person, contact_point=point, channel=channel)
    token = make_token(subscription, KEY)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    assert read_token(token, [OLD_KEY, KEY]) == subscription
    changed = ("A" if token[0] != "A" else "B") + token[1:]
    for wrong, keys in ((changed, [KEY]), (token[:-8], [KEY]), (token, [OLD_KEY])):
        with pytest.raises(BadToken):
            read_token(wrong, keys)


@given(st.text(max_size=100))
def test_no_made_up_token_is_read(token: str) -> None:
    with pytest.raises(BadToken):
        read_token(token, [KEY])


FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)


@pytest.mark.parametrize(
    ("method", "content_type", "posted", "answer"),
    [
        ("POST", FORM, b"List-Unsubscribe=One-Click", Answer.OPT_OUT),
        ("POST", FORM + "; charset=utf-8", b"x=1&List-Unsubscribe=One-Click", Answer.OPT_OUT),
        ("POST", "multipart/form-data; boundary=b", MULTIPART, Answer.OPT_OUT),
        ("GET", "", b"", Answer.SHOW_PAGE),
        ("HEAD", "", b"", Answer.SHOW_PAGE),
        ("GET", FORM, b"List-Unsubscribe=One-Click", Answer.SHOW_PAGE),
        ("POST", FORM, b"", Answer.REFUSE),
        ("POST", FORM, b"List-Unsubscribe=Two-Click", Answer.REFUSE),
        ("POST", "application/json", b'{"List-Unsubscribe": "One-Click"}', Answer.REFUSE),
        ("PUT", FORM, b"List-Unsubscribe=One-Click", Answer.REFUSE),
        ("POST", FORM, b"a" * 20_000, Answer.REFUSE),
        ("POST", "multipart/form-data", b"", Answer.REFUSE),
    ],
)
def test_only_the_one_click_post_unsubscribes(
    method: str, content_type: str, posted: bytes, answer: Answer
) -> None:
    assert read_request(method, content_type, posted) is answer

"""Mail that comes back: bounces (RFC 3464), complaints (RFC 5965), replies of consumers. Pure.

Our message is found by the sealed address that the mail was sent to, then by the sealed
Message-ID in what is returned. Never fails: whatever comes in is an event or None.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses, parseaddr
from html.parser import HTMLParser

from messaging.email.identity import MailIdentity
from messaging.message import InboundMessage, MessageEvent, MessageStatus, StatusReport

MAX_REPLY = 20_000  # characters
_RECIPIENT_HEADERS = ("Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_ANSWERING = re.compile(r"(?i)\s*(?:re|aw|sv|fwd?|回复|回覆|答复|转发)\s*[:：]")
_DAEMON = re.compile(r"(?i)^(mailer-daemon|postmaster)\b")


def parse_inbound(
    raw: bytes, *, identity: MailIdentity, now: datetime, recipient: str | None = None
) -> MessageEvent | None:
    """The event in a mail, or None for automatic mail that says nothing of a message of ours.

    `recipient` is the address that the mail was delivered to, where the receiver knows it.
    """
    mail = message_from_bytes(raw)
    recipients = [recipient] if recipient else []
    recipients += [address for _, address in _addresses(mail, _RECIPIENT_HEADERS)]
    by_address = identity.recognise(recipients)
    message_id = by_address or identity.recognise(_returned_ids(mail))
    kind = str(mail.get_param("report-type") or "").casefold()
    if kind == "delivery-status" or _find(mail, "message/delivery-status"):
        return _bounce(mail, message_id, now)
    if kind == "feedback-report" or _find(mail, "message/feedback-report"):
        return _complaint(mail, identity, message_id, now)
    if _is_daemon(mail):
        return _odd_bounce(mail, by_address, now) if by_address else None
    if str(mail.get("Auto-Submitted") or "no").strip().casefold() != "no":
        return None
    return _reply(mail, identity, by_address, recipients, now)


def _bounce(mail: Message, message_id: str | None, now: datetime) -> StatusReport | None:
    blocks = _blocks(_find(mail, "message/delivery-status"))
    recipients = [block for block in blocks if block.get("Action") or block.get("Status")]
    if not recipients:
        return _odd_bounce(mail, message_id, now)
    block = next((b for b in recipients if _word(b, "Action") == "failed"), recipients[0])
    found = _STATUS.search(str(block.get("Status") or ""))
    code = found[0] if found else None
    diagnostic = " ".join(str(block.get("Diagnostic-Code") or "").split())
    address = _word(block, "Final-Recipient").split(";")[-1].strip()
    return StatusReport(
        message_id=message_id or "",
        status=_status_of(_word(block, "Action"), code),
        at=now,
        code=code,
        detail=f"{address}: {diagnostic}"[:500] if diagnostic else address[:500],
    )


def _status_of(action: str, code: str | None) -> MessageStatus:
    """RFC 3464, 2.3.3: delayed, relayed and expanded mail is still on its way."""
    if action == "delivered":
        return MessageStatus.DELIVERED
    if action in {"delayed", "relayed", "expanded"}:
        return MessageStatus.ACCEPTED
    return MessageStatus.BOUNCED if code and code[0] == "5" else MessageStatus.UNDELIVERABLE


def _odd_bounce(mail: Message, message_id: str | None, now: datetime) -> StatusReport:
    """A bounce that is no report: lasting only where it gives a 5.x.x status."""
    words = _text_of(mail)
    found = _STATUS.search(words)
    code = found[0] if found else None
    return StatusReport(
        message_id=message_id or "",
        status=_status_of("failed", code),
        at=now,
        code=code,
        detail=" ".join(words.split())[:500],
    )


def _complaint(
    mail: Message, identity: MailIdentity, message_id: str | None, now: datetime
) -> InboundMessage | None:
    report = next(iter(_blocks(_find(mail, "message/feedback-report"))), Message())
    kind = _word(report, "Feedback-Type") or "abuse"
    if kind == "not-spam":
        return None
    original = message_id or identity.recognise([str(report.get("Original-Mail-From") or "")])
    returned = _returned(mail)
    addressed = [str(report.get("Original-Rcpt-To") or "")]
    addressed += [str(message.get("To") or "") for message in returned]
    return InboundMessage(
        channel="email",
        sender=next((a for _, a in getaddresses(addressed) if a), ""),
        recipient=parseaddr(str(mail.get("To") or ""))[1],
        text=f"complaint: {kind}",
        at=now,
        in_reply_to=original,
        complaint=True,
    )


def _reply(
    mail: Message,
    identity: MailIdentity,
    by_address: str | None,
    recipients: list[str],
    now: datetime,
) -> InboundMessage:
    threads = f"{mail.get('In-Reply-To') or ''} {mail.get('References') or ''}".split()
    return InboundMessage(
        channel="email",
        sender=next((address for _, address in _addresses(mail, ("From",)) if address), ""),
        recipient=recipients[0] if recipients else "",
        text=_words_of_reply(mail)[:MAX_REPLY],
        at=now,
        in_reply_to=by_address or identity.recognise(threads),
    )


def _words_of_reply(mail: Message) -> str:
    """The body, under the subject where the consumer chose that: one may unsubscribe in it."""
    subject, body = _header(mail, "Subject"), _text_of(mail).strip()
    return body if _ANSWERING.match(subject) else f"{subject}\n{body}".strip()


def _is_daemon(mail: Message) -> bool:
    empty_path = str(mail.get("Return-Path") or "").strip() == "<>"
    sender = next((a for _, a in _addresses(mail, ("From",))), "")
    automatic = str(mail.get("Auto-Submitted") or "").casefold().startswith("auto-replied")
    return bool(_DAEMON.match(sender)) or (empty_path and not automatic)


def _word(block: Message, key: str) -> str:
    return str(block.get(key) or "").strip().casefold()


def _find(mail: Message, content_type: str) -> Message | None:
    return next((p for p in mail.walk() if p.get_content_type() == content_type), None)


def _blocks(part: Message | None) -> list[Message]:
    payload = part.get_payload() if part is not None else None
    return [b for b in payload if isinstance(b, Message)] if isinstance(payload, list) else []


def _returned(mail: Message) -> Iterator[Message]:
    """Messages of ours, or their headers, as a report returns them."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            yield from _blocks(part)
        elif part.get_content_type() == "text/rfc822-headers":
            yield message_from_bytes(_payload(part))


def _returned_ids(mail: Message) -> list[str]:
    return [str(message.get("Message-ID") or "") for message in _returned(mail)]


def _addresses(mail: Message, headers: tuple[str, ...]) -> list[tuple[str, str]]:
    return getaddresses([str(v) for header in headers for v in mail.get_all(header, [])])


def _header(mail: Message, key: str) -> str:
    value = str(mail.get(key) or "")
    try:
        return str(make_header(decode_header(value)))
    except (MessageError, LookupError, ValueError):
        return value


def _payload(part: Message) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _text_of(mail: Message) -> str:
    """The words of a mail: its plain text, or else its HTML without tags."""
    for content_type in ("text/plain", "text/html"):
        part = _find(mail, content_type)
        if part is not None:
            charset = str(part.get_content_charset() or "utf-8")
            try:
                words = _payload(part).decode(charset, "replace")
            except LookupError:
                words = _payload(part).decode("utf-8", "replace")
            return words if content_type == "text/plain" else _without_tags(words)
    return ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"style", "script", "blockquote"}:
            self._hidden += 1
        elif tag in {"br", "p", "div"}:
            self.words.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in {"style", "script", "blockquote"}:
            self._hidden = max(0, self._hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words.append(data)


def _without_tags(html: str) -> str:
    parser = _Words()
    parser.feed(html)
    parser.close()
    return "".join(parser.words).strip()

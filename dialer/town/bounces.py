"""Delivery status notifications of RFC 3464, as a mail host writes them."""

from __future__ import annotations

from datetime import datetime
from email.generator import BytesGenerator
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime
from io import BytesIO

REPORTING_HOST = "mail.example.net"


def delivery_failure(
    *, original: Message, return_path: str, recipient: str, message_id: str, at: datetime
) -> bytes:
    """The report that `original` did not reach `recipient`, as raw bytes."""
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Mail Delivery Subsystem <mailer-daemon@{REPORTING_HOST}>"
    report["To"] = return_path
    report["Subject"] = "Undelivered mail returned to sender"
    report["Date"] = format_datetime(at)
    report["Message-ID"] = message_id
    report["Auto-Submitted"] = "auto-replied"
    if original["Message-ID"]:
        report["In-Reply-To"] = original["Message-ID"]
    report.attach(MIMEText(f"The mailbox {recipient} does not exist any more.\n", "plain", "utf-8"))
    report.attach(_status(recipient, at))
    headers = MIMENonMultipart("text", "rfc822-headers")
    headers.set_payload("".join(f"{name}: {value}\n" for name, value in original.raw_items()))
    report.attach(headers)
    out = BytesIO()
    BytesGenerator(out).flatten(report, linesep="\r\n")
    return out.getvalue()


def _status(recipient: str, at: datetime) -> Message:
    per_message, per_recipient = Message(), Message()
    per_message["Reporting-MTA"] = f"dns; {REPORTING_HOST}"
    per_message["Arrival-Date"] = format_datetime(at)
    per_recipient["Final-Recipient"] = f"rfc822; {recipient}"
    per_recipient["Action"] = "failed"
    per_recipient["Status"] = "5.1.1"
    per_recipient["Diagnostic-Code"] = "smtp; 550 5.1.1 no such mailbox"
    status = Message()
    status["Content-Type"] = "message/delivery-status"
    status.set_payload([per_message, per_recipient])
    return status

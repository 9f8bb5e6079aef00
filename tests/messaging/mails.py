"""Mails as hosts of the world write them."""

from __future__ import annotations

BOUNCE = """\
Return-Path: <>
Delivered-To: {verp}
From: MAILER-DAEMON@mx.example.test (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: {verp}
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.test
Arrival-Date: Tue, 24 Nov 2026 15:00:00 +0000

Final-Recipient: rfc822; ada@example.test
Original-Recipient: rfc822;ada@example.test
Action: {action}
Status: {status}
Remote-MTA: dns; mail.example.test
Diagnostic-Code: smtp; 550 {status} no such
    mailbox here

--B
Content-Type: {returned}

From: Example <outreach@collector.test>
To: ada@example.test
Message-ID: {message_id}

--B--
"""

COMPLAINT = """\
From: feedback@provider.test
To: abuse@collector.test
Subject: FW: a message
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="F"

--F
Content-Type: text/plain

This is an email abuse report.

--F
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Provider/1.0
Version: 1
Original-Mail-From: <{verp}>
Original-Rcpt-To: <ada@example.test>

--F
Content-Type: message/rfc822

From: Example <outreach@collector.test>
To: ada@example.test
Message-ID: {message_id}

Body
--F--
"""

REPLY = """\
From: =?utf-8?q?Ada_Ex=C3=A4mple?= <ada@example.test>
To: outreach@collector.test
Subject: {subject}
In-Reply-To: {message_id}
Content-Type: multipart/alternative; boundary="R"

--R
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{body}
--R
Content-Type: text/html; charset=utf-8

<p>html</p>
--R--
"""

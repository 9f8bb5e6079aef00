"""Webhook signatures: made and checked by one rule, and not to be replayed or altered."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.model.webhook_signature import BadSignature, sign, verify

AT = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def test_the_header_is_what_a_receiver_would_compute() -> None:
    digest = hmac.new(b"secret", f"{int(AT.timestamp())}.".encode() + b"{}", hashlib.sha256)
    assert sign(b"secret", b"{}", AT) == f"t={int(AT.timestamp())},v1={digest.hexdigest()}"


@given(secret=st.binary(min_size=1), body=st.binary())
def test_what_was_signed_verifies_and_a_changed_byte_does_not(secret: bytes, body: bytes) -> None:
    header = sign(secret, body, AT)
    verify(secret, body, header, AT + timedelta(seconds=299))
    with pytest.raises(BadSignature):
        verify(secret, body + b"x", header, AT)
    with pytest.raises(BadSignature):
        verify(secret + b"x", body, header, AT)


@pytest.mark.parametrize(
    "header",
    [None, "", "t=1", "v1=00", "t=x,v1=00", "nonsense", "t=1,t=2,v1=00", "t=²,v1=00", "t=1,v1=é"],
)
def test_a_malformed_header_is_refused(header: str | None) -> None:
    with pytest.raises(BadSignature):
        verify(b"secret", b"{}", header, AT)


@pytest.mark.parametrize("age", [timedelta(seconds=301), timedelta(seconds=-301)])
def test_an_old_or_early_delivery_is_refused(age: timedelta) -> None:
    with pytest.raises(BadSignature, match="from now"):
        verify(b"secret", b"{}", sign(b"secret", b"{}", AT), AT + age)


def test_a_second_secret_may_sign_beside_the_first() -> None:
    header = sign(b"old", b"{}", AT) + "," + sign(b"new", b"{}", AT).split(",")[1]
    verify(b"new", b"{}", header, AT)
    verify(b"old", b"{}", header, AT)

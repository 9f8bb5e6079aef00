"""No line of the log shows a number or an address."""

from __future__ import annotations

import pytest

from dialer.logs import mask


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("call to +12125550123 failed", "call to [number] failed"),
        ("sip:12125550123@127.0.0.1", "sip:[number]@127.0.0.1"),
        ("no mailbox consumer.1@us.example.net here", "no mailbox [address] here"),
        ("attempt-0a1b2c closed after 1200 ms", "attempt-0a1b2c closed after 1200 ms"),
    ],
)
def test_numbers_and_addresses_are_masked(line: str, masked: str) -> None:
    assert mask(line) == masked

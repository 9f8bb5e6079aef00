"""No line of the log shows a number or an address."""

from __future__ import annotations

import pytest

from dialer.logs import mask


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("call to +12125550123 failed", "call to [number] failed"),
        ("INVITE sip:12125550123@127.0.0.1", "INVITE sip:[address]"),
        ("no mailbox consumer.1@us.example.net here", "no mailbox [address] here"),
        ("attempt-0a123456789 took 1200 ms", "attempt-0a123456789 took 1200 ms"),
    ],
)
def test_numbers_and_addresses_are_masked(line: str, masked: str) -> None:
    assert mask(line) == masked

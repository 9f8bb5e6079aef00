"""Parts that the tests of this room share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest

from dialer.telephony.drivers.sip.reactor import Reactor, loop_reactor
from scheduler.clock import SystemClock
from tests.messaging.smsc import Smsc, run_smsc


@pytest.fixture
async def reactor() -> AsyncIterator[Reactor]:
    with loop_reactor() as running:
        yield running


@pytest.fixture
async def smsc() -> AsyncIterator[Smsc]:
    async with run_smsc() as running:
        yield running


@pytest.fixture
def until() -> Callable[[Callable[[], object]], object]:
    """Wait for a condition, ten seconds at most."""

    async def wait(condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await SystemClock().sleep(0.005)

    return wait

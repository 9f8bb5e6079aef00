"""What an SMPP session needs of Twisted, as types: the library's own interfaces carry none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol


class DelayedCall(Protocol):
    """Twisted's IDelayedCall, as far as it is used here."""

    def active(self) -> bool: ...

    def cancel(self) -> None: ...

    def reset(self, seconds: float, /) -> None: ...


class TimeReactor(Protocol):
    """Twisted's IReactorTime. `task.Clock` is one."""

    def seconds(self) -> float: ...

    def callLater(self, delay: float, callable: Callable[[], None], /) -> DelayedCall: ...


class Reactor(TimeReactor, Protocol):
    """IReactorTime and IReactorTCP."""

    def connectTCP(
        self,
        host: str,
        port: int,
        factory: object,
        timeout: float = 30,
        bindAddress: tuple[str, int] | None = None,
    ) -> object: ...


class TcpTransport(Protocol):
    """Twisted's ITCPTransport, as far as it is used here."""

    def write(self, data: bytes) -> None: ...

    def loseConnection(self) -> None: ...

    def abortConnection(self) -> None: ...

    def setTcpNoDelay(self, enabled: bool) -> None: ...


def stop(timer: DelayedCall | None) -> None:
    """Cancel a timer that may have run or been cancelled already."""
    if timer is not None and timer.active():
        timer.cancel()

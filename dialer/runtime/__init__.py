"""The composition root: `service` is the whole system on one page, `wires` opens the drivers."""

from dialer.runtime.service import Announce, serve

__all__ = ["Announce", "serve"]

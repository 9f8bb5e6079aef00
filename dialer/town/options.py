"""How a town is set up: the same names in Python and on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, get_type_hints

from dialer.town.population import DEFAULT_SIZE


@dataclass(frozen=True, slots=True, kw_only=True)
class TownOptions:
    """Ports of 0 are picked free; accounts are what the service has to log in with.

    `sip_user` None lets anyone call. `bounce_url` is where bounces are posted, with `mail_secret`
    as their bearer token; None posts none. `service_url` is where one-click links to any other
    host lead. `at` (aware) starts the town's clock at that instant. `with_parent` ends the town
    when its standard input is closed. The last three script faults, and come first.
    """

    seed: int = 1
    size: int = DEFAULT_SIZE
    sip_port: int = 0
    smpp_port: int = 0
    smtp_port: int = 0
    webhook_port: int = 0
    control_port: int = 0
    sip_user: str | None = "ringfence"
    sip_password: str = "town-sip"
    smpp_user: str = "ringfence"
    smpp_password: str = "town-sms"
    webhook_secret: str = "town-webhook-secret"
    bounce_url: str | None = None
    service_url: str | None = None
    mail_secret: str = "town-mail-secret"
    at: datetime | None = None
    with_parent: bool = False
    reject_binds: int = 0
    throttle_submits: int = 0
    fail_webhooks: int = 0

    def arguments(self) -> list[str]:
        """The command line that `parse_options` reads back as these options."""
        words = []
        for field in fields(self):
            value, flag = getattr(self, field.name), _flag(field.name)
            if value is True:
                words.append(flag)
            elif value is None and field.default is not None:
                words.append(f"{flag}=")
            elif value is not None and value is not False:
                words.append(f"{flag}={value.isoformat() if field.name == 'at' else value}")
        return words


def parse_options(argv: Sequence[str]) -> TownOptions:
    """Read a command line; usage errors end the program with status 2, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="python -m dialer.town",
        description="A simulated town on the loopback: SIP and RTP, SMPP, SMTP and webhooks. "
        "Prints one JSON line with its ports when it is ready.",
    )
    types = get_type_hints(TownOptions)
    for field in fields(TownOptions):
        if types[field.name] is bool:
            parser.add_argument(_flag(field.name), action="store_true")
            continue
        read = _READERS[types[field.name]]
        parser.add_argument(_flag(field.name), type=read, default=field.default)
    return TownOptions(**vars(parser.parse_args(argv)))


def _flag(name: str) -> str:
    return "--" + name.replace("_", "-")


def _text_or_none(text: str) -> str | None:
    return text or None


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no UTC offset")
    return at


_READERS: dict[Any, Callable[[str], Any]] = {
    int: int,
    str: str,
    str | None: _text_or_none,
    datetime | None: _instant,
}

"""Session timers (RFC 4028): a call whose far side has silently gone ends by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from dialer.telephony.drivers.sip.reactor import Alarm
from dialer.telephony.wire.headers import param, read_params
from dialer.telephony.wire.message import Headers, Request, Response
from dialer.telephony.wire.reactor import TimeReactor

SHORTEST = 90
"""Seconds; a shorter interval is refused with 422 (RFC 4028, 4)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """A session lasts `seconds` unless it is refreshed, by us or by the far side."""

    seconds: int
    ours: bool


def asked_terms(request: Request) -> Terms | None:
    """What the far side asks for in an INVITE or UPDATE; it refreshes unless it says otherwise."""
    found = _read(request)
    return None if found is None else Terms(seconds=found[0], ours=found[1] == "uas")


def agreed_terms(response: Response) -> Terms | None:
    """What the far side's answer to our INVITE or UPDATE says."""
    found = _read(response)
    return None if found is None else Terms(seconds=found[0], ours=found[1] != "uas")


def granted(terms: Terms | None) -> Headers:
    """The headers that go into our 2xx."""
    if terms is None:
        return ()
    if terms.ours:
        return (("Session-Expires", f"{terms.seconds};refresher=uas"),)
    return (("Session-Expires", f"{terms.seconds};refresher=uac"), ("Require", "timer"))


def opening(seconds: int) -> Headers:
    """The headers of an INVITE that asks for a session timer; the answerer says who refreshes."""
    return (("Session-Expires", str(seconds)), ("Min-SE", str(SHORTEST))) if seconds else ()


def longer(request: Request, response: Response) -> Request | None:
    """The request again with the interval that a 422 asks for; None where that is no use."""
    asked, least = _read(request), (response.get("Min-SE") or "").partition(";")[0].strip()
    readable = least.isascii() and least.isdigit() and len(least) < 6
    if response.status != 422 or asked is None or not readable or int(least) <= asked[0]:
        return None
    number, method = request.cseq
    changed = {"Session-Expires": least, "Min-SE": least, "CSeq": f"{number + 1} {method}"}
    headers = tuple((name, changed.get(name, value)) for name, value in request.headers)
    return replace(request, headers=headers)


def refresh_headers(seconds: int) -> Headers:
    """The headers of a refresh of ours."""
    return (("Supported", "timer"), ("Session-Expires", f"{seconds};refresher=uac"))


def _read(message: Request | Response) -> tuple[int, str] | None:
    value = message.get("Session-Expires")
    if value is None:
        return None
    number, _, rest = value.partition(";")
    number = number.strip()
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        return None
    return int(number), (param(read_params(";" + rest), "refresher") or "").lower()


class SessionTimer:
    """Calls `refresh` or `expired` as the terms demand."""

    def __init__(
        self, reactor: TimeReactor, refresh: Callable[[int], None], expired: Callable[[], None]
    ) -> None:
        self._alarm = Alarm(reactor)
        self._refresh = refresh
        self._expired = expired

    def agree(self, terms: Terms | None) -> None:
        """Begin anew with these terms; None is a session without end."""
        if terms is None:
            self._alarm.clear()
        elif terms.ours:
            self._alarm.set(terms.seconds / 2, lambda: self._refresh(terms.seconds))
        else:
            self._alarm.set(terms.seconds - min(32.0, terms.seconds / 3), self._expired)

    def last_chance(self, seconds: float) -> None:
        """Expire after `seconds` unless new terms come."""
        self._alarm.set(seconds, self._expired)

    def clear(self) -> None:
        self._alarm.clear()

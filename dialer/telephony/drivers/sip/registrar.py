"""A small registrar (RFC 3261, 10): agents' phones tell where they are, and prove who they are.

One phone has one place: the newest. Nonces carry their own age and a seal, so that strangers who
ask for thousands of them cost no memory.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.layer import tag
from dialer.telephony.drivers.sip.transactions import Server
from dialer.telephony.wire.digest import Challenge, claimed_user, nonce_use, verify
from dialer.telephony.wire.headers import Malformed, param, parse_address, parse_uri
from dialer.telephony.wire.message import Headers, Request, reply

REALM = "ringfence"
LONGEST = 3600
SHORTEST = 30
"""Bounds of a registration, in seconds (RFC 3261, 10.2.8)."""

_NONCE_LIFE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Phone:
    """An agent's SIP phone. One with an `address` ("host:port") need not register.

    `algorithm` may be SHA-256 for a phone that can; many give up at the sight of it.
    """

    name: str
    password: str
    address: str | None = None
    algorithm: str = "MD5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Where a phone is: the URI that it gave, and the address that it speaks from."""

    contact: str
    address: Address
    until: float


FindPhone = Callable[[str], Phone | None]


class Registrar:
    """Answers REGISTER, and knows where each phone is."""

    def __init__(self, find: FindPhone, seconds: Callable[[], float]) -> None:
        self._find = find
        self._seconds = seconds
        self._secret = secrets.token_bytes(32)
        self._bindings: dict[str, Binding] = {}
        self._used: dict[str, int] = {}  # nonce -> the highest count that was proved with it

    def where(self, name: str) -> Binding | None:
        """The phone's place now, or None where it has none."""
        phone = self._find(name)
        if phone is None:
            return None
        if phone.address is not None:
            host, _, port = phone.address.rpartition(":")
            return Binding(
                contact=f"sip:{phone.name}@{phone.address}",
                address=Address(host, int(port)),
                until=float("inf"),
            )
        binding = self._bindings.get(name)
        if binding is None or binding.until <= self._seconds():
            return None
        return binding

    def register(self, request: Request, server: Server) -> None:
        """Answer a REGISTER."""
        claimed = self._find(parse_uri(parse_address(request.get("To") or "").uri).user or "")
        phone, stale = self._proved(request)
        if phone is None:
            asked = self._challenge(claimed.algorithm if claimed else "MD5", stale=stale)
            self._answer(request, server, 401, (("WWW-Authenticate", asked.encode()),))
            return
        if claimed != phone:
            self._answer(request, server, 403)
            return
        try:
            status = self._bind(phone.name, request, server.source)
        except Malformed:
            status = 400
        headers: Headers = (("Min-Expires", str(SHORTEST)),) if status == 423 else ()
        if status == 200:
            headers = self._listed(phone.name)
        self._answer(request, server, status, headers)

    def _answer(self, request: Request, server: Server, status: int, headers: Headers = ()) -> None:
        server.respond(reply(request, status, to_tag=tag(), headers=headers, source=server.source))

    # Places

    def _bind(self, name: str, request: Request, source: Address) -> int:
        contacts = request.all("Contact")
        if contacts == ("*",):
            if request.get("Expires") != "0":
                return 400
            self._bindings.pop(name, None)
            return 200
        for contact in contacts:
            address = parse_address(contact)
            parse_uri(address.uri)
            seconds = _seconds(param(address.params, "expires") or request.get("Expires"))
            if seconds == 0:
                self._bindings.pop(name, None)
            elif seconds < SHORTEST:
                return 423
            else:
                until = self._seconds() + min(seconds, LONGEST)
                self._bindings[name] = Binding(contact=address.uri, address=source, until=until)
        return 200

    def _listed(self, name: str) -> Headers:
        binding = self._bindings.get(name)
        if binding is None:
            return ()
        left = max(0, round(binding.until - self._seconds()))
        return (("Contact", f"<{binding.contact}>;expires={left}"),)

    # Proof

    def _proved(self, request: Request) -> tuple[Phone | None, bool]:
        """The phone whose password the request proves; whether only its nonce was too old."""
        given = request.get("Authorization") or ""
        phone = self._find(claimed_user(given) or "")
        use = nonce_use(given)
        if phone is None or not phone.password or use is None:
            return None, False
        nonce, count = use
        age = self._age(nonce)
        if age is None:
            return None, False
        challenge = Challenge(realm=REALM, nonce=nonce, algorithm=phone.algorithm, qop=True)
        if not verify(
            given,
            challenge,
            username=phone.name,
            password=phone.password,
            method=request.method,
        ):
            return None, False
        if age > _NONCE_LIFE or count <= self._used.get(nonce, 0):
            return None, True
        self._used[nonce] = count
        return phone, False

    def _challenge(self, algorithm: str, *, stale: bool) -> Challenge:
        self._used = {
            nonce: count
            for nonce, count in self._used.items()
            if (self._age(nonce) or 0.0) <= _NONCE_LIFE
        }
        born = f"{self._seconds():.3f}.{secrets.token_hex(6)}"
        return Challenge(
            realm=REALM,
            nonce=f"{born}.{self._seal(born)}",
            algorithm=algorithm,
            qop=True,
            stale=stale,
        )

    def _age(self, nonce: str) -> float | None:
        """Seconds since we made the nonce; None for one that we did not make."""
        born, _, seal = nonce.rpartition(".")
        if not hmac.compare_digest(seal.encode(), self._seal(born).encode()):
            return None
        return self._seconds() - float(born.rpartition(".")[0])

    def _seal(self, text: str) -> str:
        return hmac.new(self._secret, text.encode(), hashlib.sha256).hexdigest()[:32]


def _seconds(value: str | None) -> int:
    if value is None:
        return LONGEST
    if not (value.isascii() and value.isdigit() and len(value) < 11):
        raise Malformed(f"expires {value[:20]!r}")
    return int(value)

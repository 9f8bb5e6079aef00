"""Agents' phones register: only with the right password, only for themselves, only for a time."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dialer.telephony.drivers.sip.hop import Address
from dialer.telephony.drivers.sip.registrar import SHORTEST, Phone, Registrar
from dialer.telephony.wire.digest import authorize, best_challenge
from dialer.telephony.wire.message import Headers, Request, Response

PHONES = {
    "agent-1": Phone(name="agent-1", password="sesame", algorithm="SHA-256"),
    "agent-2": Phone(name="agent-2", password="open"),
    "agent-3": Phone(name="agent-3", password="", address="192.0.2.3:5062"),
}
SOURCE = Address("192.0.2.1", 40_000)


class Answering:
    """Stands for a server transaction."""

    def __init__(self) -> None:
        self.source = SOURCE
        self.answers: list[Response] = []

    def respond(self, response: Response) -> None:
        self.answers.append(response)


class Place:
    """A registrar with a clock that the test moves."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.registrar = Registrar(PHONES.get, lambda: self.now)

    def send(self, *headers: tuple[str, str], aor: str = "agent-1") -> Response:
        server = Answering()
        request = Request(
            method="REGISTER",
            uri="sip:dialer.example",
            headers=(
                ("Via", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1"),
                ("From", f"<sip:{aor}@dialer.example>;tag=1"),
                ("To", f"<sip:{aor}@dialer.example>"),
                ("Call-ID", "one"),
                ("CSeq", "1 REGISTER"),
                *headers,
            ),
        )
        self.registrar.register(request, server)
        (answer,) = server.answers
        return answer

    def proof(
        self, password: str = "sesame", *, username: str = "agent-1", count: int = 1
    ) -> tuple[str, str]:
        asked = self.send()
        assert asked.status == 401
        challenge = best_challenge(asked.all("WWW-Authenticate"))
        assert challenge is not None
        assert challenge.algorithm == "SHA-256"
        return (
            "Authorization",
            authorize(
                challenge,
                username=username,
                password=password,
                method="REGISTER",
                uri="sip:dialer.example",
                cnonce="c",
                count=count,
            ),
        )


CONTACT = ("Contact", "<sip:agent-1@10.0.0.7:5060>;expires=120")


def test_a_phone_that_proves_its_password_is_found_where_it_speaks_from() -> None:
    place = Place()
    answer = place.send(place.proof(), CONTACT)
    assert answer.status == 200
    assert answer.get("Contact") == "<sip:agent-1@10.0.0.7:5060>;expires=120"
    found = place.registrar.where("agent-1")
    assert found is not None
    assert (found.contact, found.address) == ("sip:agent-1@10.0.0.7:5060", SOURCE)
    place.now += 121
    assert place.registrar.where("agent-1") is None


@pytest.mark.parametrize("gone", [("Contact", "*"), ("Contact", "<sip:agent-1@10.0.0.7>")])
def test_a_phone_can_take_itself_away(gone: tuple[str, str]) -> None:
    place = Place()
    place.send(place.proof(), CONTACT)
    assert place.send(place.proof(), gone, ("Expires", "0")).status == 200
    assert place.registrar.where("agent-1") is None


@pytest.mark.parametrize(
    "proof",
    [
        lambda place: place.proof("wrong"),
        lambda place: place.proof("open"),
        lambda place: place.proof(username="nobody"),
        lambda place: place.proof("", username="agent-3"),
        lambda place: ("Authorization", "Basic YTpi"),
        lambda place: ("Authorization", 'Digest username="agent-1"'),
        lambda place: (
            "Authorization",
            place.proof()[1].replace('nonce="', 'nonce="9'),
        ),
    ],
)
def test_nobody_registers_without_the_password(proof: Callable[[Place], tuple[str, str]]) -> None:
    place = Place()
    assert place.send(proof(place), CONTACT).status == 401
    assert place.registrar.where("agent-1") is None


def test_nobody_registers_for_another() -> None:
    place = Place()
    assert place.send(place.proof(), CONTACT, aor="agent-2").status == 403
    assert place.registrar.where("agent-2") is None


def test_an_overheard_answer_is_of_no_use() -> None:
    place = Place()
    heard = place.proof()
    assert place.send(heard, CONTACT).status == 200
    again = place.send(heard, ("Contact", "<sip:thief@192.0.2.66>"))
    assert again.status == 401
    assert "stale=true" in (again.get("WWW-Authenticate") or "")
    found = place.registrar.where("agent-1")
    assert found is not None
    assert found.contact == "sip:agent-1@10.0.0.7:5060"


def test_an_old_nonce_is_asked_for_anew() -> None:
    place = Place()
    old = place.proof()
    place.now += 301
    again = place.send(old, CONTACT)
    assert (again.status, "stale=true" in (again.get("WWW-Authenticate") or "")) == (401, True)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ((("Contact", "<sip:agent-1@10.0.0.7>;expires=5"),), 423),
        ((("Contact", "<sip:agent-1@10.0.0.7>;expires=soon"),), 400),
        ((("Contact", "<mailto:agent-1@example.org>"),), 400),
        ((("Contact", "*"),), 400),
    ],
)
def test_what_can_not_be_bound_is_said(headers: Headers, status: int) -> None:
    place = Place()
    answer = place.send(place.proof(), *headers)
    assert answer.status == status
    if status == 423:
        assert answer.get("Min-Expires") == str(SHORTEST)


def test_a_phone_at_a_known_address_need_not_register() -> None:
    found = Place().registrar.where("agent-3")
    assert found is not None
    assert (found.contact, found.address) == (
        "sip:agent-3@192.0.2.3:5062",
        Address("192.0.2.3", 5062),
    )

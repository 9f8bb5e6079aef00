"""Digest answers match the published examples, and the server side tells right from wrong."""

from __future__ import annotations

import pytest

from dialer.telephony.wire.digest import (
    Challenge,
    authorize,
    best_challenge,
    read_challenge,
    verify,
)


def response_in(value: str) -> str:
    return value.split('response="')[1].split('"', maxsplit=1)[0]


def test_the_answers_of_rfc_7616() -> None:
    nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"
    expected = {
        "MD5": "8ca523f5e9506fed4657c9700eebdbec",
        "SHA-256": "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1",
    }
    for algorithm, answer in expected.items():
        challenge = Challenge(
            realm="http-auth@example.org", nonce=nonce, algorithm=algorithm, qop=True
        )
        value = authorize(
            challenge,
            username="Mufasa",
            password="Circle of Life",
            method="GET",
            uri="/dir/index.html",
            cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
        )
        assert response_in(value) == answer


def test_the_answer_of_rfc_2069_style_without_qop() -> None:
    challenge = Challenge(realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093")
    value = authorize(
        challenge,
        username="Mufasa",
        password="CircleOfLife",
        method="GET",
        uri="/dir/index.html",
        cnonce="unused",
    )
    assert response_in(value) == "1949323746fe6a43ef61f9606e7febea"
    assert "qop" not in value


@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
@pytest.mark.parametrize("qop", [True, False])
def test_the_server_accepts_the_right_password_only(algorithm: str, qop: bool) -> None:
    asked = Challenge(realm='a "b"', nonce="n1", algorithm=algorithm, opaque="o", qop=qop)
    heard = read_challenge(asked.encode().replace('"a "b""', '"a \\"b\\""'))
    assert heard is not None
    assert heard.nonce == "n1"
    right = authorize(
        heard, username="u", password="p", method="INVITE", uri="sip:x@h", cnonce="c", count=2
    )
    check = {"username": "u", "method": "INVITE"}
    assert verify(right, asked, password="p", **check)
    assert not verify(right, asked, password="q", **check)
    assert not verify(right, asked, password="p", username="u", method="BYE")
    assert not verify(right.replace("n1", "n2"), asked, password="p", **check)
    assert not verify("Basic dTpw", asked, password="p", **check)


def test_the_strongest_challenge_is_answered_and_strange_ones_are_not() -> None:
    md5 = 'Digest realm="r",nonce="1"'
    sha = 'digest realm="r", nonce="2", algorithm=SHA-256, qop="auth-int,auth"'
    assert best_challenge((md5, sha)) == read_challenge(sha)
    assert read_challenge('Digest realm="r", nonce="3", qop="auth-int"') is None
    assert read_challenge('Digest realm="r", nonce="3", algorithm=MD5-sess') is None
    assert read_challenge('Basic realm="r"') is None
    assert best_challenge(()) is None

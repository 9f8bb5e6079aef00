"""SIP over TLS: nothing is said to a trunk that does not prove who it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.runtime.tls import Tls
from dialer.telephony.port import Answered, CallOutcome, Ended
from dialer.telephony.wire import sdp
from dialer.telephony.wire.message import Request, Response, reply
from tests.certificates import Authority
from tests.dialer.telephony.line import carrier, line
from tests.dialer.telephony.sipp import desk, until


async def test_a_call_by_tls_is_set_up_and_ended_on_one_connection(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = Tls(ca_file=authority.file)
    async with (
        carrier(authority.certificate()) as (port, lines),
        desk(port, transport="TLS", security=tls) as near,
    ):
        await near.call()
        await until(lambda: lines)
        (wire,) = lines
        invite = await wire.request("INVITE")
        assert invite.uri.endswith(f"@127.0.0.1:{port};transport=tls")
        assert invite.via.transport == "TLS"
        described = sdp.Media(host="127.0.0.1", port=9, codecs=(0,))
        contact = ("Contact", f"<sip:far@127.0.0.1:{port};transport=tls>")
        headers = (contact, ("Content-Type", "application/sdp"))
        ok = reply(invite, 200, to_tag="far", headers=headers, body=described.encode())
        wire.writer.write(ok.encode())
        await wire.request("ACK")
        await near.wait(Answered)
        await near.engine.hangup("call-1")
        wire.writer.write(reply(await wire.request("BYE"), 200).encode())
        await near.wait(Ended)
        assert len(lines) == 1


@pytest.mark.parametrize(("signer", "host"), [("stranger", "127.0.0.1"), ("ours", "a.example")])
async def test_a_trunk_without_its_proof_gets_no_word_and_is_down(
    tmp_path: Path, signer: str, host: str
) -> None:
    authorities = {name: Authority(tmp_path, name) for name in ("ours", "stranger")}
    tls = Tls(ca_file=authorities["ours"].file)
    async with (
        carrier(authorities[signer].certificate(host)) as (port, lines),
        desk(port, transport="TLS", security=tls) as near,
    ):
        await near.call()
        ended = await near.wait(Ended)
        assert (ended.outcome, ended.hung_up_by) == (CallOutcome.NO_ROUTE, "network")
        assert "no secure connection" in (await near.engine.health()).detail
        assert lines == []


async def test_encrypted_connections_are_taken_at_a_port_of_their_own(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    tls = Tls(certificate_file=authority.certificate())
    async with (
        desk(security=tls, tls_port=0) as near,
        line(near.engine.layer.advertised_tls or 0, trusting=authority.file) as wire,
    ):
        asked = Request(
            method="OPTIONS",
            uri="sip:dialer.example",
            headers=(
                ("Via", "SIP/2.0/TLS 10.0.0.7;branch=z9hG4bKo"),
                ("From", "<sip:a@dialer.example>;tag=1"),
                ("To", "<sip:dialer.example>"),
                ("Call-ID", "o"),
                ("CSeq", "1 OPTIONS"),
            ),
        )
        wire.writer.write(asked.encode())
        answer = await wire.next()
        assert isinstance(answer, Response)
        assert answer.status == 200


async def test_a_trunk_by_tls_needs_to_know_whom_to_believe() -> None:
    with pytest.raises(ValueError, match="whom to believe"):
        async with desk(9, transport="TLS"):
            pass


def test_a_file_without_a_certificate_is_told(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    with pytest.raises(ValueError, match="PEM"):
        Tls(ca_file=tmp_path / "empty.pem").client("a.example")
    with pytest.raises(ValueError, match="no certificate"):
        Tls().server()

"""The whole town as processes: calls by sipp and by a raw telephone, counts, and its end."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosmtplib
import httpx
import pytest
import pytest_asyncio

from dialer.telephony.amd import Detector, Verdict
from dialer.town.habits import CallHabit
from dialer.town.options import TownOptions, parse_options
from dialer.town.population import Population, make_population
from dialer.town.process import TownHandle, TownPorts, start_town
from dialer.town.records import CallRecord
from dialer.town.subprocesses import ChildFailed
from scheduler.clock import SystemClock
from tests.conftest import free_port
from tests.dialer.town.raw_sip import RawPhone
from tests.dialer.town.raw_smpp import RawSmpp

pytestmark = pytest.mark.asyncio(loop_scope="module")

SEED, SIZE = 2, 80
DIGEST = Path(__file__).with_name("sipp") / "uac_digest.xml"


@pytest.fixture(scope="module")
def people() -> Population:
    return make_population(SEED, SIZE)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def town() -> AsyncIterator[TownHandle]:
    """One town for the module: tests look at what they added."""
    async with start_town(TownOptions(seed=SEED, size=SIZE)) as handle:
        yield handle


def number(people: Population, habit: CallHabit) -> str:
    """The one with this habit who is quickest to answer."""
    phones = [phone for _, phone in people.by_number.values() if phone.call.habit is habit]
    return min(phones, key=lambda phone: phone.call.rings_s).number


async def last_call(town: TownHandle) -> CallRecord:
    return (await town.calls())[-1]


async def until_ended(pid: int, seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while alive(pid):
            await SystemClock().sleep(0.02)


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def children(pid: int) -> list[int]:
    found = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(word) for word in (task / "children").read_text().split()]
    return found


@pytest.mark.peer("sipp")
async def test_sipp_calls_through_the_trunk_with_a_password(
    town: TownHandle, people: Population, tmp_path: Path
) -> None:
    program = shutil.which("sipp")
    assert program is not None
    before = await town.counts()
    process = await asyncio.create_subprocess_exec(
        program,
        *("-sf", str(DIGEST), f"127.0.0.1:{town.ports.sip}", "-i", "127.0.0.1"),
        *("-p", str(free_port(socket.SOCK_DGRAM)), "-mp", str(20000 + os.getpid() % 5000 * 2)),
        *("-s", number(people, CallHabit.LISTENS), "-m", "4", "-r", "20", "-rtp_echo"),
        *("-nostdin", "-timeout", "20"),
        cwd=tmp_path,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        async with asyncio.timeout(25):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    counts = await town.counts()
    assert counts.sip_invites - before.sip_invites == 4
    assert counts.rtp_packets - before.rtp_packets > 4 * 30
    for record in (await town.calls())[-4:]:
        assert (record.code, record.ended_by) == (200, "caller")
        assert record.answered_at and record.ended_at
        assert record.started_at < record.answered_at < record.ended_at


async def test_each_habit_has_its_answer(town: TownHandle, people: Population) -> None:
    async def one(habit: CallHabit) -> list[int]:
        async with RawPhone(town.ports.sip, number(people, habit)) as phone:
            return await phone.call()

    answers = {
        CallHabit.BUSY: [100, 486],
        CallHabit.NOT_IN_SERVICE: [100, 404],
        CallHabit.NETWORK_FAILURE: [100, 503],
        CallHabit.REJECTS: [100, 180, 603],
    }
    before = await town.counts()
    for habit, statuses in answers.items():
        assert await one(habit) == statuses, habit
        assert (await last_call(town)).code == statuses[-1]
    async with RawPhone(town.ports.sip, "+12025550199") as phone:
        assert (await phone.call())[-1] == 404
    counts = await town.counts()
    assert counts.sip_invites - before.sip_invites == len(answers) + 1


async def test_one_who_lets_it_ring_is_cancelled(town: TownHandle, people: Population) -> None:
    async with RawPhone(town.ports.sip, number(people, CallHabit.RINGS_OUT)) as phone:
        call = asyncio.create_task(phone.call())
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(call), 1)
        call.cancel()
        lines = await phone.cancel()
    assert sorted(line.split()[1] for line in lines) == ["200", "487"]
    record = await last_call(town)
    assert (record.code, record.answered_at, record.ended_by) == (487, None, "caller")


async def test_a_person_is_told_from_a_machine_by_the_sound(
    town: TownHandle, people: Population
) -> None:
    async def listen(habit: CallHabit, seconds: float) -> list[tuple[int, bytes]]:
        async with RawPhone(town.ports.sip, number(people, habit)) as phone:
            assert (await phone.call())[-1] == 200
            await SystemClock().sleep(seconds)
            await phone.hang_up()
            return phone.heard

    person, machine = await asyncio.gather(
        listen(CallHabit.LISTENS, 3.5), listen(CallHabit.MACHINE, 8.0)
    )
    for heard, verdict, seconds in ((person, "human", 3.5), (machine, "machine", 8.0)):
        detector = Detector()
        found = [detector.feed(payload) for kind, payload in heard if kind == 0]
        assert [v.machine.value for v in found if isinstance(v, Verdict)] == [verdict]
        assert len(heard) == pytest.approx(seconds * 50, rel=0.15)


async def test_a_key_is_pressed_once(town: TownHandle, people: Population) -> None:
    to = number(people, CallHabit.PRESSES_KEY)
    manner = people.by_number[to][1].call
    async with RawPhone(town.ports.sip, to) as phone:
        assert (await phone.call())[-1] == 200
        async with asyncio.timeout(manner.key_after_s + 5):
            while not [
                payload for kind, payload in phone.heard if kind == 96 and payload[1] & 0x80
            ]:
                await SystemClock().sleep(0.02)
        await phone.hang_up()
    events = [payload for kind, payload in phone.heard if kind == 96]
    assert {chr(payload[0] + ord("0")) for payload in events} == {manner.key}


async def test_one_in_a_hurry_hangs_up(town: TownHandle, people: Population) -> None:
    async with RawPhone(town.ports.sip, number(people, CallHabit.HANGS_UP)) as phone:
        assert (await phone.call())[-1] == 200
        await phone.wait_for_bye(5)
    record = await last_call(town)
    assert (record.code, record.ended_by) == (200, "consumer")
    assert record.rtp_packets > 10


async def test_a_wrong_password_calls_nobody(town: TownHandle, people: Population) -> None:
    to = number(people, CallHabit.LISTENS)
    async with RawPhone(town.ports.sip, to, password="wrong") as phone:
        assert await phone.call() == [403]
    assert (await last_call(town)).code == 403


async def test_what_arrives_is_counted_on_every_wire(town: TownHandle, people: Population) -> None:
    before = await town.counts()
    raw = await RawSmpp.connect(town.ports.smpp)
    assert await raw.bind(password=b"town-sms") == 0
    await raw.submit(people.consumers[0].phones[0].number, b"hello", receipt=0)
    await raw.close()
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
        await aiosmtplib.send(
            b"Subject: x\r\n\r\nx",
            sender="care@fernwood.example",
            recipients=["nobody@us.example.net"],
            hostname="127.0.0.1",
            port=town.ports.smtp,
            start_tls=False,
        )
    async with httpx.AsyncClient() as client:
        assert (await client.post(town.webhook_url, content=b"{}")).status_code == 401
    assert await town.counts() == replace(
        before, smpp_submits=1, smpp_parts=1, smtp_messages=1, webhooks_unsigned=1
    )
    (text,), (mail,) = await town.texts(), await town.mails()
    assert text.number == people.consumers[0].phones[0].number
    assert (mail.address, mail.code) == ("nobody@us.example.net", 550)


async def test_the_town_keeps_the_time_it_is_given(people: Population) -> None:
    at = datetime(2027, 3, 1, 17, 0, tzinfo=UTC)
    async with (
        start_town(TownOptions(seed=SEED, size=SIZE, sip_user=None, at=at)) as town,
        RawPhone(town.ports.sip, number(people, CallHabit.BUSY)) as phone,
    ):
        assert (await phone.call())[-1] == 486
        record = await last_call(town)
    assert timedelta(0) <= record.started_at - at < timedelta(seconds=30)


async def test_a_town_that_cannot_come_up_says_so(capfd: pytest.CaptureFixture[str]) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(ChildFailed, match=r"dialer\.town did not come up"):
            async with start_town(TownOptions(size=5, sip_port=taken.getsockname()[1])):
                pass
    assert "CannotListenError" in capfd.readouterr().err


async def test_addresses_carry_their_accounts() -> None:
    ports = TownPorts(sip=1, smpp=2, smtp=3, webhook=4, control=5)
    async with httpx.AsyncClient() as client:
        town = TownHandle(TownOptions(), ports, client)
    assert town.sip_trunk_url == "sip://ringfence:town-sip@127.0.0.1:1"
    assert town.smsc_url == "smpp://ringfence:town-sms@127.0.0.1:2"
    assert town.smtp_url == "smtp://127.0.0.1:3"


async def test_options_survive_the_command_line() -> None:
    options = TownOptions(
        seed=-7, size=12, sip_user=None, bounce_url="http://127.0.0.1:1/b", reject_binds=2,
        at=datetime(2027, 3, 1, tzinfo=UTC), with_parent=True,
    )  # fmt: skip
    assert parse_options(options.arguments()) == options
    assert parse_options([]) == TownOptions()


async def test_no_process_outlives_a_killed_parent() -> None:
    """The parent dies by SIGKILL and can't tell anyone."""
    code = (
        "import asyncio\n"
        "from dialer.town.options import TownOptions\n"
        "from dialer.town.process import start_town\n"
        "async def main():\n"
        "    async with start_town(TownOptions(size=5)):\n"
        "        print('up', flush=True)\n"
        "        await asyncio.Event().wait()\n"
        "asyncio.run(main())\n"
    )
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    assert await parent.stdout.readline() == b"up\n"
    (outer,) = children(parent.pid)
    (inner,) = children(outer)
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    await until_ended(outer)
    await until_ended(inner)


async def test_sigterm_ends_both_processes() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialer.town", "--size=5", stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    assert b'"sip"' in await process.stdout.readline()
    (inner,) = children(process.pid)
    process.terminate()
    async with asyncio.timeout(10):
        await process.wait()
    await until_ended(inner)

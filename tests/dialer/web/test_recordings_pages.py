"""The page of recordings: who finds which, hears it, holds it, and sees who did."""

from __future__ import annotations

import re

import pytest

from dialer.store.accounts import Role
from tests.dialer.web import test_recordings_api as api
from tests.dialer.web.test_recordings_api import WHY, Archive

archive = api.archive  # the recording and everybody who might want to hear it


async def page_of(archive: Archive, role: Role, path: str = "") -> str:
    answer = await archive.roles[role].get(
        f"/recordings{path}", headers={"Accept": "text/html"}, follow_redirects=True
    )
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_the_list_tells_all_that_is_known_and_narrows(archive: Archive) -> None:
    text = await page_of(archive, Role.AUDITOR)
    row = text.split(f'id="{archive.name}"')[1].split("</tr>")[0]
    for told in ("Outgoing call", "Conversation", "0:02", archive.one.case, "agent", "Sealed"):
        assert told in row
    assert re.search(r'<code title="[0-9a-f]{64}">[0-9a-f]{12}</code>', row)
    assert "2029" in row  # three years from the call
    for found in (f"?case={archive.one.case}", "?direction=out", "?agent=agent&campaign="):
        assert archive.name in await page_of(archive, Role.AUDITOR, found)
    for missed in ("?direction=in", "?outcome=busy", "?case=nobody", "?until=2020-01-01"):
        assert archive.name not in await page_of(archive, Role.AUDITOR, missed)


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.AGENT, Role.AUDITOR])
async def test_the_player_comes_after_the_reason_and_the_log_shows_it(
    archive: Archive, role: Role
) -> None:
    before = await page_of(archive, role, f"/{archive.name}")
    assert "<audio" not in before
    wish = {
        Role.SUPERVISOR: "coaching",
        Role.AGENT: "case_work",
        Role.AUDITOR: "audit",
    }[role]
    asked = await archive.roles[role].post(
        f"/recordings/{archive.name}/listen", data={"purpose": wish, "reason": "the week's sample"}
    )
    assert asked.status_code == 303
    where = asked.headers["location"].split("#")[0].removeprefix("/recordings")
    after = await page_of(archive, role, where)
    audio = re.search(r'<audio[^>]* src="([^"]+)"', after)
    assert audio is not None
    part = {"Range": "bytes=0-99", "Accept": "*/*"}
    heard = await archive.roles[role].get(audio[1], headers=part)
    assert heard.status_code == 206
    assert ("the week&#39;s sample" in after) == (role is not Role.AGENT)
    others = archive.roles[Role.AUDITOR if role is not Role.AUDITOR else Role.SUPERVISOR]
    assert "<audio" not in (await others.get(f"/recordings{where}")).text


async def test_a_purpose_that_does_not_fit_is_refused_on_the_page(archive: Archive) -> None:
    asked = await archive.roles[Role.AGENT].post(
        f"/recordings/{archive.name}/listen", data=WHY, headers={"Accept": "text/html"}
    )
    assert asked.status_code == 403
    assert "does not listen for quality" in asked.text


async def test_a_supervisor_orders_a_hold_and_lifts_it(archive: Archive) -> None:
    where, supervisor = f"/recordings/{archive.name}", archive.roles[Role.SUPERVISOR]
    assert (await supervisor.post(f"{where}/hold", data={"reason": " "})).status_code == 422
    ordered = await supervisor.post(f"{where}/hold", data={"reason": "a complaint is open"})
    assert ordered.status_code == 303
    held = await page_of(archive, Role.AUDITOR, f"/{archive.name}")
    assert "a complaint is open" in held
    assert "on legal hold" in held
    assert "Lift the hold" not in held
    mine = await page_of(archive, Role.SUPERVISOR, f"/{archive.name}")
    lift = re.search(rf'action="({where}/hold/[^"]+/lift)"', mine)
    assert lift is not None
    assert (await archive.roles[Role.AUDITOR].post(lift[1])).status_code == 403
    assert (await supervisor.post(lift[1])).status_code == 303
    assert "a complaint is open" not in await page_of(archive, Role.AUDITOR, f"/{archive.name}")


async def test_an_administrator_has_no_ear_and_nothing_is_there_is_said(archive: Archive) -> None:
    refused = await archive.roles[Role.ADMINISTRATOR].get("/recordings")
    assert refused.status_code == 403
    missing = await archive.roles[Role.AUDITOR].get("/recordings/nothing")
    assert missing.status_code == 404

"""The plan of the floor, campaigns' settings, the answer to "why", and what an agent may see."""

from __future__ import annotations

import asyncio
from pathlib import Path

from dialer.model.agent import AgentState
from dialer.store import campaigns
from dialer.store.accounts import Role
from tests.dialer.telephony.sipp import until
from tests.dialer.web.test_desk import console

PAGE = {"Accept": "text/html"}
SHIFT = {
    "team": "card",
    "days": [0, 1, 2, 3, 4],
    "starts": "09:00",
    "ends": "17:30",
    "zone": "America/New_York",
}


async def test_a_supervisor_plans_the_floor_by_api_and_by_page(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        morgan = await c.enter("morgan", Role.SUPERVISOR)
        ada = await c.enter("ada", Role.AGENT)
        skills = {"teams": ["card"], "skills": ["language:es"]}
        assert (await morgan.put("/api/v1/roster/agents/ada", json=skills)).status_code == 200
        made = await morgan.post("/api/v1/roster/shifts", json=SHIFT)
        assert made.status_code == 201
        nowhere = {**SHIFT, "zone": "Moon/Base"}
        assert (await morgan.post("/api/v1/roster/shifts", json=nowhere)).status_code == 422
        plan = (await morgan.get("/api/v1/roster")).json()
        assert plan["agents"] == {"ada": skills}
        assert plan["shifts"][0]["starts"] == "09:00:00"
        for path in ("/api/v1/roster", "/floor/plan"):
            assert (await ada.get(path)).status_code == 403

        limits = {"wrap": "2", "break": "", "break-lunch": "45"}
        assert (await morgan.post("/floor/plan/limits", data=limits)).status_code == 303
        form = {"agent": "", "team": "", "days": ["5", "6"], "starts": "10:00", "ends": "14:00"}
        await morgan.post("/floor/plan/shifts", data={**form, "zone": "UTC"})
        wrong = await morgan.post("/floor/plan/shifts", data={**form, "zone": "Moon/Base"})
        assert wrong.status_code == 422
        plan = (await morgan.get("/api/v1/roster")).json()
        assert plan["limits"] == {
            "longest_wrap_up_s": 120,
            "longest_break_s": None,
            "breaks_s": {"lunch": 2700},
        }
        page = (await morgan.get("/floor/plan", headers=PAGE)).text
        assert "09:00–17:30" in page
        assert "language:es" in page
        chinese = {**PAGE, "Accept-Language": "zh-CN"}
        assert "排班与技能" in (await morgan.get("/floor/plan", headers=chinese)).text
        await morgan.post(f"/floor/plan/shifts/{made.json()['id']}/drop")
        gone = await morgan.delete(f"/api/v1/roster/shifts/{made.json()['id']}")
        assert gone.status_code == 404
        assert len((await morgan.get("/api/v1/roster")).json()["shifts"]) == 1
        await morgan.aclose()
        await ada.aclose()


async def test_settings_are_set_on_the_page_with_vicidials_names_beside(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        await c.scene.campaign("progressive", 1, run=False)
        async with c.scene.db.read() as conn:
            [campaign] = await campaigns.list_all(conn)
        morgan = await c.enter("morgan", Role.SUPERVISOR)
        where = f"/campaigns/{campaign.id}/settings"
        page = (await morgan.get(where, headers=PAGE)).text
        assert "shared_dial_rank" in page
        form = {
            "team": "card",
            "rank": "2",
            "needs": "card",
            "needs_language": "on",
            "caller_ids": "+12125550100, +13055550100",
            "weights": "new = 3, old = 1",
            "quotas": "region OH calls 40\ncreditor Oak Bank promises 5",
            "takes_calls": "on",
        }
        assert (await morgan.post(where, data=form)).status_code == 303
        settings = (await morgan.get(f"/api/v1{where}")).json()
        assert settings["weights"] == {"new": 3, "old": 1}
        assert settings["quotas"][1] == {
            "by": "creditor",
            "value": "Oak Bank",
            "of": "promises",
            "most": 5,
        }
        assert (settings["needs_language"], settings["needs_licence"]) == (True, False)
        for field, value in (("weights", "new"), ("quotas", "many"), ("caller_ids", "555")):
            wrong = await morgan.post(where, data={**form, field: value}, headers=PAGE)
            assert wrong.status_code == 422
            assert field in wrong.text
        assert (await morgan.put(f"/api/v1{where}", json={"rank": 0})).status_code == 422
        unknown = await morgan.put("/api/v1/campaigns/none/settings", json={})
        assert unknown.status_code == 404
        await morgan.aclose()


async def test_an_agent_sees_the_campaigns_of_their_teams_alone(tmp_path: Path) -> None:
    async with console(tmp_path) as c:
        [one] = await c.scene.campaign("progressive", 1, run=False)
        async with c.scene.db.read() as conn:
            [campaign] = await campaigns.list_all(conn)
        morgan, ada = await c.enter("morgan", Role.SUPERVISOR), await c.enter("ada", Role.AGENT)
        assert len((await ada.get("/api/v1/campaigns")).json()) == 1
        settings = {"team": "card"}
        await morgan.put(f"/api/v1/campaigns/{campaign.id}/settings", json=settings)
        assert (await ada.get("/api/v1/campaigns")).json() == []
        assert (await ada.get(f"/api/v1/campaigns/{campaign.id}")).status_code == 404
        assert (await ada.get(f"/campaigns/{campaign.id}", headers=PAGE)).status_code == 404
        assert campaign.name not in (await ada.get("/campaigns", headers=PAGE)).text
        assert campaign.name not in (await ada.get("/attempts", headers=PAGE)).text
        for path in (f"/api/v1/cases/{one.case}", f"/cases/{one.case}"):
            assert (await ada.get(path, headers=PAGE)).status_code == 404
        assert (await morgan.get(f"/api/v1/cases/{one.case}")).status_code == 200
        assert len((await morgan.get("/api/v1/campaigns")).json()) == 1
        await morgan.put("/api/v1/roster/agents/ada", json={"teams": ["card"]})
        assert (await ada.get(f"/api/v1/cases/{one.case}")).status_code == 200
        assert len((await ada.get("/api/v1/campaigns")).json()) == 1
        await morgan.aclose()
        await ada.aclose()


async def test_why_is_answered_on_one_page_and_an_agent_is_logged_out_from_the_floor(
    tmp_path: Path,
) -> None:
    async with console(tmp_path) as c:
        await c.scene.campaign("progressive", 1)
        morgan = await c.enter("morgan", Role.SUPERVISOR)
        async with asyncio.timeout(10):
            while True:
                [answer] = (await morgan.get("/api/v1/why")).json()
                if any(note["reason"] == "no agent is logged in" for note in answer["notes"]):
                    break
        page = (await morgan.get("/floor/why", headers=PAGE)).text
        assert "no agent is logged in" in page
        chinese = {**PAGE, "Accept-Language": "zh-CN"}
        assert "没有坐席登录" in (await morgan.get("/floor/why", headers=chinese)).text
        await c.scene.desk.log_in("ada")
        await c.scene.reaches("ada", AgentState.ON_BREAK)
        body = {"told": "Fire drill."}
        assert (await morgan.post("/floor/agents/ada/log-out", data=body)).status_code == 303
        await until(lambda: not c.scene.engine.stats().live_legs)
        assert c.scene.desk.view("ada").agent.told == "Fire drill."
        assert "Forecast for the shift" in (await morgan.get("/floor", headers=PAGE)).text
        await morgan.aclose()

"""A colleague is asked into the call by API: whom one may ask, what they see, whose call it is."""

from __future__ import annotations

from pathlib import Path

from dialer.store.accounts import Role
from tests.dialer.web.test_desk import console, told

NOTE = "wants to pay in March"


async def test_a_colleague_sees_the_case_and_takes_the_call(tmp_path: Path) -> None:
    async with console(tmp_path, "ada", "bea") as c:
        [one] = await c.scene.campaign("progressive", 1)
        ada, bea = await c.enter("ada", Role.AGENT), await c.enter("bea", Role.AGENT)
        assert (await ada.get("/api/v1/desk/consult")).status_code == 409
        async with c.live(ada) as hers, c.live(bea) as other:
            for client, page in ((ada, hers), (bea, other)):
                await client.post("/api/v1/desk/log-in", json={})
                await told(page, "on_break")
            await ada.post("/api/v1/desk/ready")
            call = (await told(hers, "on_call"))["call"]
            whom = (await ada.get("/api/v1/desk/consult")).json()
            assert whom == {"colleagues": [], "numbers": []}
            wish = {"colleague": "bea", "note": NOTE}
            assert (await ada.post("/api/v1/desk/consult", json=wish)).status_code == 409

            await bea.post("/api/v1/desk/ready")
            whom = (await ada.get("/api/v1/desk/consult")).json()
            assert whom["colleagues"] == [{"name": "bea", "state": "ready"}]
            assert (await ada.post("/api/v1/desk/consult", json={})).status_code == 422
            both = {"colleague": "bea", "number": "+12125550199"}
            assert (await ada.post("/api/v1/desk/consult", json=both)).status_code == 422
            unlisted = {"number": "+12125550199"}
            refused = await ada.post("/api/v1/desk/consult", json=unlisted)
            assert "not among the numbers" in refused.json()["detail"]
            assert (await ada.post("/api/v1/desk/consult", json=wish)).status_code == 200
            asked = (await told(other, "on_call"))["call"]
            assert (asked["asked_by"], asked["note"], asked["guest"]) == ("ada", NOTE, True)

            assert not (await bea.get("/api/v1/desk/case")).json()["debt_shown"]
            right = {"answers": {"full_name": "Otto Abendroth", "id_last4": "4321"}}
            await ada.post(f"/api/v1/cases/{one.case}/identity", json=right)
            assert (await bea.get("/api/v1/desk/case")).json()["debt_shown"]

            path = "/api/v1/desk/consult/together"
            now = (await ada.post(path, json={})).json()["call"]["consultation"]
            assert (now["guest"], now["stage"]) == ("bea", "together")
            assert (await ada.post("/api/v1/desk/consult/hand-over", json={})).status_code == 200
            left = (await told(hers, "wrap_up"))["call"]
            assert left["passed_on"]
            assert (await ada.post("/api/v1/desk/ready")).json()["state"] == "ready"
            theirs = (await bea.get("/api/v1/desk")).json()["call"]
            assert (theirs["call_id"], theirs["guest"]) == (call["call_id"], False)
            await bea.post("/api/v1/desk/call/hang-up")
            await told(other, "wrap_up")
            noted = {"call_id": call["call_id"], "code": "right_party", "debts": [one.debt]}
            assert (await bea.post("/api/v1/desk/disposition", json=noted)).status_code == 200
        await ada.aclose()
        await bea.aclose()


async def test_who_was_asked_in_may_leave_and_the_talk_goes_on(tmp_path: Path) -> None:
    async with console(tmp_path, "ada", "bea") as c:
        await c.scene.campaign("progressive", 1)
        ada, bea = await c.enter("ada", Role.AGENT), await c.enter("bea", Role.AGENT)
        async with c.live(ada) as hers, c.live(bea) as other:
            for client, page in ((ada, hers), (bea, other)):
                await client.post("/api/v1/desk/log-in", json={})
                await told(page, "on_break")
            await ada.post("/api/v1/desk/ready")
            await told(hers, "on_call")
            await bea.post("/api/v1/desk/ready")
            await ada.post("/api/v1/desk/consult", json={"colleague": "bea"})
            await told(other, "on_call")
            assert (await bea.post("/api/v1/desk/consult/back")).json()["call"] is None
            assert (await bea.get("/api/v1/desk")).json()["state"] == "ready"
            assert (await ada.get("/api/v1/desk")).json()["call"]["consultation"] is None
        await ada.aclose()
        await bea.aclose()

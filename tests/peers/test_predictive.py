"""Predictive dialing on the town for a while: agents talk, and every book says the same."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from dialer.engine.disposal import Said
from dialer.model.agent import AgentState
from dialer.model.disposition import Code
from dialer.store import campaigns
from dialer.store.abandonment import answers as answers_of
from dialer.store.attempts import NOT_SENT
from dialer.store.importing.cases import CaseOptions, import_cases
from dialer.telephony.drivers.sip.trunk import Trunk
from dialer.town.options import TownOptions
from dialer.town.process import start_town
from tests.dialer.engine.floor import Scene, scene
from tests.dialer.telephony.far_side import answers
from tests.peers.test_floor import AT, SEED, SIZE, STRATEGY, people

AGENTS = tuple(f"agent{n:02}" for n in range(20))
SECONDS = 40.0


async def work(s: Scene, name: str, chance: random.Random) -> None:
    """Talk a little on every call, and note something, until cancelled."""
    while True:
        await s.clock.sleep(0.05)
        view = s.desk.view(name)
        screen = view.screen
        if view.agent.state is AgentState.ON_CALL and screen is not None:
            await s.clock.sleep(chance.lognormvariate(1.0, 0.5))
            if s.state(name) is AgentState.ON_CALL:
                await s.desk.talk.hang_up(name)
        elif view.agent.state is AgentState.WRAP_UP and screen is not None:
            said = Said(call_id=screen.errand.call_id, code=Code.RIGHT_PARTY)
            assert isinstance(await s.disposal.dispose(name, said), str)


@pytest.mark.timeout(240)
async def test_twenty_agents_talk_under_the_cap_and_all_books_say_the_same(tmp_path: Path) -> None:
    options = TownOptions(seed=SEED, size=SIZE, at=AT, sip_user=None)
    async with start_town(options) as town:
        trunk = Trunk(name="town", host="127.0.0.1", port=town.ports.sip, max_channels=60)
        async with scene(
            tmp_path,
            consumers=answers,
            agents=dict.fromkeys(AGENTS, answers),
            trunk=trunk,
            at=AT,
        ) as s:
            made = await campaigns.create(
                s.db,
                name="spring",
                strategy=STRATEGY,
                mode="predictive",
                lines=50,
                actor="third_party_collector",
                now=s.clock.now(),
            )
            options_ = CaseOptions(consent_given_to="collector", fresh_placement=True)
            await import_cases(s.db, people(tmp_path), options_)
            await s.at_work(*AGENTS)
            working = [
                asyncio.create_task(work(s, name, random.Random(n)))
                for n, name in enumerate(AGENTS)
            ]
            await campaigns.start(s.db, made.id, now=s.clock.now())
            await s.clock.sleep(SECONDS)
            boards = s.loop.boards()
            await campaigns.pause(s.db, made.id, now=s.clock.now())
            await s.settled()
            for task in working:
                task.cancel()
            for ended in await asyncio.gather(*working, return_exceptions=True):
                assert isinstance(ended, asyncio.CancelledError)
            calls = await s.rows("attempts", "outcome", "mode")
            outcomes = Counter(str(word) for word, _ in calls)
            async with s.db.read() as conn:
                counted = await answers_of(conn, made.id, s.clock.now() - timedelta(days=30))
            ledger = await s.ledger_outcomes()
            invites = (await town.counts()).sip_invites
    assert {mode for _, mode in calls} == {"predictive"}
    assert sum(outcomes.values()) - outcomes[NOT_SENT] == invites
    assert ledger == outcomes
    talks = sum(n for word, n in outcomes.items() if word.startswith("conversation"))
    assert talks >= 20
    cap = boards[0].budget["cap"]
    # So early one call more or less is more than the cap's share: it may be one at the most.
    assert outcomes["abandoned"] <= max(1, cap * (talks + outcomes["abandoned"]))
    assert (counted.live, counted.abandoned) == (
        talks + outcomes["abandoned"],
        outcomes["abandoned"],
    )

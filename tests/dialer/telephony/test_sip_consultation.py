"""Three on a call: who hears whom, in whatever order they come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from dialer.model.campaign_settings import CampaignSettings
from dialer.telephony.drivers.sip.bridge import Bridge
from dialer.telephony.drivers.sip.media import MediaCounters, Session
from dialer.telephony.port import (
    Answered,
    Bridged,
    CallEvent,
    Ended,
    NotConnected,
    OutsideLegSpec,
    Supervision,
    Unbridged,
)
from dialer.telephony.wire import g711
from tests.dialer.telephony.far_side import answers, far_side
from tests.dialer.telephony.sipp import desk
from tests.dialer.telephony.test_sip_bridge import (
    AGENT,
    CONSUMER,
    MUSIC,
    SUPERVISOR,
    Scene,
    keys,
    press,
    scene,
    until,
)

GUEST = SUPERVISOR
SONG = [b"music"]


class Ear(Session):
    """A session that knows whom it was told to hear."""

    def __init__(self, leg: Leg) -> None:
        super().__init__(leg, MediaCounters(), symmetric=False)
        self.leg = leg
        self.voices: set[str] = set()
        self.music: Sequence[bytes] = ()

    def hears(self, *voices: Session, music: Sequence[bytes] = ()) -> None:
        self.voices = {voice.leg.id for voice in voices if isinstance(voice, Ear)}
        self.music = music


class Leg:
    """A party to a bridge, without a telephone."""

    def __init__(self, name: str) -> None:
        self.id = name
        self.bridge: Bridge | None = None
        self.ear = Ear(self)
        self.media: Session = self.ear
        self.told: list[tuple[type[CallEvent], str]] = []

    def tell(self, kind: type[CallEvent], **facts: Any) -> None:
        self.told.append((kind, facts["peer"]))

    def heard(self, frame: bytes) -> None:
        raise AssertionError

    def pressed(self, digit: str) -> None:
        raise AssertionError

    def played(self, name: str, completed: bool) -> None:
        raise AssertionError

    def broke(self) -> None:
        raise AssertionError


class Three(RuleBasedStateMachine):
    """Anybody joins, holds, hands over and leaves in any order."""

    @initialize()
    def connect(self) -> None:
        self.consumer, self.agent, self.guest = Leg("consumer"), Leg("agent"), Leg("guest")
        self.supervisor = Leg("supervisor")
        self.held = self.muted = False
        self.bridge = Bridge(self.consumer, self.agent)

    @precondition(lambda self: not self.on)
    @rule()
    def connect_again(self) -> None:
        self.connect()

    @property
    def on(self) -> bool:
        return self.consumer.bridge is not None

    def here(self, leg: Leg) -> bool:
        return leg.bridge is not None

    @precondition(lambda self: self.on)
    @rule()
    def consult(self) -> None:
        assume(self.bridge.agent is not self.guest)
        self.bridge.consult(self.guest, SONG)
        self.held = True

    @precondition(lambda self: self.on)
    @rule(on=st.booleans())
    def hold(self, on: bool) -> None:
        self.held = on
        if on:
            self.bridge.hold(SONG)
        else:
            self.bridge.resume()

    @precondition(lambda self: self.on)
    @rule(on=st.booleans())
    def mute(self, on: bool) -> None:
        self.bridge.mute(on)
        self.muted = on

    @precondition(lambda self: self.on)
    @rule(how=st.sampled_from(Supervision))
    def supervise(self, how: Supervision) -> None:
        self.bridge.supervise(self.supervisor, how)

    @precondition(lambda self: self.on)
    @rule()
    def hand_over(self) -> None:
        if self.bridge.guest is not None:
            self.held = self.muted = False
        self.bridge.hand_over()

    @precondition(lambda self: self.on)
    @rule(who=st.sampled_from(["consumer", "agent", "guest", "supervisor"]), over=st.booleans())
    def leave(self, who: str, over: bool) -> None:
        leg: Leg = getattr(self, who)
        assume(self.here(leg))
        before = len(leg.told)
        succeeded = leg is self.bridge.agent and self.bridge.guest is not None and not self.held
        self.bridge.without(leg, over=over)
        if succeeded:
            self.held = self.muted = False
        assert leg.bridge is None
        if leg is not self.supervisor:
            assert len(leg.told) == before + (0 if over else 1)

    @invariant()
    def who_is_not_there_hears_nobody_and_is_heard_by_nobody(self) -> None:
        legs = (self.consumer, self.agent, self.guest, self.supervisor)
        here = {leg.id for leg in legs if self.here(leg)}
        for leg in legs:
            assert leg.ear.voices <= here - {leg.id}
            if not self.here(leg):
                assert not leg.ear.voices
                assert not leg.ear.music

    @invariant()
    def the_consumer_is_never_left_alone_in_a_bridge(self) -> None:
        if self.on:
            assert self.here(self.agent) or self.here(self.guest)
            assert self.consumer.bridge is self.bridge
            told = [peer for kind, peer in self.consumer.told if kind is Bridged]
            assert told[-1] == self.bridge.agent.id
        else:
            assert not any(map(self.here, (self.agent, self.guest, self.supervisor)))

    @invariant()
    def who_is_on_hold_hears_music_and_is_heard_by_no_party(self) -> None:
        if not self.on:
            return
        talkers = [self.agent, self.guest]
        if self.held:
            assert self.consumer.ear.music == SONG
            assert not self.consumer.ear.voices
            assert not any("consumer" in leg.ear.voices for leg in talkers)
        else:
            assert not self.consumer.ear.music
            assert all("consumer" in leg.ear.voices for leg in talkers if self.here(leg))

    @invariant()
    def agent_and_guest_hear_each_other(self) -> None:
        if self.on and self.bridge.guest is not None:
            assert "guest" in self.agent.ear.voices
            assert ("agent" in self.guest.ear.voices) == (self.held or not self.muted)


TestThree = Three.TestCase
TestThree.settings = settings(max_examples=80, stateful_step_count=25, deadline=None)


async def test_consulted_then_all_three_then_handed_over() -> None:
    async with scene() as s:
        engine = s.near.engine
        await engine.bridge("call-1", "leg-1")
        await engine.consult("call-1", "leg-2", g711.tone(MUSIC, 0.2))
        await s.consumer.until_it_hears(MUSIC)
        await s.agent.until_it_hears(GUEST)
        await s.supervisor.until_it_hears(AGENT)
        await press(s.agent.far, "7")
        await until(lambda: keys(s.supervisor.far) == "7")
        with pytest.raises(NotConnected):
            await engine.supervise("leg-2", "call-1", Supervision.LISTEN)
        await engine.resume("call-1")
        await s.consumer.until_it_hears(AGENT, GUEST)
        await s.agent.until_it_hears(CONSUMER, GUEST)
        await s.supervisor.until_it_hears(CONSUMER, AGENT)
        await engine.hand_over("call-1")
        await s.consumer.until_it_hears(GUEST)
        await s.supervisor.until_it_hears(CONSUMER)
        await s.agent.until_it_hears()
        assert [event.peer for event in s.near.seen(Bridged)] == ["leg-1", "leg-2"]
        assert s.near.seen(Unbridged) == []
        with pytest.raises(NotConnected):
            await engine.hand_over("call-1")
        assert keys(s.consumer.far) == ""


async def test_an_agent_lost_among_three_leaves_the_other_two_talking() -> None:
    async with scene() as s:
        engine = s.near.engine
        await _three(s)
        await engine.hangup("leg-1")
        await s.near.wait(Ended, "leg-1")
        await s.consumer.until_it_hears(GUEST)
        await s.supervisor.until_it_hears(CONSUMER)
        assert s.near.seen(Unbridged) == []


async def test_a_consumer_who_hangs_up_parts_all() -> None:
    async with scene() as s:
        await _three(s)
        await s.near.engine.hangup("call-1")
        await s.agent.until_it_hears()
        await s.supervisor.until_it_hears()
        for leg in ("leg-1", "leg-2"):
            assert [event.peer for event in s.near.seen(Unbridged, leg)] == ["call-1"]


async def _three(s: Scene) -> None:
    await s.near.engine.bridge("call-1", "leg-1")
    await s.near.engine.consult("call-1", "leg-2", g711.tone(MUSIC, 0.2))
    await s.near.engine.resume("call-1")
    await s.consumer.until_it_hears(AGENT, GUEST)


async def test_a_listed_number_is_called_by_the_trunk_and_no_other_can_be() -> None:
    hotline = "+12125550177"
    campaign = CampaignSettings(consult_numbers=(hotline,))
    assert campaign.listed("+12125550178") is None
    number = campaign.listed(hotline)
    assert number is not None
    async with far_side(answers) as far, desk(far.port) as near:
        spec = OutsideLegSpec(leg_id="out-1", number=number, caller_id="+12125550100")
        await near.engine.call_outside(spec)
        await near.engine.call_outside(spec)
        await near.wait(Answered, "out-1")
        assert [invite.uri.split("@")[0] for invite in far.requests("INVITE")] == [f"sip:{hotline}"]
        await near.engine.hangup("out-1")
        await near.wait(Ended, "out-1")

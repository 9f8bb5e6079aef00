"""Who hears whom: a consumer and an agent, hold, mute, and a supervisor beside them.

Each session of audio has a list of the sessions that it hears; a bridge writes those lists. With
one voice to hear, its bytes go on as they came; several are mixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from dialer.telephony.drivers.sip.media import Session
from dialer.telephony.port import Bridged, CallEvent, Supervision, Unbridged


class Party(Protocol):
    """A leg, as far as a bridge needs it."""

    id: str
    bridge: Bridge | None
    media: Session

    def tell(self, kind: type[CallEvent], **facts: Any) -> None: ...


class Bridge:
    """Joins two legs from the next tick until one of them leaves, or is over."""

    def __init__(self, consumer: Party, agent: Party) -> None:
        self.consumer = consumer
        self.agent = agent
        self._music: Sequence[bytes] | None = None
        self._muted = False
        self._supervisor: tuple[Party, Supervision] | None = None
        consumer.bridge = agent.bridge = self
        self._wire()
        consumer.tell(Bridged, peer=agent.id)
        agent.tell(Bridged, peer=consumer.id)

    def hold(self, music: Sequence[bytes]) -> None:
        """The consumer hears music, over and over, and the agent nothing, until `resume`."""
        self._music = music
        self._wire()

    def resume(self) -> None:
        self._music = None
        self._wire()

    def mute(self, muted: bool) -> None:
        """Whether the agent's voice is kept from the consumer."""
        self._muted = muted
        self._wire()

    def supervise(self, supervisor: Party, how: Supervision) -> None:
        """Let a third leg listen, be heard by the agent alone, or by both; one at a time."""
        if self._supervisor is not None and self._supervisor[0] is not supervisor:
            self._leave(self._supervisor[0])
        self._supervisor = (supervisor, how)
        supervisor.bridge = self
        self._wire()

    def pressed(self, party: Party, digit: str) -> None:
        """A key of one side is a key press towards the other."""
        if party is self.consumer:
            self.agent.media.press(digit)
        elif party is self.agent:
            self.consumer.media.press(digit)

    def without(self, party: Party, *, over: bool = False) -> None:
        """One of the legs leaves, or is over: then it is not told, for its end says so."""
        if self._supervisor is not None and party is self._supervisor[0]:
            self._supervisor = None
            self._leave(party)
            self._wire()
        else:
            self._end(party if over else None)

    def _end(self, over: Party | None) -> None:
        """Part the legs; what is not over goes on by itself."""
        if self._supervisor is not None:
            self._leave(self._supervisor[0])
        for party, other in ((self.consumer, self.agent), (self.agent, self.consumer)):
            self._leave(party)
            if party is not over:
                party.tell(Unbridged, peer=other.id)

    def _leave(self, party: Party) -> None:
        party.bridge = None
        party.media.hears()

    def _wire(self) -> None:
        consumer, agent = self.consumer.media, self.agent.media
        held = self._music is not None
        to_consumer = [] if held or self._muted else [agent]
        to_agent = [] if held else [consumer]
        if self._supervisor is not None:
            supervisor, how = self._supervisor[0].media, self._supervisor[1]
            supervisor.hears(consumer, agent)
            if how is not Supervision.LISTEN:
                to_agent.append(supervisor)
            if how is Supervision.BARGE and not held:
                to_consumer.append(supervisor)
        consumer.hears(*to_consumer, music=self._music or ())
        agent.hears(*to_agent)

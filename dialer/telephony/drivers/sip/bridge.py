"""Who hears whom: a consumer and an agent, hold, mute, a third party, and a supervisor beside.

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
    """Joins two legs from the next tick until one of them leaves, or is over.

    A third leg, the guest, may stand beside the agent. While the consumer is on hold these two
    talk alone, else all three hear each other.
    """

    def __init__(self, consumer: Party, agent: Party) -> None:
        self.consumer = consumer
        self.agent = agent
        self.guest: Party | None = None
        self._music: Sequence[bytes] | None = None
        self._muted = False
        self._supervisor: tuple[Party, Supervision] | None = None
        consumer.bridge = agent.bridge = self
        self._wire()
        consumer.tell(Bridged, peer=agent.id)
        agent.tell(Bridged, peer=consumer.id)

    def hold(self, music: Sequence[bytes]) -> None:
        """The consumer hears music, over and over, and nobody hears them, until `resume`."""
        self._music = music
        self._wire()

    def resume(self) -> None:
        self._music = None
        self._wire()

    def mute(self, muted: bool) -> None:
        """Whether the agent's voice is kept from the consumer."""
        self._muted = muted
        self._wire()

    def consult(self, guest: Party, music: Sequence[bytes]) -> None:
        """Let the agent talk with a guest while the consumer hears music."""
        self._music = music
        if guest is not self.guest:
            self.guest = guest
            guest.bridge = self
            guest.tell(Bridged, peer=self.agent.id)
        self._wire()

    def hand_over(self) -> None:
        """The guest takes the place of the agent, who leaves."""
        if self.guest is not None:
            self._succeed(over=None)

    def supervise(self, supervisor: Party, how: Supervision) -> None:
        """Let another leg listen, be heard by the agent alone, or by all; one at a time."""
        if self._supervisor is not None and self._supervisor[0] is not supervisor:
            self._leave(self._supervisor[0])
        self._supervisor = (supervisor, how)
        supervisor.bridge = self
        self._wire()

    def pressed(self, party: Party, digit: str) -> None:
        """A key of one side is a key press towards the other; a guest alone gets the agent's."""
        if party is self.consumer:
            self.agent.media.press(digit)
        elif party is self.agent:
            apart = self.guest is not None and self._music is not None
            other = self.guest if apart and self.guest is not None else self.consumer
            other.media.press(digit)

    def without(self, party: Party, *, over: bool = False) -> None:
        """One of the legs leaves, or is over: then it is not told, for its end says so.

        A guest who talks with the consumer takes the place of an agent who leaves.
        """
        if self._supervisor is not None and party is self._supervisor[0]:
            self._supervisor = None
            self._leave(party)
            self._wire()
        elif party is self.guest:
            self.guest = None
            self._part(party, self.agent, over=over)
            self._wire()
        elif party is self.agent and self.guest is not None and self._music is None:
            self._succeed(over=party if over else None)
        else:
            self._end(party if over else None)

    def _succeed(self, over: Party | None) -> None:
        before, heir = self.agent, self.guest
        assert heir is not None
        self.agent, self.guest = heir, None
        self._music, self._muted = None, False
        self._part(before, self.consumer, over=before is over)
        self._wire()
        self.consumer.tell(Bridged, peer=heir.id)
        heir.tell(Bridged, peer=self.consumer.id)

    def _end(self, over: Party | None) -> None:
        """Part the legs; what is not over goes on by itself."""
        if self._supervisor is not None:
            self._leave(self._supervisor[0])
        for party, other in (
            (self.consumer, self.agent),
            (self.agent, self.consumer),
            (self.guest, self.consumer),
        ):
            if party is not None:
                self._part(party, other, over=party is over)

    def _part(self, party: Party, other: Party, *, over: bool) -> None:
        self._leave(party)
        if not over:
            party.tell(Unbridged, peer=other.id)

    def _leave(self, party: Party) -> None:
        party.bridge = None
        party.media.hears()

    def _wire(self) -> None:
        consumer, agent = self.consumer.media, self.agent.media
        guest = self.guest.media if self.guest is not None else None
        held = self._music is not None
        to_consumer = [] if held or self._muted else [agent]
        to_agent = [] if held else [consumer]
        to_guest = [agent] if held else [consumer, *to_consumer]
        if guest is not None:
            to_agent.append(guest)
            to_consumer += [] if held else [guest]
        if self._supervisor is not None:
            supervisor, how = self._supervisor[0].media, self._supervisor[1]
            supervisor.hears(consumer, agent, *([guest] if guest is not None else []))
            if how is not Supervision.LISTEN:
                to_agent.append(supervisor)
            if how is Supervision.BARGE:
                to_guest.append(supervisor)
                to_consumer += [] if held else [supervisor]
        consumer.hears(*to_consumer, music=self._music or ())
        agent.hears(*to_agent)
        if guest is not None:
            guest.hears(*to_guest)

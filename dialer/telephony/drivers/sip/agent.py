"""An agent leg: the engine calls the agent's phone and keeps the leg up between consumers."""

from __future__ import annotations

from dialer.telephony.drivers.sip.hop import Hop
from dialer.telephony.drivers.sip.leg import Services
from dialer.telephony.drivers.sip.media import TICK
from dialer.telephony.drivers.sip.outgoing import OutgoingLeg, Target
from dialer.telephony.drivers.sip.registrar import Binding
from dialer.telephony.drivers.sip.trunk import Srtp
from dialer.telephony.port import AgentLegSpec, CallOutcome

LONGEST_QUIET = 10.0
"""Seconds without a packet from an agent's phone, not on hold, after which it is taken for dead."""


class AgentLeg(OutgoingLeg):
    """A leg towards a phone of ours. Raises NoPort where no RTP port is free."""

    def __init__(self, services: Services, spec: AgentLegSpec, binding: Binding) -> None:
        super().__init__(services, spec.leg_id, ring_timeout_s=spec.ring_timeout_s, symmetric=True)
        self._phone = spec.phone
        self._binding = binding

    def _target(self) -> Target:
        host, port = self._services.layer.advertised
        return Target(
            hop=Hop(address=self._binding.address, pinned=True),
            uri=self._binding.contact,
            caller=f"sip:ringfence@{host}:{port}",
            callee=f"sip:{self._phone}@{host}",
            srtp=Srtp.OPTIONAL if self._binding.address.transport == "TLS" else Srtp.OFF,
            # Two spellings of "answer by yourself" that desk phones and soft phones know.
            headers=(
                ("Call-Info", f"<sip:{host}>;answer-after=0"),
                ("Alert-Info", "<http://127.0.0.1>;info=alert-autoanswer"),
            ),
        )

    def heard(self, frame: bytes) -> None:
        lost = self.up and not self.media.held and self.media.quiet * TICK > LONGEST_QUIET
        if lost and self._talk is not None:
            self._talk.bye()
            self._finish(
                CallOutcome.ANSWERED, sip_code=200, reason="the phone went silent", by="network"
            )

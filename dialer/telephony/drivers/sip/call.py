"""A consumer leg: through a trunk, and on to the next one where the trunk itself fails."""

from __future__ import annotations

from collections.abc import Callable

from dialer.telephony.amd import Beep, Detector, Verdict
from dialer.telephony.drivers.sip.invitation import Failure
from dialer.telephony.drivers.sip.leg import Services
from dialer.telephony.drivers.sip.outgoing import OutgoingLeg, Target
from dialer.telephony.drivers.sip.session_timer import opening
from dialer.telephony.drivers.sip.trunk import Srtp, TrunkState
from dialer.telephony.port import BeepHeard, CallOutcome, CallSpec, MachineVerdict
from dialer.telephony.wire.message import Headers

_TRUNK_FAULTS = frozenset({CallOutcome.NO_ROUTE, CallOutcome.CONGESTION, CallOutcome.AUTH})
AUTH_PAUSE = 60.0
"""Seconds of rest for a trunk that refuses our credentials."""

OtherTrunk = Callable[[frozenset[str]], TrunkState | None]
"""A trunk that can take a call at once, of those not named."""


class Call(OutgoingLeg):
    """A call leg towards a consumer. Raises NoPort where no RTP port is free."""

    def __init__(
        self, services: Services, spec: CallSpec, trunk: TrunkState, other_trunk: OtherTrunk
    ) -> None:
        super().__init__(
            services,
            spec.call_id,
            ring_timeout_s=spec.ring_timeout_s,
            symmetric=trunk.trunk.symmetric_rtp,
        )
        self._spec = spec
        self.trunk = trunk
        self._other_trunk = other_trunk
        self._tried = frozenset({trunk.trunk.name})
        self._detector = Detector() if spec.detect_machine else None
        trunk.live += 1

    def _target(self) -> Target:
        trunk = self.trunk.trunk
        domain = trunk.from_domain or trunk.host
        number = trunk.caller_for(self._spec.number, self._spec.caller_id)
        caller = f"sip:{number}@{domain}"
        identity: Headers = ()
        if trunk.assert_identity or trunk.hide_caller:
            identity = (("P-Asserted-Identity", f"<{caller}>"),)
        if trunk.hide_caller:  # RFC 3323, 4.1.1.3; RFC 3325, 9.3
            identity = (*identity, ("Privacy", "id"))
            caller = "sip:anonymous@anonymous.invalid"
        how = "" if trunk.transport == "UDP" else f";transport={trunk.transport.lower()}"
        return Target(
            hop=self.trunk.hop,
            uri=f"sip:{self._spec.number}@{trunk.host}:{trunk.port}{how}",
            caller=caller,
            callee=f"sip:{self._spec.number}@{trunk.host}",
            srtp=trunk.srtp if trunk.transport == "TLS" else Srtp.OFF,
            headers=(*identity, *opening(trunk.session_s)),
        )

    def reached(self) -> None:
        self.trunk.heard()

    def _silent(self) -> None:
        self.trunk.silent()

    def _freed(self) -> None:
        super()._freed()
        self.trunk.live -= 1

    def _troubled(self, failure: Failure, outcome: CallOutcome) -> bool:
        if failure.gone is not None and not (self._timed_out or self._hanging_up):
            self.trunk.lost(failure.reason)
        elif outcome is CallOutcome.AUTH:
            self.trunk.pause("it refuses our credentials", AUTH_PAUSE)
        elif failure.retry_after is not None and outcome is CallOutcome.CONGESTION:
            self.trunk.pause("it asks for rest", failure.retry_after)
        return outcome in _TRUNK_FAULTS and self._rang is None and self._try_other()

    def _try_other(self) -> bool:
        other = self._other_trunk(self._tried)
        if other is None:
            return False
        self.trunk.live -= 1
        other.live += 1
        self.trunk = other
        self._tried |= {other.trunk.name}
        self._invite()
        return True

    def heard(self, frame: bytes) -> None:
        if self._detector is None or self._answered_at is None:
            return
        found = self._detector.feed(frame)
        if isinstance(found, Verdict):
            self.tell(
                MachineVerdict,
                verdict=found.machine,
                why=found.why,
                ms=found.ms,
                quiet_ms=found.quiet_ms,
                confidence=found.confidence,
            )
        elif isinstance(found, Beep):
            self.tell(BeepHeard)

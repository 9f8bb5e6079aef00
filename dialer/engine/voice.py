"""The call channel: a recorded message by telephone, followed and recorded."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.facts import Channel
from compliance.permit import NotCovered, Permit
from dialer.engine.call import CallReport, Calls
from dialer.engine.channels import Attempted
from dialer.engine.lines import Lines
from dialer.engine.prompts import ABANDONMENT, APOLOGY, LIMITED_CONTENT, RECORDING_NOTICE
from dialer.engine.recording_keeper import RecordingKeeper
from dialer.model.attempt import CallPlan, outcome
from dialer.model.campaign import Campaign
from dialer.model.campaign_settings import skills_needed
from dialer.model.case import Case
from dialer.pacing.lists import nearest
from dialer.store import consumers
from dialer.store.attempts import NOT_SENT
from dialer.store.database import Database
from dialer.telephony.causes import HistoryOutcome, unanswered_outcome
from dialer.telephony.port import CallSpec, EngineRefused
from scheduler.clock import Clock

AGENTLESS = "agentless"
STOP_KEY = "9"
"""The key that our message names for "do not call again"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceChannel:
    """Places calls; one that must be recorded waits for a vault that is ready.

    A person is given to an agent where the campaign has agents, and hears a message elsewhere.
    """

    db: Database
    calls: Calls
    keeper: RecordingKeeper
    clock: Clock
    caller_id: str
    ring_timeout_s: float
    lines: Lines

    async def ready(self) -> str | None:
        return await self.calls.ready()

    async def contact(
        self, permit: Permit, campaign: Campaign | None, case: Case, template: str
    ) -> Attempted:
        unready = await self._unready(permit)
        if unready is not None and permit.condition("record_call") is not None:
            return Attempted(outcome=NOT_SENT, detail={"reason": f"recorder: {unready}"})
        spec = CallSpec(
            call_id=permit.attempt_id,
            number=permit.address,
            caller_id=self._shown(campaign, permit.address),
            ring_timeout_s=self.ring_timeout_s,
            detect_machine=True,
        )
        by_agent, language = False, case.consumer.language or "en"
        if campaign is not None:
            self.lines.launched(
                spec.call_id,
                campaign.id,
                case.id,
                case.consumer.id,
                needs=skills_of(campaign, case),
                recorded_in=language if unready is None else None,
            )
            errand = self.lines.errand(spec.call_id)
            by_agent = errand is not None and errand.dialed_by is not None
        if by_agent and not self._kept(spec.call_id):
            self.lines.over(spec.call_id)
            return Attempted(outcome=NOT_SENT, detail={"reason": "the agent is not ready any more"})
        plan = CallPlan(
            live_message=template,
            voicemail=LIMITED_CONTENT,
            record=unready is None,
            recording_notice=RECORDING_NOTICE,
            detect_machine=not by_agent,
            limited_content=True,
            agent=campaign is not None and self._with_agents(campaign),
            abandonment=ABANDONMENT,
            apology=APOLOGY,
        )
        try:
            report = await self.calls.place(permit, spec, plan, language=language)
        except (EngineRefused, NotCovered) as error:
            return Attempted(outcome=NOT_SENT, detail={"reason": str(error)})
        finally:
            if by_agent and self.calls.agents is not None:
                self.calls.agents.dialed(spec.call_id)
            self.lines.over(spec.call_id)
        return _attempted(report)

    def _kept(self, call_id: str) -> bool:
        return self.calls.agents is not None and self.calls.agents.dialing(call_id)

    def _shown(self, campaign: Campaign | None, number: str) -> str:
        """The caller id that the consumer sees: a number of the house, the nearest of its pool."""
        if campaign is None:
            return self.caller_id
        own = campaign.caller_id or self.caller_id
        return nearest(campaign.settings.caller_ids, number, own)

    async def _unready(self, permit: Permit) -> str | None:
        """None where the call is recorded, else why not.

        Where every party has to agree to it beforehand nothing is recorded: an announcement asks
        nobody.
        """
        if permit.condition("recording_consent") is not None:
            return "a recording needs the consent of all parties"
        return await self.keeper.vault.ready()

    def _with_agents(self, campaign: Campaign) -> bool:
        return campaign.mode != AGENTLESS and self.calls.agents is not None

    async def after(self, permit: Permit, case: Case, attempted: Attempted) -> None:
        if self.calls.agents is not None:
            self.calls.agents.kept(permit.attempt_id)
        if STOP_KEY in attempted.keys:
            await consumers.opt_out(
                self.db,
                case.consumer.id,
                channel=Channel.CALL,
                at=self.clock.now(),
                source="keypress",
            )
        if attempted.recording_error is not None:
            await self.keeper.failed(permit.attempt_id, "not_whole")
        if attempted.recording is not None:
            await self.keeper.seal(
                permit.attempt_id, attempted.recording, notice_ms=attempted.notice_ms
            )


def skills_of(campaign: Campaign, case: Case) -> frozenset[str]:
    """The skills that a talk on this case takes in the campaign."""
    person = case.consumer
    return skills_needed(
        campaign.settings,
        language=person.language,
        country=person.country,
        region=person.region,
    )


def _attempted(report: CallReport) -> Attempted:
    call, ended = report.call, report.call.ended
    assert ended is not None
    word = outcome(call)
    read = (
        unanswered_outcome(ended)
        if word is None
        else HistoryOutcome(outcome=word, counts_as_connected=True)
    )
    return Attempted(
        outcome=read.outcome,
        counts_as_connected=read.counts_as_connected,
        detail={
            "sip_code": ended.sip_code,
            "q850": ended.q850,
            "reason": ended.reason,
            "hung_up_by": ended.hung_up_by,
            "ringing_seen": ended.ringing_seen,
            "ring_ms": ended.ring_ms,
            "talk_ms": ended.talk_ms,
            "provider_id": ended.provider_id,
            "machine": call.machine,
            "machine_why": call.machine_why,
            "machine_confidence": call.machine_confidence,
            "notice_played": call.notice_played,
            "notice_ms": call.notice_ms,
            "message_completed": call.message_completed,
            "agent_lost": call.agent_lost,
            "digits": call.digits,
        },
        recording=report.recording,
        recording_error=report.recording_error,
        notice_ms=call.notice_ms,
        keys=call.digits,
    )

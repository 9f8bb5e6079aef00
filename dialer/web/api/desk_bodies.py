"""The documents of the agents' desks and of the floor."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from dialer.engine.desk import DeskView
from dialer.engine.disposal import CallbackSaid, DisputeSaid, PromiseSaid, Said
from dialer.model.agent import AgentState
from dialer.model.consultation import Stage
from dialer.model.disposition import Code
from dialer.model.dispute import DisputeKind

BREAKS = ("coffee", "lunch", "meeting", "coaching", "personal", "training")
"""Reason codes of breaks; training is a state of its own."""


class _Document(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class SipAccount(BaseModel):
    """What goes into the agent's phone. The password is shown this once."""

    name: str
    password: str
    registrar: str = Field(description="host:port")


class LogIn(BaseModel):
    campaigns: list[str] = Field(
        default_factory=list, description="in the order in which they come first; none = all"
    )


class Away(BaseModel):
    """A break, or training that counts as work but takes no calls."""

    reason: Literal["coffee", "lunch", "meeting", "coaching", "personal", "training"]


class Switch(BaseModel):
    on: bool


class Keys(BaseModel):
    digits: str = Field(pattern=r"^[0-9*#]{1,32}$")


class ConsultationNow(_Document):
    """Whom the agent has asked into the call, and how far that is."""

    guest: str = Field(description="a colleague's name, or a number outside")
    outside: bool
    stage: Stage
    confirmed: bool = Field(description="who is outside may be told of the debt")


class CallNow(_Document):
    """The call on the desk; `ended` until it is disposed of."""

    call_id: str
    case_id: str
    campaign_id: str
    since: datetime
    ended: bool
    held: bool
    muted: bool
    unrecorded: bool = Field(description="the recording is paused")
    consultation: ConsultationNow | None
    asked_by: str | None = Field(description="the colleague who asked this agent into the call")
    note: str = Field(description="theirs")
    guest: bool = Field(description="the call is that colleague's still")
    passed_on: bool = Field(description="the call goes on without this agent")


class PreviewNow(BaseModel):
    """A case before the agent; at `until` it is called by itself, null = on their word alone."""

    case_id: str
    campaign_id: str
    since: datetime
    until: datetime | None


class PreviewAct(BaseModel):
    act: Literal["dial", "skip"]


class CaseToCall(BaseModel):
    case_ref: str = Field(min_length=1, max_length=120)


class DeskNow(BaseModel):
    """An agent's desk as it stands."""

    agent: str
    now: datetime
    state: str
    since: datetime
    reason: str | None
    told: str | None
    wish: str | None = Field(description="the state that follows the present call")
    phone: str | None = Field(description="the SIP user; null = none is set up")
    calling: bool = Field(description="the agent's phone is being rung")
    registrar: str
    call: CallNow | None
    preview: PreviewNow | None = None

    @classmethod
    def of(cls, view: DeskView, registrar: str, now: datetime) -> DeskNow:
        """The document of a desk."""
        agent, screen, shown = view.agent, view.screen, view.preview
        call = None
        if screen is not None:
            call = CallNow(
                call_id=screen.errand.call_id,
                case_id=screen.errand.case_id,
                campaign_id=screen.errand.campaign_id,
                since=screen.since,
                ended=screen.ended,
                held=screen.held,
                muted=screen.muted,
                unrecorded=screen.unrecorded,
                consultation=screen.consultation
                and ConsultationNow.model_validate(screen.consultation),
                asked_by=screen.asked_by,
                note=screen.note,
                guest=screen.guest,
                passed_on=screen.passed_on,
            )
        return cls(
            agent=agent.id,
            now=now,
            state=agent.state,
            since=agent.since,
            reason=agent.reason,
            told=agent.told,
            wish=agent.wish.state if agent.wish else None,
            phone=view.phone,
            calling=view.calling,
            registrar=registrar,
            call=call,
            preview=shown
            and PreviewNow(
                case_id=shown.due.case_id,
                campaign_id=shown.due.campaign_id,
                since=shown.since,
                until=shown.until,
            ),
        )


class Debt(_Document):
    id: str
    debt_ref: str
    creditor: str | None
    product: str | None
    currency: str | None
    owed_minor: int | None
    days_past_due: int | None
    disputed: bool
    status: str


class Contact(_Document):
    at: datetime
    channel: str | None
    direction: str | None
    outcome: str


class Note(_Document):
    at: datetime
    by: str | None
    code: str
    notes: str | None


class ScriptLine(_Document):
    kind: str
    name: str
    text: str
    rule_id: str | None


class NextCall(BaseModel):
    """When the consumer may be called next, and what binds."""

    first_allowed_at: datetime | None
    binding_rule: str | None
    unlock: str | None


class Case(BaseModel):
    """The case of the call on the desk; nothing of the debt until `debt_shown`."""

    id: str
    case_ref: str
    consumer_id: str
    full_name: str
    language: str | None
    creditor: str | None
    local_times: dict[str, str]
    debts: list[Debt]
    history: list[Contact]
    notes: list[Note]
    open_promises: list[dict[str, Any]]
    script: list[ScriptLine]
    next_call: NextCall | None
    debt_shown: bool


class Promise(BaseModel):
    amount_minor: int = Field(gt=0)
    currency: str = Field(min_length=3, max_length=3)
    due_on: date
    debt_id: str | None = Field(default=None, description="null = the whole case")


class Callback(BaseModel):
    at: AwareDatetime
    own: bool = Field(default=False, description="by this agent")


class Dispute(BaseModel):
    kind: DisputeKind
    statement: str = Field(min_length=1, max_length=4000)
    unidentified: bool = Field(default=False, description="they would not say who they are")


class Disposition(BaseModel):
    """What came of a call; `debts` are those that were discussed."""

    call_id: str
    code: Code
    debts: list[str] = Field(default_factory=list)
    notes: str = Field(default="", max_length=4000)
    promise: Promise | None = None
    callback: Callback | None = None
    dispute: Dispute | None = None

    def said(self) -> Said:
        """The same for the engine."""
        promise, callback, dispute = self.promise, self.callback, self.dispute
        return Said(
            call_id=self.call_id,
            code=self.code,
            debts=tuple(self.debts),
            notes=self.notes.strip(),
            promise=PromiseSaid(**promise.model_dump()) if promise else None,
            callback=CallbackSaid(**callback.model_dump()) if callback else None,
            dispute=DisputeSaid(**dispute.model_dump()) if dispute else None,
        )


class Disposed(BaseModel):
    id: str


class FloorAgent(BaseModel):
    agent: str
    state: AgentState
    since: datetime
    reason: str | None
    call_id: str | None


class FloorCampaign(_Document):
    """A running campaign: its agents, its calls by stage, its budget, and why it waits."""

    campaign_id: str
    name: str
    mode: str
    lines: int
    settings: dict[str, Any]
    ringing: int
    detecting: int
    waiting: int
    talking: int
    agents: dict[str, int]
    wanted: int
    why: str
    budget: dict[str, Any]
    pacer: dict[str, Any]


class Floor(BaseModel):
    agents: list[FloorAgent]
    campaigns: list[FloorCampaign]


class WhyNote(BaseModel):
    """One thing that holds a campaign up; `until` where time alone goes on."""

    why: str
    cases: int
    until: datetime | None
    zone: str | None
    rule: str | None
    channel: str | None
    reason: str | None


class Why(BaseModel):
    """Why a campaign dials nobody; without notes it dials."""

    campaign_id: str
    name: str
    state: str
    mode: str
    due: int
    waiting: int
    under_way: int
    agents: dict[str, int]
    lines: dict[str, int]
    notes: list[WhyNote]


class Pacing(BaseModel):
    """How fast a campaign dials."""

    mode: Literal["manual", "preview", "progressive", "power", "predictive", "agentless"]
    lines: int = Field(ge=0, le=5000)
    ratio: float | None = Field(default=None, ge=0.5, le=5, description="of the power mode")
    timer: float | None = Field(
        default=None, ge=1, le=1200, description="seconds of a preview; null = no limit"
    )


class Dismissal(BaseModel):
    reason: str = Field(min_length=1, max_length=40)
    told: str = Field(min_length=1, max_length=400)

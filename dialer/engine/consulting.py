"""Agents ask a third party into their calls: a colleague, or a number that the campaign lists.

What may follow what is `dialer.model.consultation`. Each step is in the ledger: what an agent asks
for before it is done, what happens by itself right after it.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from dialer.engine.lines import Errand
from dialer.engine.prompts import RECORDING_NOTICE, Prompts, load_music
from dialer.engine.screens import NotNow, OnScreen, Screens
from dialer.model.agent import AgentId, Refused
from dialer.model.call_events import Answered, Bridged, CallEvent, Ended, Unbridged
from dialer.model.consultation import Action, Consultation, Signal, Stage, advance
from dialer.store import campaigns, consultations
from dialer.store.consultations import ConsultationStep, Step
from dialer.store.database import Database
from dialer.store.notes import NewNote, NoteKind
from dialer.store.notes import add as add_note
from dialer.telephony.port import (
    EngineRefused,
    NotConnected,
    OutsideLegSpec,
    TelephonyEngine,
    UnknownCall,
)
from dialer.telephony.wire import g711

log = structlog.get_logger(__name__)

JOIN_TONE = g711.tone(800, 0.2, level=0.1)
"""What a colleague hears the moment that they are in a talk."""


class Staff(Protocol):
    """What the desk does with agents who are asked into a talk."""

    def summon(self, name: str, talk: str, screen: OnScreen) -> str:
        """Take the agent into the talk, with its case before them; their leg. Raises NotNow."""
        ...

    def let_go(self, name: str, talk: str) -> None:
        """The talk goes on without them."""
        ...

    def succeed(self, name: str, call_id: str) -> None:
        """The call is theirs; the agent whose it was wraps up."""
        ...

    def relieve(self, call_id: str) -> None:
        """The agent of the call wraps up, though the consumer talks on."""
        ...

    def tell(self, name: str) -> None:
        """The agent's page shows the call otherwise."""
        ...


@dataclass(slots=True, kw_only=True)
class _Talk:
    """A consultation of one call. `id` stands for it on the floor, and is the leg's outside."""

    id: str
    owner: AgentId
    errand: Errand
    state: Consultation
    leg_id: str = ""


class Consulting:
    """The consultations of all agents; one at a time on each call. All raise NotNow."""

    def __init__(
        self,
        *,
        engine: TelephonyEngine,
        screens: Screens,
        staff: Staff,
        db: Database,
        caller_id: str,
        prompts: Prompts,
    ) -> None:
        self._engine = engine
        self._screens = screens
        self._staff = staff
        self._db = db
        self._caller_id = caller_id
        self._prompts = prompts
        self._music = load_music()
        self._talks: dict[str, _Talk] = {}  # by call
        self._legs: dict[str, _Talk] = {}  # by the third party's leg
        self._work: set[asyncio.Task[None]] = set()

    # What agents ask

    async def ask_colleague(self, name: str, colleague: str, note: str) -> None:
        """Put the consumer on hold and talk with a colleague, who sees the case and the note."""
        if colleague == name:
            raise NotNow("nobody consults themselves")
        talk = await self._open(name, colleague, outside=False, note=note)
        owner = self._screens.talk(name)
        shown = replace(
            owner, held=False, muted=False, asked_by=name, note=note.strip(), guest=True
        )
        try:
            talk.leg_id = self._staff.summon(colleague, talk.id, shown)
        except NotNow:
            self._talks.pop(talk.errand.call_id, None)
            raise
        self._legs[talk.leg_id] = talk
        problem = await self._happen(talk, Signal.JOINED)
        if problem is not None:
            raise NotNow(problem)

    async def ask_outside(self, name: str, number: str, note: str) -> None:
        """Put the consumer on hold and call a number that the campaign lists."""
        errand = self._screens.talk(name).errand
        async with self._db.read() as conn:
            campaign = await campaigns.load(conn, errand.campaign_id)
            consumers = await consultations.is_consumers(conn, number)
        listed = campaign.settings.listed(number)
        if listed is None:
            raise NotNow(f"{number} is not among the numbers that {campaign.name} lets you consult")
        if consumers:
            raise NotNow(f"{number} is a consumer's number: it is called with a permit alone")
        talk = await self._open(name, number, outside=True, note=note)
        talk.leg_id = talk.id
        self._legs[talk.leg_id] = talk
        caller_id = campaign.caller_id or self._caller_id
        spec = OutsideLegSpec(leg_id=talk.leg_id, number=listed, caller_id=caller_id)
        try:
            await self._engine.call_outside(spec)
        except EngineRefused as error:
            await self._happen(talk, Signal.GONE)
            raise NotNow(str(error)) from error
        try:
            await self._engine.hold(errand.call_id, self._music)
        except (NotConnected, UnknownCall) as error:
            await self._happen(talk, Signal.PARTED)
            raise NotNow(str(error)) from error
        if talk.state.stage is Stage.CALLING:
            self._show(talk, held=True)

    async def bring_together(self, name: str, *, confirmed: bool) -> None:
        """Let all three talk; `confirmed`: who is outside may be told of the debt."""
        await self._ask(name, Signal.BRING_TOGETHER, Step.TOGETHER, confirmed=confirmed)

    async def hand_over(self, name: str, *, confirmed: bool) -> None:
        """Leave the call to the third party; the rest follows by what the telephone tells."""
        await self._ask(name, Signal.HAND_OVER, None, confirmed=confirmed)

    async def go_back(self, name: str) -> None:
        """Go on with the consumer alone; a colleague who was asked in leaves the talk."""
        screen = self._screens.of(name)
        if screen is not None and screen.guest and not screen.ended:
            talk = self._talks.get(screen.errand.call_id)
            if talk is not None and talk.state.guest == name:
                await self._engine.unbridge(talk.leg_id)
                await self._happen(talk, Signal.GONE)
                return
        await self._ask(name, Signal.GO_BACK, Step.BACK)

    def outside_leg(self, call_id: str) -> str | None:
        """The leg of somebody outside whom the agent of this call talks with alone."""
        talk = self._talks.get(call_id)
        apart = talk is not None and talk.state.outside and talk.state.stage is Stage.APART
        return talk.leg_id if talk is not None and apart else None

    def asked_by(self, name: str, case_id: str) -> str | None:
        """The colleague who asked this agent into their call on the case."""
        screen = self._screens.of(name)
        here = screen is not None and screen.errand.case_id == case_id
        return screen.asked_by if screen is not None and here else None

    # What the telephone tells

    def told(self, event: CallEvent) -> bool:
        """An event of a leg; True where it is a third party's, and of no other interest."""
        talk = self._legs.get(event.call_id)
        if talk is None:
            return False
        match event:
            case Answered():
                self._later(talk, Signal.JOINED)
            case Unbridged(peer=peer) if peer == talk.errand.call_id:
                self._later(talk, Signal.PARTED)
            case Ended():
                self._later(talk, Signal.GONE)
        return talk.state.outside or isinstance(event, Bridged)

    def took_over(self, call_id: str, leg_id: str) -> bool:
        """The third party's leg has taken the agent's place; whether it is a colleague's."""
        talk = self._legs.get(leg_id)
        if talk is None or talk.errand.call_id != call_id:
            return False
        moved = advance(talk.state, Signal.SUCCEEDED)
        if isinstance(moved, Refused):
            log.warning("a call was handed over unasked", why=moved.why)
            return False
        talk.state = moved[0]
        self._note(talk, Step.HANDED_OVER)
        self._passed_on(talk)
        return not talk.state.outside

    def left(self, call_id: str) -> None:
        """The agent of this call has no more part in it."""
        talk = self._talks.get(call_id)
        if talk is not None:
            self._later(talk, Signal.AGENT_LEFT)

    # Within

    async def _open(self, name: str, guest: str, *, outside: bool, note: str) -> _Talk:
        screen = self._screens.talk(name)
        errand = screen.errand
        if errand.call_id in self._talks:
            raise NotNow("somebody is consulted already")
        talk = _Talk(
            id=f"talk-{secrets.token_hex(8)}",
            owner=AgentId(name),
            errand=errand,
            state=Consultation(guest=guest, outside=outside),
        )
        self._talks[errand.call_id] = talk
        asked = False
        try:
            if note.strip():
                written = NewNote(
                    case_id=errand.case_id, kind=NoteKind.HAND_OVER, text=note, by=name
                )
                await add_note(self._db, written, now=self._db.clock.now())
            await self._enter(talk, Step.ASKED)
            self._screens.talk(name)  # it may have ended meanwhile
            asked = True
        finally:
            if not asked:
                self._talks.pop(errand.call_id, None)
        return talk

    async def _ask(
        self, name: str, signal: Signal, step: Step | None, *, confirmed: bool = False
    ) -> None:
        talk = self._talks.get(self._screens.talk(name).errand.call_id)
        if talk is None:
            raise NotNow("nobody is consulted")
        wanted = talk.state.confirm() if confirmed else talk.state
        moved = advance(wanted, signal)
        if isinstance(moved, Refused):
            raise NotNow(moved.why)
        if wanted != talk.state and wanted.outside:
            await self._enter(talk, Step.CONFIRMED, confirmed=True)
        if confirmed:
            talk.state = talk.state.confirm()
        if step is not None:
            await self._enter(talk, step)
        refused = await self._happen(talk, signal)
        if refused is not None:
            raise NotNow(refused)

    async def _happen(self, talk: _Talk, signal: Signal) -> str | None:
        """Take a signal and do what it asks for; the reason where it does not apply."""
        moved = advance(talk.state, signal)
        if isinstance(moved, Refused):
            return moved.why
        before = talk.state
        talk.state, actions = moved
        if talk.state.stage is Stage.OVER:
            self._close(talk, held=False if Action.RESUME in actions else None)
        elif before.stage is not talk.state.stage:
            self._show(talk, held=talk.state.stage is Stage.APART)
        problem = None
        for action in actions:
            try:
                await self._do(talk, action)
            except (NotConnected, UnknownCall) as error:
                problem = str(error)
        if problem is not None and Action.JOIN in actions:
            await self._happen(talk, Signal.GONE)
        step = _STEPS.get(signal)
        if step is not None:
            await self._enter(talk, step)
        return problem

    async def _do(self, talk: _Talk, action: Action) -> None:
        call_id = talk.errand.call_id
        match action:
            case Action.JOIN:
                await self._engine.consult(call_id, talk.leg_id, self._music)
                await self._greet(talk)
            case Action.BRING_TOGETHER | Action.RESUME:
                await self._engine.resume(call_id)
            case Action.HAND_OVER:
                await self._engine.hand_over(call_id)
            case Action.DROP if talk.state.outside:
                await self._engine.hangup(talk.leg_id)
            case Action.DROP:
                await self._engine.unbridge(talk.leg_id)

    async def _greet(self, talk: _Talk) -> None:
        """A tone for a colleague; somebody outside hears that the call is recorded, if it is."""
        language = talk.errand.recorded_in
        if not talk.state.outside:
            await self._engine.play(talk.leg_id, JOIN_TONE, name="joined")
        elif language is not None:
            notice = self._prompts.frames(language, RECORDING_NOTICE)
            await self._engine.play(talk.leg_id, notice, name=RECORDING_NOTICE)

    def _close(self, talk: _Talk, *, held: bool | None) -> None:
        """Nobody is consulted any more; the consumer may still be on hold."""
        self._talks.pop(talk.errand.call_id, None)
        self._legs.pop(talk.leg_id, None)
        if not talk.state.outside and talk.leg_id:
            self._staff.let_go(talk.state.guest, talk.id)
        self._show(talk, held=held)

    def _passed_on(self, talk: _Talk) -> None:
        call_id, state = talk.errand.call_id, talk.state
        if state.outside:
            self._staff.relieve(call_id)
        else:
            self._talks.pop(call_id, None)
            self._legs.pop(talk.leg_id, None)
            self._staff.succeed(state.guest, call_id)
        screen = self._screens.of(talk.owner)
        if screen is not None and screen.errand.call_id == call_id:
            self._screens.change(talk.owner, replace(screen, passed_on=True, consultation=state))
            self._staff.tell(talk.owner)

    def _show(self, talk: _Talk, *, held: bool | None) -> None:
        screen = self._screens.of(talk.owner)
        if screen is None or screen.errand.call_id != talk.errand.call_id or screen.passed_on:
            return
        over = talk.state.stage is Stage.OVER
        shown = replace(screen, consultation=None if over else talk.state)
        if held is not None and not screen.ended:
            shown = replace(shown, held=held)
        self._screens.change(talk.owner, shown)
        self._staff.tell(talk.owner)

    async def _enter(self, talk: _Talk, step: Step, *, confirmed: bool = False) -> None:
        await consultations.enter(
            self._db,
            ConsultationStep(
                step=step,
                call_id=talk.errand.call_id,
                inbound=talk.errand.inbound,
                case_id=talk.errand.case_id,
                consumer_id=talk.errand.consumer_id,
                by=talk.owner,
                guest=talk.state.guest,
                outside=talk.state.outside,
                confirmed=confirmed or talk.state.confirmed,
            ),
        )

    def _later(self, talk: _Talk, signal: Signal) -> None:
        async def happen() -> None:
            await self._happen(talk, signal)

        self._start(happen())

    def _note(self, talk: _Talk, step: Step) -> None:
        self._start(self._enter(talk, step))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)


_STEPS = {
    Signal.JOINED: Step.JOINED,
    Signal.GONE: Step.LEFT,
    Signal.PARTED: Step.ENDED,
    Signal.AGENT_LEFT: Step.ENDED,
}

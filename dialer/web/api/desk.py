"""The API of the agents' desks, of the live desk by WebSocket, and of the floor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Annotated, cast
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request, WebSocket
from starlette.websockets import WebSocketDisconnect

from compliance.facts import Channel, Mode
from dialer.casework.terms import NoTerms
from dialer.engine.case_script import case_script
from dialer.engine.disposal import NotDisposed
from dialer.engine.manual import call_case
from dialer.engine.next_moment import next_moments
from dialer.engine.previews import Wanted
from dialer.engine.screens import NotNow
from dialer.feed.feed import GAP
from dialer.model.agent import AgentState
from dialer.reports.desk_case import DeskCase, before_identity, desk_case
from dialer.reports.why import Answer, why
from dialer.store import campaigns, recordings
from dialer.store.accounts import Actor
from dialer.store.attempts import StillOpen
from dialer.store.dispositions import AlreadyDisposed
from dialer.web.api import desk_bodies as bodies
from dialer.web.api.casework_base import debt_shown
from dialer.web.api.desk_bodies import Why
from dialer.web.auth import Permission, identify, may, require, services_of
from dialer.web.looking import add_to_look, open_look
from dialer.web.problems import PROBLEM_RESPONSES
from dialer.web.services import FloorServices, Services

STILL_THERE_S = 15.0
"""A page that says nothing is sent its desk again, and its session looked at, so often."""
SIGNED_OUT = 4401
NO_FLOOR = 4404

router = APIRouter(prefix="/api/v1", responses=PROBLEM_RESPONSES)

Works = Annotated[Actor, Depends(require(Permission.WORK_DESK))]
Controls = Annotated[Actor, Depends(require(Permission.CONTROL_CAMPAIGNS))]


def floor_of(services: Services) -> FloorServices:
    if services.floor is None:
        raise HTTPException(409, "this process has no agents' floor")
    return services.floor


@contextmanager
def answering() -> Iterator[None]:
    """What does not apply now as a problem document."""
    try:
        yield
    except (NotNow, AlreadyDisposed, StillOpen) as error:
        raise HTTPException(409, str(error)) from error
    except LookupError as error:
        raise HTTPException(404, str(error)) from error


def desk_now(request: Request, actor: Actor) -> bodies.DeskNow:
    services = services_of(request)
    floor = floor_of(services)
    view = floor.desk.view(actor.name)
    return bodies.DeskNow.of(view, floor.registrar, services.clock.now())


@router.get("/desk", tags=["desk"])
async def get_desk(request: Request, actor: Works) -> bodies.DeskNow:
    """The agent's own desk."""
    return desk_now(request, actor)


@router.post("/desk/phone", tags=["desk"])
async def issue_phone(request: Request, actor: Works) -> bodies.SipAccount:
    """A new SIP account for the agent's phone; the one before stops working."""
    floor = floor_of(services_of(request))
    account = await floor.desk.phones.issue(actor.name, by=actor.name)
    return bodies.SipAccount(
        name=account.name, password=account.password, registrar=floor.registrar
    )


@router.post("/desk/log-in", tags=["desk"])
async def log_in(request: Request, actor: Works, body: bodies.LogIn) -> bodies.DeskNow:
    """Ring the agent's phone; once it answers, the agent is logged in, on a break."""
    with answering():
        await floor_of(services_of(request)).desk.log_in(
            actor.name, body.campaigns, leads=may(actor, Permission.CONTROL_CAMPAIGNS)
        )
    return desk_now(request, actor)


@router.post("/desk/log-out", tags=["desk"])
async def log_out(request: Request, actor: Works) -> bodies.DeskNow:
    """Out of work, after the present call."""
    with answering():
        desk = floor_of(services_of(request)).desk
        desk.step_away(actor.name, AgentState.OFFLINE, "log-out")
    return desk_now(request, actor)


@router.post("/desk/ready", tags=["desk"])
async def go_ready(request: Request, actor: Works) -> bodies.DeskNow:
    """Ready for a call."""
    with answering():
        floor_of(services_of(request)).desk.go_ready(actor.name)
    return desk_now(request, actor)


@router.post("/desk/break", tags=["desk"])
async def take_break(request: Request, actor: Works, body: bodies.Away) -> bodies.DeskNow:
    """On a break or in training, after the present call."""
    with answering():
        desk = floor_of(services_of(request)).desk
        training = body.reason == "training"
        state = AgentState.TRAINING if training else AgentState.ON_BREAK
        desk.step_away(actor.name, state, body.reason)
    return desk_now(request, actor)


@router.post("/desk/call/hang-up", tags=["desk"])
async def hang_up(request: Request, actor: Works) -> bodies.DeskNow:
    """End the consumer's call; the agent's own leg stays."""
    with answering():
        await floor_of(services_of(request)).desk.talk.hang_up(actor.name)
    return desk_now(request, actor)


@router.post("/desk/call/hold", tags=["desk"])
async def hold(request: Request, actor: Works, body: bodies.Switch) -> bodies.DeskNow:
    """Music for the consumer, or back."""
    with answering():
        await floor_of(services_of(request)).desk.talk.hold(actor.name, body.on)
    return desk_now(request, actor)


@router.post("/desk/call/recording", tags=["desk"])
async def pause_recording(request: Request, actor: Works, body: bodies.Switch) -> bodies.DeskNow:
    """Keep what is said out of the recording (a card number), or record on; the ledger says so."""
    services = services_of(request)
    desk = floor_of(services).desk
    with answering():
        await desk.talk.pause_recording(actor.name, not body.on)
        screen = desk.view(actor.name).screen
        if screen is not None:
            call_id = screen.errand.call_id
            await recordings.paused(services.db, call_id, by=actor.name, on=not body.on)
    return desk_now(request, actor)


@router.post("/desk/call/mute", tags=["desk"])
async def mute(request: Request, actor: Works, body: bodies.Switch) -> bodies.DeskNow:
    """Keep the agent's voice from the consumer, or not."""
    with answering():
        await floor_of(services_of(request)).desk.talk.mute(actor.name, body.on)
    return desk_now(request, actor)


@router.post("/desk/call/keys", tags=["desk"])
async def press(request: Request, actor: Works, body: bodies.Keys) -> bodies.DeskNow:
    """Press keys towards the consumer."""
    with answering():
        await floor_of(services_of(request)).desk.talk.press(actor.name, body.digits)
    return desk_now(request, actor)


@router.post("/desk/preview", tags=["desk"])
async def preview(request: Request, actor: Works, body: bodies.PreviewAct) -> bodies.DeskNow:
    """Call the case that is shown, or skip it: it comes up again later."""
    with answering():
        floor_of(services_of(request)).desk.want(actor.name, Wanted(body.act))
    return desk_now(request, actor)


@router.post("/desk/dial", tags=["desk"])
async def dial(request: Request, actor: Works, body: bodies.CaseToCall) -> bodies.DeskNow:
    """Call a case of one's own choice, in a campaign dialed by hand; the gate decides."""
    services = services_of(request)
    with answering():
        await call_case(services.db, floor_of(services).desk, actor.name, body.case_ref)
    return desk_now(request, actor)


@router.get("/desk/case", tags=["desk"])
async def get_case(request: Request, actor: Works) -> bodies.Case:
    """The case of the call on the desk or of the preview: script, history, next lawful moment."""
    services = services_of(request)
    view = floor_of(services).desk.view(actor.name)
    if view.screen is not None:
        case_id, purpose = view.screen.errand.case_id, f"call {view.screen.errand.call_id}"
    elif view.preview is not None:
        case_id, purpose = view.preview.due.case_id, "preview"
    else:
        raise HTTPException(404, "no call is on the desk")
    async with services.db.read() as conn:
        case = await desk_case(conn, case_id, services.clock.now())
    if case is None:
        raise HTTPException(404, "there is no such case")
    shown = await debt_shown(request, actor, case.id, None)
    open_look(request, actor)
    add_to_look(
        request,
        consumer_id=case.consumer_id,
        case_id=case.id,
        purpose=purpose,
        debt=shown,
    )
    if not shown:
        case = before_identity(case)
    return await _case(services, case, actor)


@router.post("/desk/disposition", tags=["desk"])
async def dispose(request: Request, actor: Works, body: bodies.Disposition) -> bodies.Disposed:
    """Note what came of the call: code, debts discussed, promise, callback, dispute.

    409 with every reason where something can't be taken; then nothing is noted.
    """
    with answering():
        answer = await floor_of(services_of(request)).disposal.dispose(actor.name, body.said())
    if isinstance(answer, NotDisposed):
        reasons = "; ".join(answer.reasons)
        first = answer.first_allowed_at
        detail = f"{reasons} (from {first.isoformat()})" if first else reasons
        raise HTTPException(409, detail)
    return bodies.Disposed(id=answer)


@router.websocket("/desk/live")
async def live(socket: WebSocket) -> None:
    """The desk, whole, at once and whenever it changes: a page that comes back needs no more.

    Closed with 4401 for whoever is not logged in as an agent, 4404 where there is no floor.
    """
    await socket.accept()
    actor = await _agent(socket)
    services = cast(Services, socket.app.state.services)
    if actor is None or services.floor is None:
        await socket.close(SIGNED_OUT if actor is None else NO_FLOOR)
        return
    desk = services.floor.desk
    desk.pages.opened(actor.name)
    try:
        async with _changes(services, actor.name) as changes, asyncio.TaskGroup() as tasks:
            reading = tasks.create_task(_until_gone(socket))
            tasks.create_task(_send(socket, services.floor, actor.name, changes, reading))
    finally:
        desk.pages.closed(actor.name, services.clock.monotonic())


async def _send(
    socket: WebSocket,
    floor: FloorServices,
    agent: str,
    changes: asyncio.Event,
    reading: asyncio.Task[None],
) -> None:
    closing = asyncio.create_task(socket.app.state.streams.closing.wait())
    try:
        while not reading.done():
            now = cast(Services, socket.app.state.services).clock.now()
            view = bodies.DeskNow.of(floor.desk.view(agent), floor.registrar, now)
            await socket.send_text(view.model_dump_json())
            changes.clear()
            changed = asyncio.create_task(changes.wait())
            await asyncio.wait(
                {reading, closing, changed},
                timeout=STILL_THERE_S,
                return_when=asyncio.FIRST_COMPLETED,
            )
            changed.cancel()
            if closing.done() or await _agent(socket) is None:
                await socket.close(1001 if closing.done() else SIGNED_OUT)
                return
    except (WebSocketDisconnect, RuntimeError):
        return
    finally:
        closing.cancel()
        reading.cancel()


async def _until_gone(socket: WebSocket) -> None:
    """A page says nothing; its end is all that is read."""
    try:
        while True:
            await socket.receive_text()
    except WebSocketDisconnect:
        return


@asynccontextmanager
async def _changes(services: Services, agent: str) -> AsyncIterator[asyncio.Event]:
    """Set whenever the agent's desk has changed."""
    changed = asyncio.Event()

    async def follow() -> None:
        async with services.feed.subscribe("agent") as events:
            async for _, event in events:
                if event.topic == GAP or event.data.get("agent") == agent:
                    changed.set()

    following = asyncio.create_task(follow())
    try:
        yield changed
    finally:
        following.cancel()


async def _agent(socket: WebSocket) -> Actor | None:
    """The agent behind a page of ours; another site's page may not open this by our cookie."""
    origin = urlsplit(socket.headers.get("origin", "")).netloc
    bearer = "authorization" in socket.headers
    if not bearer and origin != socket.headers.get("host"):
        return None
    actor = await identify(cast(Request, socket))
    if actor is None or actor.must_change_password or not may(actor, Permission.WORK_DESK):
        return None
    return actor


@router.get("/floor", tags=["floor"])
async def get_floor(request: Request, actor: Controls) -> bodies.Floor:
    """Agents, lines, budgets and waiting reasons, as they are now."""
    return floor_now(services_of(request))


@router.get("/why", tags=["floor"])
async def get_why(request: Request, actor: Controls, campaign_id: str | None = None) -> list[Why]:
    """Why is nobody being dialed? Each campaign with everything that holds it up."""
    return [Why.model_validate(one.document()) for one in await answers(request, campaign_id)]


async def answers(request: Request, campaign_id: str | None = None) -> list[Answer]:
    """The same for a page."""
    services = services_of(request)
    now = services.clock.now()
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    async with services.db.read() as conn:
        return await why(conn, services.packs, now=now, since=midnight, campaign_id=campaign_id)


def floor_now(services: Services) -> bodies.Floor:
    """The floor as it is now."""
    floor = floor_of(services)
    agents = [
        bodies.FloorAgent(
            agent=agent.id,
            state=agent.state,
            since=agent.since,
            reason=agent.reason,
            call_id=agent.call,
        )
        for agent in floor.desk.agents()
    ]
    running = [
        bodies.FloorCampaign(
            campaign_id=board.campaign_id,
            name=board.name,
            mode=board.mode,
            lines=board.lines,
            settings=board.settings,
            ringing=len(board.stages.ringing),
            detecting=len(board.stages.detecting),
            waiting=len(board.stages.waiting),
            talking=board.stages.talking,
            agents=board.agents,
            wanted=board.wanted,
            why=services.waiting().get(board.campaign_id, ""),
            budget=board.budget,
            pacer=board.pacer,
        )
        for board in floor.boards()
    ]
    return bodies.Floor(agents=agents, campaigns=running)


@router.put("/campaigns/{campaign_id}/pacing", tags=["floor"])
async def set_pacing(
    request: Request, actor: Controls, campaign_id: str, body: bodies.Pacing
) -> bodies.Pacing:
    """Change mode, lines, ratio and preview time while the campaign runs."""
    services = services_of(request)
    wanted = {"ratio": body.ratio, "timer": body.timer}
    pacing = {name: value for name, value in wanted.items() if value is not None}
    with answering():
        await campaigns.pace(
            services.db,
            campaign_id,
            mode=body.mode,
            lines=body.lines,
            pacing=pacing,
            now=services.clock.now(),
            by=actor.name,
        )
    return body


@router.post("/floor/agents/{agent}/log-out", tags=["floor"])
async def dismiss(
    request: Request, actor: Controls, agent: str, body: bodies.Dismissal
) -> bodies.Floor:
    """Log an agent out, with the reason told to them; a call is finished first."""
    services = services_of(request)
    floor_of(services).desk.dismiss([agent], reason=body.reason, told=body.told)
    return floor_now(services)


async def _case(services: Services, case: DeskCase, actor: Actor) -> bodies.Case:
    moments = await next_moments(
        services.db,
        services.packs,
        case.consumer_id,
        [Channel.CALL],
        actor=floor_of(services).disposal.actor,
        now=services.clock.now(),
        mode=Mode.AGENT_DIALLED,
    )
    moment = moments and moments[Channel.CALL]
    try:
        lines = await case_script(
            services.db,
            services.packs,
            services.terms,
            case.id,
            by=actor.name,
            now=services.clock.now(),
        )
    except NoTerms:
        lines = ()
    return bodies.Case(
        id=case.id,
        case_ref=case.case_ref,
        consumer_id=case.consumer_id,
        full_name=case.full_name,
        language=case.language,
        creditor=case.creditor,
        local_times=dict(case.local_times),
        debts=[bodies.Debt.model_validate(debt) for debt in case.debts],
        history=[bodies.Contact.model_validate(past) for past in case.history],
        notes=[bodies.Note.model_validate(note) for note in case.notes],
        open_promises=[
            {
                "id": kept.id,
                "amount_minor": kept.promise.amount_minor,
                "currency": kept.promise.currency,
                "due_on": kept.promise.due_on.isoformat(),
            }
            for kept in case.promises
            if kept.state == "open"
        ],
        script=[bodies.ScriptLine.model_validate(line) for line in lines],
        next_call=moment
        and bodies.NextCall(
            first_allowed_at=moment.first_allowed_at,
            binding_rule=moment.binding_rule,
            unlock=moment.unlock,
        ),
        debt_shown=case.debt_shown,
    )

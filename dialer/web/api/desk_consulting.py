"""The API by which an agent asks a third party into the call on the desk."""

from __future__ import annotations

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, model_validator

from dialer.store import campaigns
from dialer.web.api import desk_bodies as bodies
from dialer.web.api.desk import Works, answering, desk_now, floor_of
from dialer.web.auth import services_of
from dialer.web.problems import PROBLEM_RESPONSES

router = APIRouter(prefix="/api/v1/desk/consult", responses=PROBLEM_RESPONSES, tags=["desk"])


class Colleague(BaseModel):
    name: str
    state: str


class Consultable(BaseModel):
    """Whom the agent may consult about the call that is on."""

    colleagues: list[Colleague]
    numbers: list[str] = Field(description="outside, as the campaign lists them")


class WhomToAsk(BaseModel):
    """Exactly one of the two; the note is for the colleague, and kept with the case."""

    colleague: str | None = Field(default=None, min_length=1, max_length=120)
    number: str | None = Field(default=None, min_length=1, max_length=32)
    note: str = Field(default="", max_length=4000)

    @model_validator(mode="after")
    def _one(self) -> WhomToAsk:
        if (self.colleague is None) == (self.number is None):
            raise ValueError("name a colleague or a number")
        return self


class OpenUp(BaseModel):
    confirmed: bool = Field(
        default=False, description="the agent says that who is outside may be told of the debt"
    )


@router.get("")
async def whom(request: Request, actor: Works) -> Consultable:
    """Whom the agent may ask now; 409 where no call of theirs is on."""
    services = services_of(request)
    desk = floor_of(services).desk
    with answering():
        campaign_id = desk.screens.talk(actor.name).errand.campaign_id
        async with services.db.read() as conn:
            campaign = await campaigns.load(conn, campaign_id)
    return Consultable(
        colleagues=[Colleague(name=a.id, state=a.state) for a in desk.consultable(actor.name)],
        numbers=list(campaign.settings.consult_numbers),
    )


@router.post("")
async def ask(request: Request, actor: Works, body: WhomToAsk) -> bodies.DeskNow:
    """The consumer waits with music while the agent talks with the third party."""
    consulting = floor_of(services_of(request)).desk.consulting
    with answering():
        if body.colleague is not None:
            await consulting.ask_colleague(actor.name, body.colleague, body.note)
        elif body.number is not None:
            await consulting.ask_outside(actor.name, body.number, body.note)
    return desk_now(request, actor)


@router.post("/together")
async def bring_together(request: Request, actor: Works, body: OpenUp) -> bodies.DeskNow:
    """All three talk."""
    consulting = floor_of(services_of(request)).desk.consulting
    with answering():
        await consulting.bring_together(actor.name, confirmed=body.confirmed)
    return desk_now(request, actor)


@router.post("/hand-over")
async def hand_over(request: Request, actor: Works, body: OpenUp) -> bodies.DeskNow:
    """Leave the call to the third party."""
    consulting = floor_of(services_of(request)).desk.consulting
    with answering():
        await consulting.hand_over(actor.name, confirmed=body.confirmed)
    return desk_now(request, actor)


@router.post("/back")
async def go_back(request: Request, actor: Works) -> bodies.DeskNow:
    """On with the consumer alone; a colleague who was asked in leaves the talk."""
    consulting = floor_of(services_of(request)).desk.consulting
    with answering():
        await consulting.go_back(actor.name)
    return desk_now(request, actor)

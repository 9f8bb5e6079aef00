"""The live list of refusals, all decisions of a period, and one opened out and replayed."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from dialer.reports.campaign_figures import campaign_names
from dialer.reports.decisions import (
    PAGE,
    DecisionFilter,
    count_decisions,
    find_decision,
    list_decisions,
    refusals_by_rule,
)
from dialer.store.accounts import Actor
from dialer.store.apart import apart
from dialer.web.again import decide_again
from dialer.web.auth import Permission, may, require, services_of
from dialer.web.cursor import read_cursor, write_cursor
from dialer.web.looking import add_to_look
from dialer.web.masking import mask_within
from dialer.web.problems import is_fragment
from dialer.web.render import formats, render

router = APIRouter(include_in_schema=False)

Sees = Annotated[Actor, Depends(require(Permission.SEE_DECISIONS))]

ORDER = ("deny", "explain", "excused", "pass")
"""Verdicts in the order in which a reader needs them."""


class RefusalChoice(BaseModel):
    """What the reader narrowed the list to; days are the reader's own."""

    campaign: str = ""
    channel: str = ""
    rule: str = ""
    since: str = ""
    until: str = ""
    cursor: str = ""


Choice = Annotated[RefusalChoice, Query()]


@router.get("/refusals")
async def refusals_page(request: Request, actor: Sees, choice: Choice) -> Response:
    return render(request, "refusals.html", **await _refusals(request, choice))


@router.get("/refusals/list")
async def refusals_fragment(request: Request, actor: Sees, choice: Choice) -> Response:
    """The part of the page that lives."""
    return render(request, "refusals_list.html", **await _refusals(request, choice))


class DecisionChoice(RefusalChoice):
    """A list of permits and refusals; `answer` is `permit`, `refusal` or "" for both."""

    answer: str = ""


@router.get("/decisions")
async def decisions_page(
    request: Request, actor: Sees, choice: Annotated[DecisionChoice, Query()]
) -> Response:
    """Every decision of a period, whomever it is about."""
    answers = {"permit": True, "refusal": False}
    wanted = replace(_wanted(request, choice), allowed=answers.get(choice.answer))
    async with services_of(request).db.read() as conn:
        permits, refusals = await count_decisions(conn, wanted)
    shown = await _list(request, choice, wanted)
    return render(request, "decisions.html", **shown, permits=permits, refusals=refusals)


@router.get("/decisions/{decision_id}")
async def decision_page(request: Request, actor: Sees, decision_id: str) -> Response:
    return render(request, "decision.html", **await _opened(request, actor, decision_id))


@router.post("/decisions/{decision_id}/replay")
async def replay_decision(request: Request, actor: Sees, decision_id: str) -> Response:
    """Decide again from the record, and show whether the bytes are the same."""
    again = await apart(services_of(request).db, lambda db: decide_again(db, decision_id))
    page = "replay.html" if is_fragment(request) else "decision.html"
    opened = await _opened(request, actor, decision_id)
    return render(request, page, **{**opened, "again": again})


async def _opened(request: Request, actor: Actor, decision_id: str) -> dict[str, Any]:
    """One decision with all that its page shows."""
    async with services_of(request).db.read() as conn:
        detail = await find_decision(conn, decision_id)
    if detail is None:
        raise HTTPException(404)
    add_to_look(request, consumer_id=detail.row.consumer_id)
    findings = sorted(detail.findings, key=lambda f: ORDER.index(f.verdict))
    inputs: object = dict(detail.inputs)
    if not may(actor, Permission.SEE_NUMBERS):
        inputs = mask_within(inputs)
    packs = services_of(request).packs
    every = [rule for pack in packs.values() for rule in pack.rules]
    # Of several tables under one id, one that tells its text of law speaks for all.
    rules = {rule.rule_id: rule for rule in sorted(every, key=lambda rule: bool(rule.text))}
    return {
        "detail": detail,
        "row": detail.row,
        "telling": [f for f in findings if f.verdict != "pass"],
        "passing": [f for f in findings if f.verdict == "pass"],
        "inputs": inputs,
        "packs": packs,
        "rules": rules,
        "again": None,
    }


def _wanted(request: Request, choice: RefusalChoice) -> DecisionFilter:
    form = formats(request)
    return DecisionFilter(
        allowed=False,
        campaign_id=choice.campaign or None,
        channel=choice.channel or None,
        rule=choice.rule or None,
        since=form.start_of(choice.since),
        until=form.end_of(choice.until),
        before=read_cursor(choice.cursor),
    )


async def _refusals(request: Request, choice: RefusalChoice) -> dict[str, Any]:
    return await _list(request, choice, _wanted(request, choice))


async def _list(request: Request, choice: RefusalChoice, wanted: DecisionFilter) -> dict[str, Any]:
    services, form = services_of(request), formats(request)
    async with services.db.read() as conn:
        rows = await list_decisions(conn, wanted)
        campaigns = await campaign_names(conn)
        rules = await refusals_by_rule(conn, since=form.midnight(services.clock.now()))
    return {
        "rows": rows,
        "campaigns": campaigns,
        "rules": list(dict.fromkeys([*([choice.rule] if choice.rule else []), *rules])),
        "choice": choice,
        "following": write_cursor(rows[-1].at, rows[-1].id) if len(rows) == PAGE else None,
    }

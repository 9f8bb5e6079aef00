"""A list of cases worked by a strategy in a dialing mode."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import NewType

from dialer.model.campaign_settings import CampaignSettings

CampaignId = NewType("CampaignId", str)


class CampaignState(StrEnum):
    DRAFT = "draft"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"


_MAY_BECOME = {
    CampaignState.DRAFT: frozenset({CampaignState.RUNNING, CampaignState.STOPPED}),
    CampaignState.RUNNING: frozenset({CampaignState.PAUSED, CampaignState.STOPPED}),
    CampaignState.PAUSED: frozenset({CampaignState.RUNNING, CampaignState.STOPPED}),
    CampaignState.STOPPED: frozenset({CampaignState.RUNNING}),
}


class WrongMove(ValueError):
    """A campaign can't go from the state it is in to the one asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """How a campaign is run. `strategy` is a mapping that `scheduler.strategy_from` reads."""

    id: CampaignId
    name: str
    state: CampaignState
    mode: str
    lines: int  # at most so many calls at once
    actor: str  # whom the rules bind: third_party_collector, creditor, bank, agency ...
    strategy: Mapping[str, object]
    creditor: str | None = None
    caller_id: str | None = None
    sms_sender: str | None = None
    email_sender: str | None = None
    created_at: datetime
    started_at: datetime | None = None
    stopped_at: datetime | None = None
    pacing: Mapping[str, float] = field(default_factory=dict)  # of the mode: ratio, timer
    settings: CampaignSettings = field(default_factory=CampaignSettings)


def move(campaign: str, state: CampaignState, wanted: CampaignState) -> bool:
    """Whether the state changes; False when it is there already. WrongMove names the campaign."""
    if state is wanted:
        return False
    if wanted not in _MAY_BECOME[state]:
        raise WrongMove(f"campaign {campaign!r} is {state} and can't become {wanted}")
    return True

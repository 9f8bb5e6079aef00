"""The case's values: names, debts, contact points, campaigns."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from compliance.facts import Channel
from dialer.model.campaign import CampaignState, WrongMove, move
from dialer.model.consumer import name_key
from dialer.model.contact_point import ContactPoint, ContactPointId, PointKind
from dialer.model.debt import Debt, DebtId, days_past_due_at

NOW = datetime(2026, 11, 24, tzinfo=UTC)


@pytest.mark.parametrize(
    ("one", "other"), [("Otto  ABENDROTH", "otto abendroth"), (" 陈 示例 ", "陈 示例")]
)
def test_case_and_spacing_do_not_part_names(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("reported", "expected"), [(10, 17), (None, None)])
def test_days_past_due_grow_since_they_were_reported(
    reported: int | None, expected: int | None
) -> None:
    debt = Debt(id=DebtId("debt-1"), debt_ref="D", position=0, as_of=NOW, days_past_due=reported)
    assert days_past_due_at(debt, NOW + timedelta(days=7, hours=5)) == expected
    assert days_past_due_at(debt, NOW - timedelta(days=7)) == reported


@pytest.mark.parametrize(
    ("kind", "channel", "usable"),
    [
        (PointKind.PHONE, Channel.CALL, True),
        (PointKind.PHONE, Channel.SMS, True),
        (PointKind.PHONE, Channel.EMAIL, False),
        (PointKind.EMAIL, Channel.EMAIL, True),
        (PointKind.EMAIL, Channel.LETTER, False),
    ],
)
def test_a_channel_needs_its_kind_of_contact_point(
    kind: PointKind, channel: Channel, usable: bool
) -> None:
    point = ContactPoint(id=ContactPointId("point-1"), kind=kind, value="v", position=0)
    assert point.usable(channel) is usable


def test_a_wrong_or_invalid_number_is_not_planned() -> None:
    told = {"id": ContactPointId("point-1"), "kind": PointKind.PHONE, "value": "v", "position": 0}
    assert not ContactPoint(**told, valid=False).usable(Channel.CALL)
    assert not ContactPoint(**told, wrong_since=NOW).usable(Channel.CALL)


@pytest.mark.parametrize(
    ("state", "wanted", "moves"),
    [
        (CampaignState.DRAFT, CampaignState.RUNNING, True),
        (CampaignState.RUNNING, CampaignState.RUNNING, False),
        (CampaignState.PAUSED, CampaignState.RUNNING, True),
        (CampaignState.STOPPED, CampaignState.RUNNING, True),
    ],
)
def test_campaigns_move(state: CampaignState, wanted: CampaignState, moves: bool) -> None:
    assert move("early", state, wanted) is moves


def test_a_draft_cannot_be_paused() -> None:
    with pytest.raises(WrongMove, match="'early' is draft"):
        move("early", CampaignState.DRAFT, CampaignState.PAUSED)

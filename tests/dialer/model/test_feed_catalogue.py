"""The documented catalogue is the one that binds."""

from __future__ import annotations

from pathlib import Path

import pytest

from dialer.model.dispute import DisputeState
from dialer.model.feed_catalogue import CATALOGUE, FIELDS, UnknownEvent, as_markdown, check

DOC = Path(__file__).parents[3] / "docs" / "events.md"


def test_the_documentation_holds_the_catalogue() -> None:
    assert DOC.read_text("utf-8").endswith(as_markdown())


def test_every_state_and_field_is_told() -> None:
    assert {f"dispute.{state}" for state in DisputeState} <= CATALOGUE.keys()
    told = {name for event in CATALOGUE.values() for name in (*event.fields, *event.sometimes)}
    assert told == FIELDS.keys()


def test_data_are_those_of_the_catalogue() -> None:
    check("plan.read", {"plan": "plan-1", "link": "link-1"})
    for kind, data in (
        ("plan.seen", {}),
        ("plan.read", {"plan": "plan-1"}),
        ("plan.read", {"plan": "plan-1", "link": "link-1", "full_name": "Otto Abendroth"}),
    ):
        with pytest.raises(UnknownEvent):
            check(kind, data)

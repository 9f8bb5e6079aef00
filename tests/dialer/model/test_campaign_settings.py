"""Settings are read strictly, come back as they were, and say which skills a talk takes."""

from __future__ import annotations

import pytest

from dialer.model.campaign_settings import (
    CampaignSettings,
    Quota,
    QuotaBy,
    QuotaOf,
    SettingsError,
    settings_from,
    skills_needed,
)

FULL = CampaignSettings(
    team="card",
    rank=2,
    needs=("card",),
    needs_language=True,
    needs_licence=True,
    caller_ids=("+12125550100", "+13055550100"),
    weights={"new": 3, "old": 1},
    quotas=(Quota(by=QuotaBy.REGION, value="OH", of=QuotaOf.CALLS, most=40),),
    takes_calls=False,
)


def test_settings_come_back_as_they_were() -> None:
    assert settings_from(FULL.document()) == FULL
    assert settings_from({}) == CampaignSettings()


@pytest.mark.parametrize(
    ("document", "named"),
    [
        ({"colour": "red"}, "colour"),
        ({"rank": 0}, "rank"),
        ({"rank": True}, "rank"),
        ({"caller_ids": ["5550100"]}, "caller_ids"),
        ({"weights": {"new": 0}}, "weights.new"),
        ({"quotas": [{"by": "moon", "value": "x", "of": "calls", "most": 1}]}, r"quotas\[0\]"),
        ({"quotas": [{"by": "list"}]}, r"quotas\[0\]"),
        ({"takes_calls": "yes"}, "takes_calls"),
    ],
)
def test_a_wrong_setting_is_named(document: dict[str, object], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        settings_from(document)


def test_a_talk_takes_the_language_and_the_licence_of_its_consumer() -> None:
    wanted = skills_needed(FULL, language="es-MX", country="US", region="FL")
    assert wanted == {"card", "language:es", "licence:US-FL"}
    nowhere = skills_needed(FULL, language=None, country="US", region=None)
    assert nowhere == {"card", "licence:US-?"}  # no agent has it
    assert skills_needed(CampaignSettings(), language="es", country=None, region=None) == set()

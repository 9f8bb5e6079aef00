"""An export of VICIdial's campaigns is read in its own names; what is left has its reason."""

from __future__ import annotations

import pytest

from dialer.model.campaign_settings import CampaignSettings
from dialer.pacing.modes import FROM_VICIDIAL
from dialer.pacing.vicidial_settings import understand


def test_a_row_of_theirs_in_our_words() -> None:
    said = understand(
        {
            "campaign_id": "SPRING",
            "campaign_name": "spring",
            "dial_method": "RATIO",
            "auto_dial_level": "2.5",
            "campaign_cid": "2125550100",
            "campaign_allow_inbound": "N",
            "shared_dial_rank": "3",
            "adaptive_dropped_percentage": "5",
            "adaptive_intensity": "10",
            "attempt_delay": "1800",
            "park_ext": "8301",
        }
    )
    assert (said.name, said.mode, said.ratio) == ("spring", "power", 2.5)
    settings = said.over(CampaignSettings(team="card", rank=7))
    assert settings.team == "card"
    assert settings.rank == 3
    assert settings.caller_ids == ("+12125550100",)
    assert not settings.takes_calls
    assert said.left == {
        "adaptive_dropped_percentage": "the rule packs say it",
        "adaptive_intensity": "the pacer works it out",
        "attempt_delay": "belongs into the campaign's strategy",
        "park_ext": "has nothing like it here",
    }


@pytest.mark.parametrize("method", sorted(FROM_VICIDIAL))
def test_every_dial_method_has_a_mode(method: str) -> None:
    said = understand({"campaign_id": "X", "dial_method": method, "auto_dial_level": "9"})
    assert said.mode == FROM_VICIDIAL[method]
    assert said.ratio == (5.0 if said.mode == "power" else None)


@pytest.mark.parametrize(
    ("row", "named"),
    [
        ({"dial_method": "RATIO"}, "campaign_name"),
        ({"campaign_id": "X", "dial_method": "WARP"}, "dial_method"),
        ({"campaign_id": "X", "auto_dial_level": "much"}, "auto_dial_level"),
        ({"campaign_id": "X", "campaign_allow_inbound": "perhaps"}, "campaign_allow_inbound"),
        ({"campaign_id": "X", "campaign_cid": "911"}, "campaign_cid"),
    ],
)
def test_what_is_wrong_is_named(row: dict[str, str], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        understand(row)

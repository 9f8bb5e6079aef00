"""VICIdial's names for the settings of a campaign: read from an export, shown beside ours. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from dialer.model.campaign_settings import CampaignSettings, settings_from
from dialer.pacing.modes import FROM_VICIDIAL

NAMES: Mapping[str, str] = MappingProxyType(
    {
        "mode": "dial_method",
        "ratio": "auto_dial_level",
        "timer": "manual_preview_dial",
        "cap": "adaptive_dropped_percentage",
        "team": "allowed_campaigns (user group)",
        "rank": "shared_dial_rank",
        "caller_ids": "campaign_cid, use_custom_cid, cid_group_id",
        "consult_numbers": "transfer presets",
        "weights": "list_order_mix",
        "quotas": "demographic_quotas",
        "takes_calls": "campaign_allow_inbound",
        "needs": "campaign_grade, in-group skills",
        "longest_wrap_up": "wrapup_seconds",
        "longest_break": "pause_max, agent_pause_codes time limit",
        "strategy": "attempt_delay, attempt_maximum, lead_order, auto_alt_dial",
    }
)
"""Ours, and what VICIdial calls the nearest thing of its own."""

INTO_THE_STRATEGY = frozenset(
    {"attempt_delay", "attempt_maximum", "lead_order", "lead_order_secondary", "auto_alt_dial"}
)
BY_LAW = frozenset({"adaptive_dropped_percentage", "drop_call_seconds", "local_call_time"})
"""What a rule pack says, and no campaign may loosen."""
BY_ITSELF = frozenset(
    {"adaptive_intensity", "adaptive_dl_diff_target", "hopper_level", "available_only_ratio_tally"}
)
"""What our pacer works out by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A campaign of VICIdial's in our words.

    `settings` are to be laid over those that the campaign has; `left` says of every other setting
    why it is not taken.
    """

    name: str
    mode: str | None = None
    ratio: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    left: Mapping[str, str] = field(default_factory=dict)

    def over(self, settings: CampaignSettings) -> CampaignSettings:
        """Those settings with ours of the same name put aside."""
        return settings_from({**settings.document(), **self.settings})


def understand(row: Mapping[str, str]) -> Understood:
    """Read one row of an export of VICIdial's campaigns; ValueError names what is wrong."""
    cells = {name.strip().lower(): value.strip() for name, value in row.items() if value.strip()}
    name = cells.pop("campaign_name", "") or cells.get("campaign_id", "")
    if not name:
        raise ValueError("campaign_name is missing")
    cells.pop("campaign_id", None)
    mode, ratio = None, None
    if (method := cells.pop("dial_method", None)) is not None:
        if method not in FROM_VICIDIAL:
            raise ValueError(f"dial_method: {method!r} is not known")
        mode = FROM_VICIDIAL[method]
    if (level := cells.pop("auto_dial_level", None)) is not None:
        ratio = _number("auto_dial_level", level)
    settings: dict[str, Any] = {}
    left: dict[str, str] = {}
    for theirs, value in cells.items():
        if theirs in _READERS:
            ours, read = _READERS[theirs]
            settings[ours] = read(theirs, value)
        elif theirs in BY_LAW:
            left[theirs] = "the rule packs say it"
        elif theirs in BY_ITSELF:
            left[theirs] = "the pacer works it out"
        elif theirs in INTO_THE_STRATEGY:
            left[theirs] = "belongs into the campaign's strategy"
        else:
            left[theirs] = "has nothing like it here"
    settings_from(settings)
    keep = ratio if mode == "power" else None
    return Understood(name=name, mode=mode, ratio=keep, settings=settings, left=left)


def _number(name: str, value: str) -> float:
    return min(5.0, max(0.5, _number_of(name, value)))


def _rank(name: str, value: str) -> int:
    return min(99, max(1, round(_number_of(name, value))))


def _number_of(name: str, value: str) -> float:
    try:
        return float(value)
    except ValueError as error:
        raise ValueError(f"{name}: {value!r} is no number") from error


def _yes(name: str, value: str) -> bool:
    if value.upper() not in ("Y", "N"):
        raise ValueError(f"{name}: Y or N is expected, not {value!r}")
    return value.upper() == "Y"


def _caller_ids(name: str, value: str) -> list[str]:
    digits = "".join(c for c in value if c.isdigit())
    if len(digits) == 10:
        return [f"+1{digits}"]
    if value.startswith("+") or len(digits) > 10:
        return [f"+{digits}"]
    raise ValueError(f"{name}: {value!r} is no number that can be shown")


_READERS: Mapping[str, tuple[str, Callable[[str, str], Any]]] = {
    "shared_dial_rank": ("rank", _rank),
    "campaign_allow_inbound": ("takes_calls", _yes),
    "campaign_cid": ("caller_ids", _caller_ids),
}

"""The dialing modes, by name; a new mode is one module and one line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dialer.pacing.modes.agentless import AgentlessPacer
from dialer.pacing.modes.manual import ManualPacer
from dialer.pacing.modes.power import PowerPacer
from dialer.pacing.modes.predictive import PredictivePacer
from dialer.pacing.modes.preview import PreviewPacer
from dialer.pacing.modes.progressive import ProgressivePacer
from dialer.pacing.snapshot import Pacer

MODES: Mapping[str, Callable[..., Pacer]] = MappingProxyType(
    {
        "manual": ManualPacer,
        "preview": PreviewPacer,
        "progressive": ProgressivePacer,
        "power": PowerPacer,
        "predictive": PredictivePacer,
        "agentless": AgentlessPacer,
    }
)
"""Each takes a `PacerContext`; preview also `timer=`, power also `ratio=`."""

FROM_VICIDIAL: Mapping[str, str] = MappingProxyType(
    {
        "MANUAL": "manual",
        "INBOUND_MAN": "manual",
        "RATIO": "power",
        "ADAPT_HARD_LIMIT": "predictive",
        "ADAPT_TAPERED": "predictive",
        "ADAPT_AVERAGE": "predictive",
        "SHARED_RATIO": "power",
        "SHARED_ADAPT_HARD_LIMIT": "predictive",
        "SHARED_ADAPT_TAPERED": "predictive",
        "SHARED_ADAPT_AVERAGE": "predictive",
    }
)
"""VICIdial's `dial_method` and the mode of ours that does its work."""

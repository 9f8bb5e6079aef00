"""The page on dialing modes: its mode keeps the protocol and works a shift."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from dialer.pacing.lab.scenario import SCENARIOS
from dialer.pacing.lab.shift import simulate
from dialer.pacing.modes import MODES
from dialer.pacing.modes.progressive import ProgressivePacer
from dialer.pacing.snapshot import PacerContext, Snapshot

PAGE = Path(__file__).parents[3] / "docs" / "howto" / "dialing-mode.md"
SHORT = replace(SCENARIOS["n10_1h"], shift=900.0)


def the_mode() -> Any:
    """The class of the page's one Python block."""
    [text] = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    names: dict[str, Any] = {"__name__": "careful"}
    exec(compile(text, str(PAGE), "exec"), names)
    return names["CarefulPacer"]


def test_the_mode_steps_back_while_a_person_waits() -> None:
    mode = the_mode()(PacerContext(agents=4))
    ready = tuple((agent, 1.0) for agent in range(4))
    assert mode.step(0.0, Snapshot(ready=ready, room=100)) == 6
    assert mode.step(1.0, Snapshot(ready=ready, waiting=(0.5,), room=100)) == 3
    assert mode.step(2.0, Snapshot(ready=ready, room=2)) == 2


def test_the_mode_dials_more_than_progressive_in_the_laboratory() -> None:
    careful = simulate(SHORT, the_mode(), 3)
    assert careful.utilisation > simulate(SHORT, ProgressivePacer, 3).utilisation


def test_the_page_names_registered_modes_and_scenarios() -> None:
    text = PAGE.read_text("utf-8")
    assert MODES["progressive"] is ProgressivePacer
    assert "dialer.pacing.modes.progressive:ProgressivePacer" in text
    assert (Path(__file__).parents[3] / "dialer/pacing/lab/scenarios").is_dir()

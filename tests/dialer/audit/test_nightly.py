"""The night closes the day before, and makes a sample of its decisions again."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from dialer.engine.nightly import nightly
from dialer.store.closing.reconcile import Difference
from tests.dialer.audit.conftest import Worked
from tests.dialer.audit.test_closing import carrier_file


async def test_the_day_before_is_closed_and_replayed(worked: Worked, tmp_path: Path) -> None:
    file = await carrier_file(worked, tmp_path)
    night = await nightly(worked.db, tmp_path, workers=1)
    assert night.day == date(2026, 11, 24)
    assert night.closing.findings == ()
    assert night.replayed.decisions == night.replayed.identical == night.closing.decisions > 0
    file.write_text("[]", "utf-8")
    night = await nightly(worked.db, tmp_path, workers=1)
    found = {finding.difference for finding in night.closing.findings}
    assert found == {Difference.NOT_ON_RECORD}

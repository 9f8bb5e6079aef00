"""Every table of cases, decided as `ringfence decide` would decide them."""

from __future__ import annotations

import pytest

from compliance.packs import shipped
from compliance.vectors import decide_vectors
from tests.compliance.law import TABLES
from tests.compliance.law.case import Case


@pytest.mark.parametrize("case", TABLES, ids=lambda case: case.title)
def test_case(case: Case) -> None:
    (line,) = decide_vectors({"vectors": [case.vector]}, shipped())
    assert isinstance(line, dict), line
    assert (line["decision"], line["rules"]) == (
        "allow" if case.allowed else "deny",
        list(case.rules),
    ), case.cite
    assert line["first_allowed_at"] == case.opens
    assert (line["unlock"] is None) == (case.opens is not None)
    if case.strength is not None:
        assert line["strength"] == case.strength

"""Recorded decisions made again, byte for byte."""

from __future__ import annotations

import json
from collections.abc import Iterator

from compliance import packs
from compliance.decision import decide
from compliance.ledger import canonical
from compliance.record import record
from compliance.replay import archive, redecide, rulebook_of
from dialer.bench.decide import cases
from dialer.bench.people import NOON
from dialer.bench.result import BenchFailed, Result
from dialer.bench.timing import watch

AIM = 834
"""Decisions per second and core: a million in ten minutes on two cores."""


async def run(*, decisions: int = 3000, events: int = 20) -> Result:
    """Decide again from the records, and beside it read and write the same records as JSON."""
    texts = list(_recorded(decisions, events))
    kept = archive(packs.shipped().values())
    with watch() as replayed:
        identical = 0
        for text in texts:
            recorded = json.loads(text)
            identical += redecide(recorded, rulebook_of(recorded, kept)) == text
    with watch() as bare:
        same = sum(_rewritten(text) == text for text in texts)
    if (identical, same) != (decisions, decisions):
        raise BenchFailed(f"{identical} decisions and {same} records of {decisions} came back")
    per_s = decisions / replayed.core_seconds
    return Result(
        name="replay",
        about=f"recorded decisions with {events} events of history made again on one core, beside "
        "reading and writing their records as JSON",
        rows=[
            {
                "what": "replay",
                "decisions": decisions,
                "identical": identical,
                "per_s_and_core": per_s,
                "million_on_two_cores_s": 1e6 / per_s / 2,
                "ratio": bare.core_seconds / replayed.core_seconds,
                "aim": AIM,
            },
            {
                "what": "JSON alone (bare)",
                "decisions": decisions,
                "per_s_and_core": decisions / bare.core_seconds,
            },
        ],
    )


def _rewritten(text: bytes) -> bytes:
    plain = json.loads(text)
    return json.dumps(plain, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _recorded(decisions: int, events: int) -> Iterator[bytes]:
    catalogue = packs.shipped()
    people = list(cases(events))
    for number in range(decisions):
        request, facts = people[number % len(people)]
        answer = decide(request, facts, packs.select(catalogue, request, facts), NOON)
        yield canonical(record(answer, request, facts))

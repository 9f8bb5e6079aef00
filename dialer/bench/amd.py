"""Who answered, on labelled greetings: the confusion of the detection, told apart by kind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from itertools import groupby

from dialer.bench.greetings.scenes import Greeting, Label, generate
from dialer.bench.greetings.speech import can_speak
from dialer.bench.greetings.words import HELD_OUT, TUNING, Words
from dialer.bench.result import Result, Row
from dialer.bench.timing import percentile
from dialer.telephony.amd import Detector, Verdict
from dialer.telephony.port import Machine

SEED = 31
SETS = {"tuning": TUNING, "held out": HELD_OUT}
AIM = "persons taken for a machine under 3 %"


async def run(*, share: float = 1.0) -> Result:
    """Judge the set that the limits were tuned on, and one whose words and voices are others."""
    about = "labelled greetings by espeak-ng, each judged once"
    if not can_speak():
        return Result(name="amd", about=about, rows=[], left_out=["espeak-ng is not installed"])
    rows: list[Row] = []
    for name, words in SETS.items():
        rows += await asyncio.to_thread(_measure, name, words, share)
    return Result(name="amd", about=about, rows=rows)


def _measure(name: str, words: Words, share: float) -> list[Row]:
    greetings = generate(words, SEED, share=share)
    verdicts = [judge(greeting.frames) for greeting in greetings]
    judged = list(zip(greetings, verdicts, strict=True))
    rows: list[Row] = []
    for label, group in groupby(judged, key=lambda pair: pair[0].label):
        of_label = list(group)
        for kind, several in groupby(of_label, key=lambda pair: pair[0].kind):
            rows.append(_row(name, label, kind, list(several)))
        rows.append(_row(name, label, "all", of_label))
    return rows


def judge(frames: Sequence[bytes]) -> Verdict | None:
    """The detector's verdict on a line that brings these frames; None where it came to none."""
    detector = Detector()
    return next(
        (told for frame in frames if isinstance(told := detector.feed(frame), Verdict)), None
    )


def _row(
    name: str, label: Label, kind: str, judged: Sequence[tuple[Greeting, Verdict | None]]
) -> Row:
    verdicts = [verdict for _, verdict in judged if verdict is not None]
    told = Counter(verdict.machine for verdict in verdicts)
    row: dict[str, object] = {
        "set": name,
        "label": label.value,
        "kind": kind,
        "greetings": len(judged),
        "human": told[Machine.HUMAN],
        "machine": told[Machine.MACHINE],
        "not_sure": told[Machine.NOT_SURE] + len(judged) - len(verdicts),
        "p50_ms": percentile([verdict.ms for verdict in verdicts], 0.5) if verdicts else None,
        "p99_ms": percentile([verdict.ms for verdict in verdicts], 0.99) if verdicts else None,
    }
    if label is Label.PERSON and kind == "all":
        row |= {"taken_for_machine": told[Machine.MACHINE] / len(judged), "aim": AIM}
    return row

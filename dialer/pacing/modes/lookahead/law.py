"""The chance that answers outnumber free agents: exact, or normal with a term of skewness."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

ROOT_HALF = math.sqrt(0.5)
INV_ROOT_2PI = 1 / math.sqrt(2 * math.pi)


def bernoulli_sum(chances: Iterable[float], limit: int) -> list[float]:
    """The law of a sum of independent trials; the last entry holds all of `limit` and above."""
    law = [1.0] + [0.0] * limit
    top = 0
    for p in chances:
        if p <= 0.0:
            continue
        q = 1.0 - p
        if top < limit:
            top += 1
        else:
            law[limit] += law[limit - 1] * p
            for k in range(limit - 1, 0, -1):
                law[k] = law[k] * q + law[k - 1] * p
            law[0] *= q
            continue
        if top == limit:
            law[limit] = law[limit - 1] * p
            for k in range(limit - 1, 0, -1):
                law[k] = law[k] * q + law[k - 1] * p
        else:
            for k in range(top, 0, -1):
                law[k] = law[k] * q + law[k - 1] * p
        law[0] *= q
    return law


def add_trial(law: Sequence[float], p: float) -> list[float]:
    """The law after one more trial of chance `p`, with the same last entry for all above."""
    q = 1.0 - p
    last = len(law) - 1
    grown = [law[0] * q]
    grown.extend(here * q + before * p for before, here in itertools.pairwise(law))
    grown[last] += law[last] * p
    return grown


def exact_shortfall(answers: Sequence[float], frees: Sequence[float], free_now: int) -> float:
    """P(answers >= free_now + frees), from both laws; `answers` long enough to hold the sum."""
    last = len(answers) - 1
    tails = [0.0] * (last + 2)
    run = 0.0
    for k in range(last, -1, -1):
        run += answers[k]
        tails[k] = run
    total = 0.0
    for k, p in enumerate(frees):
        need = free_now + k
        if need <= 0:
            total += p
        elif need <= last:
            total += p * tails[need]
    return total


def normal_shortfall(mean: float, variance: float, third: float) -> float:
    """P(D >= 0) for an integer D with these cumulants, by the Edgeworth series to skewness."""
    sd = math.sqrt(variance) if variance > 1e-9 else 3e-5
    z = (-0.5 - mean) / sd
    tail = 0.5 * math.erfc(z * ROOT_HALF)
    if third:
        tail += third / (6 * variance * sd) * (z * z - 1) * INV_ROOT_2PI * math.exp(-z * z / 2)
    return 0.0 if tail < 0.0 else 1.0 if tail > 1.0 else tail

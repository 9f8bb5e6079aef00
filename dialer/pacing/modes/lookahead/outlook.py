"""How many more calls the coming half minute bears: answers against agents, instant by instant.

The index of a call is a weighted sum over instants of terms that are never negative, so that its
parts are computed only until their sum passes the threshold: mostly after one or two.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

from dialer.pacing.modes.lookahead.answers import AnswerModel
from dialer.pacing.modes.lookahead.law import (
    add_trial,
    bernoulli_sum,
    exact_shortfall,
    normal_shortfall,
)
from dialer.pacing.modes.lookahead.service import ServiceModel
from dialer.pacing.snapshot import Snapshot

HORIZONS = (2, 4, 6, 8, 10, 12, 15, 18, 22, 26)
SURGE = (3, 6, 8)  # the instants at which a surge is weighed
SURGE_SIGMAS = 1.0
PATIENCE = 1.0  # weight of what the answers of the next two seconds would add to the risk


class Outlook:
    """The view from one instant: calls in flight by age, people in detection, agents at work."""

    def __init__(
        self,
        now: float,
        snap: Snapshot,
        counts: Sequence[int],
        answers: AnswerModel,
        service: ServiceModel,
    ) -> None:
        self.answers, self.service = answers, service
        self.free_now = len(snap.ready) - len(snap.waiting)
        self.room = snap.room
        self.wraps = service.wrap_bases(snap.wrap)
        self.paused = len(snap.paused)
        self.detected = answers.detected_human(now, snap.detecting)
        self.talk_rates = service.hazards(snap.talk)
        self.rows = [(n, answers.row(age, HORIZONS)) for age, n in enumerate(counts) if n]
        self.fresh = answers.row(0, HORIZONS)
        self.soon = sum(n * row[0] for n, row in self.rows)
        self.weights = _weights(answers.cumulative)
        self.order = sorted(range(len(HORIZONS)), key=lambda j: -self.weights[j])
        self.slack = answers.slack
        self._ends = sum(self.talk_rates)
        self._squares = sum(h * h for h in self.talk_rates)
        self._spread = answers.level.variance / answers.level.mean**2
        self._moments: list[tuple[float, float, float] | None] = [None] * len(HORIZONS)

    def patience(self, lines: int) -> float:
        return PATIENCE * (self.soon + lines * self.fresh[0])

    def expected(self) -> dict[str, float]:
        """Answers and free agents within the next ten seconds, for the supervisor's screen."""
        j = HORIZONS.index(10)
        service, reach = self.service, HORIZONS[j]
        talks = sum(1 - math.exp(-h * service.wrap_integral_at(reach)) for h in self.talk_rates)
        wraps = sum(service.wrap_chances(self.wraps, reach))
        return {
            "expected_answers": sum(n * row[j] for n, row in self.rows) + sum(self.detected),
            "expected_free": self.free_now + (talks + wraps) * service.to_work,
        }

    def bearable(self, left: float, factor: float) -> int:
        """Calls that may be launched now, so that a surge costs no more than `left`.

        If answers came `factor` times as often, those beyond the agents who will be free, each
        with one standard deviation (Poisson), must not outnumber what is left.
        """
        lines = self.room
        for j in SURGE:
            reach = HORIZONS[j] + self.slack
            integral, to_work = self.service.wrap_integral_at(reach), self.service.to_work
            ends = (self._ends * integral - self._squares * integral * integral / 2) * to_work
            ends += sum(self.service.wrap_chances(self.wraps, reach)) * to_work
            free = ends - SURGE_SIGMAS * math.sqrt(max(0.0, ends))
            bound = max(0.0, left + self.free_now + free)
            answers = (math.sqrt(bound + SURGE_SIGMAS**2 / 4) - SURGE_SIGMAS / 2) ** 2
            answers -= sum(self.detected)
            answers -= sum(n * min(0.95, factor * row[j]) for n, row in self.rows)
            lines = min(lines, int(answers / max(1e-9, min(0.95, factor * self.fresh[j]))))
        return lines

    # Small teams: both laws exact ---------------------------------------------------------------

    def exact_lines(self, threshold: float) -> int:
        """The most lines whose last one's index is within the threshold."""
        laws: list[list[float] | None] = [None] * len(HORIZONS)
        frees: list[list[float]] = [[]] * len(HORIZONS)
        free_now, lines = self.free_now, 0
        while lines < self.room:
            patience, index = self.patience(lines), 0.0
            for j in self.order:
                law = laws[j]
                if law is None:
                    law = laws[j] = self._answers_law(j, lines)
                    frees[j] = self._free_law(j)
                risk = exact_shortfall(law, frees[j], free_now)
                worse = exact_shortfall(law, frees[j], free_now - 1)
                index += self.weights[j] * (risk + patience * (worse - risk))
                if index > threshold:
                    return lines
            lines += 1
            laws = [
                None if law is None else add_trial(law, p)
                for law, p in zip(laws, self.fresh, strict=True)
            ]
        return lines

    def _answers_law(self, j: int, lines: int) -> list[float]:
        trials = [*self.detected, *[self.fresh[j]] * lines]
        for n, row in self.rows:
            trials.extend([row[j]] * n)
        return bernoulli_sum(trials, max(1, self.free_now + len(self.talk_rates) + len(self.wraps)))

    def _free_law(self, j: int) -> list[float]:
        service, reach = self.service, HORIZONS[j] + self.slack
        integral, to_work = service.wrap_integral_at(reach), service.to_work
        chances = [(1 - math.exp(-h * integral)) * to_work for h in self.talk_rates]
        chances += [p * to_work for p in service.wrap_chances(self.wraps, reach)]
        return bernoulli_sum(chances, max(1, len(chances)))

    # Larger teams: the normal law with skewness -------------------------------------------------

    def normal_lines(self, threshold: float) -> int:
        """Like `exact_lines`, by moments."""
        low, high = 0, 1
        while high <= self.room and self._bears(high - 1, threshold):
            low, high = high, 2 * high
        high = min(high, self.room + 1)
        while high - low > 1:
            middle = (low + high) // 2
            if self._bears(middle - 1, threshold):
                low = middle
            else:
                high = middle
        return low

    def _bears(self, lines: int, threshold: float) -> bool:
        patience, index = self.patience(lines), 0.0
        for j in self.order:
            moments = self._moments[j]
            if moments is None:
                moments = self._moments[j] = self._difference(j)
            mean, variance, third = moments
            p = self.fresh[j]
            v = lines * p * (1 - p)
            mean, variance, third = mean + lines * p, variance + v, third + v * (1 - 2 * p)
            risk = normal_shortfall(mean, variance, third)
            worse = normal_shortfall(mean + 1, variance, third)
            index += self.weights[j] * (risk + patience * max(0.0, worse - risk))
            if index > threshold:
                return False
        return True

    def _difference(self, j: int) -> tuple[float, float, float]:
        """Cumulants of answers less free agents at an instant."""
        service, u = self.service, HORIZONS[j]
        reach = u + self.slack
        grown = third = variance = 0.0
        for n, row in self.rows:
            p = row[j]
            v = n * p * (1 - p)
            grown += n * p
            variance += v
            third += v * (1 - 2 * p)
        variance += self._spread * grown * grown
        mean = grown - self.free_now
        for p in self.detected:
            mean += p
            variance += p * (1 - p)
        i, to_work = service.wrap_integral_at(reach), service.to_work
        ends = (self._ends * i - self._squares * i * i / 2) * to_work
        back = self.paused * service.return_rate * reach
        v = max(0.0, ends - self._squares * i * i * to_work + back)
        mean -= ends + back
        variance += v
        third -= v
        for p in service.wrap_chances(self.wraps, reach):
            q = p * to_work
            v = q * (1 - q)
            mean -= q
            variance += v
            third -= v * (1 - 2 * q)
        return mean, variance, third


def _weights(cumulative: Sequence[float]) -> list[float]:
    """Of a new call that a person picks up: the chance that it is around each instant."""
    middles = ((a + b + 1) // 2 for a, b in itertools.pairwise(HORIZONS))
    last = len(cumulative) - 1  # ringing may be shorter than the horizon
    edges = [0, *(min(middle, last) for middle in middles), last]
    total = cumulative[-1] or 1e-9
    return [(cumulative[b] - cumulative[a]) / total for a, b in itertools.pairwise(edges)]

"""From samples to figures: placements, medians with their intervals, ratios, verdicts."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from dataclasses import dataclass
from operator import itemgetter
from typing import Iterable, Optional

from measures import MEASURES, Figure, Goal
from visits import SAME_PLACEMENT, Sample

CONFIDENCE = 0.95
PEERS = {measure.name: measure.peers for measure in MEASURES}
PLACED = {measure.name: measure.placed for measure in MEASURES}


@dataclass(frozen=True)
class Estimate:
    """A median with its interval; None: too few values for one."""

    value: float
    low: Optional[float]
    high: Optional[float]
    n: int


def median_rank(n: int) -> int:
    """The largest k for which [x(k), x(n + 1 - k)] covers the median with the confidence; 0: none.

    Source: H. A. David, H. N. Nagaraja, Order Statistics, 3rd ed., section 7.1.
    """
    below, rank = 0.0, 0
    while rank < n:
        below += math.comb(n, rank) / 2**n
        if below > (1 - CONFIDENCE) / 2:
            break
        rank += 1
    return rank


def estimate(values: Iterable[float]) -> Optional[Estimate]:
    """None where there are no values."""
    ordered = sorted(values)
    if not ordered:
        return None
    rank = median_rank(len(ordered))
    low, high = (ordered[rank - 1], ordered[-rank]) if rank > 0 else (None, None)
    return Estimate(statistics.median(ordered), low, high, len(ordered))


class Figures:
    """All samples of a campaign, and what they say."""

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples
        self.border = self._border()
        self.counted = [sample for sample in samples if sample.counted]
        self.placements = Counter(map(self.placement, self.counted))

    def _border(self) -> float:
        """The round trip above which CPUs are far: inf where all are alike."""
        trips = sorted(probe.round_trip_ns for sample in self.samples
                       for probe in (sample.before, sample.after))
        if not trips:
            return math.inf
        low, high = trips[len(trips) // 20], trips[-1 - len(trips) // 20]
        return math.sqrt(low * high) if high > 2 * SAME_PLACEMENT * low else math.inf

    def placement(self, sample: Sample) -> str:
        """Where the CPUs were: near or far."""
        return "near" if sample.round_trip_ns < self.border else "far"

    def peers(self, measure: str) -> list[str]:
        """Of whom there are samples, in the order of the measure."""
        found = {sample.peer for sample in self.counted if sample.measure == measure}
        return [peer for peer in PEERS[measure] if peer in found]

    def _values(self, figure: Figure) -> dict[tuple[int, str], float]:
        """By round and placement."""
        return {(s.round, self.placement(s) if PLACED[s.measure] else ""): s.figures[figure.name]
                for s in self.counted
                if (s.measure, s.peer) == (figure.measure, figure.peer)
                and s.figures.get(figure.name) is not None}

    def value(self, figure: Figure, placement: str) -> Optional[Estimate]:
        """Over all rounds in one placement, if the figure depends on it."""
        return estimate(v for (_, at), v in self._values(figure).items() if at in ("", placement))

    def most_common(self) -> Optional[str]:
        """The placement that most samples were taken in; None: there are no samples."""
        return self.placements.most_common(1)[0][0] if self.placements else None

    def of_all(self, figure: Figure) -> Optional[Estimate]:
        """Over all rounds."""
        return estimate(self._values(figure).values())

    def ratio(self, figure: Figure, over: Figure) -> Optional[Estimate]:
        """Of both sides in the same round and placement."""
        others = self._values(over)
        return estimate(value / others[key] for key, value in self._values(figure).items()
                        if others.get(key))

    def of_goal(self, goal: Goal) -> Optional[Estimate]:
        """The figure that the goal is about."""
        if not goal.over:
            return self.of_all(goal.figure)
        others = [(found.value, over) for over in goal.over if (found := self.of_all(over))]
        return self.ratio(goal.figure, max(others, key=itemgetter(0))[1]) if others else None

    def why_not(self, goal: Goal) -> str:
        """Why there is no figure for the goal."""
        for figure in (goal.figure, *goal.over):
            if self.of_all(figure) is None:
                return f"{figure.peer} gave no such figure"
        return "no round had both with the CPUs in the same place"


def verdict(goal: Goal, found: Optional[Estimate]) -> str:
    """met, not met, or cannot be measured here."""
    if found is None:
        return "cannot be measured here"
    met = found.value >= goal.bound if goal.at_least else found.value <= goal.bound
    return "met" if met else "not met"

"""What the rule decides on: scores under resampling, widened by what a small test set cannot exclude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide.comparison import ArmResult, PairResult

Array = NDArray[np.float64]

HALF = 0.5
"""Items added on either side of every pair of arms."""


@dataclass(frozen=True)
class Evidence:
    """Everything measured that the decision rests on.

    Args:
        arms: Every arm, with or without a result.
        draws: Scores of the arms with a result, in their order, shape ``(resamples, arms with a result)``.
        right: Shares of right answers under the same resamples, of the same shape, if they were computed.
        pairs: Paired differences.
        items: Documents of the test set, if known.
    """

    arms: Sequence[ArmResult]
    draws: Array
    right: Array | None
    pairs: Sequence[PairResult]
    items: int | None

    @classmethod
    def of(
        cls,
        arms: Sequence[ArmResult],
        draws: Array,
        pairs: Sequence[PairResult],
        *,
        items: int | None = None,
        right: Array | None = None,
    ) -> Evidence:
        """The evidence, with resamples widened for the size of the test set.

        A resample can only repeat what was seen: two arms that differ on one of 50 documents, or on none,
        would look certain. As Agresti and Min (2005, "Simple improved confidence intervals for comparing
        matched proportions") add half an item to each cell of the paired table, every score gets a
        Poisson(1/2) number of items, centred. Its standard deviation in a difference is one document, so
        that it vanishes as the test set grows.
        """
        if items:
            noise = np.random.default_rng(0).poisson(HALF, draws.shape) - HALF
            draws = draws + noise / items
            right = None if right is None else right + noise / items
        return cls(arms, draws, right, pairs, items)

    @property
    def measured(self) -> list[ArmResult]:
        """The arms with a result, in the order of the columns."""
        return [arm for arm in self.arms if arm.status == "ok"]

    @property
    def lone(self) -> bool:
        """Whether one arm alone has a result, of several: there is nothing to compare it with."""
        return len(self.measured) == 1 < len(self.arms)

    def pair(self, first: str, second: str) -> tuple[PairResult, int] | None:
        """The paired difference of two arms, and the sign that turns it into first minus second."""
        for pair in self.pairs:
            if {pair.first, pair.second} == {first, second}:
                return pair, 1 if pair.first == first else -1
        return None

    def one_sided(self, first: str, second: str) -> float:
        """Confidence of the paired test that ``first`` scores higher than ``second``; 1 if not tested."""
        found = self.pair(first, second)
        if found is None:
            return 1.0
        pair, sign = found
        half = pair.p_value / 2
        return 1 - half if sign * pair.difference.value > 0 else half

"""Bootstrap intervals over documents (Efron and Tibshirani 1993, "An Introduction to the Bootstrap")."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from decide.records import Estimate

Array = NDArray[np.float64]

RESAMPLES = 1000
CHUNK_CELLS = 4_000_000
PERCENTILES = (2.5, 97.5)


class Resampler:
    """Draws documents with replacement; each draw is a vector of how often each document occurs.

    Args:
        n: Documents.
        seed: Seed of the draws; equal seeds give equal draws.
    """

    def __init__(self, n: int, seed: int) -> None:
        self.n, self.seed = n, seed

    def totals(self, columns: Array, resamples: int = RESAMPLES) -> Array:
        """Column sums of each resample, shape ``(resamples, k)``, for ``columns`` of shape ``(n, k)``."""
        rng = np.random.default_rng(self.seed)
        step = max(1, CHUNK_CELLS // max(1, self.n))
        parts = []
        for start in range(0, resamples, step):
            size = min(step, resamples - start)
            weights = rng.multinomial(self.n, np.full(self.n, 1 / self.n), size=size)
            parts.append(weights.astype(np.float64) @ columns)
        return np.vstack(parts)

    def ratio(
        self,
        numerator: Array,
        denominator: Array,
        transform: Callable[[Array], Array] | None = None,
    ) -> Estimate | None:
        """Sum of one column over sum of another with its percentile interval; ``None`` if undefined.

        Args:
            numerator: Per document, shape ``(n,)``.
            denominator: Per document, shape ``(n,)``.
            transform: Applied to the ratio and to every resampled ratio.
        """
        columns = np.stack([numerator, denominator], axis=1).astype(np.float64)
        whole = columns.sum(axis=0)
        if whole[1] <= 0:
            return None
        change = transform or (lambda values: values)
        value = float(change(np.asarray([whole[0] / whole[1]]))[0])
        if self.n < 2:
            return Estimate(value=value)
        drawn = self.totals(columns)
        drawn = drawn[drawn[:, 1] > 0]
        low, high = np.percentile(change(drawn[:, 0] / drawn[:, 1]), PERCENTILES)
        return Estimate(value=value, low=float(low), high=float(high))

    def statistic(self, compute: Callable[[Array], float], resamples: int) -> Estimate:
        """Any statistic of document weights, for the likes of vocabulary overlap.

        A resample holds fewer distinct words than the sample it is drawn from, so its overlap is biased.
        The resampled values are therefore shifted to have their mean at the value of the sample.
        """
        value = compute(np.ones(self.n))
        rng = np.random.default_rng(self.seed)
        uniform = np.full(self.n, 1 / self.n)
        drawn = np.array(
            [compute(rng.multinomial(self.n, uniform).astype(np.float64)) for _ in range(resamples)]
        )
        low, high = np.percentile(drawn - drawn.mean(), PERCENTILES)
        return Estimate(value=value, low=value + min(0.0, float(low)), high=value + max(0.0, float(high)))

"""Rates and differences whose units are documents, or groups of them, however often each is attacked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide import statistics
from decide.records import Estimate
from decide.statistics.scored import cluster_codes, in_units

Array = NDArray[Any]
_TINY = 1e-12


class Share:
    """The metric "first sum over second sum"."""

    def score_from_statistics(self, totals: Array) -> Any:
        """Shape ``(..., 2)`` to ``(...)``; 0 where there is nothing to count."""
        return totals[..., 0] / np.maximum(totals[..., 1], _TINY)


@dataclass(frozen=True)
class Units:
    """Counts of an arm by seed and document, with the metric of their sums.

    Args:
        metric: Turns sums of counts into a number between 0 and 1.
        counts: Of each document.
        groups: Group of each document.
    """

    metric: Any
    counts: statistics.Scored
    groups: tuple[str, ...] | None = None

    @classmethod
    def of(cls, hits: Array, tries: Array, groups: Sequence[str] | None) -> Units:
        """A share from hits and tries, shape ``(seeds, documents)``; seeds without a try are left out."""
        kept = [(h, t) for h, t in zip(hits, tries, strict=True) if t.sum()]
        tables = tuple(np.stack([h, t], axis=1) for h, t in kept)
        return cls(Share(), statistics.Scored("", tables), None if groups is None else tuple(groups))

    @property
    def informative(self) -> Array:
        """Which documents say anything: those with a try in any seed; of scores, all."""
        tables = self.counts.statistics
        if not isinstance(self.metric, Share):
            return np.ones(len(tables[0]), dtype=bool)
        return np.asarray(np.sum([table[:, 1] for table in tables], axis=0) > 0)

    def take(self, kept: Array) -> Units:
        """The documents that a mask keeps."""
        tables = tuple(table[kept] for table in self.counts.statistics)
        groups = self.groups
        named = None if groups is None else tuple(g for g, k in zip(groups, kept, strict=True) if k)
        return Units(self.metric, statistics.Scored("", tables), named)


def share(units: Units) -> float:
    """Mean over seeds."""
    return float(statistics.seed_scores(units.metric, units.counts).mean())


def rate_interval(units: Units) -> Estimate:
    """The value with the interval that scores have (:func:`decide.statistics.score_interval`).

    Documents without a try are no evidence and do not count.
    """
    kept = units.take(units.informative)
    return statistics.score_interval(kept.metric, kept.counts, kept.groups)


def wilson(rate: float, documents: float) -> Estimate:
    """A share of documents with Wilson's interval (1927), by statsmodels.

    Args:
        rate: The share, mean over seeds.
        documents: How many documents it is of, mean over seeds: seeds add no documents.
    """
    low, high = statistics.wilson(rate, documents)
    return Estimate(value=rate, low=low, high=high, level=statistics.LEVEL)


def excess(first: Units, second: Units, *, shared_seeds: bool = True) -> Estimate:
    """First minus second on the same documents, with the interval of paired differences.

    Where no document differs from another, its variance is 0 and says nothing. There both Wilson intervals
    are put together as Newcombe (1998, Statistics in Medicine 17:2635-2650) does for paired proportions, with
    the correlation taken as 0, which is too wide rather than too narrow.

    Args:
        first: Counts of one condition or arm.
        second: Those of the other.
        shared_seeds: Whether both come from the same runs.
    """
    a_rate, b_rate = share(first), share(second)
    value = a_rate - b_rate
    kept = first.informative | second.informative
    pair = first.take(kept), second.take(kept)
    codes = cluster_codes(pair[0].groups)
    a, b = (statistics.measure(one.metric, in_units(one.counts, codes)) for one in pair)
    variance = statistics.difference(a, b, shared_seeds=shared_seeds)
    if variance.total > _TINY or variance.units < 2:
        return statistics.difference_interval(value, variance)
    (a_low, a_high), (b_low, b_high) = (_ends(units) for units in (first, second))
    return Estimate(
        value=value,
        low=max(-1.0, value - math.hypot(a_rate - a_low, b_high - b_rate)),
        high=min(1.0, value + math.hypot(a_high - a_rate, b_rate - b_low)),
        level=statistics.LEVEL,
    )


def _ends(units: Units) -> tuple[float, float]:
    """Wilson's interval over the documents, or groups, that say anything."""
    kept = units.take(units.informative)
    return statistics.wilson(share(units), statistics.units(len(kept.counts.statistics[0]), kept.groups))

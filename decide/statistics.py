"""Uncertainty of scores and of differences between arms that saw the same items.

An arm's score is the mean over seeds of the metric on the test set. Both test items and seeds are a
sample, so both are resampled. scipy's bootstrap resamples one level only, hence our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide.comparison import PairResult
from decide.records import Estimate
from evalsets import Task

Array = NDArray[np.float64]

RESAMPLES = 2000
LEVEL = 0.95
MIN_CLUSTERS = 10
"""Fewer groups than this cannot be resampled meaningfully; items are resampled instead."""
CHUNK_CELLS = 20_000_000
METHOD = {
    "interval": (
        f"{LEVEL:.0%} percentile interval from {RESAMPLES:,} bootstrap resamples of test items, the same for "
        "all arms, and of seeds within each arm. With at least "
        f"{MIN_CLUSTERS} groups, whole groups are resampled instead of items."
    ),
    "pairs": (
        f"Two-sided approximate randomisation test on the same items ({RESAMPLES:,} permutations; "
        f"Noreen 1989), "
        "corrected over all pairs by Holm's method. Two arms are called different when the corrected p-value "
        "is below 0.05 and the interval of the difference excludes 0."
    ),
    "best": (
        "The probability that an arm is best is the share of resamples in which its score is the highest; "
        "its expected regret is the mean score it loses to the best arm of each resample."
    ),
}


@dataclass(frozen=True)
class Scored:
    """Item statistics of one arm, one array of shape ``(n, k)`` a seed."""

    name: str
    statistics: tuple[Array, ...]


def scored(name: str, task: Task, gold: Sequence[Any], predicted: Sequence[Sequence[Any]]) -> Scored:
    """The statistics of an arm from its predictions, one sequence a seed."""
    return Scored(name, tuple(task.item_statistics(gold, p) for p in predicted))


def point_score(task: Task, arm: Scored) -> float:
    """Mean over seeds of the metric."""
    return float(np.mean([task.score_from_statistics(s.sum(axis=0)) for s in arm.statistics]))


def item_weights(
    n: int,
    resamples: int,
    rng: np.random.Generator,
    clusters: Sequence[str] | None = None,
    min_clusters: int = MIN_CLUSTERS,
) -> Iterator[Array]:
    """How often each of ``n`` items is drawn, in chunks of shape ``(some, n)``.

    Args:
        n: Number of items.
        resamples: Number of resamples over all chunks.
        rng: Source of randomness.
        clusters: Group of each item; whole groups are drawn if there are at least ``min_clusters``.
        min_clusters: Fewest groups that are drawn whole.
    """
    codes: NDArray[np.int64] | None = None
    units = n
    if clusters is not None:
        names, inverse = np.unique(np.asarray(clusters), return_inverse=True)
        if len(names) >= min_clusters:
            codes, units = inverse, len(names)
    chunk = max(1, CHUNK_CELLS // max(n, 1))
    for start in range(0, resamples, chunk):
        counts = rng.multinomial(units, np.full(units, 1 / units), size=min(chunk, resamples - start))
        yield (counts if codes is None else counts[:, codes]).astype(np.float64)


def bootstrap(
    task: Task,
    arms: Sequence[Scored],
    clusters: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    *,
    shared_seeds: bool = False,
    min_clusters: int = MIN_CLUSTERS,
) -> Array:
    """Scores of every arm under resampled items and seeds, shape ``(resamples, arms)``.

    The same items are drawn for all arms in a resample, so differences of columns are paired. With
    ``shared_seeds`` the same holds for seeds between arms that have equally many, which is right where
    a seed also stands for something the arms share, such as a subset of the training data.
    """
    if not arms:
        return np.zeros((resamples, 0))
    rng = np.random.default_rng(seed)
    n = len(arms[0].statistics[0])
    columns: list[list[Array]] = [[] for _ in arms]
    for weights in item_weights(n, resamples, rng, clusters, min_clusters):
        shared: dict[int, Array] = {}
        for column, arm in zip(columns, arms, strict=True):
            seeds = len(arm.statistics)
            by_seed = np.stack([task.score_from_statistics(weights @ s) for s in arm.statistics], axis=1)
            if seeds not in shared or not shared_seeds:
                shared[seeds] = rng.multinomial(seeds, np.full(seeds, 1 / seeds), size=len(weights)) / seeds
            drawn = shared[seeds]
            column.append((by_seed * drawn).sum(axis=1))
    return np.stack([np.concatenate(column) for column in columns], axis=1)


def estimate(value: float, draws: Array, level: float = LEVEL) -> Estimate:
    """A value with the percentile interval of its resamples."""
    if not len(draws):
        return Estimate(value=value, level=level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value=value, low=float(low), high=float(high), level=level)


def randomisation_p(
    task: Task, first: Scored, second: Scored, resamples: int = RESAMPLES, seed: int = 0
) -> float:
    """Two-sided p-value of the difference in score, by swapping the arms' answers item by item.

    Approximate randomisation (Noreen 1989, "Computer-Intensive Methods for Testing Hypotheses"); the
    observed arrangement counts as one permutation, so the value is never 0.
    """
    rng = np.random.default_rng(seed)
    pairs = max(len(first.statistics), len(second.statistics))
    a = [first.statistics[i % len(first.statistics)] for i in range(pairs)]
    b = [second.statistics[i % len(second.statistics)] for i in range(pairs)]
    observed = abs(
        np.mean([float(task.score_from_statistics(x.sum(axis=0))) for x in a])
        - np.mean([float(task.score_from_statistics(x.sum(axis=0))) for x in b])
    )
    n = len(a[0])
    reached, chunk = 0, max(1, CHUNK_CELLS // max(n, 1))
    for start in range(0, resamples, chunk):
        swap = (rng.random((min(chunk, resamples - start), n)) < 0.5).astype(np.float64)
        difference = np.zeros(len(swap))
        for x, y in zip(a, b, strict=True):
            moved = swap @ (y - x)
            difference += task.score_from_statistics(x.sum(axis=0) + moved)
            difference -= task.score_from_statistics(y.sum(axis=0) - moved)
        reached += int((np.abs(difference / pairs) >= observed - 1e-12).sum())
    return (reached + 1) / (resamples + 1)


def compare_pairs(task: Task, arms: Sequence[Scored], draws: Array) -> list[PairResult]:
    """Every pair of arms, p-values corrected by Holm (1979) with statsmodels."""
    from statsmodels.stats.multitest import multipletests

    index = [(i, j) for i in range(len(arms)) for j in range(i + 1, len(arms))]
    if not index:
        return []
    raw = [randomisation_p(task, arms[i], arms[j]) for i, j in index]
    adjusted = multipletests(raw, alpha=1 - LEVEL, method="holm")[1]
    points = [point_score(task, arm) for arm in arms]
    results = []
    for (i, j), p, corrected in zip(index, raw, adjusted, strict=True):
        difference = estimate(points[i] - points[j], draws[:, i] - draws[:, j])
        assert difference.low is not None
        assert difference.high is not None
        results.append(
            PairResult(
                first=arms[i].name,
                second=arms[j].name,
                difference=difference,
                p_value=p,
                p_adjusted=float(corrected),
                test="approximate randomisation, Holm",
                different=bool(corrected < 1 - LEVEL and (difference.low > 0 or difference.high < 0)),
            )
        )
    return results


def probability_best(draws: Array) -> Array:
    """Share of resamples in which each column is the highest, ties shared, shape ``(arms,)``."""
    if not draws.size:
        return np.zeros(draws.shape[1])
    top = draws >= draws.max(axis=1, keepdims=True) - 1e-12
    return np.asarray((top / top.sum(axis=1, keepdims=True)).mean(axis=0))


def expected_regret(draws: Array) -> Array:
    """Mean score each column loses to the best column of each resample, shape ``(arms,)``."""
    if not draws.size:
        return np.zeros(draws.shape[1])
    return np.asarray((draws.max(axis=1, keepdims=True) - draws).mean(axis=0))

"""Scores of all arms under resampled items and seeds: what probabilities and regrets are read from.

An arm's score is the mean over seeds of the metric on the test set. Both test items and seeds are a
sample. scipy's bootstrap resamples one level only, and drawing 2 or 3 seeds with replacement makes them
look alike too often: the variance of their mean comes out ``(S - 1) / S`` of what it is. Hence our own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.records import Estimate
from decide.statistics.draws import Counts, Multinomial
from decide.statistics.scored import (
    MIN_CLUSTERS,
    Array,
    Indices,
    Metric,
    Scored,
    cluster_codes,
    distinct_rows,
    in_units,
    seed_scores,
)
from decide.statistics.sums import Sums
from evalsets import Task

RESAMPLES = 2000
LEVEL = 0.95
FEW_KINDS = 400
"""More kinds of units than this are drawn by ``draws.py``, which is faster then."""
ROUNDING = 1e-9
"""Scores that differ by less are equal: they are sums of the same counts in another order."""


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
    """Scores of every arm under resampled items and seeds, shape ``(resamples, arms)``, in [0, 1].

    The same items are drawn for all arms in a resample, so differences of columns are paired. With
    ``shared_seeds`` the same holds for seeds between arms that have equally many, which is right where
    a seed also stands for something the arms share, such as a subset of the training data. How items and
    seeds are put together is said in :func:`over_seeds`.
    """
    return bootstrap_together(
        [(task, arms)], clusters, resamples, seed, shared_seeds=shared_seeds, min_clusters=min_clusters
    )[0]


def bootstrap_together(
    measures: Sequence[tuple[Metric, Sequence[Scored]]],
    clusters: Sequence[str] | None = None,
    resamples: int = RESAMPLES,
    seed: int = 0,
    *,
    shared_seeds: bool = False,
    min_clusters: int = MIN_CLUSTERS,
) -> list[Array]:
    """Several measures of the same arms under the same resamples, so that their rows belong together.

    Args:
        measures: Each with the arms' statistics for it, the arms in the same order.
        clusters: Group of each item.
        resamples: Number of resamples.
        seed: Seed of the resampling.
        shared_seeds: As in :func:`bootstrap`, which this is for one measure.
        min_clusters: Fewest groups that are drawn whole.
    """
    if not measures[0][1]:
        return [np.zeros((resamples, 0)) for _ in measures]
    rng = np.random.default_rng(seed)
    codes = cluster_codes(clusters, min_clusters)
    tables = [(metric, [in_units(arm, codes) for arm in arms]) for metric, arms in measures]
    units = len(tables[0][1][0].statistics[0])
    by_seed = drawn_by_seed(tables, resamples, rng)
    tails = item_tails(units, resamples, rng)
    directions: list[Array] = []
    shared: dict[int, Array] = {}
    for arm in tables[0][1]:
        if arm.seeds not in shared or not shared_seeds:
            shared[arm.seeds] = seed_directions(arm.seeds, resamples, rng)
        directions.append(shared[arm.seeds])
    return [
        np.clip(
            np.stack(
                [
                    over_seeds(drawn[:, :, None], seed_scores(metric, arm)[:, None], tails, direction)[:, 0]
                    for arm, drawn, direction in zip(arms, of_arms, directions, strict=True)
                ],
                axis=1,
            ),
            0.0,
            1.0,
        )
        for (metric, arms), of_arms in zip(tables, by_seed, strict=True)
    ]


def drawn_by_seed(
    measures: Sequence[tuple[Metric, Sequence[Scored]]], resamples: int, rng: np.random.Generator
) -> list[list[Array]]:
    """By measure and arm, the score of each seed under resampled units, shape ``(resamples, seeds)``.

    Args:
        measures: Each with the arms' statistics for it, whose rows are units (see ``in_units``).
        resamples: Number of resamples.
        rng: Source of randomness.
    """
    rows, kinds = distinct_rows([s for _, arms in measures for arm in arms for s in arm.statistics])
    if len(rows) > FEW_KINDS:
        return _drawn_of_many(measures, rows, kinds, resamples, rng)
    counts = rng.multinomial(kinds.sum(), kinds / kinds.sum(), size=resamples).astype(np.float64)
    return [
        [
            np.stack([metric.score_from_statistics(counts @ s[rows]) for s in arm.statistics], axis=1)
            for arm in arms
        ]
        for metric, arms in measures
    ]


def _drawn_of_many(
    measures: Sequence[tuple[Metric, Sequence[Scored]]],
    rows: Indices,
    kinds: Indices,
    resamples: int,
    rng: np.random.Generator,
) -> list[list[Array]]:
    """The same with many kinds of units, most of them rare."""
    order = np.argsort(kinds, kind="stable")
    draws = Multinomial(kinds[order])
    sums = [
        Sums([s for arm in arms for s in arm.statistics], rows[order], draws.units) for _, arms in measures
    ]
    metrics = [metric for metric, _ in measures]

    def scores(counts: Counts) -> Array:
        """Scores of all runs for all measures, shape ``(columns, runs)``."""
        pairs = zip(metrics, sums, strict=True)
        return np.concatenate([metric.score_from_statistics(s.of(counts)) for metric, s in pairs]).T

    found = iter(draws.over_blocks(scores, resamples, rng).T)
    return [
        [np.stack([next(found) for _ in range(arm.seeds)], axis=1) for arm in arms] for _, arms in measures
    ]


def item_tails(units: int, resamples: int, rng: np.random.Generator) -> Array:
    """Factors, shape ``(resamples, 1)``, that give deviations by resampled units the spread of Student's t.

    A bootstrap of ``K`` units is too narrow by ``sqrt((K - 1) / K)`` and has normal tails where the
    variance is itself estimated (Hesterberg 2015, The American Statistician 69:371-386). Multiplied by
    ``sqrt(K / (K - 1)) * sqrt((K - 1) / chi2)`` with ``K - 1`` degrees of freedom, one factor a resample
    for all arms, the draws are like a multivariate t. From some hundred units on that changes nothing.
    """
    if units < 2:
        return np.ones((resamples, 1))
    return np.asarray(np.sqrt(units / rng.chisquare(units - 1, size=(resamples, 1))))


def seed_directions(seeds: int, resamples: int, rng: np.random.Generator) -> Array:
    """Random weights of seeds, shape ``(resamples, seeds)``; zeros for a single seed.

    Applied to the deviations of seed scores from their mean, they give a draw of
    ``s / sqrt(S) * t`` with ``S - 1`` degrees of freedom, which is how far the mean over ``S`` seeds may be
    from the mean over all seeds.
    """
    if seeds < 2:
        return np.zeros((resamples, seeds))
    normal = rng.standard_normal((resamples, seeds))
    tails = np.sqrt((seeds - 1) / rng.chisquare(seeds - 1, size=(resamples, 1)))
    return np.asarray(normal * tails / np.sqrt(seeds * (seeds - 1)))


def over_seeds(drawn: Array, points: Array, tails: Array, directions: Array) -> Array:
    """Means over seeds under resampled items and seeds, from scores of single seeds under resampled items.

    ``mean + tails * (resampled mean - mean) + seeds``. The second term holds what items add, also where
    seeds disagree on items. The spread of seed scores holds that last part again; the third term is
    therefore shrunk by the share ``c / b``, with ``b`` the variance of the mean by the spread of seed scores
    and ``c`` the part of it that items explain (Obuchowski and Rockette 1995; see ``variance.py``).

    Args:
        drawn: Quantities of each seed under resampled items, shape ``(resamples, seeds, m)``.
        points: The same on all items, shape ``(seeds, m)``.
        tails: Of :func:`item_tails`.
        directions: Of :func:`seed_directions`; equal ones pair the seeds of quantities.

    Returns:
        Shape ``(resamples, m)``.
    """
    seeds = len(points)
    mean, by_items = points.mean(axis=0), drawn.mean(axis=1)
    found = mean + tails * (by_items - mean)
    if seeds > 1:
        between = points.var(axis=0, ddof=1) / seeds
        inside = (drawn - by_items[:, None]).var(axis=0).mean(axis=0) / (seeds - 1)
        share = np.clip(1 - inside / np.maximum(between, 1e-300), 0.0, 1.0)
        found += directions @ ((points - mean) * np.sqrt(share))
    return np.asarray(found)


def estimate(value: float, draws: Array, level: float = LEVEL) -> Estimate:
    """A value with the percentile interval of its resamples."""
    if not len(draws):
        return Estimate(value=value, level=level)
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Estimate(value=value, low=float(low), high=float(high), level=level)


def probability_best(draws: Array, allowed: NDArray[np.bool_] | None = None) -> Array:
    """Share of resamples in which each column is the highest, ties shared, shape ``(arms,)``.

    Args:
        draws: Shape ``(resamples, arms)``.
        allowed: Of the same shape: which columns count in each resample; by default all.
    """
    if not draws.size:
        return np.zeros(draws.shape[1])
    values = draws if allowed is None else np.where(allowed, draws, -np.inf)
    top = values >= values.max(axis=1, keepdims=True) - ROUNDING
    return np.asarray((top / top.sum(axis=1, keepdims=True)).mean(axis=0))


def expected_regret(draws: Array) -> Array:
    """Mean of what each column loses to the best column of each resample, shape ``(arms,)``."""
    if not draws.size:
        return np.zeros(draws.shape[1])
    return np.asarray((draws.max(axis=1, keepdims=True) - draws).mean(axis=0))

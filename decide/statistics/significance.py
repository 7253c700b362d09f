"""Tests of whether two arms that answered the same items differ.

The unit is always the item (or the whole group): an item's answers of all seeds stay together. Three tests,
each where it is right:

- McNemar's exact test, where the metric is a mean of right and wrong, each arm has one run, and items are
  the units;
- approximate randomisation otherwise: the arms' answers are swapped unit by unit;
- a t test over items and seeds (Obuchowski and Rockette 1995, with Hillis's degrees of freedom; see
  ``variance.py``), beside randomisation, where an arm has several seeds. Randomisation holds for the runs at
  hand; only the spread of seeds says whether new runs would show the same. Swapping whole seeds instead
  could not say much: 3 against 3 seeds have 20 arrangements, of which the least likely has p = 0.1. Both
  tests must reject, so the larger p-value counts (an intersection-union test; Berger 1982, Technometrics
  24:295-300).
"""

from __future__ import annotations

import math

import numpy as np

from decide.statistics.intervals import half_width
from decide.statistics.scored import Array, Scored, distinct_rows, point_score
from decide.statistics.variance import Components
from evalsets import Task

PERMUTATIONS = 9_999
"""Enough for Holm's correction over some forty pairs, since the smallest p-value is a ten-thousandth."""
CHUNK_CELLS = 20_000_000
"""Numbers of swaps held at once."""
LEAST = math.log(1e-9)
"""Logarithm below which a p-value is not told apart from this."""
MCNEMAR = "McNemar's exact test"
RANDOMISATION = "approximate randomisation"
WITH_SEEDS = "approximate randomisation and t test over items and seeds, the larger p-value"


def significance(
    task: Task,
    first: Scored,
    second: Scored,
    variance: Components,
    permutations: int = PERMUTATIONS,
    *,
    grouped: bool = False,
    seed: int = 0,
) -> tuple[float, str]:
    """Two-sided p-value of the difference between two arms, and the name of the test.

    Args:
        task: The task.
        first: One arm; its rows are units.
        second: The other, on the same units.
        variance: Variance of the difference.
        permutations: Of approximate randomisation.
        grouped: Whether units are whole groups.
        seed: Seed of the permutations.
    """
    if max(first.seeds, second.seeds) == 1 and not grouped:
        right = [right_or_wrong(task, arm.statistics[0]) for arm in (first, second)]
        if right[0] is not None and right[1] is not None:
            return mcnemar_p(right[0], right[1]), MCNEMAR
    p = randomisation_p(task, first, second, permutations, seed)
    unit = " of whole groups" if grouped else ""
    if max(first.seeds, second.seeds) == 1:
        return p, RANDOMISATION + unit
    by_t = t_test_p(point_score(task, first) - point_score(task, second), variance)
    return max(p, by_t), WITH_SEEDS.replace(" and t", f"{unit} and t") if grouped else WITH_SEEDS


def right_or_wrong(task: Task, statistics: Array) -> Array | None:
    """Each item's score, if all are 0 or 1 and the metric is their plain mean; else ``None``.

    So it is for accuracy and its relatives, and for micro-F1 where every item has one answer. Whether the
    metric is a mean is seen on two weightings of the items.
    """
    items = np.asarray(task.score_from_statistics(statistics))
    if not np.isin(items, (0.0, 1.0)).all():
        return None
    weights = np.vstack([np.ones(len(items)), np.arange(1.0, len(items) + 1)])
    mean = weights @ items / weights.sum(axis=1)
    return items if np.allclose(task.score_from_statistics(weights @ statistics), mean, atol=1e-9) else None


def mcnemar_p(first: Array, second: Array) -> float:
    """McNemar's exact test of two arms' right (1) and wrong (0) answers, by statsmodels."""
    from statsmodels.stats.contingency_tables import mcnemar

    a, b = first > 0, second > 0
    table = [[int((a & b).sum()), int((a & ~b).sum())], [int((~a & b).sum()), int((~a & ~b).sum())]]
    return float(mcnemar(table, exact=True).pvalue)


def randomisation_p(
    task: Task, first: Scored, second: Scored, resamples: int = PERMUTATIONS, seed: int = 0
) -> float:
    """Two-sided p-value of the difference in score, by swapping the arms' answers row by row.

    Approximate randomisation (Noreen 1989, "Computer-Intensive Methods for Testing Hypotheses"); the
    observed arrangement counts as one permutation, so the value is never 0. scipy's permutation test
    calls the statistic once a permutation and is hundreds of times slower. Rows with the same
    statistics are swapped as one binomial number.
    """
    rng = np.random.default_rng(seed)
    pairs = math.lcm(first.seeds, second.seeds)
    a = [first.statistics[i % first.seeds] for i in range(pairs)]
    b = [second.statistics[i % second.seeds] for i in range(pairs)]
    totals = [(x.sum(axis=0), y.sum(axis=0)) for x, y in zip(a, b, strict=True)]
    score = task.score_from_statistics
    observed = abs(float(np.mean([score(x) - score(y) for x, y in totals])))
    gaps = [y - x for x, y in zip(a, b, strict=True)]
    rows, kinds = distinct_rows(gaps)
    gaps = [gap[rows] for gap in gaps]
    reached, chunk = 0, max(1, CHUNK_CELLS // len(rows))
    for start in range(0, resamples, chunk):
        swap = rng.binomial(kinds, 0.5, size=(min(chunk, resamples - start), len(rows))).astype(np.float64)
        difference = np.zeros(len(swap))
        for (x, y), gap in zip(totals, gaps, strict=True):
            moved = swap @ gap
            difference += task.score_from_statistics(x + moved)
            difference -= task.score_from_statistics(y - moved)
        reached += int((np.abs(difference / pairs) >= observed - 1e-12).sum())
    return (reached + 1) / (resamples + 1)


def t_test_p(value: float, variance: Components) -> float:
    """Two-sided p-value of a difference: the level at which its interval would just reach 0."""
    if variance.error <= 0 or variance.units < 2:
        return 1.0
    from scipy.optimize import brentq

    def beyond(log_p: float) -> float:
        return half_width(variance, 1 - math.exp(log_p) / 2) - abs(value)

    if beyond(LEAST) < 0:
        return math.exp(LEAST)
    return float(math.exp(brentq(beyond, LEAST, 0.0))) if value else 1.0

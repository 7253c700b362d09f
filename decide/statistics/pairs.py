"""Every pair of arms: difference, test, power and non-inferiority."""

from __future__ import annotations

from collections.abc import Sequence

from decide.comparison import PairResult
from decide.statistics.holm import holm
from decide.statistics.inferiority import non_inferiority
from decide.statistics.intervals import difference_interval
from decide.statistics.power import power_record
from decide.statistics.scored import MIN_CLUSTERS, Scored, cluster_codes, in_units
from decide.statistics.significance import PERMUTATIONS, significance
from decide.statistics.variance import Measured, difference, measure
from evalsets import Task

ALPHA = 0.05


# Long for its documentation.
def compare_pairs(
    task: Task,
    arms: Sequence[Scored],
    clusters: Sequence[str] | None = None,
    *,
    margin: float | None = None,
    shared_seeds: bool = False,
    min_clusters: int = MIN_CLUSTERS,
    permutations: int = PERMUTATIONS,
) -> list[PairResult]:
    """Every pair of arms, p-values corrected by Holm (1979) with statsmodels.

    Args:
        task: The task.
        arms: Item statistics of each, on the same items.
        clusters: Group of each item; whole groups are the units if there are at least ``min_clusters``.
        margin: Difference in score that does not matter, for the test of non-inferiority.
        shared_seeds: Whether a seed stands for the same in all arms, such as a subset of the training data.
        min_clusters: Fewest groups that are units.
        permutations: Of approximate randomisation.
    """
    index = [(i, j) for i in range(len(arms)) for j in range(i + 1, len(arms))]
    if not index:
        return []
    codes = cluster_codes(clusters, min_clusters)
    items = len(arms[0].statistics[0])
    arms = [in_units(arm, codes) for arm in arms]
    measured = [measure(task, arm) for arm in arms]
    variances = [difference(measured[i], measured[j], shared_seeds=shared_seeds) for i, j in index]
    tests = [
        significance(task, arms[i], arms[j], variance, permutations, grouped=codes is not None)
        for (i, j), variance in zip(index, variances, strict=True)
    ]
    adjusted = holm([p for p, _ in tests])
    results = []
    for (i, j), variance, (p, test), corrected in zip(index, variances, tests, adjusted, strict=True):
        value = _mean(measured[i]) - _mean(measured[j])
        interval = difference_interval(value, variance)
        low, high = interval.low, interval.high
        different = bool(corrected < ALPHA and low is not None and high is not None and (low > 0 or high < 0))
        results.append(
            PairResult(
                first=arms[i].name,
                second=arms[j].name,
                difference=interval,
                p_value=p,
                p_adjusted=float(corrected),
                test=f"{test}, Holm",
                different=different,
                power=power_record(
                    value,
                    variance,
                    alpha=ALPHA / len(index),
                    items=items,
                    seeds=max(arms[i].seeds, arms[j].seeds),
                    grouped=codes is not None,
                    settled=different,
                ),
                non_inferiority=None if margin is None else non_inferiority(value, variance, margin),
            )
        )
    return results


def _mean(arm: Measured) -> float:
    return float(arm.scores.mean())

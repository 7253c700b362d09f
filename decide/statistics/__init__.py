"""Uncertainty of scores and of differences between arms that saw the same items.

- ``scored.py``: item statistics of arms, and the units (items or whole groups);
- ``variance.py``: what items and seeds contribute to the variance of a score or a difference;
- ``intervals.py``, ``significance.py``, ``inferiority.py``, ``power.py``: what follows from it;
- ``pairs.py``: all of it for every pair of arms;
- ``resample.py``: draws of all scores together, for the probability of being best and expected regret;
- ``draws.py``, ``sums.py``: the same where units are of many kinds;
- ``method.py``: the same in words, for the report.

``benchmarks/statistics_simulation.py`` measures how often intervals hold the truth and tests err.
"""

from decide.statistics.inferiority import non_inferiority
from decide.statistics.intervals import difference_interval, score_interval, wilson
from decide.statistics.method import METHOD
from decide.statistics.pairs import ALPHA, compare_pairs
from decide.statistics.power import detectable, power_of
from decide.statistics.resample import (
    LEVEL,
    RESAMPLES,
    bootstrap,
    bootstrap_together,
    drawn_by_seed,
    estimate,
    expected_regret,
    item_tails,
    over_seeds,
    probability_best,
    seed_directions,
)
from decide.statistics.scored import (
    ABSOLUTE_MEAN,
    MIN_CLUSTERS,
    Scored,
    cluster_codes,
    in_units,
    point_score,
    scored,
    seed_scores,
    units,
)
from decide.statistics.significance import mcnemar_p, randomisation_p, t_test_p
from decide.statistics.variance import Components, Measured, SeedTerm, components, difference, measure

__all__ = [
    "ABSOLUTE_MEAN",
    "ALPHA",
    "LEVEL",
    "METHOD",
    "MIN_CLUSTERS",
    "RESAMPLES",
    "Components",
    "Measured",
    "Scored",
    "SeedTerm",
    "bootstrap",
    "bootstrap_together",
    "cluster_codes",
    "compare_pairs",
    "components",
    "detectable",
    "difference",
    "difference_interval",
    "drawn_by_seed",
    "estimate",
    "expected_regret",
    "in_units",
    "item_tails",
    "mcnemar_p",
    "measure",
    "non_inferiority",
    "over_seeds",
    "point_score",
    "power_of",
    "probability_best",
    "randomisation_p",
    "score_interval",
    "scored",
    "seed_directions",
    "seed_scores",
    "t_test_p",
    "units",
    "wilson",
]

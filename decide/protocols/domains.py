"""Scores in and out of domain, resampled together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from decide import statistics
from decide.statistics import Scored
from evalsets import Task

Array = NDArray[np.float64]
MIN_CLUSTERS = 5
"""With at least as many groups on a side, or folds, they are resampled whole."""
RESAMPLES = 2000


@dataclass(frozen=True)
class Side:
    """Gold, groups and predictions of each arm (one sequence a seed) on one side."""

    gold: Sequence[Any]
    groups: Sequence[str]
    answers: Mapping[str, Sequence[Sequence[Any]]]

    def scored(self, task: Task, arm: str) -> Scored:
        """Item statistics of an arm."""
        return statistics.scored(arm, task, self.gold, self.answers[arm])


@dataclass(frozen=True)
class Fold:
    """One group, or several, that arms did not learn from, beside what they did learn from."""

    name: str
    inside: Side
    outside: Side

    def points(self, task: Task, arm: str) -> Array:
        """Score in and out of domain, shape ``(2,)``."""
        return np.array(
            [statistics.point_score(task, s.scored(task, arm)) for s in (self.inside, self.outside)]
        )

    def draws(self, task: Task, arms: Sequence[str], seed: int) -> Array:
        """Both scores of every arm under resampling, shape ``(resamples, arms, 2)``.

        Items, or groups, are drawn alike for all arms; a resample draws the same seeds of an arm on both
        sides.
        """
        rng = np.random.default_rng(seed)
        sides = []
        for side in (self.inside, self.outside):
            codes = statistics.cluster_codes(side.groups, MIN_CLUSTERS)
            sides.append([statistics.in_units(side.scored(task, arm), codes) for arm in arms])
        drawn = [statistics.drawn_by_seed([(task, parts)], RESAMPLES, rng)[0] for parts in sides]
        tails = np.stack(
            [statistics.item_tails(len(parts[0].statistics[0]), RESAMPLES, rng) for parts in sides],
            axis=-1,
        )[:, 0]
        found = np.zeros((RESAMPLES, len(arms), 2))
        for i in range(len(arms)):
            by_seed = np.stack([of_arms[i] for of_arms in drawn], axis=2)
            points = np.stack([statistics.seed_scores(task, parts[i]) for parts in sides], axis=1)
            directions = statistics.seed_directions(len(points), RESAMPLES, rng)
            found[:, i] = statistics.over_seeds(by_seed, points, tails, directions)
        return np.clip(found, 0.0, 1.0)


def over_folds(draws: Sequence[Array], seed: int = 0) -> Array:
    """Mean over folds; from ``MIN_CLUSTERS`` folds on, folds are resampled, too."""
    stacked = np.stack(draws, axis=1)
    folds = stacked.shape[1]
    if folds < MIN_CLUSTERS:
        return np.asarray(stacked.mean(axis=1))
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(folds, np.full(folds, 1 / folds), size=len(stacked)) / folds
    return np.asarray(np.einsum("rf,rfad->rad", weights, stacked))

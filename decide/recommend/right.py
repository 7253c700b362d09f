"""Shares of right answers under the same resamples as the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from decide import statistics
from decide.recommend.evidence import Array
from evalsets import Task


@dataclass(frozen=True)
class _Share:
    """A metric over sums of (right, 1): the share of what is right, whatever the task's own metric is."""

    def score_from_statistics(self, totals: Array) -> Array:
        """Right items over all items."""
        return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1e-12))


def right_draws(
    task: Task,
    gold: Sequence[Any],
    predicted: Sequence[Sequence[Sequence[Any]]],
    clusters: Sequence[str] | None,
) -> Array:
    """Share of right answers of each arm, shape ``(resamples, arms)``.

    A document's answer counts by its item score: 1 if nothing is wrong, and in part if it is right in part.
    The resamples are those that :func:`decide.statistics.bootstrap` draws for the scores, so that rows belong
    together.

    Args:
        task: Gives the score of an item.
        gold: Gold annotations.
        predicted: Predictions by arm and seed.
        clusters: Group of each item, as for the scores.
    """
    arms = []
    for i, seeds in enumerate(predicted):
        each = [task.item_scores(gold, answers) for answers in seeds]
        arms.append(statistics.Scored(str(i), tuple(np.stack([e, np.ones_like(e)], axis=1) for e in each)))
    return statistics.bootstrap(cast(Task, _Share()), arms, clusters)

"""Shares of right answers under the same resamples as the scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from decide import statistics
from decide.recommend.evidence import Array
from decide.statistics import Scored
from evalsets import Task


@dataclass(frozen=True)
class _Share:
    """A metric over sums of (right, 1): the share of what is right, whatever the task's own metric is."""

    def score_from_statistics(self, totals: Array) -> Array:
        """Right items over all items."""
        return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1e-12))


def draws_with_right(
    task: Task,
    gold: Sequence[Any],
    arms: Sequence[Scored],
    predicted: Sequence[Sequence[Sequence[Any]]],
    clusters: Sequence[str] | None,
) -> tuple[Array, Array]:
    """Scores and shares of right answers of each arm under the same resamples, ``(resamples, arms)`` each.

    A document's answer counts by its item score: 1 if nothing is wrong, and in part if it is right in part.

    Args:
        task: Gives the score of an item.
        gold: Gold annotations.
        arms: The arms' statistics for the task's metric.
        predicted: Predictions by arm and seed.
        clusters: Group of each item.
    """
    right = []
    for arm, seeds in zip(arms, predicted, strict=True):
        each = [task.item_scores(gold, answers) for answers in seeds]
        right.append(Scored(arm.name, tuple(np.stack([e, np.ones_like(e)], axis=1) for e in each)))
    scores, shares = statistics.bootstrap_together([(task, arms), (_Share(), right)], clusters)
    return scores, shares

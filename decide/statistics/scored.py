"""Item statistics of arms, and the units (items or whole groups) that are resampled and swapped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from evalsets import Task

Array = NDArray[np.float64]
Indices = NDArray[np.int64]

MIN_CLUSTERS = 10
"""Fewer groups than this cannot be resampled meaningfully; items are resampled instead."""


class Metric(Protocol):
    """What turns sums of counts into a score, as a task does."""

    def score_from_statistics(self, totals: Array) -> Any:
        """The score of sums of counts, over the last axis."""


class AbsoluteMean:
    """Absolute sums of all columns but the last, over the sum of the last: a mean, if there is one column."""

    def score_from_statistics(self, totals: Array) -> Array:
        """The score of sums of counts, over the last axis; 0 where nothing was counted."""
        return np.asarray(np.abs(totals[..., :-1]).sum(axis=-1) / np.maximum(totals[..., -1], 1e-12))


ABSOLUTE_MEAN = AbsoluteMean()


@dataclass(frozen=True)
class Scored:
    """Item statistics of one arm, one array of shape ``(n, k)`` a seed."""

    name: str
    statistics: tuple[Array, ...]

    @property
    def seeds(self) -> int:
        """Number of seeds."""
        return len(self.statistics)


def scored(name: str, task: Task, gold: Sequence[Any], predicted: Sequence[Sequence[Any]]) -> Scored:
    """The statistics of an arm from its predictions, one sequence a seed."""
    return Scored(name, tuple(task.item_statistics(gold, p) for p in predicted))


def seed_scores(task: Metric, arm: Scored) -> Array:
    """The metric of each seed on all items, shape ``(seeds,)``.

    >>> one = Scored("arm", (np.array([[1.0, 1.0], [0.0, 1.0]]),))
    >>> seed_scores(ABSOLUTE_MEAN, one).tolist()
    [0.5]
    """
    return np.array([float(task.score_from_statistics(s.sum(axis=0))) for s in arm.statistics])


def point_score(task: Task, arm: Scored) -> float:
    """Mean over seeds of the metric."""
    return float(seed_scores(task, arm).mean())


def cluster_codes(clusters: Sequence[str] | None, min_clusters: int = MIN_CLUSTERS) -> Indices | None:
    """The number of each item's group, or ``None`` where items are the units because groups are too few."""
    if clusters is None:
        return None
    names, codes = np.unique(np.asarray(clusters), return_inverse=True)
    return codes if len(names) >= min_clusters else None


def units(n: int, clusters: Sequence[str] | None, min_clusters: int = MIN_CLUSTERS) -> int:
    """How many units ``n`` items are: their groups if there are enough, else the items."""
    codes = cluster_codes(clusters, min_clusters)
    return n if codes is None else int(codes.max()) + 1


def in_units(arm: Scored, codes: Indices | None) -> Scored:
    """The arm with one row a unit: statistics summed over each group, or as they are without groups.

    That loses nothing, since every metric is a function of sums.
    """
    if codes is None:
        return arm
    order = np.argsort(codes, kind="stable")
    starts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    return Scored(arm.name, tuple(np.add.reduceat(s[order], starts, axis=0) for s in arm.statistics))


def distinct_rows(tables: Sequence[Array]) -> tuple[Indices, Indices]:
    """Rows that differ in any of the tables, and how often each occurs.

    Items with the same statistics under every arm and seed are exchangeable, so a resample of items is a
    multinomial draw over the distinct rows: the same distribution with far fewer numbers.

    Args:
        tables: Arrays of shape ``(n, k)`` with the same ``n``.

    Returns:
        Index of one row of each kind, and counts, both of shape ``(u,)`` with ``u <= n``.
    """
    rng = np.random.default_rng(0)
    key = np.zeros(len(tables[0]))
    for table in tables:
        key += table @ rng.random(table.shape[1])
    _, rows, kind, counts = np.unique(key, return_index=True, return_inverse=True, return_counts=True)
    # Rows are told apart by a random projection, which sorts fast; equal keys are checked to be equal rows.
    if any(not np.array_equal(table[rows][kind], table) for table in tables):
        n = len(key)
        return np.arange(n), np.ones(n, dtype=np.int64)
    return rows, counts

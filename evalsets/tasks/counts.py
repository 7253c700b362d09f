"""F1 scores from counts of hits, gold and predicted things, which add up over items."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from evalsets.tasks.base import LabelScore

Counts = NDArray[np.float64]
"""Shape ``(..., labels, 3)``: things found rightly, in gold, predicted."""


def micro_f1(counts: Counts) -> NDArray[np.float64]:
    """F1 of the counts summed over labels, ``2 hits / (gold + predicted)``; 0 where there is nothing.

    >>> float(micro_f1(np.array([[3.0, 4.0, 3.0], [0.0, 1.0, 0.0]])))
    0.75
    """
    totals = counts.sum(axis=-2)
    return np.asarray(2 * totals[..., 0] / np.maximum(totals[..., 1] + totals[..., 2], 1e-12))


def macro_f1(counts: Counts) -> NDArray[np.float64]:
    """Mean of the F1 of every label that occurs in gold or prediction.

    >>> float(macro_f1(np.array([[2.0, 2.0, 2.0], [0.0, 1.0, 0.0], [0.0, 0.0, 0.0]])))
    0.5
    """
    both = counts[..., 1] + counts[..., 2]
    f1 = 2 * counts[..., 0] / np.maximum(both, 1e-12)
    return np.asarray(f1.sum(-1) / np.maximum((both > 0).sum(-1), 1))


def item_f1(counts: Counts, unanswered: Sequence[bool]) -> NDArray[np.float64]:
    """Micro-F1 of each item, shape ``(n, labels, 3)`` to ``(n,)``.

    An item with nothing in gold is 1 if nothing was predicted; an unanswered one is always 0.
    """
    totals = counts.sum(axis=1)
    empty = (totals[:, 1] + totals[:, 2]) == 0
    return np.where(np.asarray(unanswered, dtype=bool), 0.0, np.where(empty, 1.0, micro_f1(counts)))


def label_scores(names: Sequence[str], counts: Counts) -> list[LabelScore]:
    """Scores of each label from counts of shape ``(n, labels, 3)``; an undefined ratio is 0."""
    scores = []
    for name, (hits, gold, predicted) in zip(names, counts.sum(axis=0), strict=True):
        f1 = 2 * hits / max(gold + predicted, 1e-12)
        precision, recall = hits / max(predicted, 1e-12), hits / max(gold, 1e-12)
        scores.append(LabelScore(name, float(precision), float(recall), float(f1), int(gold)))
    return scores

"""Accuracy as an ``evaluate`` module."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.metrics import accuracy_score

# The base class must not be a name of this module: ``evaluate`` takes the first metric class it finds.
from evalsets.metrics import answers


class Accuracy(answers.LabelMetric):
    """Share of items whose prediction is the reference; no answer is wrong."""

    def _compute(
        self,
        predictions: Sequence[str | None],
        references: Sequence[str],
        labels: Sequence[str] | None = None,
    ) -> dict[str, float]:
        gold, predicted, _ = answers.class_indices(predictions, references, labels)
        return {"accuracy": float(accuracy_score(gold, predicted))}

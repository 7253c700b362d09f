"""Macro-averaged F1 as an ``evaluate`` module."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn.metrics import f1_score

# The base class must not be a name of this module: ``evaluate`` takes the first metric class it finds.
from evalsets.metrics import answers


class MacroF1(answers.LabelMetric):
    """Mean of the F1 of every label that occurs in references or predictions."""

    def _compute(
        self,
        predictions: Sequence[str | None],
        references: Sequence[str],
        labels: Sequence[str] | None = None,
    ) -> dict[str, float]:
        gold, predicted, classes = answers.class_indices(predictions, references, labels)
        score = f1_score(gold, predicted, labels=classes, average="macro", zero_division=0.0)
        return {"macro_f1": float(score)}

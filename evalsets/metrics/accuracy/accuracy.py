"""Accuracy as an ``evaluate`` module."""

from __future__ import annotations

from collections.abc import Sequence

import datasets
import evaluate
from sklearn.metrics import accuracy_score

from evalsets.metrics.answers import class_indices


class Accuracy(evaluate.Metric):  # type: ignore[misc]
    """Share of items whose prediction is the reference; no answer is wrong."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__,
            citation="",
            inputs_description="predictions: labels or None; references: labels; labels: the label set.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def _compute(
        self,
        predictions: Sequence[str | None],
        references: Sequence[str],
        labels: Sequence[str] | None = None,
    ) -> dict[str, float]:
        gold, predicted, _ = class_indices(predictions, references, labels)
        return {"accuracy": float(accuracy_score(gold, predicted))}

"""Micro-averaged F1 as an ``evaluate`` module."""

from __future__ import annotations

from collections.abc import Sequence

import datasets
import evaluate
from sklearn.metrics import f1_score

from evalsets.metrics.answers import class_indices


class MicroF1(evaluate.Metric):  # type: ignore[misc]
    """F1 of the counts summed over labels; equal to accuracy when everything is answered."""

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
        gold, predicted, classes = class_indices(predictions, references, labels)
        score = f1_score(gold, predicted, labels=classes, average="micro", zero_division=0.0)
        return {"micro_f1": float(score)}

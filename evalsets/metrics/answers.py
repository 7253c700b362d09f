"""What the metric modules share: their inputs, and missing answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import datasets
import evaluate

NO_ANSWER = -1
"""Index of a prediction that is none of the labels: a miss for gold, a false positive for nobody."""


class LabelMetric(evaluate.Metric):  # type: ignore[misc]
    """A metric over one label for each item, where a prediction may be ``None``."""

    def _info(self) -> evaluate.MetricInfo:
        return evaluate.MetricInfo(
            description=self.__doc__,
            citation="",
            inputs_description="predictions: labels or None; references: labels; labels: the label set.",
            features=datasets.Features(
                {"predictions": datasets.Value("string"), "references": datasets.Value("string")}
            ),
        )

    def add_batch(self, *, predictions: Any = None, references: Any = None, **kwargs: Any) -> None:
        """Add predictions and references; ``None`` stands for no answer."""
        # A batch that begins with None is refused further up. No label is the empty string.
        answers = None if predictions is None else ["" if p is None else p for p in predictions]
        super().add_batch(predictions=answers, references=references, **kwargs)

    def add(self, *, prediction: Any = None, reference: Any = None, **kwargs: Any) -> None:
        """Add one prediction and its reference; ``None`` stands for no answer."""
        super().add(prediction="" if prediction is None else prediction, reference=reference, **kwargs)


def class_indices(
    predictions: Sequence[str | None], references: Sequence[str], labels: Sequence[str] | None
) -> tuple[list[int], list[int], list[int]]:
    """Gold and predicted class indices, and the classes that occur in either.

    Args:
        predictions: Predicted labels; empty or ``None`` where there was no answer.
        references: Gold labels.
        labels: The label set; by default every label that occurs.
    """
    known = {*references, *filter(None, predictions)} if labels is None else set(labels)
    index = {label: i for i, label in enumerate(sorted(known))}
    gold = [index[reference] for reference in references]
    predicted = [index.get(prediction or "", NO_ANSWER) for prediction in predictions]
    return gold, predicted, sorted({*gold, *predicted} - {NO_ANSWER})

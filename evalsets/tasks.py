"""What is predicted and how it is scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from evalsets.errors import DecideError

Prediction = str | None
"""A predicted label; ``None`` where an arm gave no usable answer, which always counts as wrong."""

Metric = Literal["macro_f1", "micro_f1", "accuracy"]


@dataclass(frozen=True)
class LabelScore:
    """Precision, recall and F1 of one label; ``support`` counts its gold items."""

    label: str
    precision: float
    recall: float
    f1: float
    support: int


class Task(ABC):
    """A task owns its label schema, its metric and its score per item.

    A new task is one file that subclasses this and calls :func:`register_task`.
    """

    kind: ClassVar[str]
    metric: str

    @abstractmethod
    def item_statistics(self, gold: Sequence[Any], predicted: Sequence[Any]) -> NDArray[np.float64]:
        """Counts of each item whose sums determine the metric, shape ``(n, k)``.

        Every metric used here (accuracy, the F1 family) is a function of sums over items. That makes
        a bootstrap one matrix product, and a permutation test two.
        """

    @abstractmethod
    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric for sums of item statistics, shape ``(..., k)`` to ``(...)``, between 0 and 1."""

    @abstractmethod
    def item_scores(self, gold: Sequence[Any], predicted: Sequence[Any]) -> NDArray[np.float64]:
        """Score of each item, shape ``(n,)``, between 0 and 1."""

    def score(self, gold: Sequence[Any], predicted: Sequence[Any]) -> float:
        """The task's metric, between 0 and 1, of ``predicted`` against ``gold`` (same length)."""
        return float(self.score_from_statistics(self.item_statistics(gold, predicted).sum(axis=0)))

    def resampled_scores(
        self, gold: Sequence[Any], predicted: Sequence[Any], weights: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """The metric under each row of item weights.

        Args:
            gold: ``n`` gold annotations.
            predicted: ``n`` predictions.
            weights: How often each item counts, shape ``(resamples, n)``.

        Returns:
            Shape ``(resamples,)``.
        """
        return self.score_from_statistics(weights @ self.item_statistics(gold, predicted))

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Plain data that determines the task; the inverse of :func:`task_from_json`."""


@dataclass(frozen=True)
class TextClassification(Task):
    """One label for each text.

    Args:
        labels: The label set, in the order used for class indices.
        descriptions: What each label means, shown to language models and in the report.
        metric: ``macro_f1`` (mean of the F1 of every label that occurs in gold or prediction),
            ``micro_f1`` (equal to accuracy when every text is answered) or ``accuracy``.
    """

    kind: ClassVar[str] = "text_classification"
    labels: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    metric: Metric = "macro_f1"

    def __post_init__(self) -> None:
        object.__setattr__(self, "labels", tuple(self.labels))
        given = dict(self.descriptions)
        if self.metric not in ("macro_f1", "micro_f1", "accuracy"):
            raise DecideError(
                f"Unknown metric {self.metric!r} for text_classification. Use macro_f1, micro_f1 or accuracy."
            )
        unknown = sorted(set(given) - set(self.labels))
        if unknown:
            raise DecideError(
                f"label_descriptions names {unknown[0]!r}, which is not a label of the data. "
                f"Labels are: {', '.join(self.labels)}."
            )
        # In the order of the labels: equal descriptions must give equal hashes.
        object.__setattr__(
            self, "descriptions", {label: given[label] for label in self.labels if label in given}
        )

    def index(self) -> dict[str, int]:
        """Label to class index."""
        return {label: i for i, label in enumerate(self.labels)}

    def encode(self, values: Sequence[Prediction]) -> NDArray[np.int64]:
        """Class index of each value, shape ``(n,)``; -1 for no answer or an unknown label."""
        index = self.index()
        return np.fromiter(
            (-1 if v is None else index.get(v, -1) for v in values), dtype=np.int64, count=len(values)
        )

    def item_scores(self, gold: Sequence[str], predicted: Sequence[Prediction]) -> NDArray[np.float64]:
        """1 where the prediction is the gold label, else 0; no answer is 0."""
        return np.asarray(self.encode(gold) == self.encode(predicted), dtype=np.float64)

    def item_statistics(self, gold: Sequence[str], predicted: Sequence[Prediction]) -> NDArray[np.float64]:
        """Hits and ones for accuracy; hits, gold and predicted items of every label for F1."""
        g, p = self.encode(gold), self.encode(predicted)
        if self.metric == "accuracy":
            return np.stack([g == p, np.ones_like(g)], axis=1).astype(np.float64)
        classes = np.arange(len(self.labels))
        is_gold, is_predicted = g[:, None] == classes, p[:, None] == classes
        return np.hstack([is_gold & is_predicted, is_gold, is_predicted]).astype(np.float64)

    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        """The metric for sums of :meth:`item_statistics`; 0 where nothing was counted."""
        if self.metric == "accuracy":
            return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1e-12))
        hits, in_gold, in_predicted = np.split(totals, 3, axis=-1)
        if self.metric == "micro_f1":
            denominator = in_gold.sum(-1) + in_predicted.sum(-1)
            return np.asarray(2 * hits.sum(-1) / np.maximum(denominator, 1e-12))
        present = (in_gold + in_predicted) > 0
        f1 = 2 * hits / np.maximum(in_gold + in_predicted, 1e-12)
        return np.asarray(f1.sum(-1) / np.maximum(present.sum(-1), 1))

    def per_label(self, gold: Sequence[str], predicted: Sequence[Prediction]) -> list[LabelScore]:
        """Precision, recall and F1 of every label, by scikit-learn; an undefined ratio is 0."""
        from sklearn.metrics import precision_recall_fscore_support

        g, p = self.encode(gold), self.encode(predicted)
        precision, recall, f1, support = precision_recall_fscore_support(
            g, p, labels=list(range(len(self.labels))), zero_division=0.0
        )
        return [
            LabelScore(label, float(precision[i]), float(recall[i]), float(f1[i]), int(support[i]))
            for i, label in enumerate(self.labels)
        ]

    def confusion(self, gold: Sequence[str], predicted: Sequence[Prediction]) -> NDArray[np.int64]:
        """Counts, shape ``(labels, labels + 1)``: gold by predicted, the last column "no answer"."""
        g, p = self.encode(gold), self.encode(predicted)
        table = np.zeros((len(self.labels), len(self.labels) + 1), dtype=np.int64)
        np.add.at(table, (g, np.where(p < 0, len(self.labels), p)), 1)
        return table

    def to_json(self) -> dict[str, Any]:
        """Kind, labels, descriptions and metric."""
        return {
            "kind": self.kind,
            "labels": list(self.labels),
            "descriptions": dict(self.descriptions),
            "metric": self.metric,
        }


TASKS: dict[str, type[Task]] = {}


def register_task(task: type[Task]) -> type[Task]:
    """Make a task known by its ``kind``; usable as a decorator."""
    TASKS[task.kind] = task
    return task


register_task(TextClassification)


def task_from_json(data: Mapping[str, Any]) -> Task:
    """The task that :meth:`Task.to_json` described.

    Raises:
        DecideError: If the kind is not registered.
    """
    fields = dict(data)
    kind = fields.pop("kind", None)
    if kind not in TASKS:
        raise DecideError(f"Unknown task {kind!r}. Known tasks: {', '.join(sorted(TASKS))}.")
    return TASKS[kind](**fields)

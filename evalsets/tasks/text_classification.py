"""One label for each text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from evalsets.tasks.base import LabelScore, LabelTask, Lack, label_set, register_task
from evalsets.tasks.reader import Place, Reader
from evalsets.values import as_label

Prediction = str | None
"""A predicted label; ``None`` where an arm gave no usable answer, which always counts as wrong."""

Metric = Literal["macro_f1", "micro_f1", "accuracy"]


class LabelReader(Reader):
    """Reads one label a row."""

    def gold(self, values: tuple[Any, ...], text: str, columns: tuple[str, ...], place: Place) -> str:
        return as_label(values[0], file=place.file, row=place.row, field=place.field)

    def task(self, golds: Iterable[str]) -> TextClassification:
        metric: Any = self.options.metric or TextClassification.metrics[0]
        return TextClassification(label_set(golds), self.options.label_descriptions, metric)


@register_task
@dataclass(frozen=True)
class TextClassification(LabelTask):
    """One label for each text.

    Args:
        labels: The label set, in the order used for class indices.
        descriptions: What each label means, shown to language models and in the report.
        metric: ``macro_f1`` (mean of the F1 of every label that occurs in gold or prediction),
            ``micro_f1`` (equal to accuracy when every text is answered) or ``accuracy``.
    """

    kind: ClassVar[str] = "text_classification"
    metrics: ClassVar[tuple[str, ...]] = ("macro_f1", "micro_f1", "accuracy")
    reader: ClassVar[type[Reader]] = LabelReader
    labels: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    metric: Metric = "macro_f1"

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

    @classmethod
    def labels_in(cls, gold: str) -> tuple[str, ...]:
        return (gold,)

    @classmethod
    def lack(cls, golds: Sequence[str]) -> Lack | None:
        if len(set(golds)) != 1:
            return None
        return Lack(
            f"every training row has the label {golds[0]!r}",
            "Give rows of at least two labels, or name another column than {column!r} with label=.",
        )

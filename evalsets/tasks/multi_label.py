"""Any number of labels for each text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from evalsets.errors import DataError
from evalsets.options import Options
from evalsets.tasks.base import LabelScore, LabelTask, Lack, label_set, register_task
from evalsets.tasks.counts import item_f1, label_scores, macro_f1, micro_f1
from evalsets.tasks.reader import Place, Reader
from evalsets.values import as_label

MultiMetric = Literal["micro_f1", "macro_f1", "subset_accuracy"]
Labels = Iterable[str]


class LabelsReader(Reader):
    """Reads a list of labels a row, or text in which a mark separates them.

    Setting: ``separator``, the mark; by default both ``;`` and ``|`` separate. A cell may also hold a JSON
    list. An empty list, or an empty cell of a CSV file, means that no label applies.
    """

    settings: ClassVar[tuple[str, ...]] = ("separator",)
    gold_columns: ClassVar[tuple[str, ...]] = ("labels", "label")

    def __init__(self, options: Options) -> None:
        super().__init__(options)
        separator = options.settings.get("separator")
        if separator is not None and (not isinstance(separator, str) or not separator):
            raise DataError(f"separator is {separator!r}", remedy="Use a mark such as ';'.")
        self._marks = re.compile("[;|]" if separator is None else re.escape(separator))

    def gold(self, values: tuple[Any, ...], text: str, columns: tuple[str, ...], place: Place) -> Any:
        value = values[0]
        if isinstance(value, str):
            value = self._parts(value)
        if value is None:
            raise place.error("the labels are missing", "Write [] where none applies.")
        if not isinstance(value, list | tuple):
            raise place.error(
                f"the labels are {value!r}, not a list", 'Write ["a", "b"], or a text such as "a;b".'
            )
        found = {as_label(v, file=place.file, row=place.row, field=place.field) for v in value}
        return tuple(sorted(found))

    def _parts(self, cell: str) -> list[Any]:
        if cell.lstrip().startswith("["):
            try:
                parts = json.loads(cell)
            except ValueError:
                parts = None
            if isinstance(parts, list):
                return parts
        return [part for part in self._marks.split(cell) if part.strip()]

    def task(self, golds: Iterable[Labels]) -> MultiLabel:
        metric: Any = self.options.metric or MultiLabel.metrics[0]
        labels = label_set(label for gold in golds for label in gold)
        return MultiLabel(labels, self.options.label_descriptions, metric)


@register_task
@dataclass(frozen=True)
class MultiLabel(LabelTask):
    """Any number of labels for each text: gold and predictions are tuples of labels, often empty ones.

    An empty tuple is an answer, ``None`` is none. Predicted labels that there are not count as wrong.

    Args:
        labels: The label set, in the order used for class indices.
        descriptions: What each label means, shown to language models and in the report.
        metric: ``micro_f1`` (F1 of the counts summed over labels), ``macro_f1`` (mean of the F1 of every
            label that occurs in gold or prediction) or ``subset_accuracy`` (share of texts all of whose
            labels are right).
    """

    kind: ClassVar[str] = "multi_label"
    metrics: ClassVar[tuple[str, ...]] = ("micro_f1", "macro_f1", "subset_accuracy")
    reader: ClassVar[type[Reader]] = LabelsReader
    labels: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    metric: MultiMetric = "micro_f1"

    def encode(self, values: Sequence[Labels | None]) -> NDArray[np.bool_]:
        """Which labels each value has, shape ``(n, labels + 1)``; the last column is for unknown ones."""
        index = {label: i for i, label in enumerate(self.labels)}
        table = np.zeros((len(values), len(self.labels) + 1), dtype=bool)
        for row, value in zip(table, values, strict=True):
            row[[index.get(label, -1) for label in value or ()]] = True
        return table

    def counts(self, gold: Sequence[Labels], predicted: Sequence[Labels | None]) -> NDArray[np.float64]:
        """Hits, gold and predicted items of every label and of unknown ones, ``(n, labels + 1, 3)``."""
        g, p = self.encode(gold), self.encode(predicted)
        g[:, -1] &= False
        return np.stack([g & p, g, p], axis=-1).astype(np.float64)

    def item_statistics(
        self, gold: Sequence[Labels], predicted: Sequence[Labels | None]
    ) -> NDArray[np.float64]:
        """Hits, gold and predicted labels, one by one for the macro average; for subsets right ones and 1."""
        counts = self.counts(gold, predicted)
        if self.metric == "micro_f1":
            return np.asarray(counts.sum(axis=1))
        if self.metric == "macro_f1":
            return counts[:, :-1].reshape(len(gold), -1)
        right = _subsets(counts, predicted)
        return np.stack([right, np.ones_like(right)], axis=1)

    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.metric == "subset_accuracy":
            return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1e-12))
        counts = totals.reshape(*totals.shape[:-1], -1, 3)
        return macro_f1(counts) if self.metric == "macro_f1" else micro_f1(counts)

    def item_scores(self, gold: Sequence[Labels], predicted: Sequence[Labels | None]) -> NDArray[np.float64]:
        """F1 of the labels of each text, or whether all are right where the metric is about subsets."""
        counts = self.counts(gold, predicted)
        if self.metric == "subset_accuracy":
            return _subsets(counts, predicted)
        return item_f1(counts, [p is None for p in predicted])

    def per_label(self, gold: Sequence[Labels], predicted: Sequence[Labels | None]) -> list[LabelScore]:
        return label_scores(self.labels, self.counts(gold, predicted)[:, :-1])

    @classmethod
    def labels_in(cls, gold: Labels) -> tuple[str, ...]:
        return tuple(gold)

    @classmethod
    def lack(cls, golds: Sequence[Labels]) -> Lack | None:
        if len({tuple(gold) for gold in golds}) != 1:
            return None
        labels = ", ".join(map(repr, golds[0]))
        return Lack(
            f"every training row has the same labels ({labels or 'none'})",
            "Give rows with different labels, or name another column than {column!r} with label=.",
        )

    @classmethod
    def to_plain(cls, value: Labels | None) -> Any:
        """The labels in alphabetical order."""
        return None if value is None else sorted(set(value))

    @classmethod
    def from_plain(cls, value: Any) -> tuple[str, ...] | None:
        return None if value is None else tuple(value)

    @classmethod
    def show(cls, value: Labels | None, text: str = "") -> str:
        return "no answer" if value is None else ", ".join(value) or "none"


def _subsets(counts: NDArray[np.float64], predicted: Sequence[Labels | None]) -> NDArray[np.float64]:
    """1 for texts that got all their labels and no other."""
    right = (counts[..., 1] == counts[..., 2]).all(axis=1)
    return np.asarray(right & np.array([p is not None for p in predicted], dtype=bool), dtype=np.float64)

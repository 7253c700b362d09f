"""Any number of labels a text: a sigmoid a label, and a threshold that dev chooses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from arms.base import Predictions
from arms.encoder.heads.base import Batch, Head, Logits, Targets, register_head, with_head
from arms.encoder.windows import Windows
from evalsets import MultiLabel, Split, Task

THRESHOLDS = tuple(round(0.05 * i, 2) for i in range(1, 20))


@register_head
@dataclass(frozen=True)
class MultiLabelHead(Head):
    """The classification head of transformers with a sigmoid for each label.

    One threshold serves all labels: a threshold a label would be fitted to the few dev texts of rare ones.

    Args:
        task: The task.
        threshold: Probability from which on a label is predicted.
    """

    kind: ClassVar[str] = MultiLabel.kind
    first_token: ClassVar[bool] = True
    task: MultiLabel
    threshold: float = 0.5

    @classmethod
    def learn(cls, task: Task, train: Split, windows: Windows) -> Self:
        assert isinstance(task, MultiLabel)
        return cls(task)

    def model(self, folder: Path) -> Any:
        kind = "multi_label_classification"
        return with_head(folder, "AutoModelForSequenceClassification", self.task.labels, problem_type=kind)

    def forward(self, model: Any, ids: Any, mask: Any) -> tuple[Any, Any]:
        return model(input_ids=ids, attention_mask=mask).logits, None

    def targets(self, split: Split, windows: Windows) -> Targets:
        return Targets(self.task.encode(split.labels)[:, :-1].astype(np.float32), None)

    def loss(self, batch: Batch) -> Any:
        import torch

        losses = torch.nn.functional.binary_cross_entropy_with_logits(
            batch.text_logits, batch.text_targets, reduction="none"
        )
        return batch.weighed(losses.mean(dim=1))

    def chosen(self, logits: Logits, windows: Windows, dev: Split) -> Self:
        """The threshold with the best dev score, of equally good ones that nearest to a half."""
        probabilities = _sigmoid(logits.texts)
        scores = {t: self.task.score(dev.labels, self._values(probabilities, t)) for t in THRESHOLDS}
        best = max(THRESHOLDS, key=lambda t: (scores[t], -abs(t - 0.5)))
        return replace(self, threshold=best)

    def predict(self, logits: Logits, windows: Windows, texts: Sequence[str]) -> Predictions:
        probabilities = _sigmoid(logits.texts)
        return Predictions(values=self._values(probabilities, self.threshold), probabilities=probabilities)

    def _values(self, probabilities: NDArray[np.float64], threshold: float) -> list[tuple[str, ...]]:
        return [
            tuple(label for label, p in zip(self.task.labels, row, strict=True) if p >= threshold)
            for row in probabilities
        ]

    def facts(self) -> dict[str, Any]:
        return {"label_threshold": self.threshold}


def _sigmoid(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import expit

    return np.asarray(expit(logits), dtype=np.float64)

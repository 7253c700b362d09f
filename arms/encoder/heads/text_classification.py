"""One label a text: a softmax over the pooled text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from arms.base import Predictions
from arms.encoder.heads.base import Batch, Head, Logits, Targets, register_head, with_head
from arms.encoder.windows import Windows
from evalsets import Split, Task, TextClassification


@register_head
@dataclass(frozen=True)
class TextClassificationHead(Head):
    """The classification head of transformers, over the mean of the logits of a text's windows."""

    kind: ClassVar[str] = TextClassification.kind
    first_token: ClassVar[bool] = True
    task: TextClassification

    @classmethod
    def learn(cls, task: Task, train: Split, windows: Windows) -> Self:
        assert isinstance(task, TextClassification)
        return cls(task)

    def model(self, folder: Path) -> Any:
        return with_head(folder, "AutoModelForSequenceClassification", self.task.labels)

    def forward(self, model: Any, ids: Any, mask: Any) -> tuple[Any, Any]:
        return model(input_ids=ids, attention_mask=mask).logits, None

    def targets(self, split: Split, windows: Windows) -> Targets:
        return Targets(self.task.encode(split.labels), None)

    def loss(self, batch: Batch) -> Any:
        import torch

        losses = torch.nn.functional.cross_entropy(batch.text_logits, batch.text_targets, reduction="none")
        return batch.weighed(losses)

    def predict(self, logits: Logits, windows: Windows, texts: Sequence[str]) -> Predictions:
        from scipy.special import softmax

        probabilities = softmax(logits.texts, axis=1)
        values = [self.task.labels[i] for i in probabilities.argmax(axis=1)]
        return Predictions(values=values, probabilities=probabilities)

"""An arm that answers with the first label whose key word stands in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms import Arm, FitContext, FitRecord, FittedArm, Predictions, register_arm
from evalsets import EvalSet


class Fitted(FittedArm):
    def __init__(self, labels: dict[str, str], default: str) -> None:
        self.record = FitRecord(parameters=0, model_bytes=len(str(labels)))
        self._labels, self._default = labels, default

    def predict(self, texts: Sequence[str]) -> Predictions:
        return Predictions([self._answer(text) for text in texts])

    def _answer(self, text: str) -> str:
        found = Counter(self._labels[word] for word in text.lower().split() if word in self._labels)
        return found.most_common(1)[0][0] if found else self._default


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class KeyWords(Arm):
    """Counts words that train has under one label alone.

    Args:
        least: Fewest times a word must occur.
        name: How the report calls the arm.
    """

    kind: ClassVar[str] = "acme_key_words"
    tasks: ClassVar[tuple[str, ...]] = ("text_classification", "acme_routing")
    keeps: ClassVar[str] = "Words of the training texts, one by one."
    least: Annotated[int, Field(ge=1)] = 2
    name: str | None = None

    def default_name(self) -> str:
        return "Key words"

    def summary(self) -> str:
        return "Counts words that only one label has in train."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        seen: dict[str, Counter[str]] = {}
        for text, label in zip(evalset.train.texts, evalset.train.labels, strict=True):
            for word in text.lower().split():
                seen.setdefault(word, Counter())[label] += 1
        sure = {w: next(iter(c)) for w, c in seen.items() if len(c) == 1 and c.total() >= self.least}
        return Fitted(sure, Counter(evalset.train.labels).most_common(1)[0][0])

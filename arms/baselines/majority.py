"""The same answer to every text: the floor of any comparison."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arms.base import Arm, FitContext, FitRecord, FittedArm, Predictions
from arms.registry import register_arm
from evalsets import EvalSet, Task
from evalsets.tasks import nearest


def _label(task: Any, golds: Sequence[str]) -> str:
    counts = Counter(golds)
    # Ties go to the label that sorts first, so that the result does not depend on row order.
    return min(counts, key=lambda name: (-counts[name], name))


def _label_set(task: Any, golds: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """The best of the most frequent set, the labels of over half of train, and the k most frequent labels."""
    sets = Counter(tuple(sorted(set(gold))) for gold in golds)
    counts = Counter(label for gold in golds for label in set(gold))
    ordered = sorted(counts, key=lambda label: (-counts[label], label))
    candidates = [
        min(sets, key=lambda labels: (-sets[labels], labels)),
        tuple(sorted(label for label in counts if 2 * counts[label] > len(golds))),
        *(tuple(sorted(ordered[: k + 1])) for k in range(len(ordered))),
    ]
    return max(candidates, key=lambda labels: task.score(golds, [labels] * len(golds)))


def _no_spans(task: Any, golds: Sequence[Any]) -> tuple[()]:
    return ()


def _record(task: Any, golds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """For each field its most frequent value, null included; of a list what over half of train states."""
    from evalsets.schema import flat, nested

    rows = [flat(gold) for gold in golds]
    record = {}
    for spec in task.fields:
        stated = [row.get(spec.path) for row in rows]
        if spec.many:
            counts = Counter(element for value in stated for element in {_key(v) for v in value or ()})
            value = [json.loads(key) for key in sorted(counts) if 2 * counts[key] > len(golds)] or None
        else:
            counts = Counter(map(_key, stated))
            value = json.loads(min(counts, key=lambda key: (-counts[key], key)))
        if value is not None:
            record[spec.path] = value
    return nested(record)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


_ANSWERS: dict[str, Callable[[Any, Sequence[Any]], Any]] = {
    "text_classification": _label,
    "multi_label": _label_set,
    "token_classification": _no_spans,
    "extraction": _record,
}
_NOTES = {
    "token_classification": "Most words belong to no entity, so the majority answer is none, which scores 0 "
    "by definition; the gazetteer is the floor that tells something.",
}


class _Constant(FittedArm):
    def __init__(self, answer: Any, shares: NDArray[np.float64] | None, record: FitRecord) -> None:
        self.record = record
        self._answer = answer
        self._shares = shares

    def predict(self, texts: Sequence[str]) -> Predictions:
        probabilities = None if self._shares is None else np.tile(self._shares, (len(texts), 1))
        return Predictions(values=[self._answer] * len(texts), probabilities=probabilities)


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Majority(Arm):
    """Always the answer most frequent in train.

    Of one label, the most frequent. Of label sets, whichever scores best on train by the task's metric: the
    most frequent set, the labels that over half of train has, or the ``k`` most frequent labels for some
    ``k``. Of entities, none. Of records, each field's most frequent value, not being stated included; of a
    list, the elements that over half of train states.
    """

    kind: ClassVar[str] = "majority"
    keeps: ClassVar[str] = "One answer; nothing of the texts."
    tasks: ClassVar[tuple[str, ...]] = tuple(_ANSWERS)
    name: str | None = None

    def default_name(self) -> str:
        return "Majority"

    def summary(self) -> str:
        return "Always gives the most frequent answer of train, whatever the text."

    def stochastic(self) -> bool:
        return False

    def labels_used(self, evalset: EvalSet) -> int:
        return len(evalset.train)

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        started = time.perf_counter()
        task: Task = evalset.task
        golds = evalset.train.labels
        kind = nearest(task.kinds(), _ANSWERS) or task.kind
        answer = _ANSWERS[kind](task, golds)
        shares = None
        if kind == "text_classification":
            counts = Counter(golds)
            shares = np.array([counts[label] / len(golds) for label in task.labels])
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={"label" if shares is not None else "answer": task.show(answer)},
            notes=[_NOTES[kind]] if kind in _NOTES else [],
            parameters=0,
            model_bytes=len(json.dumps(task.to_plain(answer)).encode()),
        )
        return _Constant(answer, shares, record)

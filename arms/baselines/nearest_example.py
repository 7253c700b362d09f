"""The record of the most similar training text, its values found again in the new one."""

from __future__ import annotations

import pickle
import time
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arms.base import Arm, FitContext, FitRecord, FittedArm, Predictions
from arms.baselines.candidates import Document, Form
from arms.baselines.spans import Readings, located_share, surface
from arms.registry import register_arm
from evalsets import EvalSet, Span, Split
from evalsets.gold_spans import gold_spans


class _Index:
    """Training texts by similarity, with where each states its fields.

    Args:
        train: The training texts and their records.
        gold: The spans of each.
    """

    def __init__(self, train: Split, gold: Sequence[Sequence[Span]]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._train, self._gold = train, gold
        self._vectorizer = TfidfVectorizer(sublinear_tf=True, ngram_range=(1, 2))
        self._vectors = self._vectorizer.fit_transform(train.texts)

    def nearest(self, texts: Sequence[str]) -> list[int]:
        """The training text with the highest cosine similarity to each; the first of equals."""
        similar = self._vectorizer.transform(texts) @ self._vectors.T
        return [int(similar[i].toarray().argmax()) for i in range(similar.shape[0])]

    def example(self, index: int) -> tuple[str, Mapping[str, Any], Sequence[Span]]:
        """Text, record and spans of a training text."""
        return self._train.texts[index], self._train.labels[index], self._gold[index]

    @property
    def size(self) -> int:
        return len(pickle.dumps((self._vectorizer, self._vectors, self._train.texts, self._train.labels)))


def _found_again(example: Document, spans: Sequence[Span], text: Document) -> list[Span]:
    """For each span of the example, the stretch that looks like it and stands most as it does, if any."""
    found: list[Span] = []
    for span in spans:
        taken = {(other.start, other.end) for other in found if other.label == span.label}
        if (place := _likest(example, span, text, taken)) is not None:
            found.append(Span(*place, span.label))
    return found


def _likest(
    example: Document, span: Span, text: Document, taken: set[tuple[int, int]]
) -> tuple[int, int] | None:
    length = example.length(span.start, span.end)
    if length is None:
        return None
    written, shape = surface(example.text[span.start : span.end]), example.form(span.start, span.end)
    around = set(example.context(span.start, span.end))

    def shared(place: tuple[int, int]) -> int:
        same = surface(text.text[slice(*place)]) == written
        return len(around & set(text.context(*place))) + same

    form = Form(frozenset([shape]), frozenset([written]), (length,))
    # Of equally good stretches the first is taken.
    return max((at for at in text.candidates(form) if at not in taken), key=shared, default=None)


def _answer(
    readings: Readings, example: tuple[str, Mapping[str, Any], Sequence[Span]], text: str, copy: bool
) -> dict[str, Any]:
    from evalsets.schema import flat, nested

    shown, record, spans = example
    values = flat(readings.answer(_found_again(Document(shown), spans, Document(text)), text))
    if copy:
        values = {**flat(record), **values}
    return nested({path: values[path] for path in readings.task.labels if path in values})


class _FittedNearest(FittedArm):
    def __init__(self, index: _Index, readings: Readings, copy: bool, record: FitRecord) -> None:
        self.record = record
        self._index, self._readings, self._copy = index, readings, copy

    def predict(self, texts: Sequence[str]) -> Predictions:
        if not texts:
            return Predictions(values=[])
        examples = map(self._index.example, self._index.nearest(texts))
        values = [
            _answer(self._readings, e, text, self._copy) for e, text in zip(examples, texts, strict=True)
        ]
        return Predictions(values=values)


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class NearestExample(Arm):
    """Fills in the record of the most similar training text, by TF-IDF of words and pairs of words.

    A value that the example states in its text becomes the stretch of the new text that has the same shape
    and the most similar surroundings. One that is not found again is copied or left out.

    Args:
        copy_missing: Whether values that are not found again are copied; ``None`` lets dev choose.
    """

    kind: ClassVar[str] = "nearest_example"
    keeps: ClassVar[str] = "The index holds every training text with its record."
    keeps_verbatim: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("extraction",)
    copy_missing: bool | None = None
    name: str | None = None

    def default_name(self) -> str:
        return "Nearest example"

    def summary(self) -> str:
        return "Takes the record of the most similar training text and finds its values again by shape."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        context.on_phase("training")
        started = time.perf_counter()
        task, train, dev = evalset.task, evalset.train, evalset.dev
        gold = gold_spans(task, train)
        index, readings = _Index(train, gold), Readings(task, train, gold)
        examples = [index.example(i) for i in index.nearest(dev.texts)]
        scores = {}
        for copy in (True, False) if self.copy_missing is None else (self.copy_missing,):
            answers = [_answer(readings, e, t, copy) for e, t in zip(examples, dev.texts, strict=True)]
            scores[copy] = task.score(dev.labels, answers)
        copy = max(scores, key=lambda choice: scores[choice])
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={
                "copy_missing": copy,
                "dev_score": scores[copy],
                "examples": len(train),
                "located": located_share(task, train, gold),
            },
            parameters=0,
            model_bytes=index.size,
        )
        return _FittedNearest(index, readings, copy, record)

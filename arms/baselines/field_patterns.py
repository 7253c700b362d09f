"""Fields found by the shape of their values and the words around them."""

from __future__ import annotations

import pickle
import random
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm, ArmError, FitContext, FitRecord, FittedArm, Predictions
from arms.baselines.candidates import Document, Form, forms_of
from arms.baselines.spans import Readings, located_share, surface
from arms.baselines.tfidf_logistic import THRESHOLDS
from arms.registry import register_arm
from evalsets import EvalSet, Span, Split
from evalsets.gold_spans import gold_spans

_OTHERS = 40
"""Candidates of a training text, besides those that state the field, that are learned from."""

Scored = list[tuple[float, int, int]]
"""Candidates of a text: probability, start and end."""


def features(document: Document, start: int, end: int, form: Form) -> list[str]:
    """What a candidate is judged by: its words and shape, and its context."""
    written = surface(document.text[start:end])
    found = [f"is={written}", f"shape={document.form(start, end)}", *(f"has={w}" for w in written.split())]
    if written in form.surfaces:
        found.append("known")
    return found + document.context(start, end)


class _Finder:
    """Judges the candidates of one field by logistic regression.

    Args:
        form: What its values look like.
        c: Inverse regularisation strength.
    """

    def __init__(self, form: Form, c: float) -> None:
        from sklearn.feature_extraction import FeatureHasher
        from sklearn.linear_model import LogisticRegression

        self.form = form
        self.threshold = 0.0
        self._hasher = FeatureHasher(n_features=2**16, input_type="string", alternate_sign=False)
        self._untrained = LogisticRegression(C=c, max_iter=1000)
        # Stays so where every candidate of train states the field; then the first is the answer.
        self._model: Any = None

    def fit(self, documents: Sequence[Document], stated: Sequence[Sequence[tuple[int, int]]]) -> None:
        """Learn from texts and where each states the field."""
        rows, right = [], []
        for i, (document, places) in enumerate(zip(documents, stated, strict=True)):
            written = {surface(document.text[start:end]) for start, end in places}
            others = []
            for start, end in document.candidates(self.form):
                if (start, end) in places:
                    rows.append(features(document, start, end, self.form))
                    right.append(True)
                elif surface(document.text[start:end]) not in written:
                    # The same words elsewhere may state the field too, and teach nothing.
                    others.append((start, end))
            others = random.Random(i).sample(others, min(_OTHERS, len(others)))
            rows += [features(document, start, end, self.form) for start, end in others]
            right += [False] * len(others)
        if len(set(right)) > 1:
            self._model = self._untrained.fit(self._hasher.transform(rows), right)

    def scored(self, document: Document) -> Scored:
        """The candidates of a text with their probabilities, the best first."""
        places = document.candidates(self.form)
        if not places or self._model is None:
            return [(1.0, *place) for place in places]
        rows = [features(document, start, end, self.form) for start, end in places]
        chances = self._model.predict_proba(self._hasher.transform(rows))[:, 1]
        return sorted(((float(p), *at) for p, at in zip(chances, places, strict=True)), key=_best_first)

    @property
    def parameters(self) -> int:
        """Weights that are not 0."""
        return 0 if self._model is None else int(np.count_nonzero(self._model.coef_)) + 1

    @property
    def size(self) -> int:
        """Bytes of those weights, each with its place, and of the form."""
        return 12 * self.parameters + len(pickle.dumps(self.form))


def _best_first(candidate: tuple[float, int, int]) -> tuple[float, int, int]:
    return -candidate[0], candidate[1], -candidate[2]


def _chosen(scored: Scored, threshold: float, path: str, many: bool) -> list[Span]:
    """The best candidate over the threshold; of a list all of them that do not overlap."""
    spans: list[Span] = []
    for chance, start, end in scored:
        if chance < threshold or (spans and not many):
            break
        if all(end <= other.start or other.end <= start for other in spans):
            spans.append(Span(start, end, path))
    return spans


class _FittedPatterns(FittedArm):
    def __init__(self, readings: Readings, finders: Mapping[str, _Finder], record: FitRecord) -> None:
        self.record = record
        self._readings, self._finders = readings, finders
        self._many = {spec.path: spec.many for spec in readings.task.fields}

    def predict(self, texts: Sequence[str]) -> Predictions:
        values = []
        for text in texts:
            document = Document(text)
            spans = [
                span
                for path, finder in self._finders.items()
                for span in _chosen(finder.scored(document), finder.threshold, path, self._many[path])
            ]
            values.append(self._readings.answer(spans, text))
        return Predictions(values=values)


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class FieldPatterns(Arm):
    """Finds each field by the shape of its values and the words before and after them.

    Stretches that look like the values of train, or are written like one, are candidates. For each field a
    logistic regression over their words, shape, context and the heading of their line ranks them; the best
    is the answer if its probability reaches a threshold that dev chooses, else the field is not stated.
    A field whose values train's texts do not state literally, without evidence in the data, is never found.

    Args:
        c: Inverse regularisation strength.
    """

    kind: ClassVar[str] = "field_patterns"
    keeps: ClassVar[str] = (
        "The forms hold the values that the training texts state, in lower case; words around are hashed."
    )
    keeps_verbatim: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("extraction",)
    c: Annotated[float, Field(gt=0)] = 10.0
    name: str | None = None

    def default_name(self) -> str:
        return "Field patterns"

    def summary(self) -> str:
        return "Finds each field by the shape of its values and the words around them."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        from threadpoolctl import threadpool_limits

        context.on_phase("training")
        started = time.perf_counter()
        task: Any = evalset.task
        gold = gold_spans(task, evalset.train)
        readings = Readings(task, evalset.train, gold)
        # These products are too small to share between threads, which would mostly wait.
        with threadpool_limits(1):
            finders = self._finders(evalset, gold, readings)
        lost = [path for path in task.labels if path not in finders]
        if not finders:
            raise ArmError(
                f"{self.label} found no value of train in its texts, so there is no pattern to learn. "
                "Give the evidence of values, or leave the arm out of this comparison."
            )
        record = FitRecord(
            facts={
                "thresholds": {path: finder.threshold for path, finder in finders.items()},
                "shapes": {path: len(finder.form.shapes) for path, finder in finders.items()},
                "located": located_share(task, evalset.train, gold),
            },
            notes=[f"No place of {', '.join(lost)} could be learned; never answered."] if lost else [],
            parameters=sum(finder.parameters for finder in finders.values()),
            model_bytes=sum(finder.size for finder in finders.values()),
        )
        fitted = _FittedPatterns(readings, finders, record)
        record.facts["dev_score"] = task.score(evalset.dev.labels, fitted.predict(evalset.dev.texts).values)
        record.seconds["training"] = time.perf_counter() - started
        return fitted

    def _finders(
        self, evalset: EvalSet, gold: Sequence[Sequence[Span]], readings: Readings
    ) -> dict[str, _Finder]:
        task: Any = evalset.task
        documents = [Document(text) for text in evalset.train.texts]
        dev = [Document(text) for text in evalset.dev.texts]
        finders = {}
        for path, form in forms_of(documents, gold, task.fields).items():
            finder = _Finder(form, self.c)
            places = [[(s.start, s.end) for s in spans if s.label == path] for spans in gold]
            if any(places):
                finder.fit(documents, places)
                scored = [finder.scored(document) for document in dev]
                finder.threshold = _threshold(path, scored, evalset.dev, readings)
                finders[path] = finder
        return finders


def _threshold(path: str, scored: Sequence[Scored], dev: Split, readings: Readings) -> float:
    """The threshold with the best F1 of the field on dev, the lowest of equals; 0 always answers."""
    task = readings.task
    column = task.labels.index(path)
    many, exact = task.fields[column].many, task.metric == "exact_f1"
    best, kept, before = -1.0, 0.0, None
    for threshold in (0.0, *THRESHOLDS):
        answers = [
            readings.answer(_chosen(s, threshold, path, many), text)
            for s, text in zip(scored, dev.texts, strict=True)
        ]
        if answers == before:
            continue
        before = answers
        hits, stated, given = task.counts(dev.labels, answers, exact=exact)[:, column].sum(axis=0)
        f1 = 2 * hits / max(stated + given, 1)
        if f1 > best:
            best, kept = f1, threshold
    return kept

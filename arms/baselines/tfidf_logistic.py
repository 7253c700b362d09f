"""TF-IDF and logistic regression for labels of texts."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm, FitContext, FitRecord, FittedArm, Predictions
from arms.registry import register_arm
from evalsets import EvalSet, MultiLabel

THRESHOLDS = tuple(round(0.05 * k, 2) for k in range(1, 20))


class _FittedPipeline(FittedArm):
    def __init__(self, pipeline: Any, labels: Sequence[str], record: FitRecord) -> None:
        self.record = record
        self._pipeline = pipeline
        index = {label: i for i, label in enumerate(labels)}
        self._columns = [index[str(c)] for c in pipeline.classes_]
        self._labels = labels

    def predict(self, texts: Sequence[str]) -> Predictions:
        probabilities = np.zeros((len(texts), len(self._labels)))
        if texts:
            probabilities[:, self._columns] = self._pipeline.predict_proba(list(texts))
        best = probabilities.argmax(axis=1)
        return Predictions(values=[self._labels[i] for i in best], probabilities=probabilities)


class _OneForEach:
    """A logistic regression for each label; one that train always or never gives is always or never given.

    Args:
        models: For each label a fitted classifier of "has it", or the share of train that has it.
    """

    def __init__(self, models: Sequence[Any]) -> None:
        self.models = models

    def probabilities(self, features: Any) -> NDArray[np.float64]:
        """How probable each label is, shape ``(n, labels)``; rows do not sum to 1."""
        table = np.zeros((features.shape[0], len(self.models)))
        for column, model in enumerate(self.models):
            table[:, column] = model if isinstance(model, float) else model.predict_proba(features)[:, 1]
        return table

    @property
    def parameters(self) -> int:
        fitted = [m for m in self.models if not isinstance(m, float)]
        return sum(int(m.coef_.size + m.intercept_.size) for m in fitted)


class _FittedLabels(FittedArm):
    def __init__(
        self, vectorizer: Any, models: _OneForEach, threshold: float, labels: Sequence[str], record: FitRecord
    ) -> None:
        self.record = record
        self._vectorizer, self._models = vectorizer, models
        self._threshold, self._labels = threshold, labels

    def predict(self, texts: Sequence[str]) -> Predictions:
        if not texts:
            return Predictions(values=[])
        # They are not kept as probabilities of the record, whose rows sum to 1.
        table = self._models.probabilities(self._vectorizer.transform(texts))
        return Predictions(values=_over(table, self._threshold, self._labels))


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TfidfLogistic(Arm):
    """TF-IDF of word n-grams and logistic regression (scikit-learn).

    Where a text may have several labels, one regression a label, and one threshold for all of them, chosen on
    dev by the task's metric together with the strength.

    Args:
        ngrams: Longest word n-gram.
        min_df: Documents a term must occur in.
        c: Inverse regularisation strengths, or one; the best on dev by the task's metric is kept.
        class_weight: ``"balanced"`` weighs labels by inverse frequency; ``None`` does not.
    """

    kind: ClassVar[str] = "tfidf_logistic"
    keeps: ClassVar[str] = (
        "The vocabulary holds words and word sequences of the training texts as they are written, names "
        "and numbers among them; min_df keeps rare ones out."
    )
    keeps_verbatim: ClassVar[bool] = True
    tasks: ClassVar[tuple[str, ...]] = ("text_classification", "multi_label")
    ngrams: Annotated[int, Field(ge=1, le=5)] = 2
    min_df: Annotated[int, Field(ge=1)] = 1
    c: Annotated[
        tuple[Annotated[float, Field(gt=0)], ...],
        Field(min_length=1),
        BeforeValidator(lambda given: (given,) if isinstance(given, int | float) else given),
    ] = (0.3, 1.0, 3.0, 10.0, 30.0)
    class_weight: Literal["balanced"] | None = "balanced"
    name: str | None = None

    def default_name(self) -> str:
        return "TF-IDF + logistic regression"

    def summary(self) -> str:
        return f"TF-IDF of word 1- to {self.ngrams}-grams with logistic regression, strength chosen on dev."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from threadpoolctl import threadpool_limits

        context.on_phase("training")
        vectorizer = TfidfVectorizer(ngram_range=(1, self.ngrams), min_df=self.min_df, sublinear_tf=True)
        # These products are too small to share between threads, which would mostly wait.
        with threadpool_limits(1):
            if isinstance(evalset.task, MultiLabel):
                return self._fit_labels(evalset, vectorizer)
            return self._fit_label(evalset, vectorizer)

    def _model(self, c: float) -> Any:
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(C=c, max_iter=2000, class_weight=self.class_weight)

    def _fit_label(self, evalset: EvalSet, vectorizer: Any) -> FittedArm:
        from sklearn.pipeline import make_pipeline

        started = time.perf_counter()
        train, dev = vectorizer.fit_transform(evalset.train.texts), vectorizer.transform(evalset.dev.texts)
        labels, scores, best = list(evalset.train.labels), {}, None
        for c in self.c:
            model = self._model(c).fit(train, labels)
            scores[c] = evalset.task.score(evalset.dev.labels, [str(v) for v in model.predict(dev)])
            if best is None or scores[c] > scores[best[0]]:
                best = (c, model)
        assert best is not None
        pipeline = make_pipeline(vectorizer, best[1])
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={"c": best[0], "dev_score": scores[best[0]], "features": len(vectorizer.vocabulary_)},
            parameters=int(best[1].coef_.size + best[1].intercept_.size),
            model_bytes=len(pickle.dumps(pipeline)),
        )
        return _FittedPipeline(pipeline, evalset.task.labels, record)

    def _fit_labels(self, evalset: EvalSet, vectorizer: Any) -> FittedArm:
        started = time.perf_counter()
        task = evalset.task
        train, dev = vectorizer.fit_transform(evalset.train.texts), vectorizer.transform(evalset.dev.texts)
        has = np.array([[label in gold for label in task.labels] for gold in evalset.train.labels])
        best: tuple[float, float, float, _OneForEach] | None = None
        for c in self.c:
            models = _OneForEach(
                [
                    self._model(c).fit(train, column) if 0 < column.mean() < 1 else float(column.mean())
                    for column in has.T
                ]
            )
            table = models.probabilities(dev)
            for threshold in THRESHOLDS:
                score = task.score(evalset.dev.labels, _over(table, threshold, task.labels))
                if best is None or score > best[0]:
                    best = (score, c, threshold, models)
        assert best is not None
        score, c, threshold, models = best
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={
                "c": c,
                "label_threshold": threshold,
                "dev_score": score,
                "features": len(vectorizer.vocabulary_),
            },
            parameters=models.parameters,
            model_bytes=len(pickle.dumps((vectorizer, models))),
        )
        return _FittedLabels(vectorizer, models, threshold, task.labels, record)


def _over(table: NDArray[np.float64], threshold: float, labels: Sequence[str]) -> list[tuple[str, ...]]:
    return [
        tuple(label for label, p in zip(labels, row, strict=True) if p >= threshold) for row in table.tolist()
    ]

"""Arms without a neural network: what anything dearer must beat."""

from __future__ import annotations

import pickle
import time
from collections import Counter
from collections.abc import Sequence
from typing import Annotated, Any, ClassVar

import numpy as np
from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm, FitContext, FitRecord, FittedArm, Predictions
from arms.registry import register_arm
from evalsets import EvalSet


class _FittedMajority(FittedArm):
    def __init__(self, label: str, share: dict[str, float], labels: Sequence[str], record: FitRecord) -> None:
        self.record = record
        self._label = label
        self._row = np.array([share.get(name, 0.0) for name in labels])

    def predict(self, texts: Sequence[str]) -> Predictions:
        return Predictions(
            values=[self._label] * len(texts), probabilities=np.tile(self._row, (len(texts), 1))
        )


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Majority(Arm):
    """Always the most frequent label of train: the floor of any comparison."""

    kind: ClassVar[str] = "majority"
    name: str | None = None

    def default_name(self) -> str:
        return "Majority"

    def summary(self) -> str:
        return "Always answers the most frequent training label."

    def stochastic(self) -> bool:
        return False

    def labels_used(self, evalset: EvalSet) -> int:
        return len(evalset.train)

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        started = time.perf_counter()
        counts = Counter(evalset.train.labels)
        # Ties go to the label that sorts first, so that the result does not depend on row order.
        label = min(counts, key=lambda name: (-counts[name], name))
        share = {name: count / len(evalset.train) for name, count in counts.items()}
        record = FitRecord(
            seconds={"training": time.perf_counter() - started},
            facts={"label": label},
            parameters=0,
            model_bytes=len(label.encode()),
        )
        return _FittedMajority(label, share, evalset.task.labels, record)


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


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class TfidfLogistic(Arm):
    """TF-IDF of word n-grams and logistic regression (scikit-learn).

    Args:
        ngrams: Longest word n-gram.
        min_df: Documents a term must occur in.
        c: Inverse regularisation strengths; the best on dev by the task's metric is kept.
        class_weight: ``"balanced"`` weighs labels by inverse frequency; ``None`` does not.
    """

    kind: ClassVar[str] = "tfidf_logistic"
    ngrams: Annotated[int, Field(ge=1, le=5)] = 2
    min_df: Annotated[int, Field(ge=1)] = 1
    c: tuple[Annotated[float, Field(gt=0)], ...] = (0.3, 1.0, 3.0, 10.0, 30.0)
    class_weight: str | None = "balanced"
    name: str | None = None

    def default_name(self) -> str:
        return "TF-IDF + logistic regression"

    def summary(self) -> str:
        return f"TF-IDF of word 1- to {self.ngrams}-grams with logistic regression, strength chosen on dev."

    def stochastic(self) -> bool:
        return False

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from threadpoolctl import threadpool_limits

        context.on_phase("training")
        started = time.perf_counter()
        vectorizer = TfidfVectorizer(ngram_range=(1, self.ngrams), min_df=self.min_df, sublinear_tf=True)
        train, dev = vectorizer.fit_transform(evalset.train.texts), vectorizer.transform(evalset.dev.texts)
        labels, scores, best = list(evalset.train.labels), {}, None
        for c in self.c:
            model = LogisticRegression(C=c, max_iter=2000, class_weight=self.class_weight)
            # These products are too small to share between threads, which would mostly wait.
            with threadpool_limits(1):
                model.fit(train, labels)
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

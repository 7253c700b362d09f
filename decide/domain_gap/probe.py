"""What a linear probe on the frozen encoder scores on the task, without training the encoder."""

from __future__ import annotations

from typing import Any

import numpy as np

from decide.domain_gap.bootstrap import PERCENTILES, Array, Resampler
from decide.domain_gap.encoder import Encoder, Vectors, read
from decide.domain_gap.report import Measure
from decide.records import Estimate
from evalsets import EvalSet, Split, Task, TextClassification

MOST_TRAIN = 2000
MOST_TEST = 2000
FOLDS = 5
SOURCE = (
    'linear probe: Alain and Bengio 2017, "Understanding intermediate layers using linear classifier probes"'
)


def probe_measures(encoder: Encoder | None, data: EvalSet | None, seed: int) -> list[Measure]:
    """Probe score on the test set with its in-domain reference, and the drop on unseen groups.

    The test split is read here and nowhere else in a gap assessment, once, after everything is fixed.
    """
    if data is None or encoder is None:
        return _missing("not measured: give an EvalSet with labels")
    task = data.task
    if not isinstance(task, TextClassification):
        return _missing("not measured: the probe is for text classification")
    rng = np.random.default_rng(seed)
    train, test = _some(data.train, MOST_TRAIN, rng), _some(data.test, MOST_TEST, rng)
    if len(set(train.labels)) < 2 or len(train) < 2 * FOLDS:
        return _missing(f"needs two labels and {2 * FOLDS} training documents")
    inputs = read(encoder, train.texts, "train · features")[0]
    gold = np.array(train.labels, dtype=object).astype(str)
    model = _model().fit(inputs, gold)
    guessed = [str(v) for v in model.predict(read(encoder, test.texts, "test · features")[0])]
    inside = _cross_validated(inputs, gold, _random_folds(len(train), rng))
    measures = [
        Measure(
            id="probe_score",
            family="task",
            name=f"Probe score on test ({task.metric})",
            unit="score",
            value=_score(task, test, guessed, seed),
            reference=_score(task, train, inside, seed),
            reference_name=f"same probe, {FOLDS}-fold cross-validated on train",
            larger_is="narrower",
            method=f"Logistic regression on frozen mean-pooled features of {len(train):,} training "
            f"documents, scored "
            f"on {len(test):,} test documents. The reference has seen documents like those it is scored "
            f"on; a "
            "test score below it is a shift between train and test.",
            source=SOURCE,
        )
    ]
    return [*measures, _group_drop(task, train, inputs, gold, inside, seed)]


def _missing(why: str, ids: tuple[str, ...] = ("probe_score", "group_drop")) -> list[Measure]:
    names = {"probe_score": "Probe score on test", "group_drop": "Drop on unseen groups"}
    return [
        Measure(
            id=id,
            family="task",
            name=names[id],
            unit="score",
            missing=why,
            reference_missing=why,
            larger_is="narrower" if id == "probe_score" else "wider",
            method="Logistic regression on frozen mean-pooled features.",
            source=SOURCE,
        )
        for id in ids
    ]


def _some(split: Split, most: int, rng: np.random.Generator) -> Split:
    if len(split) <= most:
        return split
    return split.take(sorted(int(i) for i in rng.choice(len(split), most, replace=False)))


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000, class_weight="balanced"))


def _random_folds(n: int, rng: np.random.Generator) -> Any:
    return rng.permutation(n) % FOLDS


def _cross_validated(inputs: Vectors, gold: Any, folds: Any) -> list[str]:
    """Predictions for every document by a probe that did not see its fold."""
    guessed = np.full(len(gold), "", dtype=object)
    for fold in np.unique(folds):
        out = folds == fold
        labels = np.unique(gold[~out])
        if len(labels) == 1:
            guessed[out] = labels[0]
        else:
            guessed[out] = _model().fit(inputs[~out], gold[~out]).predict(inputs[out])
    return [str(g) for g in guessed]


def _score(task: Task, split: Split, guessed: list[str], seed: int) -> Estimate:
    statistics = task.item_statistics(split.labels, guessed)
    drawn = task.score_from_statistics(Resampler(len(split), seed).totals(statistics))
    low, high = np.percentile(drawn, PERCENTILES)
    value = float(task.score_from_statistics(statistics.sum(axis=0)))
    return Estimate(value=value, low=float(low), high=float(high))


def _group_drop(
    task: Task, train: Split, inputs: Vectors, gold: Any, inside: list[str], seed: int
) -> Measure:
    """Score with the document's group in training minus score without it, on the same documents."""
    if train.groups is None or len(set(train.groups)) < 2:
        return _missing("not measured: the training data has fewer than two groups", ("group_drop",))[0]
    names = sorted(set(train.groups))
    sizes = {name: train.groups.count(name) for name in names}
    # Groups are dealt to folds, largest first, each to the smallest fold.
    folds = [0] * min(FOLDS, len(names))
    place = {}
    for name in sorted(names, key=lambda n: (-sizes[n], n)):
        place[name] = int(np.argmin(folds))
        folds[place[name]] += sizes[name]
    outside = _cross_validated(inputs, gold, np.array([place[g] for g in train.groups]))
    both: Array = np.hstack(
        [task.item_statistics(train.labels, inside), task.item_statistics(train.labels, outside)]
    )

    def drop(totals: Array) -> Array:
        first, second = np.split(totals, 2, axis=-1)
        return np.asarray(task.score_from_statistics(first) - task.score_from_statistics(second))

    low, high = np.percentile(drop(Resampler(len(train), seed).totals(both)), PERCENTILES)
    return Measure(
        id="group_drop",
        family="task",
        name="Drop on unseen groups",
        unit="score",
        value=Estimate(value=float(drop(both.sum(axis=0))), low=float(low), high=float(high)),
        reference=Estimate(value=0.0),
        reference_name="no difference between groups",
        method=f"The same probe on the training documents, cross-validated over random folds minus over "
        f"folds of "
        f"whole groups ({len(names)} groups in {len(folds)} folds). With few groups the second also "
        f"trains on "
        "fewer documents. Paired, resampled over documents.",
        source="leave-group-out cross-validation",
    )

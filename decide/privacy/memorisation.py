"""What a trained model remembers of its training texts: the statement, and a measurement of its confidence.

The measurement is the simplest membership inference: whether the model is surer of texts it was trained on
(Yeom et al. 2018, "Privacy Risk in Machine Learning"; after Shokri et al. 2017, "Membership Inference Attacks
Against Machine Learning Models").
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from arms.base import Arm, FittedArm
from decide.privacy.records import Kept, Memorisation, TrainedSample
from decide.records import Estimate
from evalsets import EvalSet, MultiLabel, Task, TextClassification

if TYPE_CHECKING:
    from decide.run import Run

Floats = NDArray[np.float64]
Signal = Literal["probability of the right label", "score of the answer"]
TRAINED = 200
RESAMPLES = 2000
LEAST = 20
"""Fewest texts on either side that are compared."""
OTHERS = 10_000
"""Most test texts that training texts are compared with; of more, a random sample."""
_TINY = 1e-12


def trained_sample(arm: Arm, fitted: FittedArm, evalset: EvalSet, most: int) -> TrainedSample | None:
    """Predictions of a seeded sample of train, after everything that is timed; ``None`` where pointless."""
    if not arm.memorises or not most:
        return None
    drawn = np.random.default_rng(0).permutation(len(evalset.train))[:most]
    items = sorted(int(i) for i in drawn)
    predictions = fitted.predict([evalset.train.texts[i] for i in items])
    values = [evalset.task.to_plain(value) for value in predictions.values]
    return TrainedSample(items=items, values=values, probabilities=predictions.plain_probabilities())


def memorisation_of(arm: Arm, runs: Sequence[Run], data: EvalSet) -> tuple[Memorisation | None, str]:
    """How well confidence tells training texts from test texts, or why that was not measured.

    Over seeds the mean AUC; its interval is a bootstrap over the texts on both sides. Where texts have
    groups, only test texts of groups that train has are compared, so that another source is not taken for
    memory.
    """
    if not arm.memorises:
        return None, ""
    samples = [run.trained for run in runs]
    if any(sample is None for sample in samples):
        return None, "its runs were recorded without it"
    others = list(range(len(data.test)))
    where = "test"
    if data.test.groups is not None and data.train.groups is not None:
        seen = set(data.train.groups)
        others = [i for i in others if data.test.groups[i] in seen]
        where = "test, of groups that training has"
    if len(others) > OTHERS:
        others = sorted(np.random.default_rng(0).choice(others, OTHERS, replace=False).tolist())
        where += ", a random sample"
    first = samples[0]
    assert first is not None
    if min(len(others), len(first.items)) < LEAST:
        return None, f"there are fewer than {LEAST} texts to compare"
    wins = []
    signal: Signal = "probability of the right label"
    for run, sample in zip(runs, samples, strict=True):
        assert sample is not None
        gold = [data.train.labels[i] for i in sample.items]
        answers = [data.task.from_plain(v) for v in sample.values]
        mine, signal = confidence(data.task, gold, answers, sample.probabilities)
        theirs = _on_test(run, data, others)
        difference = mine[:, None] - theirs[None, :]
        wins.append((difference > 0) + 0.5 * (difference == 0))
    return (
        Memorisation(
            arm=arm.label,
            signal=signal,
            auc=auc(np.mean(wins, axis=0)),
            trained=len(first.items),
            others=len(others),
            other_texts=where,
            seeds=len(runs),
        ),
        "",
    )


def _on_test(run: Run, data: EvalSet, items: Sequence[int]) -> Floats:
    """Confidence in the right answers to some test texts."""
    answers = run.answers(data.task)
    stated = run.probabilities
    return confidence(
        data.task,
        [data.test.labels[i] for i in items],
        [answers[i] for i in items],
        None if stated is None else [stated[i] for i in items],
    )[0]


def confidence(
    task: Task, gold: Sequence[Any], answers: Sequence[Any], probabilities: Sequence[Any] | None
) -> tuple[Floats, Signal]:
    """Log-probability of the right answer of each text; its score where there are no probabilities.

    Where several labels may hold, their probabilities are taken as independent.
    """
    if probabilities is None or not isinstance(task, TextClassification | MultiLabel):
        return task.item_scores(gold, answers), "score of the answer"
    table = np.nan_to_num(np.array(probabilities, dtype=float), nan=0.0)
    right = np.array([[label in task.labels_in(g) for label in task.labels] for g in gold])
    logs = np.log(np.maximum(table, _TINY))
    if isinstance(task, TextClassification):
        return (logs * right).sum(axis=1), "probability of the right label"
    against = np.log(np.maximum(1 - table, _TINY))
    return np.where(right, logs, against).sum(axis=1), "probability of the right label"


def auc(wins: Floats) -> Estimate:
    """Area under the ROC curve from a table of pairs: 1 where the row wins, 0.5 for a tie.

    The mean of the table is the Mann-Whitney form of the area (Hanley and McNeil 1982); the 95% percentile
    interval resamples rows and columns.
    """
    rng = np.random.default_rng(0)
    trained, others = wins.shape
    by_row = rng.multinomial(trained, np.full(trained, 1 / trained), size=RESAMPLES) / trained
    by_column = rng.multinomial(others, np.full(others, 1 / others), size=RESAMPLES) / others
    draws = ((by_row @ wins) * by_column).sum(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return Estimate(value=float(wins.mean()), low=float(low), high=float(high))


def kept_of(arm: Arm, parts: Sequence[Arm] = (), missing: str = "") -> Kept:
    """What of the training texts is in what the arm ships, or in what its parts ship."""
    statement, verbatim = arm.what_is_kept()
    verbatim = verbatim or any(part.what_is_kept()[1] for part in parts)
    return Kept(
        arm=arm.label,
        statement=statement or "This approach does not say what it keeps of the training texts.",
        verbatim=verbatim,
        missing=missing,
    )

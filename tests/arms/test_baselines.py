from pathlib import Path

import numpy as np

from arms import FitContext, Majority, TfidfLogistic
from evalsets import EvalSet, TextClassification


def test_majority_answers_the_most_frequent_training_label(toy: EvalSet, tmp_path: Path) -> None:
    fitted = Majority().fit(toy, 0, FitContext(tmp_path))
    expected = max(set(toy.train.labels), key=list(toy.train.labels).count)
    predictions = fitted.predict(toy.test.texts)
    assert set(predictions.values) == {expected}
    assert predictions.probabilities is not None
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)


def test_tfidf_learns_words_and_gives_probabilities(toy: EvalSet, tmp_path: Path) -> None:
    fitted = TfidfLogistic().fit(toy, 0, FitContext(tmp_path))
    predictions = fitted.predict(toy.test.texts)
    assert toy.task.score(toy.test.labels, predictions.values) > 0.9
    assert predictions.probabilities is not None
    assert predictions.probabilities.shape == (len(toy.test), 3)
    np.testing.assert_allclose(predictions.probabilities.sum(axis=1), 1)
    assert fitted.record.facts["c"] in TfidfLogistic().c


def test_tfidf_keeps_columns_for_labels_missing_from_train(toy: EvalSet, tmp_path: Path) -> None:
    from dataclasses import replace

    assert isinstance(toy.task, TextClassification)
    wider = replace(toy, task=TextClassification(("aaa", *toy.task.labels)))
    predictions = TfidfLogistic().fit(wider, 0, FitContext(tmp_path)).predict(["router outage"])
    assert predictions.values == ["network"]
    assert predictions.probabilities is not None
    assert predictions.probabilities[0, 0] == 0

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from arms import FitContext, Majority, TfidfLogistic
from evalsets import EvalSet, MultiLabel, Span, Split, TextClassification, TokenClassification


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


WORDS_OF = {"red": "rose brick", "green": "leaf lawn", "blue": "sky sea"}


def tagged(n: int, seed: int) -> Split:
    rng = random.Random(seed)
    texts, golds = [], []
    for i in range(n):
        gold = tuple(label for label in WORDS_OF if rng.random() < 0.4)
        words = [rng.choice(WORDS_OF[label].split()) for label in gold] + ["thing", f"n{seed}{i}"]
        rng.shuffle(words)
        texts.append(" ".join(words))
        golds.append(tuple(sorted(gold)))
    return Split(tuple(texts), tuple(golds))


@pytest.mark.parametrize("metric", MultiLabel.metrics)
def test_tfidf_gives_any_number_of_labels(metric: Any, tmp_path: Path) -> None:
    task = MultiLabel(("blue", "green", "never", "red"), metric=metric)
    data = EvalSet("tags", task, tagged(80, 1), tagged(30, 2), tagged(40, 3))
    fitted = TfidfLogistic().fit(data, 0, FitContext(tmp_path))
    predictions = fitted.predict(data.test.texts)
    assert task.score(data.test.labels, predictions.values) > 0.9
    assert () in predictions.values
    assert predictions.probabilities is None
    assert 0 < fitted.record.facts["label_threshold"] < 1
    assert fitted.predict([]).values == []


def test_a_label_that_all_of_train_has_is_always_given(tmp_path: Path) -> None:
    train = Split(("rose", "leaf", "sky"), (("all", "red"), ("all",), ("all",)))
    data = EvalSet("tags", MultiLabel(("all", "red")), train, train, train)
    assert TfidfLogistic().fit(data, 0, FitContext(tmp_path)).predict(["rose", "lawn"]).values == [
        ("all", "red"),
        ("all",),
    ]


@pytest.mark.parametrize(
    ("metric", "answer"),
    [("subset_accuracy", ()), ("micro_f1", ("a",)), ("macro_f1", ("a", "b", "c"))],
)
def test_majority_is_the_constant_that_the_metric_likes_best(
    metric: Any, answer: tuple[str, ...], tmp_path: Path
) -> None:
    golds = ((), (), ("a", "b"), ("a", "c"), ("a",))
    split = Split(("p", "q", "r", "s", "t"), golds)
    data = EvalSet("tags", MultiLabel(("a", "b", "c"), metric=metric), split, split, split)
    predictions = Majority().fit(data, 0, FitContext(tmp_path)).predict(["any", "thing"])
    assert predictions.values == [answer, answer]
    best = max(
        data.task.score(golds, [subset] * len(golds))
        for size in range(4)
        for subset in itertools.combinations("abc", size)
    )
    assert data.task.score(golds, [answer] * len(golds)) == pytest.approx(best)


def test_majority_of_entities_is_none_and_says_so(tmp_path: Path) -> None:
    split = Split(("gout", "fine"), ((Span(0, 4, "x"),), ()))
    data = EvalSet("entities", TokenClassification(("x",)), split, split, split)
    fitted = Majority().fit(data, 0, FitContext(tmp_path))
    assert fitted.predict(["gout"]).values == [()]
    assert "scores 0" in fitted.record.notes[0]

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from evalsets import Corpus, EvalSet, Split, TextClassification, task_from_json

BASE = EvalSet(
    name="x",
    task=TextClassification(("a", "b"), {"a": "first", "b": "second"}),
    train=Split(("one", "two"), ("a", "b"), ("g", "h")),
    dev=Split(("three",), ("a",), ("g",)),
    test=Split(("four",), ("b",), ("g",)),
    unlabeled=Corpus(documents=("five",)),
)


@pytest.mark.parametrize(
    "other",
    [
        replace(BASE, train=replace(BASE.train, texts=("one", "two "))),
        replace(BASE, train=replace(BASE.train, labels=("b", "b"))),
        replace(BASE, train=replace(BASE.train, groups=("g", "g"))),
        replace(BASE, train=replace(BASE.train, groups=None)),
        replace(BASE, train=BASE.train.take([1, 0])),
        replace(BASE, train=BASE.train.take([0])),
        replace(BASE, dev=BASE.test, test=BASE.dev),
        replace(BASE, unlabeled=None),
        replace(BASE, unlabeled=Corpus(documents=("five", "six"))),
        replace(BASE, unlabeled=Corpus(documents=("fiv", "e"))),
        replace(BASE, task=TextClassification(("b", "a"), {"a": "first", "b": "second"})),
        replace(BASE, task=TextClassification(("a", "b"), {"a": "first", "b": "other"})),
        replace(BASE, task=TextClassification(("a", "b"), {"a": "first", "b": "second"}, "accuracy")),
    ],
)
def test_hash_changes_with_any_content(other: EvalSet) -> None:
    assert other.content_hash != BASE.content_hash


def test_hash_is_of_content_alone() -> None:
    renamed = replace(
        BASE,
        name="y",
        notes=("n",),
        train=replace(BASE.train, source="elsewhere.csv", rows=(7, 8)),
        task=TextClassification(("a", "b"), {"b": "second", "a": "first"}),
    )
    assert renamed.content_hash == BASE.content_hash


def test_hash_follows_the_corpus_file(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_text("a\n")
    before = Corpus(files=(file,)).content_hash
    assert Corpus(files=(file,)).content_hash == before
    file.write_text("b\n")
    assert Corpus(files=(file,)).content_hash != before


def test_task_survives_json() -> None:
    assert task_from_json(BASE.task.to_json()) == BASE.task

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Sequence, Value
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, f1_score

from evalsets import DataError, EvalSet, MultiLabel, check_files, task_from_json
from evalsets.loaders import read_split

from .conftest import SUFFIXES, Writer, reader

TASK = MultiLabel(("a", "b", "c"))


def read(write: Writer, cells: list[Any], suffix: str = "jsonl", **options: Any) -> tuple[Any, ...]:
    rows = [{"text": f"text {i}", "labels": cell} for i, cell in enumerate(cells)]
    return read_split(write(f"x.{suffix}", rows), reader(task="multi_label", **options)).labels


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lists_in_every_format(write: Writer, suffix: str) -> None:
    cells: list[Any] = [["b", "a", "b"], [], ["c"]]
    if suffix in ("csv", "tsv"):
        cells = ["b; a;b", "", "c"]
    assert read(write, cells, suffix) == (("a", "b"), (), ("c",))


def test_separators(write: Writer) -> None:
    assert read(write, ["a|b;c", '["x;y", "z"]', "[a"]) == (("a", "b", "c"), ("x;y", "z"), ("[a",))
    assert read(write, ["a|b, c"], separator=",") == (("a|b", "c"),)
    with pytest.raises(DataError, match="separator is ''"):
        reader(task="multi_label", separator="")


def test_messages(write: Writer) -> None:
    with pytest.raises(DataError, match=r"row 2, field 'labels': the labels are missing\. Write \[\]"):
        read(write, [["a"], None])
    with pytest.raises(DataError, match=r"row 1, field 'labels': the labels are 7, not a list"):
        read(write, [7])
    with pytest.raises(DataError, match=r"row 1, field 'labels': the label is missing"):
        read(write, [["a", ""]])


def test_whole_sets_and_their_checks(write: Writer) -> None:
    def rows(start: int, n: int, *more: list[str]) -> list[dict[str, Any]]:
        kinds = (["a"], ["a", "b"], [], *more)
        return [{"text": f"text {i}", "labels": kinds[i % len(kinds)]} for i in range(start, start + n)]

    files = {
        "train": write("train.jsonl", rows(0, 60)),
        "test": write("test.jsonl", rows(60, 40, ["c", "A"])),
    }
    findings = {f.code: f for f in check_files(**files, task="multi_label")}
    assert "10 of 40 rows have labels never seen in train: 'A', 'c'" in findings["unseen_labels"].problem
    assert "Is 'A' meant to be 'a'?" in str(findings["unseen_labels"])
    data = EvalSet.from_files(**files, task="multi_label", allow="unseen_labels")
    assert data.task == MultiLabel(("A", "a", "b", "c"))
    assert {len(gold) for gold in data.dev.labels} == {0, 1, 2}, "stratified by the rarest label"
    same = {"train": write("same.jsonl", [{"text": str(i), "labels": []} for i in range(9)])}
    with pytest.raises(DataError, match=r"every training row has the same labels \(none\)"):
        EvalSet.from_files(**same, test=files["test"], task="multi_label", allow="unseen_labels")


def test_datasets_lists_of_class_labels() -> None:
    features = Features({"text": Value("string"), "labels": Sequence(ClassLabel(names=["x", "y"]))})

    def table(start: int) -> Dataset:
        return Dataset.from_dict(
            {"text": [f"t {i}" for i in range(start, start + 20)], "labels": [[0, 1], [], [1], [0]] * 5},
            features=features,
        )

    data = EvalSet.from_datasets(DatasetDict(train=table(0), test=table(50)), task="multi_label")
    assert data.test.labels[:4] == (("x", "y"), (), ("y",), ("x",))
    assert data.task.labels == ("x", "y")


subset = st.sets(st.sampled_from("abc")).map(lambda s: tuple(sorted(s)))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(subset, subset), min_size=1, max_size=12), st.integers(0, 99))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[Any, Any]], seed: int) -> None:
    weights = np.random.default_rng(seed).integers(0, 3, (1, len(pairs))).astype(float)
    weights[0, 0] += 1
    drawn = [i for i, n in enumerate(weights[0]) for _ in range(int(n))]
    gold, predicted = [g for g, _ in pairs], [p for _, p in pairs]
    tables = [np.array([[x in pairs[i][side] for x in "abc"] for i in drawn]) for side in (0, 1)]
    kept = np.flatnonzero(tables[0].any(axis=0) | tables[1].any(axis=0))
    expected = {
        "micro_f1": f1_score(*tables, average="micro", zero_division=0),
        "macro_f1": f1_score(*tables, average="macro", labels=kept, zero_division=0) if len(kept) else 0,
        "subset_accuracy": accuracy_score(*tables),
    }
    for metric, score in expected.items():
        task: Any = MultiLabel(("a", "b", "c"), metric=metric)  # type: ignore[arg-type]
        found = task.score_from_statistics(weights @ task.item_statistics(gold, predicted))
        assert found[0] == pytest.approx(score)
    assert (TASK.item_scores(gold, predicted) == 1).tolist() == [g == p for g, p in pairs]


def test_no_answer_is_not_an_empty_answer() -> None:
    gold: list[Any] = [(), ("a",), ("a", "b")]
    assert TASK.item_scores(gold, [None, None, ("a", "b", "zebra")]).tolist() == [0, 0, 0.8]
    assert TASK.scores([()], [None])["subset_accuracy"] == 0
    assert TASK.scores([()], [()])["subset_accuracy"] == 1
    assert TASK.scores([("a",)], [("a", "zebra")])["micro_f1"] == pytest.approx(2 / 3)
    assert TASK.scores([("a",)], [("a", "zebra")])["subset_accuracy"] == 0


def test_plain_form() -> None:
    assert TASK.from_plain(json.loads(json.dumps(TASK.to_plain(("b", "a"))))) == ("a", "b")
    assert TASK.to_plain(None) is TASK.from_plain(None) is None
    assert (TASK.show(("a", "b")), TASK.show(()), TASK.show(None)) == ("a, b", "none", "no answer")
    task = MultiLabel(("a",), {"a": "first"}, "macro_f1")
    assert task_from_json(json.loads(json.dumps(task.to_json()))) == task

from __future__ import annotations

import pytest
from datasets import ClassLabel, Dataset, DatasetDict, Features, Value

from evalsets import DataError, EvalSet

FEATURES = Features(
    {"text": Value("string"), "label": ClassLabel(names=["neg", "pos"]), "site": Value("string")}
)


def table(n: int, start: int = 0) -> Dataset:
    return Dataset.from_dict(
        {
            "text": [f"document {i}" for i in range(start, start + n)],
            "label": [i % 2 for i in range(n)],
            "site": ["north"] * n,
        },
        features=FEATURES,
    )


def test_class_names_dev_and_unlabeled() -> None:
    data = EvalSet.from_datasets(
        DatasetDict(
            train=table(20), validation=table(6, 100), test=table(8, 200), unsupervised=table(3, 300)
        ),
        group="site",
        unlabeled="unsupervised",
        name="reviews",
    )
    assert data.task.to_json()["labels"] == ["neg", "pos"]
    assert data.train.labels[:2] == ("neg", "pos")
    assert data.test.groups == ("north",) * 8
    assert len(data.dev) == 6
    assert data.unlabeled is not None
    assert next(iter(data.unlabeled)) == "document 300"
    assert data.name == "reviews"


def test_format_of_the_dataset_does_not_matter() -> None:
    plain = DatasetDict(train=table(20), test=table(8, 200))
    data = EvalSet.from_datasets(plain)
    assert any(note.startswith("dev: 2 of 20 training rows") for note in data.notes)
    formatted = EvalSet.from_datasets(plain.with_format("numpy"))
    assert formatted.content_hash == data.content_hash


def test_messages_name_split_row_and_field() -> None:
    good = DatasetDict(train=table(20), test=table(8, 200))
    with pytest.raises(
        DataError, match=r"no split 'tset'; splits are 'train', 'test'\. Did you mean 'test'\?"
    ):
        EvalSet.from_datasets(good, test="tset")
    with pytest.raises(DataError, match=r"train, field 'txt': there is no column 'txt'.*'text'"):
        EvalSet.from_datasets(good, text="txt")
    with pytest.raises(DataError, match="has no splits"):
        EvalSet.from_datasets(good["train"])
    withheld = Dataset.from_dict(
        {"text": ["a", "b"], "label": [0, -1], "site": ["x", "x"]}, features=FEATURES
    )
    with pytest.raises(DataError, match=r"test, row 2, field 'label': the label is missing"):
        EvalSet.from_datasets(DatasetDict(train=table(20), test=withheld))
    with pytest.raises(
        DataError, match=r"test, row 1, field 'text': 5 of 5 rows have a text that is also in"
    ):
        EvalSet.from_datasets(DatasetDict(train=table(20), test=table(5)))

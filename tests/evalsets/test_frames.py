"""Data in memory as a pandas user has them: DataFrames, gaps, integer labels, an index that means nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from datasets import Dataset

from evalsets import DataError, EvalSet

COLUMNS = {"text": "body", "label": "team", "group": "branch"}


def frame(n: int, start: int = 0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "body": [f"document {i}" for i in range(start, start + n)],
            "team": [i % 2 for i in range(n)],
            "branch": ["Graz", "Linz"] * (n // 2),
        },
        index=range(1000, 1000 + n),
    )


def test_frames_are_read_as_the_same_file_is(tmp_path: Path) -> None:
    train, test = frame(20), frame(8, 200)
    data = EvalSet.from_datasets({"train": train, "test": test}, **COLUMNS)
    train.to_csv(tmp_path / "train.csv")
    test.to_csv(tmp_path / "test.csv")
    same = EvalSet.from_files(train=tmp_path / "train.csv", test=tmp_path / "test.csv", **COLUMNS)
    assert data.content_hash == same.content_hash
    assert data.task.labels == ("0", "1")
    mixed = EvalSet.from_datasets(
        {"train": train, "test": Dataset.from_pandas(test, preserve_index=False)}, **COLUMNS
    )
    assert mixed.content_hash == data.content_hash


@pytest.mark.parametrize("gap", [None, np.nan, pd.NA])
def test_a_missing_text_is_an_empty_one(gap: Any) -> None:
    train, test = frame(20).astype({"body": object}), frame(8, 200)
    train.iloc[3, 0] = gap
    with pytest.raises(DataError, match=r'train, row 4.*1 of 20 rows has an empty text.*allow=\("empty",\)'):
        EvalSet.from_datasets({"train": train, "test": test}, **COLUMNS)
    data = EvalSet.from_datasets(
        {"train": train, "test": test, "notes": train}, allow="empty", unlabeled="notes", **COLUMNS
    )
    assert len(data.train) + len(data.dev) == 19
    assert data.unlabeled is not None
    assert len(list(data.unlabeled)) == 19


def test_a_gap_makes_integer_labels_no_others() -> None:
    train, test = frame(20).astype({"team": float}), frame(8, 200)
    data = EvalSet.from_datasets({"train": train, "test": test}, **COLUMNS)
    assert data.task.labels == ("0", "1")
    train.iloc[2, 1] = np.nan
    with pytest.raises(DataError, match=r"train, row 3, field 'team': the label is missing"):
        EvalSet.from_datasets({"train": train, "test": test}, **COLUMNS)


def test_what_cannot_be_read_says_how_it_could(tmp_path: Path) -> None:
    train, test = frame(20), frame(8, 200)
    with pytest.raises(DataError, match=r'a DataFrame has no splits.*\{"train": …, "test": …\}'):
        EvalSet.from_datasets(train, **COLUMNS)  # type: ignore[arg-type]
    with pytest.raises(DataError, match=r"train: the split is a list\. Give .* a pandas DataFrame"):
        EvalSet.from_datasets({"train": ["a"], "test": test}, **COLUMNS)
    with pytest.raises(
        DataError, match=r"train, field 'text': there is no column 'text'; columns are 'body'"
    ):
        EvalSet.from_datasets({"train": train, "test": test})
    twice = pd.concat([train, train[["team"]]], axis=1)
    with pytest.raises(DataError, match=r"train, field 'team': the column 'team' occurs twice"):
        EvalSet.from_datasets({"train": twice, "test": test}, **COLUMNS)
    with pytest.raises(DataError, match=r"train= is a DataFrame, not the path of a file.*from_datasets"):
        EvalSet.from_files(train=train, test="test.csv")  # type: ignore[arg-type]
    (tmp_path / "train.csv").write_text("text,label\n")
    with pytest.raises(DataError, match=r"test= is a list"):
        EvalSet.from_files(train=tmp_path / "train.csv", test=["a.csv"])  # type: ignore[arg-type]


def test_semicolons_between_columns(tmp_path: Path) -> None:
    train, test = frame(20), frame(8, 200)
    train.iloc[0, 0] = "one, two; three"
    train.to_csv(tmp_path / "train.csv", sep=";")
    test.to_csv(tmp_path / "test.csv", sep=";", encoding="latin-1")
    data = EvalSet.from_files(train=tmp_path / "train.csv", test=tmp_path / "test.csv", **COLUMNS)
    assert {"one, two; three"} < {*data.train.texts, *data.dev.texts}
    # A comma in the header decides for commas.
    (tmp_path / "test.csv").write_text("body,team,branch;\na,1,Graz\n")
    with pytest.raises(DataError, match=r"columns are 'body', 'team', 'branch;'"):
        EvalSet.from_files(train=tmp_path / "train.csv", test=tmp_path / "test.csv", **COLUMNS)


def test_descriptions_of_integer_labels_and_options_of_other_libraries() -> None:
    splits = {"train": frame(20), "test": frame(8, 200)}
    data = EvalSet.from_datasets(splits, label_descriptions={0: "billing", "1": "login"}, **COLUMNS)
    assert data.task.descriptions == {"0": "billing", "1": "login"}
    with pytest.raises(DataError, match=r"'text_column' is no option .* Did you mean 'text'\?"):
        EvalSet.from_datasets(splits, text_column="body")


def test_long_labels_do_not_bury_the_message() -> None:
    splits = {"train": frame(20), "test": frame(8, 200)}
    splits["test"]["team"] = [f"{'very ' * 50}long {i}" for i in range(8)]
    with pytest.raises(DataError, match="never seen in train") as caught:
        EvalSet.from_datasets(splits, **COLUMNS)
    assert len(str(caught.value)) < 1200

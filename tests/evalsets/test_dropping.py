from pathlib import Path

import pytest

from evalsets import DataError, DecideError, EvalSet, check_files

ROWS = {
    "train": [
        ("one", "a"),
        ("one", "a"),
        ("two", "b"),
        ("two", "a"),
        ("leak", "b"),
        ("Dev  leak", "a"),
        ("x", "b"),
    ],
    "dev": [("dev leak", "a"), ("leak", "b"), ("y", "b")],
    "test": [("leak", "b"), ("z", "a")],
}


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    for name, rows in ROWS.items():
        (tmp_path / f"{name}.csv").write_text("text,label\n" + "".join(f"{t},{label}\n" for t, label in rows))
    return {name: tmp_path / f"{name}.csv" for name in ROWS}


def test_dropping_removes_rows_by_name_and_says_so(files: dict[str, Path]) -> None:
    drop = ("leakage", "duplicates", "conflicting_labels")
    data = EvalSet.from_files(**files, drop=drop)
    assert data.train.texts == ("one", "x")
    assert data.dev.texts == ("dev leak", "y")
    assert data.test.texts == ("leak", "z")
    assert "train: 2 of 7 rows removed, their text occurs with several labels." in data.notes
    assert "dev: 1 of 3 rows removed, their text is also in test." in data.notes
    assert not [f for f in check_files(**files, drop=drop) if f.level == "error"]


def test_dropping_empty_rows_is_asked_for_by_another_name(files: dict[str, Path]) -> None:
    with pytest.raises(DecideError, match=r"drop names 'empty', .* removed by allow=\(\"empty\",\)"):
        EvalSet.from_files(**files, drop=("empty",))


def test_what_is_not_dropped_is_still_refused(files: dict[str, Path]) -> None:
    with pytest.raises(DataError, match="drop="):
        EvalSet.from_files(**files, drop=("duplicates",))
    with pytest.raises(DecideError, match="none of conflicting_labels, duplicates, leakage"):
        EvalSet.from_files(**files, drop=("typos",))
    with pytest.raises(DecideError, match=r"Rows without a text are removed by allow="):
        EvalSet.from_files(**files, drop=("empty",))


def test_removing_copies_settles_no_contradiction(tmp_path: Path) -> None:
    file = tmp_path / "train.csv"
    file.write_text("text,label\none,a\none,a\none,b\ntwo,b\nthree,a\nfour,b\nfive,a\n")
    (tmp_path / "test.csv").write_text("text,label\nx,a\ny,b\n")
    found = check_files(train=file, test=tmp_path / "test.csv", drop=("duplicates",))
    assert [f.code for f in found if f.level == "error"] == ["conflicting_labels"]

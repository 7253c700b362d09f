from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalsets import DataError, DecideError, EvalSet, Finding, Split, check_files
from evalsets.checks import check_splits
from evalsets.overlap import text_key

from .conftest import Writer, rows_of


def split(*rows: tuple[str, str], groups: tuple[str, ...] | None = None, source: str = "x.csv") -> Split:
    texts, labels = zip(*rows, strict=True)
    return Split(texts, labels, groups, source, tuple(range(1, len(rows) + 1)))


TRAIN = split(*((f"train {i}", "ab"[i % 2]) for i in range(20)), source="train.csv")
DEV = split(*((f"dev {i}", "ab"[i % 2]) for i in range(20)), source="dev.csv")
TEST = split(*((f"test {i}", "ab"[i % 2]) for i in range(120)), source="test.csv")


def found(train: Split = TRAIN, dev: Split | None = DEV, test: Split = TEST) -> dict[str, Finding]:
    findings = check_splits(train, dev, test)
    return {f.code: f for f in reversed(findings)}


def test_clean_splits_have_no_findings() -> None:
    assert check_splits(TRAIN, DEV, TEST) == []


def test_empty() -> None:
    finding = found(test=split(*zip(TEST.texts, TEST.labels, strict=True), (" \n", "a"), ("", "b")))["empty"]
    assert (finding.row, finding.field, finding.count, finding.split) == (121, "text", 2, "test")
    assert "2 of 122 rows have an empty text" in str(finding)
    assert 'allow=("empty",)' in str(finding)
    assert found(train=split(("", "a"), ("", "b")))["no_text"].level == "error"


def test_duplicates_and_conflicts_are_told_apart() -> None:
    findings = found(train=split(("one", "a"), ("two", "b"), ("ONE ", "b"), ("Two", "b"), ("one", "b")))
    assert findings["conflicting_labels"].count == 1
    assert "row 1 is 'a', row 3 the same text is 'b'" in findings["conflicting_labels"].problem
    assert findings["duplicates"].count == 2
    assert "row 4 repeats row 2" in findings["duplicates"].problem
    assert "2 of 5 rows repeat" in findings["duplicates"].problem


@pytest.mark.parametrize(
    ("part", "row", "where"),
    [("test", ("TRAIN  3", "b"), "row 4 of train"), ("test", ("dev 0", "a"), "row 1 of dev"),
     ("dev", ("train 0", "a"), "row 1 of train")],
)  # fmt: skip
def test_leakage(part: str, row: tuple[str, str], where: str) -> None:
    base = {"test": TEST, "dev": DEV}[part]
    finding = found(**{part: split(*zip(base.texts, base.labels, strict=True), row)})["leakage"]
    assert (finding.split, finding.row, finding.count) == (part, len(base) + 1, 1)
    assert where in finding.problem
    assert 'allow=("leakage",)' in str(finding)


def test_unseen_labels_guess_the_spelling() -> None:
    train = split(("1", "present"), ("2", "absent"))
    test = split(("3", "Present"), ("4", "absent"), ("5", "unclear"))
    finding = found(train, None, test)["unseen_labels"]
    assert finding.problem == "2 of 3 rows have labels never seen in train: 'Present', 'unclear'"
    assert "Is 'Present' meant to be 'present'?" in str(finding)
    assert (finding.row, finding.field) == (1, "label")


def test_warnings() -> None:
    findings = found(
        split(*((f"t{i}", "ab"[i % 2]) for i in range(20)), ("header", "category")),
        None,
        TEST.take(range(50)),
    )
    assert findings["tiny_test"].level == "warning"
    assert "only 50 rows, so intervals will be wide" in findings["tiny_test"].problem
    assert "'category (1)'" in findings["rare_label"].problem
    assert findings["rare_label"].row == 21


def test_single_label() -> None:
    assert (
        "every training row has the label 'a'" in found(split(("1", "a"), ("2", "a")))["single_label"].problem
    )


def test_groups_in_and_out_of_domain() -> None:
    train = split(("1", "a"), ("2", "b"), groups=("north", "north"))
    test = split(("3", "a"), ("4", "b"), ("5", "b"), groups=("north", "west", "west"))
    finding = found(train, None, test)["group_leak"]
    assert finding.level == "warning"
    assert "1 row from groups that are in train or dev too, in domain ('north')" in finding.problem
    assert "2 rows from groups found in test only, out of domain ('west')" in finding.problem


@given(st.text(), st.sampled_from(["", " ", "\n", "\t "]))
def test_key_ignores_case_and_whitespace(text: str, space: str) -> None:
    assert text_key(text) == text_key(space + text.casefold() + space)


def test_linear_time() -> None:
    n = 100_000
    big = Split(tuple(f"text {i}" for i in range(n)), tuple(str(i % (n // 2)) for i in range(n)))
    start = time.process_time()
    check_splits(big, None, big)
    # Quadratic work would take minutes.
    assert time.process_time() - start < 10


class TestAllow:
    def files(self, write: Writer) -> dict[str, Any]:
        train = [*rows_of(40), {"text": "document 0", "label": "yes"}, {"text": "document 1", "label": "yes"},
                 {"text": " ", "label": "yes"}]  # fmt: skip
        test = [*rows_of(10, 100), {"text": "Document 2", "label": "maybe"}]
        return {"train": write("train.jsonl", train), "test": write("test.jsonl", test)}

    def test_first_error_counts_the_others(self, write: Writer) -> None:
        with pytest.raises(
            DataError, match=r"are 4 more errors after this one \(.*leakage in test\); `decide"
        ):
            EvalSet.from_files(**self.files(write))
        with pytest.raises(DataError, match=r"There is 1 more error after"):
            EvalSet.from_files(**self.files(write), allow=("empty", "leakage", "unseen_labels"))

    def test_allowed_problems_become_notes(self, write: Writer) -> None:
        allow = ("leakage", "duplicates", "conflicting_labels", "empty", "unseen_labels")
        data = EvalSet.from_files(**self.files(write), allow=allow)
        notes = "\n".join(data.notes)
        assert "train: 1 of 43 rows has an empty text; dropped (empty allowed)." in notes
        assert "test: 1 of 11 rows has a text that is also in train" in notes
        assert "kept (leakage allowed)" in notes
        assert "kept (unseen_labels allowed)" in notes
        assert len(data.train) + len(data.dev) == 42
        assert len(data.test) == 11
        assert data.task.to_json()["labels"] == ["maybe", "no", "yes"]

    def test_unknown_name(self, write: Writer) -> None:
        with pytest.raises(DataError, match=r"'leak'.*Did you mean 'leakage'\?"):
            EvalSet.from_files(**self.files(write), allow="leak")
        with pytest.raises(DataError, match="cannot be allowed"):
            EvalSet.from_files(**self.files(write), allow=("single_label",))


class TestCheckFiles:
    def test_lists_everything_and_agrees_with_from_files(self, write: Writer) -> None:
        files = TestAllow().files(write)
        findings = check_files(**files)
        errors = [f.code for f in findings if f.level == "error"]
        assert errors == ["empty", "unseen_labels", "conflicting_labels", "duplicates", "leakage"]
        assert [f.level for f in findings] == sorted(f.level for f in findings)
        assert not [f for f in check_files(**files, allow=tuple(errors)) if f.level == "error"]

    def test_what_is_allowed_is_not_asked_for_again(self, write: Writer) -> None:
        findings = check_files(**TestAllow().files(write), allow=("empty",))
        assert [f.remedy for f in findings if f.code == "empty"] == ["The row is dropped, as allowed."]

    def test_loader_errors_are_findings(self, tmp_path: Path, write: Writer) -> None:
        train = tmp_path / "train.jsonl"
        good = '{"text": "t%d", "label": "a"}\n'
        train.write_text(
            "".join(good % i for i in range(5)) + "broken\n" * 30 + '{"text": 1, "label": "a"}\n'
        )
        corpus = tmp_path / "corpus.txt"
        corpus.write_bytes(b"a\n\xff\nb\n\xff\n")
        findings = check_files(
            train=train, test=tmp_path / "none.csv", unlabeled=corpus, allow="nonsense", metric="auc"
        )
        assert [f.code for f in findings].count("bad_row") == 20 + 1 + 2
        assert any(f.problem == "11 more rows cannot be used" and f.count == 11 for f in findings)
        assert any(f.code == "unreadable" and "does not exist" in f.problem for f in findings)
        assert any(f.code == "arguments" and "nonsense" in f.problem for f in findings)
        assert [f.row for f in findings if f.split == "unlabeled"] == [2, 4]

    def test_task_arguments(self, write: Writer) -> None:
        files = {"train": write("a.csv", rows_of(20)), "test": write("b.csv", rows_of(20, 50))}
        with pytest.raises(DecideError, match="Unknown metric"):
            EvalSet.from_files(**files, metric="auc")
        with pytest.raises(DecideError, match="Unknown task 'ner'"):
            EvalSet.from_files(**files, task="ner")
        with pytest.raises(DecideError, match="not a label"):
            EvalSet.from_files(**files, label_descriptions={"maybe": "?"})
        assert "arguments" in [f.code for f in check_files(**files, metric="auc")]
        assert "dev_split" in [f.code for f in check_files(**files, dev_fraction=2.0)]
        with pytest.raises(DataError, match="dev_fraction is 2"):
            EvalSet.from_files(**files, dev_fraction=2.0)

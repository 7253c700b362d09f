"""``decide check`` on damaged inputs ends with a message that names the file, never with a traceback."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.fuzz.runner import Case, cases, command, run_case
from tests.fuzz.seeds import seeds

COUNT = 1040
PARTS = 8
"""Parts that run beside each other."""


@pytest.mark.parametrize("seed", seeds(), ids=lambda s: s.format)
def test_what_is_damaged_was_whole(seed: object, tmp_path: Path) -> None:
    case = Case(0, seed, "nothing", seed.files[seed.target])  # type: ignore[attr-defined, arg-type]
    found = run_case(case, tmp_path / "case")
    assert found.code == 0, found.printed


@pytest.mark.parametrize("part", range(PARTS))
def test_damaged_inputs_are_refused_by_name(part: int, tmp_path: Path) -> None:
    codes = set()
    for case in cases(COUNT, seed=0, part=part, parts=PARTS):
        found = run_case(case, tmp_path / "case")
        codes.add(found.code)
        assert not found.wrong, f"case {case.number}, {case.seed.format}, {case.kind}: {found.wrong}"
    assert codes >= {0, 1}


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="this user may read every file")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    for name in ("train.csv", "test.csv"):
        (tmp_path / name).write_text("text,label\na,b\n")
    (tmp_path / "test.csv").chmod(0)
    code, printed = command(["check", str(tmp_path / "train.csv"), str(tmp_path / "test.csv")])
    assert code == 1
    assert "test.csv: the file cannot be read" in printed


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for name in ("nowhere.csv", "nowhere.yaml"):
        code, printed = command(["check", str(tmp_path / name), str(tmp_path / "test.csv")])
        assert code == 1
        assert name in printed


def test_what_fuzzing_found(tmp_path: Path) -> None:
    by_name = {seed.format: seed for seed in seeds()}
    evidence = by_name["records"]
    only_end = evidence.files["train.jsonl"].replace(b'"start": 0, ', b"")
    schema = by_name["schema"]
    for seed, data, said in (
        (evidence, only_end, "train.jsonl, row 1, field 'record.age': the evidence None–3 does not lie"),
        (
            by_name["yaml"],
            b"data: {train: " + b"a" * 5000 + b".csv}\narms: [{kind: majority}]\n",
            "no usable path",
        ),
        (by_name["yaml"], b"data: {train: a.csv}\narms: [{kind: [majority]}]\n", "Unknown arm kind"),
        (schema, b'{"type": "object", "properties": {}}', "schema.json: The schema describes no field"),
    ):
        found = run_case(Case(0, seed, "known", data), tmp_path / "case")
        assert found.code == 1
        assert not found.wrong
        assert said in found.printed


def test_a_name_that_no_file_can_have_is_a_message() -> None:
    code, printed = command(["check", "a" * 5000 + ".csv", "test.csv"])
    assert code == 1
    assert "this is no name of a file" in printed
    assert len(printed) < 1000

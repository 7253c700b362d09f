"""Settings and saved files of strangers: bounded, plain, kept in their folder, refused by name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import decide
from decide.engagement import read_data, read_engagement
from decide.files import parse_json
from decide.yaml_text import YamlProblem, parse_yaml, read_yaml
from evalsets import DataError, DecideError
from evalsets.schema import load_schema
from tests.fuzz.runner import command
from tests.reports import make

ROWS = "text,label\n" + "".join(f"some words {i},{'ab'[i % 2]}\n" for i in range(12))
BASE = "data: {train: train.csv, test: test.csv}\narms: [{kind: majority}]\nseeds: 1\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An engagement's folder, with private data in the folder above it."""
    inner = tmp_path / "inner"
    inner.mkdir()
    (inner / "train.csv").write_text(ROWS)
    (inner / "test.csv").write_text(ROWS.replace("some", "other"))
    (tmp_path / "private.csv").write_text(ROWS.replace("some", "private"))
    return inner


def engagement(folder: Path, text: str) -> Path:
    file = folder / "e.yaml"
    file.write_text(text)
    return file


OUTSIDE = [
    ("train: train.csv", "train: ../private.csv", "data.train"),
    ("test: test.csv", "test: link.csv", "data.test"),
    ("test: test.csv", "test: linked/private.csv", "data.test"),
    ("test: test.csv", "test: test.csv, unlabeled: [test.csv, ../private.csv]", "data.unlabeled.1"),
    ("test: test.csv", "test: test.csv, reference: ../private.csv", "data.reference"),
    ("test: test.csv", "test: test.csv, task: extraction, schema: ../s.json", "data.schema"),
    ("seeds: 1", "report: ../report.html", "report"),
    ("seeds: 1", "report: linked/report.html", "report"),
    ("seeds: 1", "run_dir: ../runs", "run_dir"),
    ("seeds: 1", "run_dir: a/../../runs", "run_dir"),
    ("seeds: 1", "report: ABSOLUTE/report.html", "report"),
    ("train: train.csv", "train: ABSOLUTE/private.csv", "data.train"),
]


@pytest.mark.parametrize(("old", "new", "field"), OUTSIDE)
def test_an_engagement_names_nothing_outside_its_folder(folder: Path, old: str, new: str, field: str) -> None:
    (folder / "link.csv").symlink_to(folder.parent / "private.csv")
    (folder / "linked").symlink_to(folder.parent)
    file = engagement(folder, BASE.replace(old, new.replace("ABSOLUTE", str(folder.parent))))
    with pytest.raises(
        DecideError, match=rf"e\.yaml:\d+: {field}: .* is not in the folder .*--allow-outside"
    ):
        read_engagement(file)
    for words in (["check"], ["compare"], ["gap", "--model", "nowhere"]):
        code, printed = command([*words, str(file)])
        assert code == 1
        assert "--allow-outside" in printed
    assert sorted(p.name for p in folder.parent.iterdir()) == ["inner", "private.csv"]


def test_the_user_may_let_a_file_lead_outside(folder: Path) -> None:
    file = engagement(folder, BASE.replace("test: test.csv", "test: ../private.csv"))
    assert len(read_engagement(file, outside=True).evalset(folder).test) == 12
    code, printed = command(["check", str(file), "--allow-outside"])
    assert code == 0, printed
    with pytest.raises(DecideError, match=r"data\.test: .*--allow-outside"):
        read_data(file)
    assert len(read_data(file, outside=True).test) == 12


def test_paths_that_stay_inside_are_taken(folder: Path) -> None:
    (folder / "sub").mkdir()
    text = BASE.replace("train.csv", f"{folder}/train.csv").replace("test.csv", "sub/../test.csv")
    assert read_engagement(engagement(folder, text)).seeds == 1


def test_a_report_does_not_replace_the_engagement(folder: Path) -> None:
    with pytest.raises(DecideError, match="would overwrite the engagement file"):
        read_engagement(engagement(folder, BASE + "report: e.yaml\n"))


def test_a_nul_in_a_path_is_a_message(folder: Path) -> None:
    with pytest.raises(DecideError, match=r"report: .*no usable path"):
        read_engagement(engagement(folder, BASE + 'report: "a\\0b"\n'))


BOMB = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n" for i in range(1, 10)
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BOMB, "more than 100,000 values"),
        ("a: &a [*a]", "part of"),
        ("a: " + "[" * 5000, "nested more than 40 levels"),
        ("".join("  " * i + "a:\n" for i in range(60)), "nested more than 40 levels"),
        ("a: 1\nb: 2\na: 3", "'a' is given twice"),
        ("a: {b: 1, b: 2}", "'b' is given twice"),
        ("a: !!python/object/apply:os.system [id]", "could not determine a constructor"),
        ("a: !!python/name:os.system", "could not determine a constructor"),
        ("a: !!timestamp x", ""),
        ("a: !!int ''", ""),
        ("? [a]\n: b", "unhashable"),
    ],
)
def test_yaml_is_plain_bounded_and_unambiguous(text: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(YamlProblem, match=said):
        parse_yaml(text)
    (tmp_path / "x.yaml").write_text(text)
    with pytest.raises(DecideError, match=r"x\.yaml(:\d+)?: is not valid YAML"):
        read_yaml(tmp_path / "x.yaml", "Give another.")


def test_a_settings_file_of_megabytes_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text("a: " + "x" * 2**20)
    with pytest.raises(DecideError, match="more than 1 MiB"):
        read_yaml(tmp_path / "x.yaml", "Give another.")


def test_labels_such_as_no_stay_text() -> None:
    text = "{no: yes, on: off, y: n, code: 010, at: 12:30, day: 2024-01-05, rate: 2e-5, n: 1_0, hex: 0x1f}"
    assert parse_yaml(text) == {
        "no": "yes", "on": "off", "y": "n", "code": "010", "at": "12:30", "day": "2024-01-05", "rate": 2e-5,
        "n": "1_0", "hex": 31,
    }  # fmt: skip
    plain = "[true, False, null, ~, -3, 1.5, .inf, '', \"a\", +2, 1., .5]"
    assert parse_yaml(plain) == [True, False, None, None, -3, 1.5, float("inf"), "", "a", 2, 1.0, 0.5]
    assert parse_yaml("a: &x {b: 1}\nc: {<<: *x, d: 2}") == {"a": {"b": 1}, "c": {"b": 1, "d": 2}}


def test_labels_and_groups_that_yaml_reads_otherwise_are_taken(folder: Path) -> None:
    for name in ("train.csv", "test.csv"):
        rows = [f"{name} words {i},{('no', 1)[i % 2]},{2020 + i // 8}" for i in range(12)]
        (folder / name).write_text("\n".join(["text,label,year", *rows]))
    more = "group: year, hold_out: 2021, label_descriptions: {no: nothing, 1: something}"
    file = engagement(folder, BASE.replace("test: test.csv", f"test: test.csv, {more}"))
    data = read_engagement(file).evalset(folder)
    assert data.task.descriptions == {"no": "nothing", "1": "something"}
    assert set(data.train.groups or ()) == {"2020"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"schema_version": 1, "a": NaN}', "NaN is no number"),
        ('{"schema_version": 1, "a": 1e999}', "too large for a number"),
        ('{"schema_version": 1, "a": ' + "9" * 400 + "}", "too large for a whole number"),
        ('{"schema_version": 1, "a": ' + "9" * 9000 + "}", "is not JSON"),
        ("[" * 100_000, "is not JSON"),
        ('{"a":' * 200 + "1" + "}" * 200, "nested more than 100"),
        ('{"schema_version": true}', "no schema_version"),
        ('{"schema_version": -1}', "no schema_version"),
        ('{"schema_version": 10000}', "Upgrade decide"),
        ('{"schema_version": 1}', "not a valid comparison"),
        ("\0", "is not JSON"),
        ("", "is not JSON"),
    ],
)
def test_a_hostile_comparison_is_refused_everywhere(text: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "comparison.json"
    file.write_text(text)
    with pytest.raises(DecideError, match=said):
        decide.load(file)
    for words in (["report", str(file)], ["history", str(file), str(file)], ["reproduce", str(file)]):
        code, printed = command(words)
        assert code == 1
        assert "comparison.json" in printed
    assert [p.name for p in tmp_path.iterdir()] == ["comparison.json"]


def test_names_in_a_comparison_name_no_file(tmp_path: Path) -> None:
    dumped = make.comparison().model_dump_json().replace("Fine-tuned MiniLM", "../../../evil/x")
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "comparison.json").write_text(dumped)
    loaded = decide.load(inner / "comparison.json")
    for suffix in ("html", "md", "csv", "docx", "pptx"):
        loaded.export(inner / f"r.{suffix}")
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        "comparison.json", "r.csv", "r.docx", "r.html", "r.md", "r.pptx",
    ]  # fmt: skip


def test_saved_numbers_are_read_as_written() -> None:
    assert parse_json('{"a": [1, -2.5, 1e300, true, null]}') == {"a": [1, -2.5, 1e300, True, None]}


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/x.json", "file:///etc/passwd", "other.json#/a"])
@pytest.mark.parametrize("word", ["$ref", "$dynamicRef"])
def test_a_schema_fetches_nothing(target: str, word: str, tmp_path: Path) -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {"a": {"type": "string"}},
        "not": {word: target},
    }
    with pytest.raises(DataError, match="which is not in it"):
        load_schema(schema)
    (tmp_path / "s.json").write_text(json.dumps(schema))
    with pytest.raises(DataError, match=r"s\.json"):
        load_schema(tmp_path / "s.json")

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evalsets import EvalSet
from evalsets.loaders import read_split

from .conftest import SUFFIXES, Writer, reader, rows_of


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_formats_give_the_same_split(write: Writer, suffix: str) -> None:
    rows = [
        {"text": 'Says "no", then\nleaves', "label": "a", "site": "north"},
        {"text": "Café 😀, naïve\ttab", "label": "b", "site": "south"},
        {"text": "NA", "label": "None", "site": "south"},
    ]
    split = read_split(write(f"x.{suffix}", rows), reader(group="site"))
    assert split.texts == tuple(r["text"] for r in rows)
    assert split.labels == ("a", "b", "None")
    assert split.groups == ("north", "south", "south")
    assert split.rows == (1, 2, 3)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_from_files(write: Writer, suffix: str) -> None:
    files = {
        part: write(f"{part}.{suffix}", rows_of(n, start))
        for part, n, start in (("train", 40, 0), ("dev", 10, 100), ("test", 20, 200))
    }
    data = EvalSet.from_files(**files)
    assert (len(data.train), len(data.dev), len(data.test)) == (40, 10, 20)
    assert data.task.to_json()["labels"] == ["no", "yes"]
    assert data.name == files["train"].parent.name
    assert data.train.source == str(files["train"])
    again = EvalSet.from_files(**files)
    assert again.content_hash == data.content_hash


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30, deadline=None)
@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r"), min_size=1),
        min_size=1,
        max_size=8,
    )
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_any_text_survives_every_format(write: Writer, suffix: str, texts: list[str]) -> None:
    split = read_split(write(f"x.{suffix}", [{"text": t, "label": "a"} for t in texts]))
    assert split.texts == tuple(texts)


def test_labels_become_strings(tmp_path: Path) -> None:
    file = tmp_path / "x.jsonl"
    labels = ["1", "1.0", "true", '" a "', '"1.0"']
    file.write_text("".join(f'{{"text": "t{i}", "label": {v}}}\n' for i, v in enumerate(labels)))
    assert read_split(file).labels == ("1", "1", "True", "a", "1.0")


def test_integer_labels_are_ordered_as_numbers(write: Writer) -> None:
    labels = [str(i) for i in range(12)]
    data = EvalSet.from_files(
        train=write("train.csv", rows_of(120, 0, labels)), test=write("test.csv", rows_of(24, 500, labels))
    )
    assert list(data.task.to_json()["labels"]) == labels


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252", "latin-1"])
@pytest.mark.parametrize("suffix", ["jsonl", "csv"])
def test_encodings(tmp_path: Path, encoding: str, suffix: str) -> None:
    body = {"jsonl": '{"text": "café", "label": "a"}\n', "csv": "text,label\ncafé,a\n"}[suffix]
    file = tmp_path / f"x.{suffix}"
    file.write_text(body, encoding=encoding)
    assert read_split(file, reader(encoding=encoding)).texts == ("café",)


def test_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("text,label\na b,x\n", encoding="utf-8-sig")
    assert read_split(file).texts == ("a b",)


def test_blank_lines_and_long_fields(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    file.write_text("text,label\n\n" + "w " * 200_000 + ",a\n\nb,b\n")
    assert read_split(file).rows == (1, 2)
    lines = tmp_path / "x.jsonl"
    lines.write_text('\n{"text": "a", "label": "x"}\n')
    assert read_split(lines).rows == (2,), "in JSONL the row is the line an editor shows"

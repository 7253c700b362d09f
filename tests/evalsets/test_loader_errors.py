"""Every message names the place and says what to do."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest

from evalsets import DataError, EvalSet
from evalsets.loaders import read_split, stream_texts

from .conftest import Writer, reader, rows_of

GOOD = b'{"text": "a", "label": "x"}\n'


def failure(tmp_path: Path, name: str, content: bytes, **options: str) -> DataError:
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(DataError) as caught:
        read_split(file, reader(**options))
    assert caught.value.file == str(file)
    assert caught.value.remedy, "every error says what to do"
    assert str(caught.value).startswith(str(file))
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    return caught.value


@pytest.mark.parametrize(
    ("name", "content", "row", "field", "problem", "remedy"),
    [
        ("x.json", b"[]", None, None, "read whole", ".jsonl"),
        ("x.xlsx", b"a", None, None, "'.xlsx'", ".csv"),
        ("x", b"a", None, None, "no suffix", ".csv"),
        ("x.txt", b"a", None, None, "no label column", "unlabeled="),
        ("x.csv", b"", None, None, "the file is empty", "Export"),
        ("x.csv", b"text,label\n", None, None, "no rows", "Export"),
        ("x.jsonl", b"\n\n", None, None, "no rows", "Export"),
        ("x.csv", b"PK\x03\x04\0\0\0", None, None, "binary", "suffix"),
        ("x.parquet", b"not parquet at all", None, None, "not a readable Parquet", "suffix"),
        ("x.jsonl", GOOD + b'{"text": "a", \n', 2, None, "not valid JSON", "one JSON object"),
        ("x.jsonl", b"[\n" + GOOD, 1, None, "not valid JSON", "one object a line"),
        ("x.jsonl", GOOD + b"[1, 2]\n", 2, None, "holds list", "one object a line"),
        ("x.jsonl", b'{"Text": "a", "label": "x"}', 1, "text", "columns are 'Text', 'label'", "text='Text'"),
        ("x.jsonl", GOOD + b'{"text": "a"}', 2, "label", "no column 'label'", "label="),
        ("x.jsonl", b'{"text": 7, "label": "x"}', 1, "text", "the number 7", "string"),
        ("x.jsonl", b'{"text": "\\ud83d", "label": "x"}', 1, "text", "surrogate", "Export"),
        ("x.jsonl", GOOD + b'{"text": "a", "label": null}', 2, "label", "missing", "unlabeled="),
        ("x.jsonl", GOOD + b'{"text": "a", "label": NaN}', 2, "label", "missing", "unlabeled="),
        ("x.jsonl", b'{"text": "a", "label": 0.5}', 1, "label", "the number 0.5", "integer"),
        ("x.jsonl", b'{"text": "a", "label": ["x"]}', 1, "label", "a list of 1", "string"),
        ("x.csv", b"text,label\na,x\nb, \n", 2, "label", "missing", "unlabeled="),
        ("x.csv", b"text|label\na|x\n", None, "text", "'text|label'", "commas"),
        ("x.csv", b"text,lable\na,x\n", None, "label", "'text', 'lable'", "label='lable'"),
        ("x.csv", b"text,text,label\na,b,x\n", None, "text", "twice", "Rename"),
        ("x.csv", b"text,label\na,x\nb,c,x\n", 2, None, "3 fields, the header has 2", "separator"),
        ("x.csv", b'text,label\na,x\n"b,x\n', 2, None, "cannot be parsed", "twice"),
        (
            "x.jsonl",
            GOOD + b'{"text": "caf\xe9", "label": "x"}',
            2,
            None,
            "byte 0xe9 at position 41",
            "cp1252",
        ),
        ("x.csv", b"text,label\na,x\ncaf\xe9,x\n", 2, None, "byte 0xe9 at position 18", "encoding="),
        ("x.csv", b"t\xe9xt,label\na,x\n", None, None, "in the header", "encoding="),
    ],
)
def test_message(
    tmp_path: Path, name: str, content: bytes, row: int | None, field: str | None, problem: str, remedy: str
) -> None:
    error = failure(tmp_path, name, content)
    assert (error.row, error.field) == (row, field)
    assert problem in error.problem
    assert remedy in (error.remedy or "")


def test_missing_file_suggests_a_near_name(write: Writer) -> None:
    file = write("train.jsonl", rows_of(3))
    with pytest.raises(DataError, match=r"does not exist\. Did you mean .*train\.jsonl"):
        read_split(file.with_name("trian.jsonl"))
    with pytest.raises(DataError, match="this is a folder"):
        read_split(file.parent)


def test_every_file_is_looked_at_before_any_is_read(tmp_path: Path, write: Writer) -> None:
    broken = tmp_path / "train.jsonl"
    broken.write_text("broken")
    with pytest.raises(DataError, match="does not exist") as caught:
        EvalSet.from_files(train=broken, test=tmp_path / "nowhere.jsonl")
    assert caught.value.file == str(tmp_path / "nowhere.jsonl")


def test_unknown_encoding(tmp_path: Path) -> None:
    assert "'utf-9'" in failure(tmp_path, "x.csv", b"text,label\na,b\n", encoding="utf-9").problem


def test_truncated_wide_text(tmp_path: Path) -> None:
    content = "text,label\na,x\n".encode("utf-16") + b"\x00"
    assert "utf-16" in failure(tmp_path, "x.csv", content, encoding="utf-16").problem


def test_missing_group(tmp_path: Path) -> None:
    error = failure(tmp_path, "x.csv", b"text,label,site\na,x,\n", group="site")
    assert (error.row, error.field) == (1, "site")


def test_parquet_with_wrong_column_and_bytes(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    file = tmp_path / "x.parquet"
    pq.write_table(pa.table({"body": ["a"], "label": ["x"]}), file)
    with pytest.raises(DataError, match="columns are 'body', 'label'"):
        read_split(file)
    bad = pa.array([b"ok", b"\xff"], pa.binary()).view(pa.string())
    pq.write_table(pa.table({"text": bad, "label": ["x", "y"]}), file)
    with pytest.raises(DataError, match="byte 0xff") as caught:
        read_split(file)
    assert (caught.value.row, caught.value.field) == (2, "text")


def test_plain_text_error_has_its_row(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes(b"one\ntwo\nthr\xff\n")
    documents = stream_texts(file)
    assert [next(documents), next(documents)] == ["one", "two"]
    with pytest.raises(DataError, match=r"row 3: byte 0xff at position 11 cannot be decoded as utf-8"):
        next(documents)


def test_endless_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("evalsets.lines.MAX_LINE_BYTES", 2**20)
    file = tmp_path / "x.txt"
    file.write_bytes(b"short\n" + b"a" * (2**20 + 1))
    with pytest.raises(DataError, match=r"row 2: the line is longer than 1 MiB"):
        list(stream_texts(file))

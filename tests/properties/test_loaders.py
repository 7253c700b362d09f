"""What is written comes back as it was; what is no data is refused by a DataError alone."""

from __future__ import annotations

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from evalsets import DataError
from evalsets.loaders import read_split, stream_texts
from evalsets.options import Options
from evalsets.spans import joined
from evalsets.tags import encode, spans_of
from evalsets.tasks import reader_of
from tests.properties.texts import ANY, LABEL, ROWS, TEXT, WORD

SUFFIXES = ("csv", "tsv", "jsonl", "parquet")


def written(rows: list[tuple[str, str]], suffix: str) -> bytes:
    if suffix == "jsonl":
        return "\n".join(json.dumps({"text": t, "label": label}) for t, label in rows).encode()
    if suffix == "parquet":
        import pyarrow
        import pyarrow.parquet

        out = io.BytesIO()
        texts, labels = zip(*rows, strict=True)
        pyarrow.parquet.write_table(pyarrow.table({"text": texts, "label": labels}), out)
        return out.getvalue()
    table = io.StringIO()
    mark = "\t" if suffix == "tsv" else ","
    csv.writer(table, delimiter=mark, quoting=csv.QUOTE_ALL).writerows([("text", "label"), *rows])
    return table.getvalue().encode()


@pytest.mark.parametrize("suffix", SUFFIXES)
@given(rows=ROWS)
@example(rows=[("a\u2028b\x85c\x0bd", "x")])
@example(rows=[('"', '"'), ("a,b\tc\r\nd\re\n\nf", "'")])
def test_rows_come_back_as_they_were(suffix: str, rows: list[tuple[str, str]]) -> None:
    if any("\0" in text for text, _ in rows) and suffix in ("csv", "tsv"):
        return  # such a file is taken for a binary one and refused
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"train.{suffix}"
        file.write_bytes(written(rows, suffix))
        split = read_split(file)
    assert split.texts == tuple(text for text, _ in rows)
    assert split.labels == tuple(label.strip() for _, label in rows)
    assert split.rows == tuple(range(1, len(rows) + 1))


@given(texts=st.lists(TEXT, min_size=1, max_size=8))
def test_lines_of_plain_text_come_back(texts: list[str]) -> None:
    lines = [text.replace("\n", " ").replace("\0", " ") for text in texts]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "notes.txt"
        file.write_bytes("\n".join(lines).encode())
        found = list(stream_texts(file))
    whole = [line.lstrip("\ufeff") if i == 0 else line for i, line in enumerate(lines)]
    assert found == [line.strip() for line in whole if line.strip()]


@st.composite
def sentences(draw: st.DrawFn) -> list[tuple[list[str], list[tuple[int, int, str]]]]:
    found = []
    for _ in range(draw(st.integers(1, 4))):
        tokens = draw(st.lists(WORD, min_size=1, max_size=8))
        borders = sorted(draw(st.sets(st.integers(0, len(tokens)), max_size=6)))
        pairs = list(zip(borders[::2], borders[1::2], strict=False))
        found.append((tokens, [(a, b, draw(st.sampled_from(["drug", "dose", "a-b"]))) for a, b in pairs]))
    return found


@given(sentences(), st.sampled_from(["IOB1", "IOB2", "BIOES"]))
def test_conll_comes_back(given_: list[tuple[list[str], list[tuple[int, int, str]]]], scheme: str) -> None:
    tagged = [(tokens, encode(spans, len(tokens), scheme)) for tokens, spans in given_]  # type: ignore[arg-type]
    text = "\n\n".join("\n".join(f"{w}\t{t}" for w, t in zip(*s, strict=True)) for s in tagged)
    options = Options(task="token_classification", settings={"scheme": scheme})
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "train.conll"
        file.write_bytes(text.encode())
        split = read_split(file, reader_of(options))
    for (tokens, spans), read, gold in zip(given_, split.texts, split.labels, strict=True):
        whole, offsets = joined(tokens)
        assert read == whole
        assert gold == spans_of(encode(spans, len(tokens)), offsets)


@given(
    st.sampled_from([*SUFFIXES, "conll", "txt", "json", "xlsx", ""]),
    st.binary(max_size=200) | ANY.map(str.encode),
)
@example("csv", b'text,label\n"')
@example("jsonl", b'{"text": "a", "label": {"a": [1]}}')
@example("jsonl", b"[" * 50_000)
@example("csv", b"\xff\xfet\0e\0x\0t\0")
def test_what_is_no_data_is_refused_as_such(suffix: str, data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"train.{suffix}"
        file.write_bytes(data)
        for task in ("text_classification", "multi_label", "token_classification"):
            try:
                read_split(file, reader_of(Options(task=task)))
            except DataError as error:
                assert "train" in str(error)  # noqa: PT017
        for encoding in ("utf-8", "utf-16", "cp1252", "utf-7", "idna"):
            try:
                list(stream_texts(file, encoding=encoding))
            except DataError as error:
                assert "train" in str(error)  # noqa: PT017


@given(LABEL)
def test_a_label_is_read_without_white_space_at_its_edges(label: str) -> None:
    from evalsets.values import as_label

    assert as_label(f" {label}\t", file="f", row=1, field="label") == label.strip()

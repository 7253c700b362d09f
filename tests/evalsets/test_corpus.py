from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest

from evalsets import Corpus, DataError, EvalSet
from evalsets.loaders import stream_texts

from .conftest import SUFFIXES, Writer, rows_of


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_streams_tables(write: Writer, suffix: str) -> None:
    file = write(
        f"x.{suffix}", [{"id": 1, "body": " one "}, {"id": 2, "body": " "}, {"id": 3, "body": "two"}]
    )
    assert list(stream_texts(file, text="body")) == ["one", "two"]


def test_streams_plain_text_and_memory(tmp_path: Path) -> None:
    file = tmp_path / "x.txt"
    file.write_bytes("ä b\r\n\n  \nc\u2028d".encode())
    corpus = Corpus(files=(file,), documents=("", " e "))
    assert list(corpus) == ["ä b", "c\u2028d", "e"]
    assert list(corpus) == list(corpus), "can be read more than once"


@pytest.mark.parametrize("suffix", ["txt", "jsonl", "csv", "parquet"])
def test_memory_is_bounded(tmp_path: Path, write: Writer, suffix: str) -> None:
    document = "word " * 200
    if suffix == "txt":
        file = tmp_path / "x.txt"
        file.write_text((document + "\n") * 20_000)
    else:
        file = write(f"x.{suffix}", [{"text": f"{i} {document}"} for i in range(20_000)])
    list(stream_texts(write("warm.jsonl", [{"text": "a"}])))
    tracemalloc.start()
    try:
        assert sum(1 for _ in stream_texts(file)) == 20_000
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Much less than the 20 MB of the file; Parquet holds one batch.
    assert peak < 12 * 2**20


def test_from_files_reads_all_of_it_and_notes_test_texts(write: Writer, tmp_path: Path) -> None:
    train, test = write("train.jsonl", rows_of(40)), write("test.jsonl", rows_of(10, 100))
    corpus = tmp_path / "corpus.txt"
    corpus.write_text("something else\nDOCUMENT  100\n")
    more = write("more.csv", [{"text": "document 101"}])
    data = EvalSet.from_files(train=train, test=test, unlabeled=[corpus, more])
    assert data.unlabeled is not None
    assert list(data.unlabeled) == ["something else", "DOCUMENT  100", "document 101"]
    assert any("2 test texts also occur in the unlabelled text" in note for note in data.notes)
    corpus.write_bytes(b"fine\n\xff\n")
    with pytest.raises(DataError, match=r"corpus\.txt, row 2"):
        EvalSet.from_files(train=train, test=test, unlabeled=corpus)
    corpus.write_text("\n\n")
    with pytest.raises(DataError, match="there is no document"):
        EvalSet.from_files(train=train, test=test, unlabeled=corpus)

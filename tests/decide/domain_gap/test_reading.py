"""Reading under a bar that counts bytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

import pytest

from decide.domain_gap.reading import stream
from evalsets import Corpus


class Bar:
    """Stands for tqdm and remembers."""

    made: ClassVar[list[Bar]] = []

    def __init__(self, **options: Any) -> None:
        self.total, self.n, self.disable, self.steps = options["total"], 0, False, [0]
        Bar.made.append(self)

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def update(self, n: int) -> None:
        self.n += n
        self.steps.append(self.n)


def test_progress_is_in_bytes_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    texts = [f"document number {i} with some words" for i in range(2000)]
    plain, table, packed = tmp_path / "a.txt", tmp_path / "b.jsonl", tmp_path / "c.parquet"
    plain.write_text("\n".join(texts))
    table.write_text("\n".join(json.dumps({"id": i, "text": t}) for i, t in enumerate(texts)))
    pd.DataFrame({"text": texts}).to_parquet(packed)
    monkeypatch.setattr("tqdm.auto.tqdm", Bar)
    for file in (plain, table, packed):
        Bar.made.clear()
        corpus = Corpus((file,), ("one more",))
        assert list(stream(corpus, "test")) == [*texts, "one more"]
        bar = Bar.made[0]
        size = file.stat().st_size
        assert bar.total == size + len("one more")
        assert bar.n == bar.total
        assert bar.steps == sorted(bar.steps)
        # Half way through the documents the bar is about half way, whatever the format.
        assert bar.steps[len(bar.steps) // 2] == pytest.approx(size / 2, rel=0.25)


def test_documents_are_those_of_the_corpus(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("one\n\n  two \n")
    corpus = Corpus((file,), (" three ", ""))
    assert list(stream(corpus, "test")) == list(corpus) == ["one", "two", "three"]

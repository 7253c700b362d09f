"""Public research sets, where the machine has them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from evalsets import Corpus, DataError, EvalSet, check_files

DATA = Path(os.environ.get("DECIDE_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")

pytestmark = pytest.mark.skipif(
    not DATA.is_dir(), reason="public data sets not found: set DECIDE_DATA to their folder"
)


def files(name: str) -> dict[str, Any]:
    return {part: DATA / name / f"{part}.jsonl" for part in ("train", "dev", "test")}


@pytest.mark.parametrize(
    ("name", "sizes", "labels", "needed"),
    [
        ("citation_intent", (1688, 114, 139), 6, {"conflicting_labels", "duplicates", "leakage"}),
        ("chemprot", (4169, 2427, 3469), 13, {"conflicting_labels", "duplicates", "leakage"}),
        ("paper_field", (21983, 2000, 4000), 8, set()),
    ],
)
def test_what_each_set_needs_allowed(
    name: str, sizes: tuple[int, int, int], labels: int, needed: set[str]
) -> None:
    errors = {f.code for f in check_files(**files(name)) if f.level == "error"}
    assert errors == needed
    if needed:
        with pytest.raises(DataError, match="more errors after this one"):
            EvalSet.from_files(**files(name))
    data = EvalSet.from_files(**files(name), allow=tuple(needed))
    assert (len(data.train), len(data.dev), len(data.test)) == sizes
    assert len(data.task.to_json()["labels"]) == labels
    assert data.name == name


def test_leakage_is_counted_right() -> None:
    leaks = {(f.split, f.count) for f in check_files(**files("citation_intent")) if f.code == "leakage"}
    assert leaks == {("test", 52), ("test", 9), ("dev", 43)}


def test_slip_in_the_source_is_found() -> None:
    rare = [f for f in check_files(**files("paper_field")) if f.code == "rare_label"]
    assert "category (1)" in rare[0].problem


def test_corpus_streams() -> None:
    corpus = Corpus(files=(DATA / "biomedical_corpus" / "unlabeled.txt",))
    assert sum(1 for _ in corpus) > 1000


def test_disease_mentions() -> None:
    files = {part: DATA / "ncbi_disease" / f"{part}.conll" for part in ("train", "dev", "test")}
    needed = {f.code for f in check_files(**files, task="token_classification") if f.level == "error"}
    data = EvalSet.from_files(**files, task="token_classification", allow=tuple(needed))
    assert data.task.labels == ("Disease",)
    assert data.test.texts[1].startswith("Ataxia - telangiectasia ( A - T )")
    assert [data.test.texts[1][s.start : s.end] for s in data.test.labels[1]][:2] == [
        "Ataxia - telangiectasia",
        "A - T",
    ]
    # Independent of the reader: every entity begins with B- in these files.
    begins = files["test"].read_text().count("\tB-Disease")
    assert sum(map(len, data.test.labels)) == begins
    assert data.task.score(data.test.labels, data.test.labels) == 1

"""The data and the models that benchmarks use."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import decide
from evalsets import DecideError, EvalSet


def shared_data() -> Path:
    """The folder of real data sets, named by ``DECIDE_DATA``.

    Raises:
        DecideError: If it is not there.
    """
    folder = Path(os.environ.get("DECIDE_DATA", ""))
    if not folder.name or not folder.is_dir():
        raise DecideError("Set DECIDE_DATA to the folder of the real data sets (it holds citation_intent).")
    return folder


def citation_intent() -> EvalSet:
    """Sentences that cite a paper, with six reasons to cite it (ACL-ARC, Jurgens et al. 2018)."""
    folder = shared_data() / "citation_intent"
    return decide.EvalSet.from_files(
        train=folder / "train.jsonl",
        dev=folder / "dev.jsonl",
        test=folder / "test.jsonl",
        drop=("leakage", "duplicates", "conflicting_labels"),
    )


def part_of(data: EvalSet, documents: int) -> EvalSet:
    """The set with only the first ``documents`` of train."""
    return replace(data, train=data.train.take(range(min(documents, len(data.train)))))


def encoder() -> Path:
    """Folder of the small encoder that the demo uses."""
    from decide import demo_models

    return demo_models.encoder()

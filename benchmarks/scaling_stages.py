"""One stage on one number of rows, run in a process of its own for its time and peak memory.

Run by ``benchmarks.scaling``; prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import decide
from benchmarks.scaling_data import scored_arms, write_rows
from decide import statistics
from evalsets import EvalSet
from evalsets.checks import check_splits
from evalsets.splits import split_dev

Facts = dict[str, Any]
TRAIN = 1000
"""Training rows where the test set is what grows."""


def files(folder: Path, rows: int, train: int) -> dict[str, Path]:
    """Files of a set with so many training rows and test rows, written once."""
    found = {}
    for name, size, seed in (("train", train, 0), ("dev", 500, 1), ("test", rows, 2)):
        path = folder / f"{name}-{size}.csv"
        found[name] = path if path.exists() else write_rows(path, size, seed=seed)
    return found


def small_train(folder: Path, rows: int) -> EvalSet:
    """A set of which test is large."""
    return EvalSet.from_files(**files(folder, rows, TRAIN), label="label")


def loading(folder: Path, rows: int) -> Callable[[], Facts]:
    """Files to an evaluation set, checks and all."""
    paths = files(folder, rows, rows)
    return lambda: {"test": len(EvalSet.from_files(**paths, label="label").test)}


def checking(folder: Path, rows: int) -> Callable[[], Facts]:
    """Checks alone, on as many training rows as test rows."""
    data = EvalSet.from_files(**files(folder, rows, rows), label="label")
    return lambda: {"findings": len(check_splits(data.train, data.dev, data.test))}


def splitting(folder: Path, rows: int) -> Callable[[], Facts]:
    """Splitting dev off train."""
    data = EvalSet.from_files(**files(folder, TRAIN, rows), label="label")
    return lambda: {"dev": len(split_dev(data.train, 0.1, 0)[1])}


def gap(folder: Path, rows: int) -> Callable[[], Facts]:
    """The domain gap of an evaluation set with a small real encoder."""
    from decide import demo_models

    data = EvalSet.from_files(**files(folder, TRAIN, rows), label="label")
    model = demo_models.encoder()
    return lambda: {"severity": str(decide.gap(data, model).severity.level)}


def statistics_of_arms(folder: Path, rows: int) -> Callable[[], Facts]:
    """All pairs of six arms and their bootstrap, one seed, five labels."""
    task, arms = scored_arms(rows, 5, 1)

    def work() -> Facts:
        pairs = statistics.compare_pairs(task, arms)
        return {"pairs": len(pairs), "draws": len(statistics.bootstrap(task, arms))}

    return work


def comparing(folder: Path, rows: int) -> Callable[[], Facts]:
    """A whole comparison of two cheap arms on a large test set."""
    data = small_train(folder, rows)
    arms = [decide.Majority(), decide.TfidfLogistic()]
    saved = folder / f"comparison-{rows}.json"

    def work() -> Facts:
        result = decide.compare(data, arms, seeds=1, isolate=False)
        result.to_json(saved)
        return {"bytes": saved.stat().st_size}

    return work


def reporting(folder: Path, rows: int) -> Callable[[], Facts]:
    """The report of the comparison that ``comparing`` saved."""
    result = decide.load(folder / f"comparison-{rows}.json")
    out = folder / "report.html"
    return lambda: {"bytes": result.to_html(out).stat().st_size}


STAGES: dict[str, Callable[[Path, int], Callable[[], Facts]]] = {
    "load": loading,
    "check": checking,
    "split": splitting,
    "gap": gap,
    "statistics": statistics_of_arms,
    "compare": comparing,
    "report": reporting,
}


def main() -> None:
    """Measure one stage."""
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", choices=STAGES)
    parser.add_argument("rows", type=int)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    work = STAGES[options.stage](options.folder, options.rows)
    started = time.perf_counter()
    facts = work()
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)
    print(json.dumps({"seconds": seconds, "peak_mb": peak, "facts": facts}))


if __name__ == "__main__":
    main()

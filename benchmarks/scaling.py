"""Time and memory against rows, and how long a bootstrap of many items takes beside other ways.

Run ``python -m benchmarks.scaling --rows 1000,10000,100000 --json scaling.json``. Each stage runs in a
process of its own; the exponent is the slope of log seconds on log rows, so 1 is linear.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import in_turns
from benchmarks.scaling_data import scored_arms
from benchmarks.scaling_stages import STAGES
from decide import statistics
from decide.statistics import Scored
from evalsets import TextClassification

ROWS = "1000,10000,100000,1000000"
ITEMS = 100_000
RESAMPLES = 10_000
FEW = 5
"""Resamples that slow ways make; their time is given for all."""
CASES = ((5, 1), (20, 1), (5, 3), (20, 3))
"""Labels and seeds."""
Row = dict[str, Any]


def measured(stage: str, rows: int, folder: Path) -> Row:
    """Seconds, peak memory and facts of a stage; what went wrong, where it fails."""
    command = [sys.executable, "-m", "benchmarks.scaling_stages", stage, str(rows), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"stage": stage, "rows": rows, "error": (done.stderr.strip() or "killed").splitlines()[-1]}
    return {"stage": stage, "rows": rows, **json.loads(done.stdout.splitlines()[-1])}


def exponent(found: list[Row]) -> float | None:
    """Slope of log seconds on log rows."""
    points = [(row["rows"], row["seconds"]) for row in found if "seconds" in row]
    if len(points) < 2:
        return None
    rows, seconds = np.log(np.array(points)).T
    return float(np.polyfit(rows, seconds, 1)[0])


def stages(names: list[str], sizes: list[int]) -> list[Row]:
    """A table for each stage."""
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name in names:
            of_stage = [measured(name, rows, Path(folder)) for rows in sizes]
            found += of_stage
            slope = exponent(of_stage)
            print(f"{name}" + ("" if slope is None else f" (exponent {slope:.2f})"))
            for row in of_stage:
                told = row.get("error") or f"{row['seconds']:9.2f} s {row['peak_mb']:8.0f} MB  {row['facts']}"
                print(f"  {row['rows']:>9,} rows {told}", flush=True)
    return found


def plain(task: TextClassification, arms: list[Scored], resamples: int) -> np.ndarray:
    """The textbook loop: items by their numbers, each arm scored on them."""
    rng = np.random.default_rng(0)
    items = len(arms[0].statistics[0])
    found = []
    for _ in range(resamples):
        drawn = rng.integers(items, size=items)
        found.append(
            [
                np.mean([task.score_from_statistics(s[drawn].sum(axis=0)) for s in arm.statistics])
                for arm in arms
            ]
        )
    return np.array(found)


def by_scipy(task: TextClassification, arms: list[Scored], resamples: int) -> Any:
    """scipy's bootstrap of the first run of the first arm."""
    from scipy.stats import bootstrap

    table = arms[0].statistics[0]

    def score(drawn: Any) -> float:
        return float(task.score_from_statistics(table[drawn].sum(axis=0)))

    numbers, rng = (np.arange(len(table)),), np.random.default_rng(0)
    return bootstrap(
        numbers,
        score,
        n_resamples=resamples,
        vectorized=False,
        method="percentile",
        rng=rng,
    )


def resampling(repetitions: int) -> list[Row]:
    """Bootstraps of six arms; slow ways with few resamples, and scipy's with one run of one arm."""
    found = []
    for labels, seeds in CASES:
        task, arms = scored_arms(ITEMS, labels, seeds)
        ways: dict[str, tuple[Callable[[], Any], float]] = {
            "decide": (lambda t=task, a=arms: statistics.bootstrap(t, a, resamples=RESAMPLES), 1),
            "numpy loop": (lambda t=task, a=arms: plain(t, a, FEW), RESAMPLES / FEW),
            "scipy, one run": (lambda t=task, a=arms: by_scipy(t, a, FEW), RESAMPLES / FEW),
        }
        timings = in_turns({name: work for name, (work, _) in ways.items()}, repetitions)
        print(
            f"bootstrap of {ITEMS:,} items, 6 arms, {labels} labels, seeds {seeds}, {RESAMPLES:,} resamples"
        )
        for name, (_, factor) in ways.items():
            seconds = [took * factor for took, _ in timings[name]]
            found.append({"labels": labels, "seeds": seeds, "way": name, "seconds": seconds})
            told = f"{np.median(seconds):9.2f} s ({min(seconds):.2f} to {max(seconds):.2f})"
            print(f"  {name:<16} {told}{'' if factor == 1 else ', scaled'}", flush=True)
    return found


def main() -> None:
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", default=ROWS, help="numbers of rows, by commas")
    parser.add_argument("--stages", default=",".join(STAGES), help="stages, by commas; report needs compare")
    parser.add_argument("--repetitions", type=int, default=5, help="of bootstraps; 0 leaves them out")
    parser.add_argument("--json", type=Path, help="file for the results")
    options = parser.parse_args()
    names = [name for name in options.stages.split(",") if name]
    found = {"stages": stages(names, [int(n) for n in options.rows.split(",")])}
    found["bootstrap"] = resampling(options.repetitions) if options.repetitions else []
    if options.json:
        options.json.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()

"""Machine-hours and money of a large comparison and of production, from the figures of a small comparison.

What is measured comes from a run directory: how long each phase of each run took, on how many labels, and
how many documents a second the arm answers. What is not is printed as an assumption: prices, utilisation, and
that training takes time in proportion to labels.

Run ``python -m benchmarks.capacity_plan RUN_DIR --grid fine_tuned=3 lora=2 --seeds 5 --sizes 5``.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from decide import ArmError, Comparison, Prices, load
from decide.comparison import ArmResult
from decide.economics.machine import MONTH_HOURS
from decide.economics.tokens import token_prices
from decide.run import Run
from decide.store import RunStore

OPENAI = "api.openai.com"


LEARNING = "training"
"""The phase that grows with labels; adaptation, dev, test and latency do not."""


@dataclass(frozen=True)
class Times:
    """Seconds of one unit of an arm: ``fixed``, and ``per_label`` for each label it learns from."""

    fixed: float
    per_label: float

    def at(self, labels: float) -> float:
        """Seconds of a unit that learns from ``labels`` labels."""
        return self.fixed + self.per_label * labels


def runs_of(arm: ArmResult, comparison: Comparison, store: RunStore) -> list[tuple[int, Run]]:
    """Labels and record of every run of an arm, those of label budgets too."""
    total = comparison.data.train + comparison.data.dev
    labels = dict.fromkeys(arm.run_keys, total)
    curve = comparison.learning_curve
    for one in curve.curves if curve else []:
        if one.arm == arm.name:
            for point in one.points:
                labels.update((key, point.labels) for key in point.run_keys if key not in labels)
    runs = {key: store.get(key) for key in labels}
    return [(labels[key], run) for key, run in runs.items() if run is not None]


def times_of(runs: Sequence[tuple[int, Run]]) -> Times:
    """What runs took, with training in proportion to labels."""
    training = [(n, run.phase_seconds.get(LEARNING, 0.0)) for n, run in runs]
    rest = [
        sum(s for phase, s in run.phase_seconds.items() if phase != LEARNING) + sum(run.latency_ms) / 1000
        for _, run in runs
    ]
    return Times(
        float(np.mean(rest)), float(sum(s for _, s in training) / max(1, sum(n for n, _ in training)))
    )


def grid(
    comparison: Comparison,
    store: RunStore,
    counts: Mapping[str, int],
    seeds: int,
    sizes: Sequence[int],
    start_seconds: float,
) -> list[tuple[str, int, int, float, float]]:
    """Rows of a grid of arms × seeds × sizes: arm, how many like it, units, longest unit in s, hours."""
    rows = []
    for arm in comparison.arms:
        count = counts.get(arm.kind, 0)
        runs = runs_of(arm, comparison, store)
        if not count or not runs:
            continue
        times = times_of(runs)
        each = [times.at(size) + start_seconds for size in sizes]
        rows.append(
            (arm.name, count, count * seeds * len(sizes), max(each), count * seeds * sum(each) / 3600)
        )
    return rows


def production(
    comparison: Comparison, documents: float, prices: Prices
) -> list[tuple[str, float, float, float]]:
    """Rows of production: arm, documents/s of one machine, machine-hours a month, machines."""
    rows = []
    for arm in comparison.arms:
        if arm.timing is None:
            continue
        rate = arm.timing.documents_per_second
        hours = documents / (rate * 3600 * prices.utilisation)
        rows.append((arm.name, rate, hours, hours / MONTH_HOURS))
    return rows


def hosted(comparison: Comparison, documents: float, models: Sequence[str]) -> list[tuple[str, float, str]]:
    """Rows of a hosted model that reads the same prompts: model, US$ a month, source of the price."""
    prompted = next((a for a in comparison.arms if a.input_tokens_per_document), None)
    if prompted is None:
        return []
    rows = []
    for model in models:
        read = prompted.input_tokens_per_document or 0.0
        written = prompted.output_tokens_per_document or 1.0
        try:
            price = token_prices(model, OPENAI, Prices(), read)
        except ArmError as error:
            print(error)
            continue
        usd = documents * (read * price.input + written * price.output) / 1e6
        rows.append((f"{model} ({read:,.0f} + {written:,.0f} tokens)", usd, price.source))
    return rows


def main() -> None:
    """Print the plan as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--grid", nargs="+", default=[], help="KIND=COUNT")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--sizes", type=int, nargs="+", default=[250, 500, 1000, 2000, 4000])
    parser.add_argument("--nodes", type=int, default=10)
    parser.add_argument("--start-seconds", type=float, default=5.0, help="of a unit's own process")
    parser.add_argument("--documents", type=float, default=100e6, help="a month")
    parser.add_argument("--models", nargs="*", default=["gpt-5-mini"])
    arguments = parser.parse_args()
    comparison = load(arguments.run_dir / "comparison.json")
    store, prices = RunStore(arguments.run_dir), comparison.workload.prices
    cores = comparison.environment.cores
    hour = cores * prices.cpu_core_hour
    counts = {kind: int(count) for kind, count in (part.split("=") for part in arguments.grid)}
    rows = grid(comparison, store, counts, arguments.seeds, arguments.sizes, arguments.start_seconds)
    print(f"Measured on: {comparison.environment.hardware}; {comparison.data.name}, {comparison.created}.")
    print(
        f"Assumed: US${hour:.2f} an hour of that machine ({prices.source}); {prices.utilisation:.0%} "
        f"utilisation in production; {arguments.start_seconds:g} s to start a unit; training in "
        "proportion to labels.\n"
    )
    print("| arm | arms | units | longest unit, s | machine-hours | US$ |\n|---|---|---|---|---|---|")
    for name, count, units, longest, hours in rows:
        print(f"| {name} | {count} | {units} | {longest:,.0f} | {hours:,.1f} | {hours * hour:,.2f} |")
    hours, units = sum(row[4] for row in rows), sum(row[2] for row in rows)
    wall = max(hours / arguments.nodes, max((row[3] for row in rows), default=0.0) / 3600)
    print(f"| all | {sum(row[1] for row in rows)} | {units} | | {hours:,.1f} | {hours * hour:,.2f} |")
    print(f"\nAt least {wall:,.1f} h on {arguments.nodes} such machines.\n")
    print("| arm | documents/s | machine-hours a month | machines | US$ a month |\n|---|---|---|---|---|")
    for name, rate, needed, machines in production(comparison, arguments.documents, prices):
        print(f"| {name} | {rate:,.1f} | {needed:,.0f} | {np.ceil(machines):,.0f} | {needed * hour:,.0f} |")
    for name, usd, source in hosted(comparison, arguments.documents, arguments.models):
        print(f"| {name} | hosted | | | {usd:,.0f} ({source}) |")


if __name__ == "__main__":
    main()

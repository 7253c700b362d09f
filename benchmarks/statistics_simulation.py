"""How often intervals hold the truth, and how often tests err, on simulated test sets with known truth.

Beside the library's figures stand those of two plain methods on the same test sets:

- items only: percentiles of a bootstrap over test items of the scores averaged over seeds, no correction;
- unpaired: normal intervals of each arm's mean from its own standard error, as evaluation harnesses print;
  the difference from both errors as if the arms had seen different items, or by intervals that do not
  overlap.

Run ``python -m benchmarks.statistics_simulation --help``.
"""

from __future__ import annotations

import argparse
import gc
import json
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.statistics_worlds import Array, World, arm_result
from decide import statistics
from decide.statistics.scored import cluster_codes, distinct_rows, in_units
from evalsets import Task

Z = 1.959964
PEER_RESAMPLES = 1000
PERMUTATIONS = 999
"""Fewer than the library's default, for time; the p-value is as valid, only coarser."""
THREE = (0.6, 0.3, 0.1)
FIVE = (0.5, 0.25, 0.15, 0.06, 0.04)
COVERAGE = {
    "accuracy, 50 items, 1 seed": World((0.80, 0.85), 50),
    "accuracy, 200 items, 1 seed": World((0.80, 0.85), 200),
    "accuracy 0.95, 100 items, 1 seed": World((0.95, 0.93), 100),
    "accuracy, 200 items, 3 seeds alike": World((0.80, 0.80), 200, 3),
    "accuracy, 300 items, 3 seeds ±0.03": World((0.80, 0.83), 300, 3, 0.03),
    "accuracy, 1000 items, 3 seeds ±0.05": World((0.80, 0.80), 1000, 3, 0.05),
    "accuracy, 200 items, 5 seeds ±0.01": World((0.80, 0.82), 200, 5, 0.01),
    "accuracy, 500 items, 5 seeds ±0.03": World((0.80, 0.83), 500, 5, 0.03),
    "macro-F1, 100 items, 1 seed": World((0.80, 0.80), 100, labels=THREE),
    "macro-F1, 300 items, 1 seed": World((0.70, 0.75), 300, labels=THREE),
    "macro-F1, 300 items, 3 seeds ±0.02": World((0.75, 0.78), 300, 3, 0.02, labels=THREE),
    "macro-F1 rare labels, 300 items, 5 seeds ±0.02": World((0.75, 0.75), 300, 5, 0.02, labels=FIVE),
    "accuracy, 20 groups of 20, 1 seed": World((0.80, 0.83), 400, 1, 0.0, 0.3, 0.2, 20, 0.3),
    "accuracy, 15 groups of 27, 3 seeds ±0.02": World((0.80, 0.80), 400, 3, 0.02, 0.3, 0.2, 15, 0.2),
    "macro-F1, 30 groups of 10, 3 seeds ±0.02": World(
        (0.75, 0.78), 300, 3, 0.02, 0.3, 0.2, 30, 0.2, labels=THREE
    ),
}
EQUAL = {
    "accuracy, 200 items, 1 seed": World((0.8,) * 2, 200),
    "accuracy, 300 items, 3 seeds ±0.03": World((0.8,) * 2, 300, 3, 0.03),
    "macro-F1, 300 items, 1 seed": World((0.75,) * 2, 300, labels=THREE),
    "macro-F1, 300 items, 3 seeds ±0.02": World((0.75,) * 2, 300, 3, 0.02, labels=THREE),
    "accuracy, 20 groups of 20, 1 seed": World((0.8,) * 2, 400, 1, 0.0, 0.3, 0.2, 20, 0.3),
    "4 arms, accuracy, 200 items, 1 seed": World((0.8,) * 4, 200),
    "4 arms, accuracy, 300 items, 3 seeds ±0.03": World((0.8,) * 4, 300, 3, 0.03),
    "4 arms, macro-F1, 300 items, 3 seeds ±0.02": World((0.75,) * 4, 300, 3, 0.02, labels=THREE),
}
NAMING = {
    "0.80 against 0.80, 50 items": World((0.80, 0.80), 50),
    "0.80 against 0.82, 50 items": World((0.80, 0.82), 50),
    "0.80 against 0.82, 50 items, 3 seeds ±0.02": World((0.80, 0.82), 50, 3, 0.02),
    "0.80 against 0.95, 50 items": World((0.80, 0.95), 50),
    "0.80 against 0.90, 1000 items": World((0.80, 0.90), 1000),
}
POWER = {
    "accuracy, 200 items, 1 seed": World((0.75, 0.75), 200),
    "accuracy, 500 items, 3 seeds ±0.02": World((0.75, 0.75), 500, 3, 0.02),
    "macro-F1, 300 items, 1 seed": World((0.75, 0.75), 300, labels=THREE),
    "accuracy, 30 groups of 20, 1 seed": World((0.75, 0.75), 600, 1, 0.0, 0.3, 0.2, 30, 0.2),
}


@dataclass(frozen=True)
class Row:
    """Shares over repetitions of one world: the library's and those of the plain methods."""

    table: str
    world: str
    ours: float
    items_only: float | None = None
    unpaired: float | None = None


def _normal(task: Task, arm: statistics.Scored) -> tuple[float, float]:
    """Mean and standard error of an arm by its own items, seeds averaged."""
    measured = statistics.measure(task, arm)
    values = measured.pseudo.mean(axis=1)
    return float(measured.scores.mean()), float(values.std(ddof=1) / np.sqrt(len(values)))


def _items_only(task: Task, arms: Sequence[statistics.Scored], rng: np.random.Generator) -> Array:
    """Plain bootstrap over items of each arm's mean over seeds, shape ``(resamples, arms)``."""
    rows, kinds = distinct_rows([s for arm in arms for s in arm.statistics])
    weights = rng.multinomial(kinds.sum(), kinds / kinds.sum(), size=PEER_RESAMPLES).astype(float)
    return np.stack(
        [
            np.mean([task.score_from_statistics(weights @ s[rows]) for s in arm.statistics], axis=0)
            for arm in arms
        ],
        axis=1,
    )


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return low is not None and high is not None and low - 1e-9 <= truth <= high + 1e-9


def coverage(world: World, rng: np.random.Generator) -> list[bool]:
    """Whether intervals hold the truth: of a score and of a difference, each by three methods."""
    task, truth = world.task(), world.truth()
    arms, groups = world.draw(rng)
    gap = float(truth[0] - truth[1])
    score = statistics.score_interval(task, arms[0], groups)
    codes = cluster_codes(groups)
    first, second = (statistics.measure(task, in_units(arm, codes)) for arm in arms)
    value = float(first.scores.mean() - second.scores.mean())
    pair = statistics.difference_interval(value, statistics.difference(first, second))
    drawn = _items_only(task, arms, rng)
    plain = np.quantile(np.stack([drawn[:, 0], drawn[:, 0] - drawn[:, 1]]), [0.025, 0.975], axis=1)
    (a, a_error), (b, b_error) = (_normal(task, arm) for arm in arms)
    both = Z * np.hypot(a_error, b_error)
    return [
        _holds(score.low, score.high, truth[0]),
        _holds(plain[0, 0], plain[1, 0], truth[0]),
        _holds(a - Z * a_error, a + Z * a_error, truth[0]),
        _holds(pair.low, pair.high, gap),
        _holds(plain[0, 1], plain[1, 1], gap),
        _holds(a - b - both, a - b + both, gap),
    ]


def found_different(world: World, rng: np.random.Generator) -> list[bool]:
    """Whether any pair is called different, by three methods; the plain ones do not correct for pairs."""
    task = world.task()
    arms, groups = world.draw(rng)
    drawn = _items_only(task, arms, rng)
    normal = [_normal(task, arm) for arm in arms]
    pairs = [(i, j) for i in range(len(arms)) for j in range(i + 1, len(arms))]
    ends = np.quantile(np.stack([drawn[:, i] - drawn[:, j] for i, j in pairs]), [0.025, 0.975], axis=1)
    return [
        any(
            pair.different for pair in statistics.compare_pairs(task, arms, groups, permutations=PERMUTATIONS)
        ),
        bool(((ends[0] > 0) | (ends[1] < 0)).any()),
        any(abs(normal[i][0] - normal[j][0]) > Z * (normal[i][1] + normal[j][1]) for i, j in pairs),
    ]


def named(world: World, rng: np.random.Generator) -> list[bool]:
    """Whether the recommendation ships an arm of equal cost; whether that is the worse one."""
    from decide.recommend import recommend
    from decide.workload import Workload

    task = world.task()
    arms, groups = world.draw(rng)
    draws = statistics.bootstrap(task, arms, groups, seed=int(rng.integers(2**31)))
    pairs = statistics.compare_pairs(task, arms, groups, margin=Workload().margin, permutations=PERMUTATIONS)
    results = [arm_result(arm.name, statistics.score_interval(task, arm, groups), arm.seeds) for arm in arms]
    answer = recommend(results, draws, pairs, Workload())
    ships = answer.outcome == "ship"
    best = int(np.argmax(world.truth()))
    return [ships, ships and answer.arm != arms[best].name]


def at_detectable(world: World, pilots: int = 150) -> World:
    """The world with the difference between its two arms that the library states as detectable in it."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        stated = []
        for _ in range(pilots):
            arms, groups = world.draw(rng)
            power = statistics.compare_pairs(world.task(), arms, groups, permutations=99)[0].power
            stated += [power.detectable] if power is not None else []
        world = world.with_gap(float(np.median(stated)))
    return world


Experiment = Callable[[World, np.random.Generator], list[bool]]


def _part(experiment: Experiment, world: World, repetitions: int, seed: Sequence[int]) -> Array:
    rng = np.random.default_rng(seed)
    return np.sum([experiment(world, rng) for _ in range(repetitions)], axis=0)


def shares(
    experiment: Experiment,
    world: World,
    repetitions: int,
    seed: int = 0,
    pool: ProcessPoolExecutor | None = None,
) -> Array:
    """Shares of repetitions in which each answer of the experiment is yes."""
    parts = 8 if pool else 1
    sizes = [repetitions // parts + (i < repetitions % parts) for i in range(parts)]
    run = partial(_part, experiment, world)
    seeds = [(seed, i) for i in range(parts)]
    done = list(pool.map(run, sizes, seeds) if pool else map(run, sizes, seeds))
    return np.asarray(np.sum(done, axis=0) / repetitions)


def _ready() -> None:
    """Import what is imported on use, and keep it from the garbage collection that Holm's correction runs."""
    rng = np.random.default_rng(0)
    for experiment in (coverage, found_different, named):
        experiment(World((0.8, 0.7), 50), rng)
    gc.freeze()


def simulate(repetitions: int, seed: int, only: Sequence[str], pool: ProcessPoolExecutor | None) -> list[Row]:
    """All tables, or those asked for."""
    rows: list[Row] = []

    def add(row: Row) -> None:
        rows.append(row)
        print(_line(row), flush=True)

    if "coverage" in only:
        for name, world in COVERAGE.items():
            s = [float(x) for x in shares(coverage, world, repetitions, seed, pool)]
            add(Row("coverage of a score", name, *s[:3]))
            add(Row("coverage of a difference", name, *s[3:]))
    if "equal" in only:
        for name, world in EQUAL.items():
            s = [float(x) for x in shares(found_different, world, repetitions, seed, pool)]
            add(Row("equal arms called different", name, *s))
    if "power" in only:
        for name, world in POWER.items():
            at = at_detectable(world)
            s = [float(x) for x in shares(found_different, at, repetitions, seed, pool)]
            gap = at.arms[1] - at.arms[0]
            add(Row("stated detectable difference found", f"{name} (+{gap:.3f} accuracy)", *s))
    if "naming" in only:
        for name, world in NAMING.items():
            ships, wrong = (float(x) for x in shares(named, world, repetitions, seed, pool))
            add(Row("an arm recommended outright", name, ships))
            add(Row("the worse arm recommended outright", name, wrong))
    return rows


def _line(row: Row) -> str:
    def show(value: float | None) -> str:
        return f"{value:9.1%}" if value is not None else " " * 9

    return f"{row.table:36s} {row.world:48s} {show(row.ours)} {show(row.items_only)} {show(row.unpaired)}"


def main() -> None:
    """Read the options, run, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repetitions", type=int, default=2000, help="test sets a world (default: 2000)")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default: 2)")
    parser.add_argument("--seed", type=int, default=0, help="seed of the test sets (default: 0)")
    parser.add_argument("--json", type=Path, help="file to write the figures to")
    tables = ("coverage", "equal", "power", "naming")
    parser.add_argument("--only", nargs="+", choices=tables, default=tables, help="tables to make")
    options = parser.parse_args()
    started = time.perf_counter()
    error = 1.96 * np.sqrt(0.05 * 0.95 / options.repetitions)
    print(f"{options.repetitions} test sets a world; Monte-Carlo error of a share of 95%: ±{error:.1%}")
    print(f"{'':85s} {'decide':>9s} {'items':>9s} {'unpaired':>9s}")
    with ProcessPoolExecutor(options.jobs, initializer=_ready) as pool:
        rows = simulate(options.repetitions, options.seed, options.only, pool)
    seconds = time.perf_counter() - started
    print(f"{seconds:,.0f} s")
    if options.json:
        found: dict[str, Any] = {"repetitions": options.repetitions, "seed": options.seed, "seconds": seconds}
        options.json.write_text(json.dumps({**found, "rows": [vars(row) for row in rows]}, indent=1) + "\n")


if __name__ == "__main__":
    main()

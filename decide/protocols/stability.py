"""Flip rates: how many answers change from seed to seed, and when the same run is made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.base import Arm
from arms.cascade import Cascade
from decide import statistics
from decide.protocols.served import served_model
from decide.protocols.stability_records import ArmStability, Flips, Repeats, Stability
from decide.records import Estimate
from decide.run import QUICK, Measure, Run
from decide.runner import OpenRunner, explain
from decide.statistics import ABSOLUTE_MEAN, Scored
from decide.units import Part
from evalsets import DecideError, EvalSet

Runs = Sequence[tuple[Arm, list[Run]]]
METHOD = (
    "The flip rate is the share of test items whose answer differs between two runs of an arm, whether right "
    "or wrong; an item with several entities, labels or fields counts as changed if any of them does. "
    "Between seeds it is the mean over all pairs of seeds, with a 95% percentile interval over resampled "
    "test items (seeds are too few to resample). Of one pair, or where nothing changed, the interval is "
    "Wilson's for a proportion. A repetition is a run of the first seed made again from the start: adapted, "
    "trained and tuned anew, or every prompt asked again."
)
ONCE = "each run was made once; repeats=2 makes the first seed again"


def check_repeats(repeats: int) -> int:
    """The number of runs of each first seed.

    Raises:
        DecideError: If it is below 1.
    """
    if repeats < 1:
        raise DecideError(
            f"repeats={repeats}: a run is made at least once. Give 1, or 2 to make the first seed again."
        )
    return repeats


def stability(finished: Runs, data: EvalSet, repeats: int, runner: OpenRunner) -> Stability | None:
    """Flip rates of every arm; repetitions are run here.

    Args:
        finished: Arms with their runs on ``data``, cascades among them.
        data: The evaluation set.
        repeats: How often the first seed of each arm is run, the run itself included.
        runner: Gives the repetitions.
    """
    if not finished:
        return None
    return Stability(repeats=repeats, arms=[_arm(arm, runs, data, repeats, runner) for arm, runs in finished])


def _arm(arm: Arm, runs: list[Run], data: EvalSet, repeats: int, runner: OpenRunner) -> ArmStability:
    seeds, seeds_missing = None, ""
    if len(runs) > 1:
        seeds = flips([run.answers(data.task) for run in runs], data.test.groups)
    else:
        seeds_missing = "only one seed was run" if arm.stochastic() else "chance has no part in it"
    again: list[Run] = []
    repeats_missing = ""
    if isinstance(arm, Cascade):
        repeats_missing = "it is put together from the runs of its parts; see those"
    elif repeats == 1:
        repeats_missing = ONCE
    else:
        try:
            for part, measure in repetitions(data, runs[0].seed, repeats):
                made, _ = runner.runs_of(arm, [part], measure, part.name)
                again += made
        except Exception as error:
            again, repeats_missing = [], f"the repetition failed: {explain(error)}"
    repeated = _repeats([runs[0], *again], data) if again else None
    return ArmStability(
        arm=arm.label,
        between_seeds=seeds,
        seeds_missing=seeds_missing,
        repeats=repeated,
        repeats_missing=repeats_missing,
        served=served_model(arm, [*runs, *again]),
        statement=_statement(arm.label, seeds, seeds_missing, repeated),
    )


def repetitions(data: EvalSet, seed: int, repeats: int) -> list[tuple[Part, Measure]]:
    """What an arm is run on again, and what is measured then; the run itself is left out."""
    return [
        (Part(data, seed, f"repetition {number}"), replace(QUICK, repeat=number))
        for number in range(1, repeats)
    ]


def _repeats(runs: Sequence[Run], data: EvalSet) -> Repeats:
    scores = [run.score for run in runs]
    return Repeats(
        seed=runs[0].seed,
        runs=len(runs),
        flips=flips([run.answers(data.task) for run in runs], data.test.groups),
        scores=scores,
        scores_agree=len(set(scores)) == 1,
        largest_change=_largest_change(runs),
        run_keys=[run.key for run in runs[1:]],
    )


def flips(answers: Sequence[Sequence[Any]], groups: Sequence[str] | None = None) -> Flips:
    """Flip rate over all pairs of runs.

    Args:
        answers: Answers to the same items, one sequence a run, at least two.
        groups: Group of each item; whole groups are resampled if there are enough of them.
    """
    changed = np.array(
        [
            [not same(a, b) for a, b in zip(first, second, strict=True)]
            for first, second in combinations(answers, 2)
        ],
        dtype=np.float64,
    )
    pairs, items = changed.shape
    by_pair, by_item = changed.mean(axis=1), changed.mean(axis=0)
    return Flips(
        rate=_rate(by_item, pairs, groups),
        least=float(by_pair.min()),
        most=float(by_pair.max()),
        pairs=pairs,
        items=items,
    )


def same(first: Any, second: Any) -> bool:
    """Whether two answers are equal; the order of labels or entities does not matter."""
    if isinstance(first, tuple) and isinstance(second, tuple):
        return set(first) == set(second)
    return bool(first == second)


def _rate(by_item: NDArray[np.float64], pairs: int, groups: Sequence[str] | None) -> Estimate:
    items = len(by_item)
    if pairs == 1 or not by_item.any():
        rate = float(by_item.mean())
        low, high = statistics.wilson(rate, items)
        return Estimate(value=rate, low=low, high=high, level=statistics.LEVEL)
    arm = Scored("flips", (np.column_stack([by_item, np.ones(items)]),))
    by_unit = statistics.in_units(arm, statistics.cluster_codes(groups))
    rng = np.random.default_rng(0)
    ((draws,),) = statistics.drawn_by_seed([(ABSOLUTE_MEAN, [by_unit])], statistics.RESAMPLES, rng)
    return statistics.estimate(float(by_item.mean()), draws[:, 0])


def _largest_change(runs: Sequence[Run]) -> float | None:
    """Largest change of a stated probability between two of the runs; ``None`` if none is stated."""
    if any(run.probabilities is None for run in runs):
        return None
    tables = np.array([run.probabilities for run in runs], dtype=np.float64)
    spans = tables.max(axis=0) - tables.min(axis=0)
    return None if np.isnan(spans).all() else float(np.nanmax(spans))


def _statement(name: str, seeds: Flips | None, missing: str, again: Repeats | None) -> str:
    if seeds is None:
        first = f"{name}: not measured between seeds, {missing}"
    else:
        first = f"{name}: {percent(seeds.rate)} of the answers change from one seed to another"
    if again is None:
        return f"{first}."
    agree = "the score is the same" if again.scores_agree else "the score is not the same"
    return (
        f"{first}; run again with seed {again.seed}, {percent(again.flips.rate)} of them change and {agree}."
    )


def percent(rate: Estimate) -> str:
    """A rate with its interval, in percent."""
    if rate.low is None or rate.high is None:
        return f"{rate.value:.1%}"
    return f"{rate.value:.1%} ({rate.low:.1%} to {rate.high:.1%})"


def advice(found: Stability | None, recommended: str | None) -> list[str]:
    """What to do before the recommended arm is relied on, if its model may change under its name."""
    arm = next((a for a in found.arms if a.arm == recommended), None) if found else None
    if arm is None or arm.served is None or not arm.served.unstable:
        return []
    return [
        f"Pin the model of {arm.arm} before relying on its score. {arm.served.statement} If it cannot be "
        "pinned, compare again from time to time."
    ]

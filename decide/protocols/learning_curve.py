"""How many labels are worth it: every arm that learns from labels, at growing label budgets."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.base import Arm
from decide import statistics
from decide.protocols.budgets import subset
from decide.protocols.crossings import find_crossing
from decide.protocols.records import (
    ArmCurve,
    BudgetPair,
    BudgetStanding,
    Crossing,
    CurvePoint,
    LearningCurve,
)
from decide.run import QUICK, Run
from decide.runner import OpenRunner, explain
from decide.statistics import Scored
from decide.units import Part
from decide.wording import percent
from decide.workload import Workload
from evalsets import EvalSet

SURE = 0.95
"""Share of resamples in which a smaller budget must be within the margin to be called enough."""
Subsets = dict[int, dict[int, EvalSet]]
METHOD = (
    "Budgets count the labels of train and dev together, in the proportion of the full set. The subsets are "
    "nested and stratified, each label shown once first; each seed draws its own, the same for all arms. "
    "Test items are resampled and seeds drawn from Student's t around their mean, the same for all arms and "
    "budgets. A crossing is "
    "interpolated linearly on the logarithm of the budget and is the last one before the full set."
)


def budgets_for(arm: Arm, data: EvalSet, budgets: Sequence[int]) -> list[int]:
    """The budgets at which an arm has fewer labels than it uses of the full set; others change nothing."""
    needed = arm.labels_used(data)
    return [budget for budget in budgets if budget < needed]


def subsets(data: EvalSet, budgets: Sequence[int], seeds: Sequence[int]) -> Subsets:
    """The data cut to each budget, by budget and seed."""
    return {budget: {seed: subset(data, budget, seed) for seed in seeds} for budget in budgets}


def parts_of_curve(arm: Arm, data: EvalSet, sets: Subsets, seeds: Sequence[int]) -> list[tuple[int, Part]]:
    """What an arm is run on for its curve, each with its budget."""
    wanted = budgets_for(arm, data, list(sets))
    return [(b, Part(sets[b][seed], seed, f"{b} labels")) for b in wanted for seed in seeds]


def learning_curve(
    finished: Sequence[tuple[Arm, list[Run]]],
    data: EvalSet,
    workload: Workload,
    budgets: Sequence[int],
    seeds: Sequence[int],
    runner: OpenRunner,
) -> LearningCurve | None:
    """Run the arms at the budgets and put them together with their runs on the full set.

    Args:
        finished: Arms with their runs on the full set.
        data: The full set.
        workload: Gives the price of a label and the margin.
        budgets: Growing, smaller than the full set.
        seeds: Each run draws its subset by its seed, so that arms without randomness run with all, too.
        runner: Gives the runs.
    """
    if not budgets or not finished:
        return None
    sets = subsets(data, budgets, seeds)
    runs: dict[tuple[str, int], list[Run]] = {}
    failures: dict[str, str] = {}
    for arm, _ in finished:
        wanted = parts_of_curve(arm, data, sets, seeds)
        if not wanted:
            continue
        purpose = f"{len(wanted) // len(seeds)} label budgets"
        try:
            made, _ = runner.runs_of(arm, [part for _, part in wanted], QUICK, purpose)
        except Exception as error:
            failures[arm.label] = explain(error)
            continue
        for (budget, _), run in zip(wanted, made, strict=True):
            runs.setdefault((arm.label, budget), []).append(run)
    return _Curves(finished, data, workload, budgets, sets, runs, failures).record()


class _Curves:
    """Statistics over all arms and budgets."""

    def __init__(
        self,
        finished: Sequence[tuple[Arm, list[Run]]],
        data: EvalSet,
        workload: Workload,
        budgets: Sequence[int],
        sets: Subsets,
        runs: dict[tuple[str, int], list[Run]],
        failures: dict[str, str],
    ) -> None:
        self.finished, self.data, self.workload = finished, data, workload
        self.sets, self.failures = sets, failures
        self.total = len(data.train) + len(data.dev)
        self.budgets = [*budgets, self.total]
        self.runs = {**runs, **{(arm.label, self.total): full for arm, full in finished}}
        self.scored: dict[tuple[str, int], Scored] = {
            at: statistics.scored(at[0], data.task, data.test.labels, [r.answers(data.task) for r in made])
            for at, made in self.runs.items()
        }
        table = statistics.bootstrap(
            data.task, list(self.scored.values()), data.test.groups, shared_seeds=True
        )
        self.draws = {at: table[:, i] for i, at in enumerate(self.scored)}
        self.points = {at: statistics.point_score(data.task, s) for at, s in self.scored.items()}

    def at(self, arm: str, budget: int) -> tuple[str, int]:
        """What stands for an arm at a budget: its runs there, or on the full set if it needs no more."""
        return (arm, budget) if (arm, budget) in self.runs else (arm, self.total)

    def record(self) -> LearningCurve:
        curves = [self._curve(arm) for arm, _ in self.finished]
        names = [arm.label for arm, _ in self.finished if arm.label not in self.failures]
        crossings = self._crossings(names)
        standings = [self._standing(budget, names) for budget in self.budgets] if names else []
        return LearningCurve(
            budgets=self.budgets,
            label_price_usd=self.workload.prices.label,
            curves=curves,
            standings=standings,
            crossings=crossings,
            statements=self._statements(curves, crossings, standings),
        )

    def _curve(self, arm: Arm) -> ArmCurve:
        name, total = arm.label, self.total
        own = [b for b in self.budgets if (name, b) in self.runs]
        full = self.draws[name, total]
        enough, gain = None, None
        if own[:-1]:
            within = [(full - self.draws[name, b] <= self.workload.margin).mean() >= SURE for b in own]
            enough = next(b for i, b in enumerate(own) if all(within[i:]))
            before = (name, own[-2])
            gain = statistics.estimate(
                self.points[name, total] - self.points[before], full - self.draws[before]
            )
        return ArmCurve(
            arm=name,
            flat=not own[:-1] and name not in self.failures,
            points=[self._point(arm, budget) for budget in own],
            last_gain=gain,
            enough=enough,
            failure=self.failures.get(name),
        )

    def _point(self, arm: Arm, budget: int) -> CurvePoint:
        at = (arm.label, budget)
        data = self.data if budget == self.total else next(iter(self.sets[budget].values()))
        labels = arm.labels_used(data)
        return CurvePoint(
            budget=budget,
            labels=labels,
            score=statistics.estimate(self.points[at], self.draws[at]),
            seed_scores=[run.score for run in self.runs[at]],
            label_usd=labels * self.workload.prices.label,
            run_keys=[run.key for run in self.runs[at]],
        )

    def _crossings(self, names: Sequence[str]) -> list[Crossing]:
        """Every pair of which one arm changes with the budget, real crossings first."""
        found = []
        for pair in combinations(names, 2):
            places = [[self.at(name, b) for b in self.budgets] for name in pair]
            if all(len(set(place)) == 1 for place in places):
                continue
            points, draws = (
                self._rows(values, places[0]) - self._rows(values, places[1])
                for values in (self.points, self.draws)
            )
            found.append(find_crossing(pair, self.budgets, points, draws, self.workload.prices.label))
        return sorted(found, key=lambda c: (c.status != "crosses", c.labels or 0.0))

    def _rows(
        self, values: dict[tuple[str, int], Any], places: Sequence[tuple[str, int]]
    ) -> NDArray[np.float64]:
        return np.stack([np.asarray(values[place]) for place in places], axis=-1)

    def _standing(self, budget: int, names: Sequence[str]) -> BudgetStanding:
        places = [self.at(name, budget) for name in names]
        draws = self._rows(self.draws, places)
        best = statistics.probability_best(draws)
        leader = int(np.argmax([self.points[place] for place in places]))
        pairs = statistics.compare_pairs(
            self.data.task,
            [self.scored[place] for place in places],
            self.data.test.groups,
            shared_seeds=True,
        )
        return BudgetStanding(
            budget=budget,
            label_usd=budget * self.workload.prices.label,
            leader=names[leader],
            probability_best=float(best[leader]),
            pairs=[
                BudgetPair(
                    first=p.first,
                    second=p.second,
                    difference=p.difference,
                    p_adjusted=p.p_adjusted,
                    different=p.different,
                )
                for p in pairs
            ],
        )

    def _statements(
        self, curves: Sequence[ArmCurve], crossings: Sequence[Crossing], standings: Sequence[BudgetStanding]
    ) -> list[str]:
        told = [c.statement for c in crossings if c.status == "crosses"]
        if standings and not told:
            last = standings[-1]
            told.append(
                f"No arm overtakes another between {self.budgets[0]:,} and {self.total:,} labels; "
                f"{last.leader} leads on the full set, where it is the best with probability "
                f"{percent(last.probability_best)}."
            )
        told += [self._worth(curve) for curve in curves if curve.last_gain is not None]
        if len(next(iter(self.sets.values()))) < 3:
            told.append("With fewer than 3 seeds, the luck of the subset drawn is hardly in these intervals.")
        return told

    def _worth(self, curve: ArmCurve) -> str:
        """Whether more labels would help an arm, in a sentence."""
        gain = curve.last_gain
        assert gain is not None
        assert gain.low is not None
        assert gain.high is not None
        if curve.enough is not None and curve.enough < self.total:
            return (
                f"{curve.arm}: {curve.enough:,} labels are enough; in at least {SURE:.0%} of resamples all "
                f"{self.total:,} are better by no more than the margin of {self.workload.margin:g}."
            )
        rising = "it was still rising" if gain.low > 0 else "whether it still rises is not certain"
        return (
            f"{curve.arm}: from {curve.points[-2].budget:,} to {self.total:,} labels the score changed by "
            f"{gain.value:+.3f} ({gain.low:+.3f} to {gain.high:+.3f}); {rising}."
        )

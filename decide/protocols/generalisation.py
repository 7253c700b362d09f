"""How arms fare on sources that they did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from arms.base import Arm
from decide import statistics
from decide.protocols.domains import MIN_CLUSTERS, Fold, Side, over_folds
from decide.protocols.held_out import hold_out
from decide.protocols.records import ArmGeneralisation, Generalisation, HeldOutGroup
from decide.records import Estimate
from decide.run import QUICK, Run
from decide.runner import OpenRunner, explain, seeds_of
from decide.units import Part
from decide.wording import percent
from evalsets import EvalSet

Array = NDArray[np.float64]
Finished = Sequence[tuple[Arm, list[Run]]]
BLIND = ("majority",)
"""Kinds of arm that read no text; that they lose little elsewhere says nothing."""
METHOD = (
    "In domain are test documents of groups that train has, out of domain those of groups it lacks. Where a "
    "group was held out, all its documents moved to test, and the arm was trained anew without them; without "
    "in-domain test documents those of dev stand in, which also chose settings. The drop is the one score "
    "minus the other. Items are resampled, the same for all arms, and seeds drawn from Student's t around "
    "their mean, the same on both sides; with "
    f"at least {MIN_CLUSTERS} groups on a side, or held out, groups are resampled whole. Groups differ in "
    "difficulty: a drop on a single group is also that; held out in turn, this evens out."
)


def from_test(finished: Finished, data: EvalSet) -> Generalisation | None:
    """The drop to groups of test that train lacks; ``None`` if test does not have both kinds."""
    groups = data.test.groups
    if groups is None or data.train.groups is None or not finished:
        return None
    seen = set(data.train.groups)
    new = sorted(set(groups) - seen)
    if not new or not set(groups) & seen:
        return None
    runs = {arm.label: made for arm, made in finished}
    folds = [_fold(", ".join(new), new, data, runs, "test")]
    single = [_fold(name, [name], data, runs, "test") for name in new] if len(new) > 1 else folds
    return _record(finished, folds, single, data, "test set", new, "test", {})


def without_each(data: EvalSet, groups: Sequence[str]) -> dict[str, EvalSet]:
    """The data with each group held out in turn, by group."""
    return {group: hold_out(data, group) for group in groups}


def parts_held_out(arm: Arm, sets: dict[str, EvalSet], seeds: Sequence[int]) -> list[tuple[str, Part]]:
    """What an arm is run on with each group held out in turn, each with its group."""
    numbers = seeds_of(arm, seeds)
    return [(g, Part(fold, seed, f"without {g}")) for g, fold in sets.items() for seed in numbers]


def held_out_in_turn(
    finished: Finished, data: EvalSet, groups: Sequence[str], seeds: Sequence[int], runner: OpenRunner
) -> Generalisation | None:
    """Train without each group and score on it and on the rest.

    Args:
        finished: Arms to run; their runs on ``data`` are not used.
        data: The evaluation set.
        groups: Groups to hold out in turn.
        seeds: Seeds of the comparison.
        runner: Gives the runs.
    """
    if not groups or not finished:
        return None
    sets = without_each(data, groups)
    inside: Literal["test", "dev"] = (
        "test" if all(set(s.test.groups or ()) - {g} for g, s in sets.items()) else "dev"
    )
    runs: dict[str, dict[str, list[Run]]] = {group: {} for group in groups}
    failures: dict[str, str] = {}
    for arm, _ in finished:
        wanted = parts_held_out(arm, sets, seeds)
        purpose = f"{len(groups)} groups held out in turn"
        try:
            made, _ = runner.runs_of(arm, [part for _, part in wanted], QUICK, purpose)
        except Exception as error:
            failures[arm.label] = explain(error)
            continue
        for (group, _), run in zip(wanted, made, strict=True):
            runs[group].setdefault(arm.label, []).append(run)
    left = [(arm, made) for arm, made in finished if arm.label not in failures]
    if not left:
        return None
    folds = [_fold(group, [group], sets[group], runs[group], inside) for group in groups]
    return _record(left, folds, folds, data, "held out in turn", list(groups), inside, failures)


def _fold(
    name: str,
    outside: Sequence[str],
    data: EvalSet,
    runs: dict[str, list[Run]],
    inside: Literal["test", "dev"],
) -> Fold:
    groups = data.test.groups or ()
    learned = set(data.train.groups or ())
    task = data.task

    def side(items: Sequence[int]) -> Side:
        answers = {
            arm: [[a[i] for i in items] for a in (run.answers(task) for run in made)]
            for arm, made in runs.items()
        }
        return Side([data.test.labels[i] for i in items], [groups[i] for i in items], answers)

    out = side([i for i, g in enumerate(groups) if g in outside])
    if inside == "test":
        return Fold(name, side([i for i, g in enumerate(groups) if g in learned]), out)
    dev = {arm: [run.dev_answers(task) for run in made] for arm, made in runs.items()}
    return Fold(name, Side(data.dev.labels, data.dev.groups or (), dev), out)


def _record(
    finished: Finished,
    folds: Sequence[Fold],
    single: Sequence[Fold],
    data: EvalSet,
    source: Literal["test set", "held out in turn"],
    held_out: list[str],
    inside: Literal["test", "dev"],
    failures: dict[str, str],
) -> Generalisation:
    names = [arm.label for arm, _ in finished]
    draws = [fold.draws(data.task, names, seed) for seed, fold in enumerate(folds)]
    apart = draws if single is folds else [f.draws(data.task, names, s) for s, f in enumerate(single)]
    both = over_folds(draws)
    points = {name: np.mean([fold.points(data.task, name) for fold in folds], axis=0) for name in names}
    reading = [i for i, (arm, _) in enumerate(finished) if arm.kind not in BLIND]
    best = statistics.probability_best(both[:, :, 1])
    smallest = dict(
        zip(reading, statistics.probability_best(both[:, reading, 1] - both[:, reading, 0]), strict=True)
    )
    arms = [
        ArmGeneralisation(
            arm=name,
            **_estimates(points[name], both[:, i]),
            probability_best=float(best[i]),
            probability_smallest_drop=float(smallest[i]) if i in smallest else None,
            groups=[
                HeldOutGroup(
                    group=fold.name,
                    items=len(fold.outside.gold),
                    **_estimates(fold.points(data.task, name), apart[f][:, i]),
                )
                for f, fold in enumerate(single)
            ],
        )
        for i, name in enumerate(names)
    ]
    top = max(arms, key=lambda a: a.out_of_domain.value)
    steady = min((arms[i] for i in reading), key=lambda a: a.drop.value, default=None)
    return Generalisation(
        source=source,
        held_out=held_out,
        in_domain_from=inside,
        arms=arms,
        best=top.arm,
        smallest_drop=None if steady is None else steady.arm,
        failures=failures,
        statement=_statement(top, steady, held_out, source),
    )


def _estimates(points: Array, draws: Array) -> dict[str, Estimate]:
    """In and out of domain and the drop, from draws of shape ``(resamples, 2)``."""
    return {
        "in_domain": statistics.estimate(float(points[0]), draws[:, 0]),
        "out_of_domain": statistics.estimate(float(points[1]), draws[:, 1]),
        "drop": statistics.estimate(float(points[0] - points[1]), draws[:, 0] - draws[:, 1]),
    }


def _statement(
    best: ArmGeneralisation, steady: ArmGeneralisation | None, held_out: Sequence[str], source: str
) -> str:
    where = (
        f"groups that training lacks ({', '.join(held_out)})"
        if source == "test set"
        else f"{len(held_out)} groups held out in turn"
    )
    low, high = best.out_of_domain.low, best.out_of_domain.high
    assert low is not None
    assert high is not None
    told = (
        f"On {where}, {best.arm} scores highest: {best.out_of_domain.value:.3f} ({low:.3f} to {high:.3f}; "
        f"the best with probability {percent(best.probability_best)}), {_drop(best)}."
    )
    if steady is None:
        return told
    assert steady.probability_smallest_drop is not None
    sure = percent(steady.probability_smallest_drop)
    if steady.arm == best.arm:
        return f"{told} It also has the smallest drop, with probability {sure}."
    return (
        f"{told} The smallest drop has {steady.arm}: {_drop(steady)} (smallest with probability {sure}), to "
        f"{steady.out_of_domain.value:.3f}."
    )


def _drop(arm: ArmGeneralisation) -> str:
    low, high = arm.drop.low, arm.drop.high
    assert low is not None
    assert high is not None
    sure = "" if low > 0 or high < 0 else ", not certain"
    return f"a drop of {arm.drop.value:+.3f} from in domain ({low:+.3f} to {high:+.3f}{sure})"

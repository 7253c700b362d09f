"""How arms stand damaged texts: the same trained models on perturbed test texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from arms.base import Arm
from decide import statistics
from decide.perturbations.base import Perturbation, Perturbed, perturb_split
from decide.protocols.records import ArmRobustness, PerturbationDrop, PerturbationSummary, Robustness
from decide.records import Estimate
from decide.run import PERTURBATION_SEED, Run
from evalsets import DecideError, EvalSet
from evalsets.tasks import nearest

METHOD = (
    "After test, each trained arm predicted the test texts once more under each perturbation. The damage is "
    "seeded and the same for all arms and seeds; gold spans move along. The drop is the score on the texts "
    "as they are minus that on the perturbed ones, from the same resampled items and drawn seeds. Rates are "
    "choices of the user or of this library, not measured on documents of the domain."
)


def check_perturbations(
    wanted: Sequence[Perturbation], data: EvalSet
) -> tuple[tuple[Perturbation, ...], dict[str, str]]:
    """Those that suit the task, and why others do not.

    Raises:
        DecideError: If none suits.
    """
    kind, kinds = data.task.kind, data.task.kinds()
    left = {
        p.name: f"under it the gold annotation of {kind} may no longer be right"
        for p in wanted
        if nearest(kinds, p.tasks) is None
    }
    kept = tuple(p for p in wanted if p.name not in left)
    if wanted and not kept:
        raise DecideError(f"None of the perturbations can be applied to {kind}. Leave perturbations out.")
    for perturbation in kept:
        perturbation.check()
    return kept, left


def robustness(
    finished: Sequence[tuple[Arm, list[Run]]],
    data: EvalSet,
    perturbations: Sequence[Perturbation],
    left_out: dict[str, str],
) -> Robustness | None:
    """Drops of every arm under every perturbation, from the predictions in the runs."""
    if not perturbations or not finished:
        return None
    kind = data.task.kinds()[-1]
    damaged = {p.name: perturb_split(data.test, p, kind, PERTURBATION_SEED) for p in perturbations}
    arms = [_arm(arm.label, runs, data, damaged) for arm, runs in finished]
    return Robustness(
        seed=PERTURBATION_SEED,
        perturbations=[
            PerturbationSummary(
                name=p.name,
                description=p.describe(),
                config=p.config(),
                changed=damaged[p.name].changed,
                items=len(data.test),
            )
            for p in perturbations
        ],
        left_out=left_out,
        arms=arms,
        statements=[arm.statement for arm in arms],
    )


def _arm(name: str, runs: Sequence[Run], data: EvalSet, damaged: dict[str, Perturbed]) -> ArmRobustness:
    task, gold = data.task, data.test.labels
    plain = [run.answers(task) for run in runs]
    before = [task.item_statistics(gold, answers) for answers in plain]
    after, changed = {}, {}
    for key, perturbed in damaged.items():
        answers = [[task.from_plain(v) for v in run.perturbed[key]] for run in runs]
        after[key] = [task.item_statistics(perturbed.split.labels, a) for a in answers]
        changed[key] = float(np.mean([_unequal(*both) for both in zip(plain, answers, strict=True)]))
    parts = [statistics.Scored(name, tuple(part)) for part in (before, *after.values())]
    draws = statistics.bootstrap(task, parts, data.test.groups, shared_seeds=True)
    points = [
        float(np.mean([task.score_from_statistics(s.sum(axis=0)) for s in part]))
        for part in (before, *after.values())
    ]
    drops = [
        PerturbationDrop(
            perturbation=key,
            score=statistics.estimate(points[i], draws[:, i]),
            drop=statistics.estimate(points[0] - points[i], draws[:, 0] - draws[:, i]),
            changed_answers=changed[key],
        )
        for i, key in enumerate(damaged, 1)
    ]
    counted = [i for i, perturbed in enumerate(damaged.values(), 1) if perturbed.changed] or [0]
    mean = statistics.estimate(
        points[0] - float(np.mean([points[i] for i in counted])), draws[:, 0] - draws[:, counted].mean(axis=1)
    )
    worst = max(drops, key=lambda d: d.drop.value)
    return ArmRobustness(
        arm=name,
        drops=drops,
        mean_drop=mean,
        worst=worst.perturbation,
        statement=_statement(name, mean, worst),
    )


def _unequal(old: Sequence[Any], new: Sequence[Any]) -> float:
    return float(np.mean([a != b for a, b in zip(old, new, strict=True)]))


def _statement(name: str, mean: Estimate, worst: PerturbationDrop) -> str:
    drop = worst.drop
    assert drop.low is not None
    assert drop.high is not None
    if drop.value <= 0:
        return f"{name} loses nothing under any of the perturbations."
    sure = "" if drop.low > 0 else ", not certain"
    return (
        f"{name} loses {mean.value:.3f} of score on average; most under {worst.perturbation}: "
        f"{drop.value:.3f} ({drop.low:+.3f} to {drop.high:+.3f}{sure}), where "
        f"{worst.changed_answers:.0%} of its answers change."
    )

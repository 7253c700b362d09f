"""What to do next: concrete where one cannot tell yet, or where no arm is eligible."""

from __future__ import annotations

import math

import numpy as np

from decide.comparison import ArmResult
from decide.recommend.case import Case
from decide.recommend.constraints import Violation, violations
from decide.recommend.reasons import failed
from decide.wording import count, dollars

Z = 1.96
FEW_SEEDS = 3
LEAST = 0.005
"""Difference in score that is planned for where the margin is 0, unless a larger one was measured."""


def next_steps(case: Case) -> list[str]:
    """Steps in the order to take them."""
    found = case.verdict
    steps = []
    if found.outcome == "none_eligible":
        steps += _nearest(case)
    elif found.outcome == "cannot_tell" and not case.evidence.lone:
        steps += [_label(case, rival) for rival in _open(case)[:1]]
        steps += _seeds(case)
        steps += _or_choose(case)
    return steps + failed(list(case.evidence.arms))


def _open(case: Case) -> list[str]:
    """The arms that keep the answer open, the closest first."""
    chosen = case.verdict.arm
    assert chosen is not None
    if case.verdict.rivals:
        return [rival.name for rival in case.verdict.rivals]
    others = [name for name in case.verdict.best if name != chosen]
    return sorted(others, key=lambda name: abs(case.score(name) - case.score(chosen)))


def _label(case: Case, rival: str) -> str:
    """How many test documents would settle it, from the spread of the difference on those there are.

    The half-width of the interval shrinks with the square root of the number of documents, so that
    ``n * (1.96 * sd / d)**2`` documents tell a difference of ``d`` from none.
    """
    chosen = case.verdict.arm
    assert chosen is not None
    column = {arm.name: i for i, arm in enumerate(case.evidence.measured)}
    spread = case.evidence.draws[:, column[chosen]] - case.evidence.draws[:, column[rival]]
    half = Z * float(np.std(spread))
    start = f"Label more test documents: the difference to {rival} is known to about ±{half:.3f}"
    planned = _planned(case, chosen, rival)
    if planned is not None:
        return f"{start}; about {count(planned)} in all are needed, {case.evidence.items or 'n'} are there."
    wanted = case.workload.margin or max(LEAST, abs(case.score(chosen) - case.score(rival)))
    items = case.evidence.items
    if not items:
        return f"{start}; four times the documents would halve that."
    needed = max(items + 1, math.ceil(items * (half / wanted) ** 2))
    return (
        f"{start} on {items:,} documents; about {count(needed)} in all would narrow that to ±{wanted:g}, the "
        "difference that matters."
    )


def _planned(case: Case, chosen: str, rival: str) -> int | None:
    """The number of test documents that the paired comparison itself asks for, where it says so."""
    found = case.evidence.pair(chosen, rival)
    return None if found is None or found[0].power is None else found[0].power.items_needed


def _seeds(case: Case) -> list[str]:
    names = set(case.verdict.best)
    most = max(len(arm.seeds) for arm in case.evidence.measured if arm.name in names)
    if most >= FEW_SEEDS:
        return []
    return [f"Run at least {FEW_SEEDS} seeds: the luck of a single training run is not in these intervals."]


def _or_choose(case: Case) -> list[str]:
    """What to do if no more can be labelled: the cheapest of the arms that are not told apart."""
    chosen = case.verdict.arm
    assert chosen is not None
    costs = case.verdict.costs
    tied = [chosen, *(rival.name for rival in case.verdict.rivals)]
    cheapest = min(tied, key=lambda name: costs[name].horizon)
    if cheapest == chosen:
        return []
    saved = costs[chosen].horizon - costs[cheapest].horizon
    return [
        f"If no more can be labelled: {cheapest} is not shown to be worse than {chosen} and costs "
        f"{dollars(saved)} less over {case.workload.horizon_months:g} months."
    ]


def _nearest(case: Case) -> list[str]:
    """The arm that misses the fewest constraints, and what it misses."""
    measured = [arm for arm in case.evidence.measured if arm.score is not None]
    if not measured:
        return ["No arm has a result; see above why."]
    arm = min(measured, key=lambda a: (len(_missed(case, a)), -case.score(a.name)))
    asked = " and ".join(v.relaxed for v in _missed(case, arm))
    return [
        f"Relax a constraint, or add an arm that meets them. {arm.name} (score "
        f"{case.score(arm.name):.3f}) comes "
        f"nearest; it could be shipped if {asked}."
    ]


def _missed(case: Case, arm: ArmResult) -> list[Violation]:
    return violations(arm, case.workload, case.verdict.costs[arm.name].per_1000)

"""The rule: constraints filter, then expected utility decides, and an answer has to stand up to doubt.

Written out with its formulae in ``docs/decision-rule.md``. Everything else in this package, the flips and
the sensitivity included, applies this one function under other assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from decide.decision_records import Outcome
from decide.economics.reprice import Amount
from decide.recommend.constraints import exclusions
from decide.recommend.evidence import Array, Evidence
from decide.statistics import expected_regret, probability_best
from decide.statistics.resample import ROUNDING
from decide.workload import Workload

SURE = 0.95
"""Probability asked for before an arm is named over another for its score, and before score is given up for
money, where a cheaper arm replaces the leader if it is within the margin of it."""
LEADING = 0.80
"""Probability below which nothing is recommended outright: of being the best or within the margin of it."""
COST_TIE = 0.05
"""An arm has to be cheaper by this share of the cost for its price alone to settle a doubt about its score:
speed, hence cost, is known no better."""


@dataclass(frozen=True)
class Rival:
    """An eligible arm that keeps the answer open.

    ``ahead`` is the probability that the chosen arm is better, of which at least ``SURE`` is asked;
    ``within`` is the probability that the two are within the margin.
    """

    name: str
    ahead: float
    within: float


@dataclass(frozen=True)
class Verdict:
    """What the rule says.

    Args:
        outcome: Whether an arm is shipped.
        arm: The arm shipped, or the one that leads; ``None`` if none is eligible.
        leader: The arm of least expected regret in score (in money, if an error has a price).
        excluded: Why an arm cannot be shipped, by name, for every arm.
        best: Probability of being what the rule would pick if the truth were known, by eligible arm.
        highest: Probability of the highest score, by eligible arm.
        regret: Expected score lost to the best eligible arm.
        regret_usd: Expected loss in US dollars, if an error has a price.
        safe: Probability that the chosen arm is the best or within the margin of it.
        within: Probability that it is within the margin of the leader.
        rivals: Arms that the test set does not tell from the chosen one well enough.
        costs: What each arm with a result costs.
    """

    outcome: Outcome
    arm: str | None
    leader: str | None
    excluded: Mapping[str, list[str]]
    costs: Mapping[str, Amount]
    best: Mapping[str, float] = field(default_factory=dict)
    highest: Mapping[str, float] = field(default_factory=dict)
    regret: Mapping[str, float] = field(default_factory=dict)
    regret_usd: Mapping[str, float] = field(default_factory=dict)
    safe: float = 0.0
    within: float = 1.0
    rivals: tuple[Rival, ...] = ()

    def other_than(self, now: Verdict) -> bool:
        """Whether this ships an arm where ``now`` names another or ships none."""
        return self.outcome == "ship" and self.answer != now.answer

    @property
    def answer(self) -> tuple[Outcome, str | None]:
        """Outcome and arm: what two verdicts are compared by."""
        return self.outcome, self.arm


def apply(evidence: Evidence, workload: Workload, costs: Mapping[str, Amount]) -> Verdict:
    """Apply the rule.

    Args:
        evidence: What was measured.
        workload: What production needs.
        costs: What each arm with a result costs, by name.
    """
    measured = evidence.measured
    excluded = {
        arm.name: exclusions(arm, workload, costs[arm.name].per_1000 if arm.name in costs else None)
        for arm in evidence.arms
    }
    columns = [i for i, arm in enumerate(measured) if not excluded[arm.name]]
    if not columns:
        return Verdict("none_eligible", None, None, excluded, costs)
    names = [measured[i].name for i in columns]
    scores = evidence.draws[:, columns]
    spent = np.array([costs[name].horizon for name in names])
    worth = workload.score_usd
    if worth is None:
        utility, tolerance = scores, workload.margin
        best, chosen, leader = _by_margin(scores, spent, workload.margin)
    else:
        # An error has a price: the share of wrong answers where it was computed, else the score's complement.
        per_error = workload.error_usd is not None and evidence.right is not None
        quality = evidence.right[:, columns] if per_error and evidence.right is not None else scores
        utility, tolerance = worth * quality - spent, worth * workload.margin
        best = probability_best(utility)
        chosen = leader = int(np.argmax(utility.mean(axis=0)))
    lost = utility.max(axis=1) - utility[:, chosen]
    safe = float((lost <= tolerance + ROUNDING).mean())
    gap = utility[:, [leader]] - utility
    rivals = _rivals(evidence, names, utility, spent, chosen, tolerance, money=worth is not None)
    # That all others failed or were refused is no finding that the one that is left should be shipped.
    sure = safe >= LEADING and not rivals and not evidence.lone
    return Verdict(
        outcome="ship" if sure else "cannot_tell",
        arm=names[chosen],
        leader=names[leader],
        excluded=excluded,
        costs=costs,
        best=dict(zip(names, best.tolist(), strict=True)),
        highest=dict(zip(names, probability_best(scores).tolist(), strict=True)),
        regret=dict(zip(names, expected_regret(scores).tolist(), strict=True)),
        regret_usd=dict(zip(names, expected_regret(utility).tolist(), strict=True))
        if worth is not None
        else {},
        safe=safe,
        within=float((gap[:, chosen] <= tolerance + ROUNDING).mean()),
        rivals=rivals,
    )


def _by_margin(scores: Array, spent: Array, margin: float) -> tuple[Array, int, int]:
    """Probability of being the pick, the chosen arm and the leader, where no error has a price.

    Of the arms within the margin of the highest score, the cheapest is best; of those that cost the same, the
    one that scores higher.
    """
    near = scores >= scores.max(axis=1, keepdims=True) - margin - ROUNDING
    cheapest = np.where(near, spent, np.inf).min(axis=1, keepdims=True)
    best = probability_best(scores, near & (spent <= cheapest * (1 + ROUNDING)))
    regret = expected_regret(scores)
    leader = min(range(len(spent)), key=lambda i: (round(float(regret[i]), 9), float(spent[i])))
    chosen = leader
    for i in np.argsort(-scores.mean(axis=0), kind="stable"):
        close = float((scores[:, leader] - scores[:, i] <= margin + ROUNDING).mean())
        if close >= SURE and spent[i] < spent[chosen]:
            chosen = int(i)
    return best, chosen, leader


def _rivals(
    evidence: Evidence,
    names: list[str],
    utility: Array,
    spent: Array,
    chosen: int,
    tolerance: float,
    *,
    money: bool,
) -> tuple[Rival, ...]:
    """Arms that do not cost more than the chosen one, and that it is not surely enough ahead of.

    Dearer arms are not among them: they would have to be better by more than the margin, which ``safe`` asks.
    """
    found = []
    for i, name in enumerate(names):
        if i == chosen or _cheaper(spent[chosen], spent[i]):
            continue
        difference = utility[:, chosen] - utility[:, i]
        # The smaller of what the resamples and the paired test say, which err on different sides.
        ahead = min(float((difference > ROUNDING).mean()), evidence.one_sided(names[chosen], name))
        within = float((np.abs(difference) <= tolerance + ROUNDING).mean())
        # Where an error has a price, utility has already paid for what the chosen arm costs more.
        spends = not money and _cheaper(spent[i], spent[chosen])
        if ahead < SURE and (spends or within < SURE):
            found.append(Rival(name, ahead, within))
    return tuple(sorted(found, key=lambda rival: rival.ahead))


def _cheaper(first: float, second: float) -> bool:
    """Whether ``first`` costs so much less that no doubt about the score is left to settle."""
    return bool(first < second * (1 - COST_TIE))

"""From measurements to a recommendation under a workload: the rule, and everything said of what it gives.

``rule`` is the rule itself, ``case`` applies it under other assumptions, and the other modules say what
follows: reasons, flips, sensitivity, failure modes, next steps. ``docs/decision-rule.md`` explains it.
"""

from __future__ import annotations

from collections.abc import Sequence

from decide.comparison import ArmResult, ArmStanding, PairResult, Recommendation
from decide.recommend.case import Case
from decide.recommend.constraints import exclusions
from decide.recommend.evidence import Array, Evidence
from decide.recommend.failure_modes import failure_modes
from decide.recommend.flips import find_flips
from decide.recommend.next_steps import next_steps
from decide.recommend.reasons import headline, reasons
from decide.recommend.rule import COST_TIE, LEADING, SURE
from decide.recommend.sensitivity import sensitivity
from decide.workload import Workload

__all__ = [
    "LEADING",
    "METHOD",
    "SURE",
    "Case",
    "Evidence",
    "exclusions",
    "recommend",
    "recommendation",
    "sensitivity",
]

METHOD = {
    "best": (
        "The probability that an arm is the best choice is the share of resamples in which the rule "
        "would pick it if the resample were the truth; its expected regret is the mean score it loses to the "
        "highest score of each resample. So that a small test set cannot look certain, every resampled "
        "score gets a centred Poisson(1/2) number of documents (after Agresti and Min 2005)."
    ),
    "decision": (
        "Constraints filter first. If an error has a price, the arm of the highest expected utility leads: "
        "the worth of its right answers minus its cost over the horizon. Otherwise the arm of least expected "
        "regret in score leads, and the cheapest arm that is within the margin of it with at least "
        f"{SURE:.0%} replaces it. The answer is to ship if the arm is the best or within the margin of "
        f"it with at least {LEADING:.0%}, and if it is ahead of every arm that is not dearer, by the "
        f"resamples and by the paired test, with at least {SURE:.0%}, or shown to be equal at the same "
        f"cost. Costs within {COST_TIE:.0%} count as the same. Otherwise one cannot tell yet. What would "
        "change the answer, and the sensitivity, come from applying the same rule at other values."
    ),
}


def recommend(
    arms: Sequence[ArmResult],
    draws: Array,
    pairs: Sequence[PairResult],
    workload: Workload,
    *,
    items: int | None = None,
    right: Array | None = None,
    gap_level: str | None = None,
) -> Recommendation:
    """The recommendation.

    Args:
        arms: Every arm, with or without a result.
        draws: Scores under resampling, shape ``(resamples, arms with a result)``, columns in the order
            of those arms.
        pairs: Paired differences.
        workload: What production needs.
        items: Documents of the test set, which bound what can be told from it.
        right: Shares of right answers under the same resamples, of the shape of ``draws``; with
            ``workload.error_usd`` they give the number of errors, otherwise the score stands for them.
        gap_level: Severity of the encoder's domain gap, if it was measured.
    """
    return recommendation(
        Case(Evidence.of(arms, draws, pairs, items=items, right=right), workload), gap_level
    )


def recommendation(case: Case, gap_level: str | None = None) -> Recommendation:
    """The recommendation of a case; with :func:`sensitivity`, how it stands up when assumptions vary."""
    found = case.verdict
    flips = find_flips(case)
    arm = found.arm
    return Recommendation(
        outcome=found.outcome,
        arm=arm,
        headline=headline(case),
        probability_best=None if arm is None else found.best[arm],
        expected_regret=None if arm is None else found.regret[arm],
        probability_highest=None if arm is None else found.highest[arm],
        expected_regret_usd=None if arm is None else found.regret_usd.get(arm),
        reasons=reasons(case),
        flips=[flip.text for flip in flips],
        flip_details=flips,
        failure_modes=failure_modes(case, gap_level),
        next_steps=next_steps(case),
        standings=_standings(case),
    )


def _standings(case: Case) -> list[ArmStanding]:
    found = case.verdict
    return [
        ArmStanding(
            name=arm.name,
            eligible=arm.name in found.best,
            exclusions=found.excluded[arm.name],
            probability_best=found.best.get(arm.name),
            expected_regret=found.regret.get(arm.name),
            probability_highest=found.highest.get(arm.name),
            expected_regret_usd=found.regret_usd.get(arm.name),
        )
        for arm in case.evidence.arms
    ]

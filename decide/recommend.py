"""From measurements to a recommendation under a workload.

Constraints filter first. Among the arms left, the one with the lowest expected regret leads; a cheaper
arm replaces it if it is, with enough probability, no more than the user's margin worse. If neither
gives an answer that holds up, the outcome is "cannot tell yet".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from decide import rungs
from decide.comparison import ArmResult, ArmStanding, PairResult, Reason, Recommendation
from decide.statistics import expected_regret, probability_best
from decide.workload import Workload

SURE = 0.95
"""Probability with which a cheaper arm must be within the margin to replace the leader."""
LEADING = 0.80
"""Probability of being best, or within the margin of it, below which nothing is recommended outright."""
NEGLIGIBLE_GAIN = 0.15
"""A larger loss of score than this is never offered as a trade for money."""


@dataclass(frozen=True)
class Candidate:
    """An arm with a result, and its scores under resampling, shape ``(resamples,)``."""

    result: ArmResult
    draws: NDArray[np.float64]

    @property
    def name(self) -> str:
        """Name of the arm."""
        return self.result.name

    @property
    def score(self) -> float:
        """Its score on test."""
        assert self.result.score is not None
        return self.result.score.value

    @property
    def horizon_usd(self) -> float:
        """Its cost over the horizon."""
        assert self.result.cost is not None
        return self.result.cost.horizon_usd


def exclusions(arm: ArmResult, workload: Workload) -> list[str]:
    """Why an arm cannot be shipped under the workload; empty if it can."""
    if arm.status != "ok":
        return [arm.failure or arm.status]
    assert arm.score is not None
    assert arm.timing is not None
    assert arm.cost is not None
    assert arm.data_flow is not None
    found = []
    if arm.data_flow.leaves and not workload.text_may_leave:
        found.append(f"sends text to {', '.join(arm.data_flow.destinations)}, and text may not leave")
    p95 = arm.timing.latency.p95_ms
    if workload.max_p95_ms is not None and p95 > workload.max_p95_ms:
        found.append(f"p95 latency of {p95:,.0f} ms is over the limit of {workload.max_p95_ms:,.0f} ms")
    if workload.min_score is not None and arm.score.value < workload.min_score:
        found.append(f"score {arm.score.value:.3f} is below the required {workload.min_score:.3f}")
    limit = workload.max_cost_per_1000_usd
    if limit is not None and arm.cost.per_1000_usd > limit:
        found.append(
            f"costs US${arm.cost.per_1000_usd:,.2f} per 1,000 documents, over the limit of US${limit:,.2f}"
        )
    return found


def recommend(
    arms: Sequence[ArmResult], draws: NDArray[np.float64], pairs: Sequence[PairResult], workload: Workload
) -> Recommendation:
    """The recommendation.

    Args:
        arms: Every arm, with or without a result.
        draws: Scores under resampling, shape ``(resamples, arms with a result)``, columns in the order
            of those arms.
        pairs: Paired differences.
        workload: What production needs.
    """
    measured = [arm for arm in arms if arm.status == "ok"]
    candidates = [Candidate(arm, draws[:, i]) for i, arm in enumerate(measured)]
    excluded = {arm.name: exclusions(arm, workload) for arm in arms}
    eligible = [c for c in candidates if not excluded[c.name]]
    columns = np.stack([c.draws for c in eligible], axis=1) if eligible else np.zeros((len(draws), 0))
    best, regret = probability_best(columns), expected_regret(columns)
    place = {c.name: i for i, c in enumerate(eligible)}
    standings = [
        ArmStanding(
            name=arm.name,
            eligible=arm.name in place,
            exclusions=excluded[arm.name],
            probability_best=float(best[place[arm.name]]) if arm.name in place else None,
            expected_regret=float(regret[place[arm.name]]) if arm.name in place else None,
        )
        for arm in arms
    ]
    if not eligible:
        return _none_eligible(candidates, excluded, standings, workload)
    leader = eligible[int(np.argmin(regret))]
    chosen, within = _cheapest_within_margin(leader, eligible, workload)
    i = place[chosen.name]
    # Good enough: best, or within the margin of the best, in this share of resamples.
    safe = float((columns.max(axis=1) - chosen.draws <= workload.margin).mean())
    sure = max(float(best[i]), safe) >= LEADING
    flips = _flips(chosen, leader, candidates, excluded, workload)
    reasons = _reasons(
        chosen, leader, within, float(best[i]), float(regret[i]), safe, eligible, arms, pairs, workload
    )
    score = chosen.score
    if sure:
        headline = f"Ship {chosen.name}: score {score:.3f}, {_money(chosen.result)}"
        if chosen is not leader:
            headline += (
                f"; {leader.name} scores {leader.score:.3f}, a difference within the "
                f"margin of {workload.margin:g}"
            )
        headline += "."
    else:
        rivals = [c.name for c in eligible if c is not chosen and best[place[c.name]] >= 0.1]
        headline = (
            f"Cannot tell yet: {chosen.name} leads with {score:.3f}, but it is the best with a "
            f"probability of "
            f"only {best[i]:.0%}" + (f", and {_names(rivals)} may be better." if rivals else ".")
        )
    return Recommendation(
        outcome="ship" if sure else "cannot_tell",
        arm=chosen.name,
        headline=headline,
        probability_best=float(best[i]),
        expected_regret=float(regret[i]),
        reasons=reasons,
        flips=flips,
        next_steps=_next_steps(sure, chosen, eligible, columns, place, arms),
        standings=standings,
    )


def _cheapest_within_margin(
    leader: Candidate, eligible: Sequence[Candidate], workload: Workload
) -> tuple[Candidate, float]:
    """The cheapest arm that is within the margin of the leader, and with what probability it is."""
    chosen, probability = leader, 1.0
    for candidate in eligible:
        within = float((leader.draws - candidate.draws <= workload.margin).mean())
        if within >= SURE and candidate.horizon_usd < chosen.horizon_usd:
            chosen, probability = candidate, within
    return chosen, probability


def _none_eligible(
    candidates: Sequence[Candidate],
    excluded: dict[str, list[str]],
    standings: list[ArmStanding],
    workload: Workload,
) -> Recommendation:
    nearest = max(candidates, key=lambda c: c.score, default=None)
    flips = []
    if nearest is not None:
        flips.append(
            f"{nearest.name} scores highest ({nearest.score:.3f}) but {'; '.join(excluded[nearest.name])}."
        )
    return Recommendation(
        outcome="none_eligible",
        arm=None,
        headline="No arm meets the constraints of the workload.",
        reasons=[Reason(text=f"{name}: {'; '.join(why)}.") for name, why in excluded.items()],
        flips=flips,
        next_steps=["Relax a constraint named above, or add an arm that can meet it."],
        standings=standings,
    )


def _reasons(
    chosen: Candidate,
    leader: Candidate,
    within: float,
    best: float,
    regret: float,
    safe: float,
    eligible: Sequence[Candidate],
    arms: Sequence[ArmResult],
    pairs: Sequence[PairResult],
    workload: Workload,
) -> list[Reason]:
    reasons = [
        Reason(
            text=f"{chosen.name} scores {chosen.score:.3f}; among {len(eligible)} eligible arms "
            f"it is the best with "
            f"probability {best:.0%}, and within the margin of {workload.margin:g} of the best "
            f"with {safe:.0%}.",
            value=best,
        ),
        Reason(
            text=f"Shipping it is expected to lose {regret:.4f} of score to the best eligible arm.",
            value=regret,
        ),
    ]
    if chosen is not leader:
        saving = leader.horizon_usd - chosen.horizon_usd
        reasons.append(
            Reason(
                text=f"{leader.name} scores higher ({leader.score:.3f}), but {chosen.name} is "
                f"within the margin of it "
                f"with probability {within:.0%} and costs US${saving:,.2f} less over "
                f"{workload.horizon_months:g} months.",
                value=saving,
            )
        )
    adapted = rungs.find_rungs(arms, pairs)
    told = {frozenset((rung.arm, rung.base)) for rung in adapted}
    reasons += [Reason(text=text, value=value) for text, value in rungs.reasons(adapted, chosen.name)]
    # The closest rivals first: they are what the decision hangs on.
    for pair in sorted(pairs, key=lambda p: abs(p.difference.value)):
        names = frozenset((pair.first, pair.second))
        if chosen.name in names and names not in told:
            other = pair.second if pair.first == chosen.name else pair.first
            sign = 1 if pair.first == chosen.name else -1
            low, high = _bounds(pair, sign)
            verdict = "different" if pair.different else "not distinguishable"
            reasons.append(
                Reason(
                    text=f"Against {other}: {sign * pair.difference.value:+.3f} "
                    f"({low:+.3f} to {high:+.3f}, adjusted p {pair.p_adjusted:.3f}), {verdict}.",
                    value=sign * pair.difference.value,
                )
            )
    return reasons


def _bounds(pair: PairResult, sign: int) -> tuple[float, float]:
    low, high = pair.difference.low or 0.0, pair.difference.high or 0.0
    return (low, high) if sign > 0 else (-high, -low)


def _flips(
    chosen: Candidate,
    leader: Candidate,
    candidates: Sequence[Candidate],
    excluded: dict[str, list[str]],
    workload: Workload,
) -> list[str]:
    flips = []
    if chosen is not leader:
        flips.append(
            f"If a difference of {leader.score - chosen.score:.3f} in score mattered (margin below that), "
            f"the answer would be {leader.name}."
        )
    for other in candidates:
        if other is chosen:
            continue
        if not excluded[other.name] and other.horizon_usd < chosen.horizon_usd:
            # The margin at which the rule of the cheaper arm would apply.
            needed = float(np.quantile(leader.draws - other.draws, SURE))
            if needed <= NEGLIGIBLE_GAIN:
                saving = chosen.horizon_usd - other.horizon_usd
                flips.append(
                    f"If losing up to {needed:.3f} of score did not matter (now {workload.margin:g}), "
                    f"the answer would be {other.name}, which costs US${saving:,.2f} less "
                    f"over {workload.horizon_months:g} months."
                )
        if excluded[other.name] and other.score > chosen.score:
            flips.append(f"{other.name} scores {other.score:.3f} but {'; '.join(excluded[other.name])}.")
        volume = break_even_documents(chosen, other)
        if (
            volume is not None
            and not excluded[other.name]
            and abs(other.score - chosen.score) <= workload.margin
        ):
            monthly = volume / workload.horizon_months
            side = "above" if monthly > workload.documents_per_month else "below"
            flips.append(
                f"{side.capitalize()} {monthly:,.0f} documents a month {other.name} is cheaper "
                f"than {chosen.name}, "
                "at a score within the margin."
            )
    return flips


def break_even_documents(first: Candidate, second: Candidate) -> float | None:
    """Documents at which both arms cost the same over the horizon, or ``None`` if they never do.

    From ``one_off_1 + v * unit_1 = one_off_2 + v * unit_2``.
    """
    a, b = first.result.cost, second.result.cost
    assert a is not None
    assert b is not None
    slope = (a.per_1000_usd - b.per_1000_usd) / 1000
    if slope == 0:
        return None
    volume = (b.one_off_usd - a.one_off_usd) / slope
    return volume if volume > 0 else None


def _next_steps(
    sure: bool,
    chosen: Candidate,
    eligible: Sequence[Candidate],
    columns: NDArray[np.float64],
    place: dict[str, int],
    arms: Sequence[ArmResult],
) -> list[str]:
    steps = []
    if not sure:
        spread = {
            c.name: float(np.std(chosen.draws - columns[:, place[c.name]]))
            for c in eligible
            if c is not chosen
        }
        if spread:
            closest = min((c for c in eligible if c is not chosen), key=lambda c: abs(c.score - chosen.score))
            steps.append(
                f"Label more test documents: the difference to {closest.name} is known to about "
                f"±{1.96 * spread[closest.name]:.3f}; four times the documents would halve that."
            )
        if max(len(c.result.seeds) for c in eligible) < 3:
            steps.append("Run at least 3 seeds: the luck of a single training run is not in these intervals.")
    steps += [f"{arm.name} did not run: {arm.failure}" for arm in arms if arm.status != "ok"]
    return steps


def _money(arm: ArmResult) -> str:
    assert arm.cost is not None
    value = arm.cost.per_1000_usd
    return f"US${value:.2f} per 1,000 documents" if value >= 0.01 else "under US$0.01 per 1,000 documents"


def _names(names: Sequence[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else list(names))

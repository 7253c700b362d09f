"""What several sections ask of a comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings
from reports.format import Missing, known

if TYPE_CHECKING:
    from decide.comparison import ArmResult, ArmStanding, Comparison


def standing(comparison: Comparison, name: str) -> ArmStanding | None:
    """How the arm stands under the workload, if the recommendation says."""
    return next((s for s in comparison.recommendation.standings if s.name == name), None)


def eligible(comparison: Comparison, arm: ArmResult) -> bool:
    """Whether the arm could be shipped."""
    found = standing(comparison, arm.name)
    return arm.status == "ok" and found is not None and found.eligible


def measured(arm: ArmResult) -> bool:
    """Whether the arm has a score."""
    return arm.status == "ok" and arm.score is not None and known(arm.score.value)


def chosen(comparison: Comparison) -> ArmResult | None:
    """The arm that is recommended, or leads."""
    return next((a for a in comparison.arms if a.name == comparison.recommendation.arm), None)


def ordered(comparison: Comparison) -> list[ArmResult]:
    """Arms as the report lists them: the recommended one, eligible ones, excluded ones, those not run."""

    def key(arm: ArmResult) -> tuple[bool, bool, bool, float]:
        score = arm.score.value if arm.score is not None and measured(arm) else 0.0
        return (
            not measured(arm),
            arm.name != comparison.recommendation.arm,
            not eligible(comparison, arm),
            -score,
        )

    return sorted(comparison.arms, key=key)


def with_results(comparison: Comparison) -> list[ArmResult]:
    """Arms that have a score, in the report's order."""
    return [arm for arm in ordered(comparison) if measured(arm)]


def failure(arm: ArmResult) -> str:
    """Why an arm has no result."""
    return arm.failure or strings.WHY["unseen"]


def went_to(arm: ArmResult) -> format.Shown:
    """Where the arm's texts went, in a few words."""
    if arm.data_flow is None:
        return Missing(strings.WHY["unseen"])
    places = format.joined(arm.data_flow.destinations)
    return places or ("another machine" if arm.data_flow.leaves else "this machine")


MACHINE, MONTH_HOURS = "machine_hour", 730.0
"""Driver of cost lines that rent a machine, and hours of a month."""


def around_the_clock(arms: list[ArmResult]) -> format.Shown | None:
    """A month of the machine that served the arms, US dollars; ``None`` if no price of one is recorded."""
    prices = [
        line.price
        for arm in arms
        if arm.cost is not None
        for line in arm.cost.running
        if line.driver == MACHINE and line.price
    ]
    return format.money(max(prices) * MONTH_HOURS) if prices else None


def horizon(comparison: Comparison) -> str:
    """The horizon of the workload in words."""
    return (
        strings.plural(comparison.workload.horizon_months, "month")
        if float(comparison.workload.horizon_months).is_integer()
        else f"{format.number(comparison.workload.horizon_months)} months"
    )

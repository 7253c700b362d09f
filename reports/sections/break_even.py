"""Break-evens: at which volume another approach is cheaper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, view
from reports.format import known
from reports.money_charts import CostLine, Crossing, cost_against_volume
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison
    from decide.decision_records import BreakEven

AROUND = 100.0
"""The chart shows volumes up to this factor below and above the workload's."""
FARTHEST = 10_000.0
"""Break-evens farther from the workload's volume than this factor are in the table only."""
SPREAD = 10_000.0
"""Approaches that cost this much less than the dearest are named below the chart and not drawn."""


@register_section(
    "break-even",
    title="At which volume another approach is cheaper",
    order=82,
    lede="One-off and running cost together, over the horizon. Two approaches cost the same where their "
    "lines meet; the volumes follow from the cost lines above by arithmetic.",
    readers=("decision_maker", "finance"),
)
def build(comparison: Comparison) -> Context | None:
    """The chart of cost against volume, and the break-even of each pair."""
    arms = [arm for arm in view.with_results(comparison) if _priced(arm)]
    if not comparison.break_evens or len(arms) < 2:
        return None
    chosen = comparison.recommendation.arm
    rows = sorted(
        comparison.break_evens, key=lambda b: (chosen not in (b.first, b.second), b.documents is None)
    )
    crossing = [b for b in rows if b.documents is not None]
    shown, below = _in_view(comparison, arms)
    return {
        "chart": _chart(comparison, shown, crossing),
        "below": [
            f"{arm.name} ({format.money(arm.cost.horizon_usd if arm.cost else None)})" for arm in below
        ],
        "statements": [b.statement for b in crossing if chosen in (b.first, b.second)],
        "rows": [_row(b) for b in rows],
        "around_the_clock": view.around_the_clock(arms),
        "chosen": chosen,
        "now": format.whole(comparison.workload.documents_per_month),
        "horizon": view.horizon(comparison),
    }


def _priced(arm: ArmResult) -> bool:
    return arm.cost is not None and known(arm.cost.horizon_usd)


def _in_view(comparison: Comparison, arms: list[ArmResult]) -> tuple[list[ArmResult], list[ArmResult]]:
    """Arms to draw, and those that cost so little that they would squeeze the others into a corner."""
    costs = {arm.name: arm.cost.horizon_usd for arm in arms if arm.cost is not None}
    least = max(costs.values()) / SPREAD
    near = [a for a in arms if costs[a.name] >= least or a.name == comparison.recommendation.arm]
    return near, [arm for arm in arms if arm not in near]


def _row(found: BreakEven) -> Context:
    names = [name for name in (found.cheaper_below, found.cheaper_above) if name is not None]
    why = "one costs less at every volume" if names else "both cost the same"
    return {
        "pair": f"{found.first} and {found.second}",
        "below": found.cheaper_below or "neither",
        "above": found.cheaper_above or "neither",
        "monthly": format.number(found.per_month, why=why),
        "months": format.number(found.months, why=why),
        "usd": format.money(found.usd, why),
    }


def _chart(comparison: Comparison, arms: list[ArmResult], crossing: list[BreakEven]) -> Markup:
    work = comparison.workload
    now = work.documents_per_month
    near = [b for b in crossing if b.per_month is not None and now / FARTHEST < b.per_month < now * FARTHEST]
    volumes = [b.per_month for b in near if b.per_month is not None]
    span = min([now / AROUND, *(v / 2 for v in volumes)]), max([now * AROUND, *(v * 2 for v in volumes)])
    lines = [
        CostLine(arm.name, arm.cost.one_off_usd, arm.cost.per_1000_usd / 1000, _standing(comparison, arm))
        for arm in arms
        if arm.cost is not None
    ]
    chosen = comparison.recommendation.arm
    marks = [
        Crossing(b.per_month, b.usd, b.statement)
        for b in near
        if b.per_month is not None and b.usd is not None and chosen in (b.first, b.second, None)
        if {b.first, b.second} <= {arm.name for arm in arms}
    ]
    told = [
        f"{arm.name}: {format.money(arm.cost.horizon_usd)} at the workload's volume"
        for arm in arms
        if arm.cost is not None
    ]
    return cost_against_volume(
        lines,
        marks,
        now=now,
        months=work.horizon_months,
        span=span,
        description="; ".join([*told, *(m.text for m in marks)]),
    )


def _standing(comparison: Comparison, arm: ArmResult) -> str:
    if arm.name == comparison.recommendation.arm:
        return "chosen"
    return "eligible" if view.eligible(comparison, arm) else "excluded"

"""Score against cost, and latencies."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reports import format, strings, view
from reports.bars import in_view
from reports.charts import Latencies, Point, accuracy_cost, frontier, latency
from reports.format import known
from reports.registry import Context, register_section

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison


@register_section(
    "charts",
    title="Score against cost, and speed",
    order=30,
    readers=("decision_maker", "finance", "data_scientist", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """Both charts, each left out if no arm has its numbers."""
    points, rows = all_points(comparison), all_latencies(comparison)
    if not points and not rows:
        return None
    drawn = in_range(points)
    metric = strings.metric(comparison.data.metric)
    best = format.joined([p.name for p in frontier(drawn)])
    return {
        "metric": metric,
        "frontier": best,
        "free": [p.name for p in drawn if p.cost <= 0],
        "below": [p.text for p in points if p not in drawn],
        "cost": accuracy_cost(drawn, metric, "; ".join(p.text for p in points)) if drawn else None,
        "latency": latency(rows, comparison.workload.max_p95_ms, "; ".join(r.text for r in rows))
        if rows
        else None,
        "limit": comparison.workload.max_p95_ms is not None,
    }


def all_points(comparison: Comparison) -> list[Point]:
    """Every arm with a score and a cost, in the report's order."""
    found = (_point(comparison, arm) for arm in view.with_results(comparison))
    return [point for point in found if point is not None]


def all_latencies(comparison: Comparison) -> list[Latencies]:
    """Every arm with latencies, in the report's order."""
    found = (_latencies(comparison, arm) for arm in view.with_results(comparison))
    return [row for row in found if row is not None]


def in_range(points: list[Point]) -> list[Point]:
    """The points but those so far below the others that they would squeeze them."""
    lowest = in_view(point.score for point in points)
    return [point for point in points if point.score >= lowest]


def _point(comparison: Comparison, arm: ArmResult) -> Point | None:
    if arm.cost is None or arm.score is None or not known(arm.cost.per_1000_usd):
        return None
    chosen = arm.name == comparison.recommendation.arm
    standing = "chosen" if chosen else "eligible" if view.eligible(comparison, arm) else "excluded"
    low, high = arm.score.low, arm.score.high
    both = known(low) and known(high)
    interval = f" ({format.interval(arm.score)})" if both else ""
    money = format.money(arm.cost.per_1000_usd)
    return Point(
        name=arm.name,
        cost=arm.cost.per_1000_usd,
        score=arm.score.value,
        low=low if both else None,
        high=high if both else None,
        standing=standing,
        text=f"{arm.name}: score {format.score(arm.score.value)}{interval}, {money} per 1,000 documents, "
        + {"chosen": "recommended", "eligible": "eligible", "excluded": "not eligible"}[standing],
    )


def _latencies(comparison: Comparison, arm: ArmResult) -> Latencies | None:
    if arm.timing is None:
        return None
    times = arm.timing.latency
    if not (known(times.p50_ms) and known(times.p95_ms) and known(times.p99_ms)):
        return None
    figures = (("p50", times.p50_ms), ("p95", times.p95_ms), ("p99", times.p99_ms))
    return Latencies(
        name=arm.name,
        p50=times.p50_ms,
        p95=times.p95_ms,
        p99=times.p99_ms,
        chosen=arm.name == comparison.recommendation.arm,
        text=f"{arm.name}: " + ", ".join(f"{name} {format.number(value, 'ms')}" for name, value in figures),
    )

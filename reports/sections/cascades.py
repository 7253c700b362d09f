"""Cascades: the whole curve of score against cost, and where dev cut it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, strings
from reports.lines import At, Axes, Line, lines
from reports.registry import Context, register_section
from reports.scales import cost_scale, linear

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison
    from decide.protocols.records import CascadePoint, CascadeResult


@register_section(
    "cascades",
    title="A cheap approach first, a dearer one for the rest",
    order=35,
    lede="In a cascade the first approach answers where it is sure and passes the rest on. How sure it must "
    "be was picked on the development set.",
    readers=("finance", "data_scientist", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """For each cascade its sentence, its curve and the numbers of the curve."""
    parts = [_part(comparison, c, i) for i, c in enumerate(comparison.cascades)]
    return {"cascades": parts, "metric": strings.metric(comparison.data.metric)} if parts else None


def _part(comparison: Comparison, cascade: CascadeResult, number: int) -> Context:
    arm = comparison.arm(cascade.arm)
    return {
        "name": cascade.arm,
        "first": cascade.first,
        "then": cascade.then,
        "statement": cascade.statement,
        "chart": _chart(comparison, cascade, arm, number),
        "dev": format.percent(cascade.deferral_dev),
        "test": format.percent(cascade.deferral_test),
        "egress": format.percent(cascade.egress_share) if cascade.egress_share else "none",
        "thresholds": ", ".join(f"{min(t, 1.0):.3f}" for t in cascade.thresholds),
        "rows": [
            (
                f"{p.deferral:.0%}",
                format.money(p.per_1000_usd),
                format.number(p.p95_ms, "ms"),
                format.score(p.score),
                p in best,
            )
            for best in [frontier(cascade.curve)]
            for p in cascade.curve
        ],
    }


def frontier(curve: list[CascadePoint]) -> list[CascadePoint]:
    """The points that no cheaper one reaches in score, cheapest first."""
    found: list[CascadePoint] = []
    for point in sorted(curve, key=lambda p: (p.per_1000_usd, -p.score)):
        if not found or point.score > found[-1].score:
            found.append(point)
    return found


def _chart(comparison: Comparison, cascade: CascadeResult, arm: ArmResult, number: int) -> Markup:
    metric = strings.metric(comparison.data.metric)
    curve = [
        At(
            x=p.per_1000_usd,
            y=p.score,
            text=f"{p.deferral:.0%} passed on: score {format.score(p.score)}, "
            f"{format.money(p.per_1000_usd)} per 1,000 documents",
        )
        for p in cascade.curve
    ]
    series = [Line(name="curve on test", points=curve)]
    ends = [p.y for p in curve]
    if arm.score is not None and arm.cost is not None:
        chosen = At(
            x=arm.cost.per_1000_usd,
            y=arm.score.value,
            low=arm.score.low,
            high=arm.score.high,
            text=f"chosen on dev: score {format.score(arm.score.value)} ({format.interval(arm.score)})",
        )
        series.append(Line(name="chosen on dev", points=[chosen], style="chosen"))
        ends += [v for v in (chosen.low, chosen.high) if v is not None]
    scale, floor = cost_scale([p.x for line in series for p in line.points])
    series = [
        Line(line.name, [At(max(p.x, floor), p.y, p.low, p.high, p.text) for p in line.points], line.style)
        for line in series
    ]
    scores = linear(min(ends), max(ends))
    axes = Axes(scale, scores, "Cost per 1,000 documents", f"Score ({metric})", x_prefix="US$")
    return lines(
        series,
        axes,
        id=f"chart-cascade-{number}",
        title=f"{metric} against cost of {cascade.arm}",
        description="; ".join(p.text for line in series for p in line.points),
    )

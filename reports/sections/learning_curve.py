"""Scores over growing label budgets: how many labels are worth it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, strings
from reports.format import known
from reports.lines import At, Axes, Line, lines
from reports.registry import Context, register_section
from reports.scales import linear, logarithmic

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.protocols.records import ArmCurve, Crossing, CurvePoint, LearningCurve


@register_section(
    "learning-curve",
    title="How many labels are worth it?",
    order=52,
    lede="Every approach that learns from labels was also run with fewer of them. A budget counts "
    "all labels, those to train on and those to choose settings on.",
    readers=("decision_maker", "finance", "data_scientist"),
)
def build(comparison: Comparison) -> Context | None:
    """Chart, sentences, scores at each budget and where rankings change."""
    curve = comparison.learning_curve
    if curve is None:
        return None
    shown = [c for c in curve.curves if c.points]
    return {
        "statements": curve.statements,
        "chart": _chart(comparison, curve, shown) if shown else None,
        "metric": strings.metric(comparison.data.metric),
        "budgets": [
            (format.whole(s.budget), format.money(s.label_usd), s.leader, format.percent(s.probability_best))
            for s in curve.standings
        ],
        "names": [c.arm for c in shown],
        "chosen": comparison.recommendation.arm,
        "rows": [(format.whole(budget), [_cell(c, budget) for c in shown]) for budget in curve.budgets],
        "crossings": [_crossing(c) for c in curve.crossings],
        "priced": curve.label_price_usd > 0,
        "failures": [(c.arm, c.failure) for c in curve.curves if c.failure],
    }


def _point(curve: ArmCurve, budget: int) -> CurvePoint | None:
    return next((p for p in curve.points if p.budget == budget), None)


def _cell(curve: ArmCurve, budget: int) -> tuple[format.Shown, format.Shown | str]:
    """Score and interval; an arm that needs fewer labels than the budget keeps its score."""
    point = _point(curve, budget)
    if point is None and curve.failure:
        return format.Missing("the approach failed at this budget"), ""
    if point is None:
        return format.score(curve.points[-1].score.value), "as with all labels"
    return format.score(point.score.value), format.interval(point.score)


def _crossing(crossing: Crossing) -> tuple[str, str, str, format.Shown]:
    """Winner, loser, where the ranking changes, and the price of getting there."""
    if crossing.status != "crosses":
        return crossing.winner, crossing.loser, "not within the budgets tried", format.Missing("no change")
    ends = ["beyond the budgets" if end is None else f"{end:,.0f}" for end in (crossing.low, crossing.high)]
    where = f"{crossing.labels:,.0f} ({ends[0]} to {ends[1]})"
    return crossing.winner, crossing.loser, where, format.money(crossing.label_usd)


def _chart(comparison: Comparison, curve: LearningCurve, shown: list[ArmCurve]) -> Markup:
    values = [
        v
        for c in shown
        for p in c.points
        for v in (p.score.value, p.score.low, p.score.high)
        if v is not None and known(v)
    ]
    series = [
        Line(
            name=c.arm,
            style="chosen" if c.arm == comparison.recommendation.arm else "flat" if c.flat else "plain",
            points=[
                At(
                    x=p.budget,
                    y=p.score.value,
                    low=p.score.low,
                    high=p.score.high,
                    text=f"{c.arm}: {format.score(p.score.value)} ({format.interval(p.score)}) "
                    f"with {p.budget:,} labels",
                )
                for p in c.points
            ],
        )
        for c in shown
    ]
    metric = strings.metric(comparison.data.metric)
    scale = logarithmic(min(curve.budgets) * 1.4, max(curve.budgets) / 1.6)
    scores = linear(min(values), max(values))
    axes = Axes(scale, scores, "Labels (train and dev together)", f"Score ({metric})")
    return lines(
        series,
        axes,
        id="chart-curve",
        title=f"{metric} against number of labels",
        description="; ".join(p.text for line in series for p in line.points),
    )

"""Whether stated probabilities can be trusted, as stated and after temperature scaling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, view
from reports.lines import At, Axes, Line, lines
from reports.registry import Context, register_section
from reports.scales import Scale

if TYPE_CHECKING:
    from decide.comparison import ArmResult, Comparison
    from decide.protocols.records import Calibration, ReliabilityBin

_SHARE = Scale(0.0, 1.02, False, (0.0, 0.2, 0.4, 0.6, 0.8, 1.0))
FEWEST = 5
"""Bins with fewer documents are not drawn; they are in the saved comparison."""


@register_section(
    "calibration",
    title="Can the probabilities be trusted?",
    order=54,
    lede="Probabilities that hold let you send uncertain documents to a person. They hold if, of the answers "
    "stated with 80%, four in five are right. One number fitted on the development set, a temperature, often "
    "mends probabilities that are too bold or too timid; it changes no answer.",
    readers=("data_scientist", "engineer"),
)
def build(comparison: Comparison) -> Context | None:
    """Sentences, both reliability charts and the numbers."""
    arms = [(arm, arm.calibration) for arm in view.with_results(comparison) if arm.calibration is not None]
    if not arms:
        return None
    charts = []
    for name, title in (("bins", "As stated"), ("bins_after", "After temperature scaling")):
        chart = _chart(comparison, [(arm, getattr(c, name)) for arm, c in arms], name, title)
        if chart is not None:
            charts.append((title, chart))
    return {
        "statements": [c.statement for _, c in arms],
        "charts": charts,
        "fewest": FEWEST,
        "chosen": comparison.recommendation.arm,
        "rows": [(arm.name, _row(c)) for arm, c in arms],
        "missing": [
            f"{arm.name}: {arm.calibration_missing}"
            for arm in view.with_results(comparison)
            if arm.calibration is None and arm.calibration_missing
        ],
    }


def _row(found: Calibration) -> Context:
    mean = sum(found.temperatures) / len(found.temperatures)
    pairs = (
        (found.ece, found.ece_after),
        (found.ece_equal_mass, found.ece_equal_mass_after),
        (found.brier, found.brier_after),
    )
    return {
        "temperature": format.number(mean),
        "confidence": format.percent(found.mean_confidence),
        "accuracy": format.percent(found.accuracy),
        "measures": [
            [(format.score(e.value), format.interval(e)) for e in (before, after)] for before, after in pairs
        ],
        "change": (format.signed(found.ece_change.value), format.interval(found.ece_change, sign=True)),
    }


def _chart(
    comparison: Comparison, arms: list[tuple[ArmResult, list[ReliabilityBin]]], id: str, title: str
) -> Markup | None:
    series = []
    for arm, bins in arms:
        kept = [b for b in bins if b.items >= FEWEST]
        if kept:
            series.append(
                Line(
                    name=arm.name,
                    style="chosen" if arm.name == comparison.recommendation.arm else "plain",
                    points=[
                        At(
                            x=b.confidence,
                            y=b.accuracy,
                            text=f"{arm.name}: stated {b.confidence:.0%}, right {b.accuracy:.0%}, "
                            f"{b.items:,.0f} documents",
                        )
                        for b in kept
                    ],
                )
            )
    if not series:
        return None
    axes = Axes(
        _SHARE,
        Scale(-0.02, 1.02, False, _SHARE.ticks),
        "Probability stated",
        "Share that is right",
        x_format=".0%",
        y_format=".0%",
        diagonal=True,
    )
    return lines(
        series,
        axes,
        id=f"chart-{id.replace('_', '-')}",
        title=f"Reliability: {title.lower()}",
        description="; ".join(p.text for line in series for p in line.points),
    )

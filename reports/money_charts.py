"""Charts of money: cost against volume, and what each assumption moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import ACCENT, BACKGROUND, FONT, INK, MUTED, NARROW, SOFT, WIDE, draw
from reports.lines import spread
from reports.scales import Scale, cost_scale, linear, logarithmic
from reports.svg import inline
from reports.text import clean, shorten, shorten_middle

DASHES: tuple[list[int], ...] = ([7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4])
STEPS = 33
"""Volumes at which a cost is drawn; a sum of two powers is no straight line on logarithmic axes."""
DOLLARS = "'US$' + format(datum.value, ',~r')"


@dataclass(frozen=True)
class CostLine:
    """Cost of an arm: ``once`` and for each document, in US dollars. ``standing`` as in the cost chart."""

    name: str
    once: float
    each: float
    standing: str


@dataclass(frozen=True)
class Crossing:
    """Where two arms cost the same: documents a month and US dollars over the horizon."""

    volume: float
    usd: float
    text: str


@dataclass(frozen=True)
class Swing:
    """An assumption at both ends of its range; ``changes`` says of each end whether the answer is another."""

    name: str
    low: float
    high: float
    changes: tuple[bool, bool]
    text: str


def cost_against_volume(
    arms: Sequence[CostLine],
    crossings: Sequence[Crossing],
    *,
    now: float,
    months: float,
    span: tuple[float, float],
    description: str,
) -> Markup:
    """Cost over the horizon against documents a month, drawn for wide and for narrow screens.

    Args:
        arms: The arms, at least one.
        crossings: Break-evens to mark.
        now: The workload's documents a month.
        months: The horizon.
        span: Lowest and highest volume drawn.
        description: What the chart shows, for screen readers.
    """
    return Markup("").join(
        inline(
            _cost(arms, crossings, now, months, span, width, height, gutter),
            id=f"chart-volume-{name}",
            title="Cost over the horizon against documents a month",
            description=description,
            classes=f"chart {name}",
        )
        for name, width, height, gutter in (("wide", WIDE, 400, 225), ("narrow", NARROW, 340, 105))
    )


def _cost(
    arms: Sequence[CostLine],
    crossings: Sequence[Crossing],
    now: float,
    months: float,
    span: tuple[float, float],
    width: int,
    height: int,
    gutter: int,
) -> str:
    import altair as alt

    inner, tall = width - 74 - gutter, height - 62
    volumes = [span[0] * (span[1] / span[0]) ** (i / (STEPS - 1)) for i in range(STEPS)]
    costs = [[arm.once + arm.each * months * v for v in volumes] for arm in arms]
    positive = [c for row in costs for c in row if c > 0] or [1.0]
    x_scale, y_scale = logarithmic(*span), logarithmic(min(positive), max(positive))
    x = (
        alt.X("x:Q")
        .scale(x_scale.to_altair(alt))
        .axis(values=list(x_scale.ticks), labelExpr="format(datum.value, ',~r')", title="Documents a month")
    )
    y = (
        alt.Y("y:Q")
        .scale(y_scale.to_altair(alt))
        .axis(values=list(y_scale.ticks), labelExpr=DOLLARS, title="Cost over the horizon")
    )
    layers = [
        alt.Chart(alt.Data(values=[{"x": now}]))
        .mark_rule(color=MUTED, strokeDash=[5, 4], strokeWidth=1.5, aria=False)
        .encode(x=x)
    ]
    for i, (arm, row) in enumerate(zip(arms, costs, strict=True)):
        rows = [{"x": v, "y": max(c, y_scale.low)} for v, c in zip(volumes, row, strict=True)]
        colour, dash = _look(arm.standing, i)
        layers.append(
            alt.Chart(alt.Data(values=rows))
            .mark_line(
                color=colour,
                strokeDash=dash,
                strokeWidth=2.4 if arm.standing == "chosen" else 1.6,
                aria=False,
            )
            .encode(x=x, y=y)
        )
    layers += _crossings(alt, crossings, x, y)
    ends = [(1 - y_scale.share(max(row[-1], y_scale.low))) * tall for row in costs]
    layers += _names(alt, arms, spread(ends, tall), inner + 8, gutter)
    return draw(alt, layers, inner, tall)


def _names(alt: Any, arms: Sequence[CostLine], places: Sequence[float], left: int, gutter: int) -> list[Any]:
    """The name of each arm beside the end of its line."""
    return [
        alt.Chart(alt.Data(values=[{"name": shorten_middle(clean(arm.name), gutter // 7 - 1)}]))
        .mark_text(
            align="left",
            baseline="middle",
            fontSize=FONT,
            color=_look(arm.standing, i)[0],
            fontWeight="bold" if arm.standing == "chosen" else "normal",
            aria=False,
        )
        .encode(x=alt.value(left), y=alt.value(round(place, 1)), text="name:N")
        for i, (arm, place) in enumerate(zip(arms, places, strict=True))
    ]


def _crossings(alt: Any, crossings: Sequence[Crossing], x: Any, y: Any) -> list[Any]:
    if not crossings:
        return []
    rows = [{"x": c.volume, "y": c.usd, "text": clean(c.text)} for c in crossings]
    return [
        alt.Chart(alt.Data(values=rows))
        .mark_point(opacity=1, size=90, fill=BACKGROUND, stroke=ACCENT, strokeWidth=2)
        .encode(x=x, y=y, description="text:N")
    ]


def _look(standing: str, index: int) -> tuple[str, list[int]]:
    if standing == "chosen":
        return ACCENT, [1, 0]
    return (SOFT if standing == "excluded" else INK), DASHES[index % len(DASHES)]


def tornado(rows: Sequence[Swing], base: float, description: str) -> Markup:
    """One bar an assumption, from the cost at one end of its range to that at the other.

    Args:
        rows: The assumptions, the largest swing first; at least one.
        base: Cost with every assumption as it is.
        description: What the chart shows, for screen readers.
    """
    return Markup("").join(
        inline(
            _tornado(rows, base, width),
            id=f"chart-tornado-{name}",
            title="Cost of the approach named above as each assumption varies",
            description=description,
            classes=f"chart {name}",
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    )


def _tornado(rows: Sequence[Swing], base: float, width: int) -> str:
    import altair as alt

    wide = width > 500
    pixels, gutter = (30, 250) if wide else (48, 0)
    inner, height = width - 40 - gutter, pixels * len(rows) + 14
    scale = _money_scale([base, *(v for r in rows for v in (r.low, r.high))])
    data = [
        {
            "row": (i + 0.5 if wide else i + 0.75) * pixels + 8,
            "name": shorten(clean(r.name), 38 if wide else 44),
            "base": _kept(base, scale),
            "low": _kept(r.low, scale),
            "high": _kept(r.high, scale),
            "text": clean(r.text),
        }
        for i, r in enumerate(rows)
    ]
    y = alt.Y("row:Q").scale(domain=[0, height], reverse=True, nice=False).axis(None)
    axis = alt.Axis(values=list(scale.ticks), labelExpr=DOLLARS, title="Cost over the horizon")

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q").scale(scale.to_altair(alt)).axis(axis)

    chart = alt.Chart(alt.Data(values=data))
    layers = [
        alt.Chart(alt.Data(values=[{"base": _kept(base, scale)}]))
        .mark_rule(color=MUTED, strokeDash=[5, 4], strokeWidth=1.5, aria=False)
        .encode(x=x("base")),
        chart.mark_rule(strokeWidth=13, color=SOFT, aria=False).encode(x=x("low"), x2="base:Q", y=y),
        chart.mark_rule(strokeWidth=13, color=INK).encode(
            x=x("base"), x2="high:Q", y=y, description="text:N"
        ),
        chart.mark_text(
            align="left", baseline="middle", dy=0 if wide else -21, fontSize=FONT, color=INK, aria=False
        ).encode(x=alt.value(-gutter if wide else 2), y=y, text="name:N"),
    ]
    flips = [
        {**row, "at": row[end]}
        for row, swing in zip(data, rows, strict=True)
        for end, changed in zip(("low", "high"), swing.changes, strict=True)
        if changed
    ]
    if flips:
        layers.append(
            alt.Chart(alt.Data(values=flips))
            .mark_point(
                shape="diamond",
                opacity=1,
                size=150,
                fill=ACCENT,
                stroke=BACKGROUND,
                strokeWidth=1.5,
                aria=False,
            )
            .encode(x=x("at"), y=y)
        )
    return draw(alt, layers, inner, height)


def _money_scale(values: Sequence[float]) -> Scale:
    """Linear from nothing on, unless the costs span more than a factor of ten."""
    return cost_scale(values)[0] if min(values) <= 0 or max(values) / min(values) > 10 else _from_zero(values)


def _from_zero(values: Sequence[float]) -> Scale:
    scale = linear(0.0, max(values))
    return Scale(0.0, scale.high, False, tuple(t for t in scale.ticks if t >= 0))


def _kept(value: float, scale: Scale) -> float:
    return min(max(value, scale.low), scale.high)

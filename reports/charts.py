"""Charts drawn with Altair and turned into static SVG: no script, no fonts, no network."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from reports.labels import place_labels
from reports.scales import Scale, cost_scale, linear, logarithmic
from reports.svg import inline, tagged
from reports.text import clean, shorten

INK, MUTED, SOFT, LINE = "#1b2430", "#5a6675", "#8592a1", "#d9dee5"
ACCENT, BACKGROUND = "#0b5c8a", "#ffffff"
"""Colours as drawn; the style sheet replaces each by its variable, which dark mode changes."""
FONT = 12
WIDE, NARROW = 860, 335


@dataclass(frozen=True)
class Point:
    """An arm in the chart of accuracy against cost. ``standing``: chosen, eligible or excluded."""

    name: str
    cost: float
    score: float
    low: float | None
    high: float | None
    standing: str
    text: str


@dataclass(frozen=True)
class Latencies:
    """An arm in the chart of latencies."""

    name: str
    p50: float
    p95: float
    p99: float
    chosen: bool
    text: str


def frontier(points: Sequence[Point]) -> list[Point]:
    """The points that no other beats on cost and score at once, cheapest first."""
    found: list[Point] = []
    for point in sorted(points, key=lambda p: (p.cost, -p.score)):
        if not found or point.score > found[-1].score:
            found.append(point)
    return found


def accuracy_cost(points: Sequence[Point], metric: str, description: str) -> Markup:
    """Score against cost per 1,000 documents, drawn once for wide and once for narrow screens."""
    title = f"{metric} against cost per 1,000 documents"
    return Markup("").join(
        inline(
            accuracy_cost_svg(points, metric, width, height),
            id=f"chart-cost-{name}",
            title=title,
            description=description,
            classes=f"chart {name}",
        )
        for name, width, height in (("wide", WIDE, 400), ("narrow", NARROW, 340))
    )


def accuracy_cost_svg(points: Sequence[Point], metric: str, width: int = WIDE, height: int = 400) -> str:
    """The chart as vl-convert draws it, in pixels."""
    import altair as alt

    scale, floor = cost_scale([p.cost for p in points])
    ends = [v for p in points for v in (p.score, p.low, p.high) if v is not None]
    scores = linear(min(ends), max(ends))
    inner_width, inner_height = width - 58, height - 62
    rows = [
        {
            "cost": max(p.cost, floor),
            "score": p.score,
            "low": p.low,
            "high": p.high,
            "text": tagged(p.name, p.text),
            "arm": tagged(p.name),
            "standing": p.standing,
        }
        for p in points
    ]
    x = (
        alt.X("cost:Q")
        .scale(scale.to_altair(alt))
        .axis(
            values=list(scale.ticks),
            labelExpr="'US$' + format(datum.value, ',~r')",
            title="Cost per 1,000 documents",
        )
    )
    y = (
        alt.Y("score:Q")
        .scale(scores.to_altair(alt))
        .axis(values=[t for t in scores.ticks if 0 <= t <= 1], format="~g", title=f"Score ({metric})")
    )
    best = frontier(points)
    corners = [(max(p.cost, floor), p.score) for p in best] + [(scale.high, best[-1].score)]
    line = alt.Data(values=[{"cost": c, "score": s} for c, s in corners])
    layers = [
        alt.Chart(line)
        .mark_line(interpolate="step-after", color=SOFT, strokeWidth=1.5, aria=False)
        .encode(x=x, y=y),
        *_marks(alt, rows, scores, x, y),
    ]
    layers += _point_labels(alt, points, rows, scale, scores, inner_width, inner_height, x, y)
    return draw(alt, layers, inner_width, inner_height)


def _marks(alt: Any, rows: Sequence[dict[str, Any]], scores: Scale, x: Any, y: Any) -> list[Any]:
    """Intervals, and on top of them the points by how their arms stand."""
    layers = []
    with_interval = [row for row in rows if row["low"] is not None and row["high"] is not None]
    if with_interval:
        layers.append(
            alt.Chart(alt.Data(values=with_interval))
            .mark_rule(strokeWidth=1.6, color=MUTED)
            .encode(x=x, y=alt.Y("low:Q").scale(scores.to_altair(alt)), y2="high:Q", description="arm:N")
        )
    looks = {
        "excluded": {"fill": BACKGROUND, "stroke": MUTED, "size": 75},
        "eligible": {"fill": INK, "stroke": INK, "size": 75},
        "chosen": {"fill": ACCENT, "stroke": ACCENT, "size": 150},
    }
    for standing, look in looks.items():
        if part := [row for row in rows if row["standing"] == standing]:
            layers.append(
                alt.Chart(alt.Data(values=part))
                .mark_point(opacity=1, strokeWidth=1.8, **look)
                .encode(x=x, y=y, description="text:N")
            )
    return layers


def _point_labels(
    alt: Any,
    points: Sequence[Point],
    rows: Sequence[dict[str, Any]],
    scale: Scale,
    scores: Scale,
    width: int,
    height: int,
    x: Any,
    y: Any,
) -> list[Any]:
    """A text layer for each label, beside its point and off the others."""
    order = sorted(range(len(points)), key=lambda i: points[i].standing != "chosen")
    limit = 34 if width > 500 else 18
    at = []
    path = [
        (scale.share(max(p.cost, scale.low)) * width, (1 - scores.share(p.score)) * height)
        for p in frontier(points)
    ]
    path.append((float(width), path[-1][1]))
    obstacles = [(x0, y0 - 2, x1, y0 + 2) for (x0, y0), (x1, _) in itertools.pairwise(path)]
    obstacles += [
        (x1 - 2, min(y0, y1), x1 + 2, max(y0, y1)) for (_, y0), (x1, y1) in itertools.pairwise(path)
    ]
    for i in order:
        px = scale.share(rows[i]["cost"]) * width
        at.append((px, (1 - scores.share(points[i].score)) * height, shorten(clean(points[i].name), limit)))
        low, high = points[i].low, points[i].high
        if low is not None and high is not None:
            obstacles.append(
                (px - 2, (1 - scores.share(high)) * height, px + 2, (1 - scores.share(low)) * height)
            )
    layers = []
    for i, (_, _, name), place in zip(order, at, place_labels(at, obstacles, width, height), strict=True):
        chosen = points[i].standing == "chosen"
        layers.append(
            alt.Chart(alt.Data(values=[{**rows[i], "name": name}]))
            .mark_text(
                align=place.align,
                baseline="middle",
                dx=place.dx,
                dy=place.dy,
                fontSize=FONT,
                color=ACCENT if chosen else MUTED if points[i].standing == "excluded" else INK,
                fontWeight="bold" if chosen else "normal",
            )
            .encode(x=x, y=y, text="name:N", description="arm:N")
        )
    return layers


def latency(rows: Sequence[Latencies], limit: float | None, description: str) -> Markup:
    """p50, p95 and p99 of each arm on one axis, with the limit of the workload."""
    return Markup("").join(
        inline(
            latency_svg(rows, limit, width),
            id=f"chart-latency-{name}",
            title="Latency of a single document",
            description=description,
            classes=f"chart {name}",
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    )


def latency_svg(rows: Sequence[Latencies], limit: float | None, width: int = WIDE) -> str:
    """The chart as vl-convert draws it, in pixels."""
    import altair as alt

    wide = width > 500
    pixels, gutter = (30, 230) if wide else (44, 0)
    inner, height = width - 30 - gutter, pixels * len(rows) + 14
    values = [v for r in rows for v in (r.p50, r.p95, r.p99)] + ([limit] if limit else [])
    positive = [v for v in values if v > 0] or [1.0]
    scale = logarithmic(min(positive), max(positive))
    data = [
        {
            "row": (i + 0.5 if wide else i + 0.75) * pixels + 8,
            "name": shorten(clean(r.name), 34 if wide else 40),
            "text": tagged(r.name, r.text),
            "arm": tagged(r.name),
            **{k: max(getattr(r, k), scale.low) for k in ("p50", "p95", "p99")},
        }
        for i, r in enumerate(rows)
    ]
    y = alt.Y("row:Q").scale(domain=[0, height], reverse=True, nice=False).axis(None)
    axis = alt.Axis(values=list(scale.ticks), labelExpr="format(datum.value, ',~r') + ' ms'", title=None)
    base = alt.Chart(alt.Data(values=data))

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q").scale(scale.to_altair(alt)).axis(axis)

    ring = {"opacity": 1, "size": 60, "fill": BACKGROUND, "stroke": MUTED, "strokeWidth": 1.8}
    arm = "arm:N"
    layers = [
        base.mark_rule(strokeWidth=2, color=SOFT).encode(x=x("p50"), x2="p99:Q", y=y, description=arm),
        base.mark_point(**ring).encode(x=x("p99"), y=y, description=arm),
        base.mark_tick(thickness=3, size=15, color=ACCENT, opacity=1, orient="vertical").encode(
            x=x("p95"), y=y, description=arm
        ),
        base.mark_point(opacity=1, filled=True, size=70, color=INK).encode(
            x=x("p50"), y=y, description="text:N"
        ),
        base.mark_text(
            align="left", baseline="middle", dy=0 if wide else -19, fontSize=FONT, color=INK
        ).encode(x=alt.value(-gutter if wide else 2), y=y, text="name:N", description=arm),
    ]
    if limit and scale.low <= limit <= scale.high:
        mark = alt.Chart(alt.Data(values=[{"p95": limit, "text": f"limit {limit:,.6g} ms"}]))
        side = {"align": "right", "dx": -6} if scale.share(limit) > 0.6 else {"align": "left", "dx": 6}
        layers += [
            mark.mark_rule(color=ACCENT, strokeDash=[5, 4], strokeWidth=1.5, aria=False).encode(x=x("p95")),
            mark.mark_text(**side, color=ACCENT, fontSize=FONT, aria=False, baseline="middle").encode(
                x=x("p95"), y=alt.value(height - 9 if wide else 9), text="text:N"
            ),
        ]
    return draw(alt, layers, inner, height)


def draw(alt: Any, layers: Sequence[Any], width: int, height: int) -> str:
    """The layers as one SVG in the look of all charts."""
    import vl_convert

    chart = (
        alt.layer(*layers)
        .properties(width=width, height=height, background="transparent", padding=6)
        .configure_view(stroke=None)
        .configure_axis(
            domainColor=LINE,
            gridColor=LINE,
            gridOpacity=0.6,
            tickColor=LINE,
            labelColor=MUTED,
            titleColor=MUTED,
            labelFontSize=FONT - 0.5,
            titleFontSize=FONT,
            titleFontWeight="normal",
            labelOverlap=True,
            labelSeparation=10,
            titlePadding=8,
        )
    )
    return str(vl_convert.vegalite_to_svg(chart.to_dict(), allowed_base_urls=[]))

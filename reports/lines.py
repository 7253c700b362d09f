"""Line charts: one line an approach, named at its right end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from markupsafe import Markup

from reports.charts import ACCENT, BACKGROUND, FONT, INK, LINE, MUTED, NARROW, SOFT, WIDE, draw
from reports.scales import Scale
from reports.svg import inline, tagged
from reports.text import clean, shorten

Style = Literal["chosen", "plain", "flat"]
DASHES: tuple[list[int], ...] = ([7, 3], [2, 3], [9, 3, 2, 3], [4, 2], [12, 4])
HEIGHT = 15
"""Pixels between two names."""


@dataclass(frozen=True)
class At:
    """A point of a line; ``text`` is what a screen reader says of it.

    Points of different ``part`` are not joined, as where values stop being comparable.
    """

    x: float
    y: float
    low: float | None = None
    high: float | None = None
    text: str = ""
    part: int = 0


@dataclass(frozen=True)
class Line:
    """A line of a chart. A ``flat`` one is drawn right across at the height of its last point."""

    name: str
    points: Sequence[At]
    style: Style = "plain"


@dataclass(frozen=True)
class Axes:
    """Scales and titles of a chart; ``diagonal`` draws the line of equal values.

    With ``x_dates``, x is in days since 1970 (UTC) and ``x_format`` a format of dates. ``breaks`` are places
    on x at which a dashed line stands from top to bottom.
    """

    x: Scale
    y: Scale
    x_title: str
    y_title: str
    x_format: str = ",~r"
    y_format: str = "~g"
    x_prefix: str = ""
    diagonal: bool = False
    x_dates: bool = False
    breaks: tuple[float, ...] = ()

    def x_label(self) -> str:
        """The Vega expression of the label of a tick on x."""
        if self.x_dates:
            return f"utcFormat(datum.value * 86400000, '{self.x_format}')"
        return f"'{self.x_prefix}' + format(datum.value, '{self.x_format}')"


def lines(series: Sequence[Line], axes: Axes, *, id: str, title: str, description: str) -> Markup:
    """The chart, drawn once for wide and once for narrow screens.

    Args:
        series: The lines, at least one, each with at least one point.
        axes: Scales and titles.
        id: Start of its ids; unique in the document.
        title: Name of the chart for screen readers.
        description: What it shows, for screen readers.
    """
    return Markup("").join(
        inline(
            _lines(series, axes, width, height, gutter),
            id=f"{id}-{name}",
            title=title,
            description=description,
            classes=f"chart {name}",
        )
        for name, width, height, gutter in (("wide", WIDE, 380, 225), ("narrow", NARROW, 320, 105))
    )


def _lines(series: Sequence[Line], axes: Axes, width: int, height: int, gutter: int) -> str:
    import altair as alt

    inner, tall = width - 62 - gutter, height - 62
    x = (
        alt.X("x:Q")
        .scale(axes.x.to_altair(alt))
        .axis(
            values=list(axes.x.ticks),
            labelExpr=axes.x_label(),
            title=axes.x_title,
        )
    )
    y = (
        alt.Y("y:Q")
        .scale(axes.y.to_altair(alt))
        .axis(values=list(axes.y.ticks), format=axes.y_format, title=axes.y_title)
    )
    layers: list[Any] = []
    if axes.diagonal:
        low, high = max(axes.x.low, axes.y.low), min(axes.x.high, axes.y.high)
        ends = alt.Data(values=[{"x": low, "y": low}, {"x": high, "y": high}])
        layers.append(alt.Chart(ends).mark_line(color=LINE, strokeWidth=2, aria=False).encode(x=x, y=y))
    if axes.breaks:
        at = alt.Data(values=[{"x": place} for place in axes.breaks])
        layers.append(
            alt.Chart(at).mark_rule(color=SOFT, strokeWidth=1.2, strokeDash=[4, 4], aria=False).encode(x=x)
        )
    for i, line in enumerate(series):
        layers += _line(alt, line, axes, x, y, _dash(line, i), _colour(line, i))
    ends_at = [line.points[-1] for line in series]
    heights = spread([(1 - axes.y.share(p.y)) * tall for p in ends_at], tall)
    for i, (line, place) in enumerate(zip(series, heights, strict=True)):
        name = shorten(clean(line.name), gutter // 7 - 1)
        layers.append(
            alt.Chart(alt.Data(values=[{"name": name, "arm": tagged(line.name)}]))
            .mark_text(
                align="left",
                baseline="middle",
                fontSize=FONT,
                color=_colour(line, i),
                fontWeight="bold" if line.style == "chosen" else "normal",
            )
            .encode(
                x=alt.value(inner + 8),
                y=alt.value(round(place, 1)),
                text="name:N",
                description="arm:N",
            )
        )
    return draw(alt, layers, inner, tall)


def _line(alt: Any, line: Line, axes: Axes, x: Any, y: Any, dash: list[int], colour: str) -> list[Any]:
    arm = tagged(line.name)
    rows = [
        {
            "x": p.x,
            "y": p.y,
            "low": p.low,
            "high": p.high,
            "text": tagged(line.name, p.text),
            "arm": arm,
            "part": p.part,
        }
        for p in line.points
    ]
    last = rows[-1]
    path = [*rows]
    if line.style == "flat":
        path = [{**last, "x": axes.x.low}, {**last, "x": axes.x.high}]
    weight = 2.4 if line.style == "chosen" else 1.6
    layers = [
        alt.Chart(alt.Data(values=path))
        .mark_line(color=colour, strokeWidth=weight, strokeDash=dash, description=arm)
        .encode(x=x, y=y, **({"detail": "part:N"} if len({p.part for p in line.points}) > 1 else {}))
    ]
    ranged = [row for row in rows if row["low"] is not None and row["high"] is not None]
    if ranged:
        layers.append(
            alt.Chart(alt.Data(values=ranged))
            .mark_rule(color=SOFT, strokeWidth=1.4)
            .encode(x=x, y=alt.Y("low:Q").scale(axes.y.to_altair(alt)), y2="high:Q", description="arm:N")
        )
    fill = BACKGROUND if line.style == "flat" else colour
    layers.append(
        alt.Chart(alt.Data(values=rows))
        .mark_point(opacity=1, size=46, fill=fill, stroke=colour, strokeWidth=1.6)
        .encode(x=x, y=y, description="text:N")
    )
    return layers


def _dash(line: Line, index: int) -> list[int]:
    """The chosen approach has a solid line."""
    return [1, 0] if line.style == "chosen" else DASHES[index % len(DASHES)]


def _colour(line: Line, index: int) -> str:
    if line.style == "chosen":
        return ACCENT
    return (INK, MUTED)[index % 2]


def spread(heights: Sequence[float], limit: float, gap: float = HEIGHT) -> list[float]:
    """Heights moved apart so that names do not lie on each other, in the order given.

    Args:
        heights: Where each name would best stand, in pixels from the top.
        limit: Height of the drawing.
        gap: Least distance of two.
    """
    order = sorted(range(len(heights)), key=lambda i: heights[i])
    placed = [0.0] * len(heights)
    lowest = -gap
    for i in order:
        lowest = placed[i] = max(heights[i], lowest + gap)
    # What ran over the lower edge is pushed up again.
    ceiling = limit + gap
    for i in reversed(order):
        ceiling = placed[i] = min(placed[i], ceiling - gap)
    return placed

"""What adaptation gained, and how it changed the masked-LM loss, one row a rung."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from markupsafe import Markup

from reports.charts import ACCENT, BACKGROUND, FONT, INK, MUTED, NARROW, SOFT, WIDE, draw
from reports.scales import Scale, linear
from reports.svg import inline
from reports.text import clean, shorten_middle

GUTTER = 310
"""Width of the names beside the rows of a wide chart."""
LONGEST = 46
"""Characters of a name; the start and the end are kept, because rungs differ at the end."""


@dataclass(frozen=True)
class Gain:
    """Score of an adapted arm minus that of its base, in points. ``verdict``: gain, loss or none."""

    name: str
    value: float
    low: float
    high: float
    verdict: str
    text: str


@dataclass(frozen=True)
class LossChange:
    """Masked-LM loss of one text before and after, in nats a word. ``general``: not text of the domain."""

    name: str
    before: float
    after: float
    general: bool
    text: str


def gain_chart(rows: Sequence[Gain]) -> Markup:
    """Differences in score with their intervals and a line at zero."""
    return _both(rows, _gains, "chart-gain", "Difference in score to the same encoder as it is")


def loss_chart(rows: Sequence[LossChange]) -> Markup:
    """Loss before and after adaptation, of domain text and of general text."""
    return _both(rows, _losses, "chart-loss", "Masked-LM loss before and after adaptation")


def _both(rows: Sequence[Any], write: Any, id: str, title: str) -> Markup:
    return Markup("").join(
        inline(
            write(rows, width),
            id=f"{id}-{name}",
            title=title,
            description="; ".join(row.text for row in rows),
            classes=f"chart {name}",
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    )


class _Frame:
    """Rows with their names beside them, or above them where the screen is narrow, on one scale."""

    def __init__(self, alt: Any, rows: Sequence[Any], width: int, scale: Scale, title: str, labels: str):
        wide = width > 500
        pixels, gutter = (30, GUTTER) if wide else (44, 0)
        self.alt, self.scale = alt, scale
        self.width, self.height = width - 30 - gutter, pixels * len(rows) + 14
        self.data = [
            {
                **asdict(row),
                "row": (i + 0.5 if wide else i + 0.75) * pixels + 8,
                "name": shorten_middle(clean(row.name), LONGEST),
                "text": clean(row.text),
            }
            for i, row in enumerate(rows)
        ]
        self.y = alt.Y("row:Q").scale(domain=[0, self.height], reverse=True, nice=False).axis(None)
        self._axis = alt.Axis(values=list(scale.ticks), labelExpr=labels, title=title)
        self._names = {"dy": 0 if wide else -19, "x": -gutter if wide else 2}

    def x(self, field: str) -> Any:
        return self.alt.X(f"{field}:Q").scale(self.scale.to_altair(self.alt)).axis(self._axis)

    def chart(self, rows: list[dict[str, Any]] | None = None) -> Any:
        return self.alt.Chart(self.alt.Data(values=self.data if rows is None else rows))

    def names(self) -> Any:
        return (
            self.chart()
            .mark_text(
                align="left",
                baseline="middle",
                dy=self._names["dy"],
                fontSize=FONT,
                color=INK,
                aria=False,
            )
            .encode(x=self.alt.value(self._names["x"]), y=self.y, text="name:N")
        )


def _gains(rows: Sequence[Gain], width: int) -> str:
    import altair as alt

    ends = [v for r in rows for v in (r.low, r.high, r.value)]
    frame = _Frame(
        alt,
        rows,
        width,
        linear(min(0.0, *ends), max(0.0, *ends)),
        "Points of score, adapted minus as it is",
        "(datum.value > 0 ? '+' : '') + format(datum.value, '~g')",
    )
    looks = {
        "gain": {"fill": ACCENT, "stroke": ACCENT, "size": 110},
        "none": {"fill": BACKGROUND, "stroke": MUTED, "size": 80},
        "loss": {"fill": INK, "stroke": INK, "size": 80},
    }
    layers = [
        frame.chart([{"value": 0}])
        .mark_rule(color=MUTED, strokeDash=[5, 4], strokeWidth=1.5, aria=False)
        .encode(x=frame.x("value"))
    ]
    for verdict, look in looks.items():
        part = frame.chart([d for d in frame.data if d["verdict"] == verdict])
        layers += [
            part.mark_rule(strokeWidth=2, color=look["stroke"], aria=False).encode(
                x=frame.x("low"), x2="high:Q", y=frame.y
            ),
            part.mark_point(opacity=1, strokeWidth=1.8, **look).encode(
                x=frame.x("value"), y=frame.y, description="text:N"
            ),
        ]
    return draw(alt, [*layers, frame.names()], frame.width, frame.height)


def _losses(rows: Sequence[LossChange], width: int) -> str:
    import altair as alt

    ends = [v for r in rows for v in (r.before, r.after)]
    frame = _Frame(
        alt,
        rows,
        width,
        linear(min(ends), max(ends)),
        "Nats a word; lower is better",
        "format(datum.value, '~g')",
    )
    layers = []
    for general, colour in ((False, ACCENT), (True, INK)):
        part = frame.chart([d for d in frame.data if d["general"] is general])
        layers += [
            part.mark_rule(strokeWidth=2, color=SOFT, aria=False).encode(
                x=frame.x("before"), x2="after:Q", y=frame.y
            ),
            part.mark_point(
                opacity=1, size=70, fill=BACKGROUND, stroke=colour, strokeWidth=1.8, aria=False
            ).encode(x=frame.x("before"), y=frame.y),
            part.mark_point(opacity=1, size=90, fill=colour, stroke=colour).encode(
                x=frame.x("after"), y=frame.y, description="text:N"
            ),
        ]
    return draw(alt, [*layers, frame.names()], frame.width, frame.height)

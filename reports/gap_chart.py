"""Shared vocabulary of a domain beside published domains, on one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from reports.charts import ACCENT, BACKGROUND, FONT, INK, MUTED, NARROW, WIDE, draw
from reports.scales import linear
from reports.svg import inline
from reports.text import clean, shorten

if TYPE_CHECKING:
    from decide.domain_gap.report import GapReport


def overlap_chart(report: GapReport) -> Markup | None:
    """Overlap of the frequent words with general English, drawn for wide and for narrow screens."""
    measure = next((m for m in report.measures if m.id == "vocabulary_overlap"), None)
    if measure is None or measure.value is None:
        return None
    value = measure.value
    rows: list[dict[str, Any]] = [
        {
            "name": f"{anchor.domain} (published, {anchor.level})",
            "value": anchor.value,
            "low": anchor.value,
            "high": anchor.value,
            "own": False,
        }
        for anchor in report.severity.anchors
    ]
    rows.append(
        {
            "name": report.domain.name,
            "value": value.value,
            "low": value.value if value.low is None else value.low,
            "high": value.value if value.high is None else value.high,
            "own": True,
        }
    )
    rows.sort(key=lambda row: -row["value"])
    description = "; ".join(f"{row['name']} {row['value']:.1f}%" for row in rows)
    return Markup("").join(
        inline(
            _draw(rows, width),
            id=f"chart-overlap-{name}",
            title="Shared vocabulary beside published domains",
            description=description,
            classes=f"chart {name}",
        )
        for name, width in (("wide", WIDE), ("narrow", NARROW))
    )


def _draw(rows: list[dict[str, Any]], width: int) -> str:
    import altair as alt

    wide = width > 500
    pixels, gutter = (28, 230) if wide else (42, 0)
    inner, height = width - 30 - gutter, pixels * len(rows) + 14
    scale = linear(min(r["low"] for r in rows), max(r["high"] for r in rows))
    data = [
        {
            **row,
            "row": (i + 0.5 if wide else i + 0.75) * pixels + 8,
            "name": shorten(clean(row["name"]), 36),
            "text": f"{clean(row['name'])}: {row['value']:.1f}%",
        }
        for i, row in enumerate(rows)
    ]
    y = alt.Y("row:Q").scale(domain=[0, height], reverse=True, nice=False).axis(None)
    axis = alt.Axis(values=list(scale.ticks), labelExpr="datum.value + '%'", title=None)

    def x(field: str) -> Any:
        return alt.X(f"{field}:Q").scale(scale.to_altair(alt)).axis(axis)

    layers = []
    for own in (False, True):
        base = alt.Chart(alt.Data(values=[d for d in data if d["own"] is own]))
        look = {"fill": ACCENT, "stroke": ACCENT} if own else {"fill": BACKGROUND, "stroke": MUTED}
        layers += [
            base.mark_rule(strokeWidth=2, color=ACCENT, aria=False).encode(x=x("low"), x2="high:Q", y=y),
            base.mark_point(opacity=1, size=90 if own else 60, strokeWidth=1.8, **look).encode(
                x=x("value"), y=y, description="text:N"
            ),
            base.mark_text(
                align="left",
                baseline="middle",
                dy=0 if wide else -19,
                fontSize=FONT,
                color=ACCENT if own else INK,
                fontWeight="bold" if own else "normal",
                aria=False,
            ).encode(x=alt.value(-gutter if wide else 2), y=y, text="name:N"),
        ]
    return draw(alt, layers, inner, height)

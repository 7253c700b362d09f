"""Charts as pictures, for documents that cannot hold the report's own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports import strings
from reports.charts import ACCENT, accuracy_cost_svg, latency_svg
from reports.sections.charts import all_latencies, all_points, in_range

if TYPE_CHECKING:
    from decide.comparison import Comparison
    from decide.theme import Theme

SCALE = 2.0
"""Pixels of a picture for each pixel of the drawing."""


@dataclass(frozen=True)
class Picture:
    """A PNG with its title and what it shows in words."""

    title: str
    png: bytes
    text: str


def pictures(comparison: Comparison, theme: Theme) -> list[Picture]:
    """Score against cost, and latencies, where there are numbers for them."""
    points, rows = in_range(all_points(comparison)), all_latencies(comparison)
    found = []
    if points:
        svg = accuracy_cost_svg(points, strings.metric(comparison.data.metric))
        text = "; ".join(point.text for point in points)
        found.append(Picture(strings.SUMMARY["chart_cost"], _png(svg, theme), text))
    if rows:
        svg = latency_svg(rows, comparison.workload.max_p95_ms)
        text = "; ".join(row.text for row in rows)
        found.append(Picture(strings.SUMMARY["chart_latency"], _png(svg, theme), text))
    return found


def logo_png(theme: Theme) -> bytes | None:
    """The logo in a format that office programs read: PNG or JPEG."""
    import vl_convert

    image = theme.image
    if image is None or image.mime != "image/svg+xml":
        return image.data if image else None
    return bytes(vl_convert.svg_to_png(image.data.decode(), scale=SCALE))


def _png(svg: str, theme: Theme) -> bytes:
    import vl_convert

    return bytes(vl_convert.svg_to_png(svg.replace(ACCENT, theme.accent), scale=SCALE))

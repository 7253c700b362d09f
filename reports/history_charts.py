"""Charts of comparisons over time: one line an approach, broken where values stop being comparable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import accumulate, pairwise
from typing import TYPE_CHECKING

from markupsafe import Markup

from reports import format, strings
from reports.format import known
from reports.lines import At, Axes, Line, lines
from reports.scales import Scale, cost_scale, linear, logarithmic

if TYPE_CHECKING:
    from decide.over_time import ArmAt, ComparisonAt, History
    from decide.records import Estimate

DAY = 86_400.0
APART = 0.11
"""Least distance of two dates on the axis, as a share of its length."""


def score_chart(history: History) -> Markup | None:
    """Scores with intervals by date; lines break where the test set or the metric is another."""
    sets = [made.test_set for made in history.comparisons]
    found = _points(history, lambda arm: arm.score, sets)
    values = [v for line in found for p in line.points for v in (p.y, p.low, p.high) if v is not None]
    if not values:
        return None
    metrics = dict.fromkeys(strings.metric(made.metric) for made in history.comparisons)
    title = f"Score ({', '.join(metrics)})"
    return _draw(history, found, linear(min(values), max(values)), title, "scores", by="test set", parts=sets)


def cost_chart(history: History) -> Markup | None:
    """Cost per 1,000 documents by date; lines break where the machine is another."""
    parts = _machines(history)
    found = _points(history, lambda arm: _plain(arm.per_1000_usd), parts)
    if not found:
        return None
    scale, floor = cost_scale([p.y for line in found for p in line.points])
    raised = [
        Line(line.name, [At(p.x, max(p.y, floor), text=p.text, part=p.part) for p in line.points], line.style)
        for line in found
    ]
    return _draw(history, raised, scale, "US$ per 1,000 documents", "costs", by="machine", parts=parts)


def latency_chart(history: History) -> Markup | None:
    """The p95 latency by date; lines break where the machine is another."""
    parts = _machines(history)
    found = _points(history, lambda arm: _plain(arm.p95_ms), parts)
    values = [p.y for line in found for p in line.points]
    if not values:
        return None
    wide = min(values) > 0 and max(values) / min(values) > 10
    scale = logarithmic(min(values), max(values)) if wide else linear(min(values), max(values))
    return _draw(history, found, scale, "p95 latency, ms", "speed", by="machine", parts=parts)


def _machines(history: History) -> list[int]:
    """Counts up where the machine is another than in the comparison before."""
    return [0, *accumulate(int(a.hardware != b.hardware) for a, b in pairwise(history.comparisons))]


def _plain(value: float | None) -> Estimate | None:
    from decide.records import Estimate

    return None if value is None else Estimate(value=value)


def _days(made: ComparisonAt) -> float:
    date = datetime.fromisoformat(made.created)
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() / DAY


def _points(history: History, value: Callable[[ArmAt], Estimate | None], parts: Sequence[int]) -> list[Line]:
    """A line for each arm that has a value anywhere."""
    last = history.comparisons[-1]
    chosen = last.recommended if last.outcome == "ship" else None
    points: dict[str, list[At]] = {}
    for made, part in zip(history.comparisons, parts, strict=True):
        for arm in made.arms:
            found = value(arm)
            if found is None or not known(found.value):
                continue
            shown = format.number(found.value)
            interval = "" if found.low is None else f" ({format.interval(found)})"
            text = f"{arm.name}: {shown}{interval} in comparison {made.number}, {made.created[:10]}"
            at = At(_days(made), found.value, found.low, found.high, text, part)
            points.setdefault(arm.name, []).append(at)
    return [Line(name, at, "chosen" if name == chosen else "plain") for name, at in points.items()]


def _draw(
    history: History,
    series: Sequence[Line],
    y: Scale,
    title: str,
    id: str,
    *,
    by: str,
    parts: Sequence[int],
) -> Markup:
    days = [_days(made) for made in history.comparisons]
    breaks = [(a + b) / 2 for (a, b), (p, q) in zip(pairwise(days), pairwise(parts), strict=True) if p != q]
    span = days[-1] - days[0]
    x = linear(days[0], days[-1] if span else days[0] + 1 / 24)
    axes = Axes(
        Scale(x.low, x.high, False, _ticks(days, x)),
        y,
        "Date of the comparison" + (f"; a dashed line is another {by}" if breaks else ""),
        title,
        x_format="%Y-%m-%d" if span > 2 else "%d %b %H:%M",
        x_dates=True,
        breaks=tuple(breaks),
    )
    return lines(
        series,
        axes,
        id=f"chart-{id}",
        title=f"{title} by date",
        description="; ".join(p.text for line in series for p in line.points),
    )


def _ticks(days: Sequence[float], scale: Scale) -> tuple[float, ...]:
    """Dates of comparisons that have room beside each other, the last always among them."""
    kept = [days[-1]]
    for day in reversed(days[:-1]):
        if scale.share(kept[-1]) - scale.share(day) >= APART:
            kept.append(day)
    return tuple(reversed(kept))

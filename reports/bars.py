"""Small interval bars drawn in table cells against a common axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.format import known

if TYPE_CHECKING:
    from decide.records import Estimate

WIDTH = 108
PAD = 4


@dataclass(frozen=True)
class Bar:
    """Positions in units of an SVG ``width`` wide; ``None`` where there is nothing to draw.

    ``off`` says that the value lies beyond the ``low`` or the ``high`` end of the axis.
    """

    at: float
    low: float | None
    high: float | None
    width: int = WIDTH
    off: str = ""
    zero: float | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Axis:
    """A common axis for the bars of one column."""

    low: float
    high: float
    width: int = WIDTH

    def place(self, value: float) -> float:
        """Where a value is drawn, kept inside the bar."""
        share = (value - self.low) / (self.high - self.low)
        return round(PAD + (self.width - 2 * PAD) * min(1.0, max(0.0, share)), 1)

    def bar(self, estimate: Estimate | None, margin: float | None = None) -> Bar | None:
        """The bar of an estimate; with ``margin``, also a line at zero and the band around it."""
        if estimate is None or not known(estimate.value):
            return None
        low, high = estimate.low, estimate.high
        both = low is not None and high is not None and known(low) and known(high)
        return Bar(
            at=self.place(estimate.value),
            low=self.place(low) if both and low is not None else None,
            high=self.place(high) if both and high is not None else None,
            width=self.width,
            off="low"
            if estimate.value < self.low - 1e-9
            else "high"
            if estimate.value > self.high + 1e-9
            else "",
            zero=None if margin is None else self.place(0),
            band=(self.place(-margin), self.place(margin)) if margin else None,
        )


def axis_for(
    estimates: Iterable[Estimate | None],
    include: Iterable[float] = (),
    step: float = 0.05,
    width: int = WIDTH,
) -> Axis:
    """An axis that holds all values and intervals, with round ends."""
    values = [v for e in estimates if e for v in (e.value, e.low, e.high) if v is not None and known(v)]
    values += include
    if not values:
        return Axis(0.0, 1.0, width)
    low = math.floor(round(min(values) / step, 6)) * step
    high = math.ceil(round(max(values) / step, 6)) * step
    if high <= low:
        low -= step
    return Axis(low, high, width)


def in_view(scores: Iterable[float]) -> float:
    """The lowest score that a common axis should show.

    A baseline far below everything else would squeeze the arms that matter into a corner. The lowest third
    of the arms is cut off where the gap above them is wider than the spread of all that is above the gap.
    """
    order = sorted(scores, reverse=True)
    for kept in range(max(2, math.ceil(len(order) * 2 / 3)), len(order)):
        spread, gap = order[0] - order[kept - 1], order[kept - 1] - order[kept]
        if gap > max(spread, 0.1) + 1e-9:
            return order[kept - 1]
    return order[-1] if order else 0.0

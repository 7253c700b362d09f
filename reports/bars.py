"""Small interval bars drawn in table cells against a common axis."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.format import known

if TYPE_CHECKING:
    from decide.comparison import Estimate

WIDTH = 132
PAD = 4


@dataclass(frozen=True)
class Bar:
    """Positions in units of an SVG ``WIDTH`` wide; ``None`` where there is nothing to draw."""

    at: float
    low: float | None
    high: float | None
    zero: float | None = None
    band: tuple[float, float] | None = None


@dataclass(frozen=True)
class Axis:
    """A common axis for the bars of one column."""

    low: float
    high: float

    def place(self, value: float) -> float:
        """Where a value is drawn, kept inside the bar."""
        share = (value - self.low) / (self.high - self.low)
        return round(PAD + (WIDTH - 2 * PAD) * min(1.0, max(0.0, share)), 1)

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
            zero=None if margin is None else self.place(0),
            band=(self.place(-margin), self.place(margin)) if margin else None,
        )


def axis_for(estimates: Iterable[Estimate | None], include: Iterable[float] = (), step: float = 0.05) -> Axis:
    """An axis that holds all values and intervals, with round ends."""
    values = [v for e in estimates if e for v in (e.value, e.low, e.high) if v is not None and known(v)]
    values += include
    if not values:
        return Axis(0.0, 1.0)
    low = math.floor(round(min(values) / step, 6)) * step
    high = math.ceil(round(max(values) / step, 6)) * step
    return Axis(low, high if high > low else low + step)

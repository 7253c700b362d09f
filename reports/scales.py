"""Scales of the charts, with ends and ticks chosen here so that places are known before drawing."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Scale:
    """A scale of known ends, so that positions in pixels are known before drawing."""

    low: float
    high: float
    log: bool
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Place of a value between 0 and 1."""
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def to_altair(self, alt: Any) -> Any:
        """The same scale for Altair."""
        return alt.Scale(
            domain=[self.low, self.high], type="log" if self.log else "linear", nice=False, zero=False
        )


def linear(low: float, high: float) -> Scale:
    """A linear scale with room at both ends and round ticks inside."""
    span = (high - low) or abs(high) or 1.0
    low, high = low - 0.06 * span, high + 0.06 * span
    raw = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10) if m * power >= raw)
    first = math.ceil(low / step)
    ticks = tuple(round(i * step, 10) for i in range(first, math.floor(high / step) + 1))
    return Scale(low, high, False, ticks)


def logarithmic(low: float, high: float) -> Scale:
    """A logarithmic scale with room at both ends; ticks at powers of ten, or at 1, 2 and 5."""
    low, high = low / 1.8, high * 1.8
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    decades = math.log10(high / low)
    steps = (1, 2, 5) if decades < 2.2 else (1,)
    ticks = [m * 10.0**p for p in powers for m in steps]
    every = 2 if decades > 6 else 1
    return Scale(low, high, True, tuple([t for t in ticks if low <= t <= high][::every]))


def cost_scale(costs: Sequence[float]) -> tuple[Scale, float]:
    """The scale of the cost axis, and where a cost of nothing is drawn on it."""
    positive = [c for c in costs if c > 0]
    if positive and max(positive) / min(positive) > 10:
        floor = min(positive) / 4 if len(positive) < len(costs) else min(positive)
        return logarithmic(floor, max(positive)), floor
    return linear(min(costs, default=0.0), max(costs, default=1.0)), 0.0

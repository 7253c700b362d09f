"""At which number of labels one arm overtakes another."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from decide.protocols.records import Crossing
from decide.statistics import LEVEL

Array = NDArray[np.float64]


def ahead_from(budgets: Sequence[int], lead: Array) -> Array:
    """From which budget on a lead is positive up to the largest, linear in the logarithm of the budget.

    Args:
        budgets: Growing, ``B`` of them.
        lead: Score of one arm minus another at each budget, shape ``(n, B)``.

    Returns:
        Shape ``(n,)``: ``-inf`` where it is positive at all budgets, ``inf`` where it is not at the largest.
    """
    x = np.log(np.asarray(budgets, dtype=np.float64))
    behind = lead <= 0
    last = len(budgets) - 1 - behind[:, ::-1].argmax(axis=1)
    found = np.full(len(lead), -np.inf)
    found[behind[:, -1]] = np.inf
    rows = np.flatnonzero(behind.any(axis=1) & ~behind[:, -1])
    j = last[rows]
    before, after = lead[rows, j], lead[rows, j + 1]
    found[rows] = np.exp(x[j] + (x[j + 1] - x[j]) * -before / (after - before))
    return found


def find_crossing(
    names: tuple[str, str], budgets: Sequence[int], points: Array, draws: Array, label_price: float
) -> Crossing:
    """Where the ranking of two arms changes.

    Args:
        names: The two arms.
        budgets: Growing; the last is the full set.
        points: First minus second at each budget, shape ``(B,)``.
        draws: The same under resampling, shape ``(resamples, B)``.
        label_price: US dollars a label.
    """
    sign = -1.0 if points[-1] < 0 else 1.0
    winner, loser = names if sign > 0 else names[::-1]
    lead, resampled = sign * points, sign * draws
    place = float(ahead_from(budgets, lead[None])[0])
    probability = float((resampled[:, -1] > 0).mean())
    low, high = (
        float(v)
        for v in np.quantile(
            ahead_from(budgets, resampled), [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf"
        )
    )
    if not math.isfinite(place):
        level = place > 0
        return Crossing(
            winner=winner,
            loser=loser,
            status="level" if level else "ahead throughout",
            low=None if level else _finite(low),
            high=None if level else _finite(high),
            probability_ahead=probability,
            statement=_without(winner, loser, budgets, level, high),
        )
    # The resamples may all lie to one side of the point by chance of interpolation; it stays inside.
    low, high = min(low, place), max(high, place)
    usd = place * label_price
    return Crossing(
        winner=winner,
        loser=loser,
        status="crosses",
        labels=place,
        low=_finite(low),
        high=_finite(high),
        probability_ahead=probability,
        label_usd=usd,
        statement=_with(winner, loser, budgets, place, (low, high), usd, label_price),
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _with(
    winner: str,
    loser: str,
    budgets: Sequence[int],
    place: float,
    interval: tuple[float, float],
    usd: float,
    price: float,
) -> str:
    low, high = interval
    low_text = f"{low:,.0f}" if math.isfinite(low) else f"under {budgets[0]:,}"
    high_text = f"{high:,.0f}" if math.isfinite(high) else f"over {budgets[-1]:,}"
    cost = (
        f"which cost US${usd:,.2f} at US${price:g} each"
        if price
        else "priced at nothing here (give Prices.label to price them)"
    )
    return (
        f"{winner} overtakes {loser} at about {place:,.0f} labels "
        f"({LEVEL:.0%} interval {low_text} to {high_text}), {cost}."
    )


def _without(winner: str, loser: str, budgets: Sequence[int], level: bool, high: float) -> str:
    tried = f"{budgets[0]:,} to {budgets[-1]:,} labels"
    if level:
        return f"{winner} and {loser} score the same on all {budgets[-1]:,} labels."
    text = f"{winner} is ahead of {loser} at every budget tried ({tried})"
    return f"{text}." if high == -math.inf else f"{text}, though not in all resamples."

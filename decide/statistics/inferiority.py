"""Whether one arm is at most a margin worse than another."""

from __future__ import annotations

from decide.pair_records import NonInferiority
from decide.statistics.intervals import half_width
from decide.statistics.variance import Components

ONE_SIDED = 0.95
"""Level of the one-sided bound: alpha is 0.05. Clinical trials often use 0.975."""


def non_inferiority(
    value: float, variance: Components, margin: float, level: float = ONE_SIDED
) -> NonInferiority | None:
    """The interval-based test in both directions, for a difference of first minus second.

    First is not inferior if the lower one-sided bound of the difference is above ``-margin``; second if the
    upper bound is below ``margin`` (the confidence-interval form of the one-sided t test; Schuirmann 1987,
    Journal of Pharmacokinetics and Biopharmaceutics 15:657-680). No correction is made for several
    pairs.

    Args:
        value: First minus second.
        variance: Of that.
        margin: Difference that does not matter, at least 0.
        level: Of each one-sided bound.

    Returns:
        ``None`` where no bound can be computed.
    """
    if variance.units < 2:
        return None
    reach = half_width(variance, level)
    low, high = value - reach, value + reach
    first, second = low > -margin, high < margin
    return NonInferiority(
        margin=margin,
        level=level,
        low=max(-1.0, low),
        high=min(1.0, high),
        first_not_inferior=first,
        second_not_inferior=second,
        equivalent=first and second,
    )

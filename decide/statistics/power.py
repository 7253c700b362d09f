"""What difference a test set could show, and what it would take to show the one that was seen."""

from __future__ import annotations

import math
from collections.abc import Callable

from decide.pair_records import Power
from decide.statistics.intervals import quantile
from decide.statistics.variance import Components

POWER = 0.8
MOST_ITEMS = 1_000_000
MOST_SEEDS = 100
"""More than this is not offered as a plan."""


def power_of(effect: float, variance: Components, alpha: float) -> float:
    """Probability that a two-sided t test finds a true difference of ``effect``, by statsmodels.

    statsmodels' solvers tie the degrees of freedom to one sample size; here they come from items and seeds,
    so only its power function is used. Where the noncentral t has no number, far out, its normal
    approximation stands in (Johnson, Kotz and Balakrishnan 1995, "Continuous Univariate Distributions" 2,
    31.5).
    """
    from scipy.stats import norm
    from statsmodels.stats.power import ttest_power

    degrees, shift = variance.degrees, abs(effect) / variance.error
    power = float(ttest_power(shift, nobs=1, alpha=alpha, df=degrees))
    if not math.isnan(power):
        return power
    critical = quantile(1 - alpha / 2, degrees)
    return float(
        norm.cdf((shift - critical * (1 - 0.25 / degrees)) / math.sqrt(1 + critical**2 / 2 / degrees))
    )


def detectable(variance: Components, alpha: float, power: float = POWER) -> float:
    """Smallest true difference that the test finds with probability ``power``; at most 1.

    The variance is taken as measured; that of a larger difference may be a little larger.
    """
    from scipy.optimize import brentq

    if power_of(1.0, variance, alpha) <= power:
        return 1.0
    return float(brentq(lambda effect: power_of(effect, variance, alpha) - power, 0.0, 1.0, xtol=1e-6))


def power_record(
    value: float, variance: Components, *, alpha: float, items: int, seeds: int, grouped: bool, settled: bool
) -> Power | None:
    """What the test set could show of a pair, and what would settle it.

    Args:
        value: Observed difference.
        variance: Of that.
        alpha: Level of the test.
        items: Test items.
        seeds: Runs of the arm that has more.
        grouped: Whether whole groups are the units of the variance.
        settled: Whether the arms were already found different.

    Returns:
        ``None`` where the variance is 0 or unknown, as for two arms with the same answers.
    """
    if variance.units < 2 or variance.error <= 1e-12:
        return None
    least = detectable(variance, alpha)
    more_items = more_seeds = None
    if not settled and value:
        more_items = _items_needed(value, variance, alpha, items)
        more_seeds = _seeds_needed(value, variance, alpha, seeds) if seeds > 1 else None
    groups = variance.units if grouped else None
    return Power(
        power=POWER,
        alpha=alpha,
        detectable=least,
        error_items=math.sqrt(variance.items + variance.interaction),
        error_seeds=math.sqrt(variance.seeds) if seeds > 1 else None,
        items=items,
        groups=groups,
        seeds=seeds,
        items_needed=more_items,
        seeds_needed=more_seeds,
        statement=_statement(value, least, items, groups, seeds, more_items, more_seeds, settled),
    )


def _items_needed(value: float, variance: Components, alpha: float, items: int) -> int | None:
    """Test items in all that would show ``value`` with the seeds as now; ``None`` if none within reach."""
    per_unit = items / variance.units
    units = _least(
        lambda n: power_of(value, variance.scaled(n), alpha) >= POWER,
        variance.units,
        max(int(MOST_ITEMS / per_unit), variance.units),
    )
    return None if units is None else math.ceil(units * per_unit)


def _seeds_needed(value: float, variance: Components, alpha: float, seeds: int) -> int | None:
    """Seeds in all that would show ``value`` with the items as now; ``None`` if none within reach."""
    # With unlimited seeds the choice of items is left, which may be too much already.
    limit = Components(variance.items, variance.units)
    if limit.error > 0 and power_of(value, limit, alpha) < POWER:
        return None
    return _least(
        lambda s: power_of(value, variance.scaled(variance.units, s / seeds), alpha) >= POWER,
        seeds,
        MOST_SEEDS,
    )


def _least(enough: Callable[[int], bool], low: int, high: int) -> int | None:
    """Smallest number in ``[low, high]`` that is enough, if any; being enough must not end as it grows."""
    import bisect

    if not enough(high):
        return None
    return low + bisect.bisect_left(range(low, high + 1), True, key=enough)


def _statement(
    value: float,
    least: float,
    items: int,
    groups: int | None,
    seeds: int,
    more_items: int | None,
    more_seeds: int | None,
    settled: bool,
) -> str:
    test = f"{items:,} test documents" + (f" in {groups:,} groups" if groups else "")
    runs = f"{seeds} seeds" if seeds > 1 else "one run each"
    found = f"With {test} and {runs}, a true difference of {least:.3f} would be found four times in five."
    if settled:
        return found
    if not value:
        return f"{found} The scores observed are equal, so no number of documents would tell them apart."
    more = f" in about {math.ceil(more_items * groups / items):,} groups" if groups and more_items else ""
    by_items = (
        f"about {more_items:,} test documents in all{more} would show it ({more_items - items:,} more)"
        if more_items is not None
        else f"no number of test documents up to {MOST_ITEMS:,} alone would show it"
    )
    if seeds == 1:
        by_seeds = "what more seeds would do is not known, since each approach ran once"
    elif more_seeds is not None:
        by_seeds = f"{'so' if more_items is not None else 'but'} would {more_seeds} seeds in all"
    else:
        by_seeds = "no number of seeds alone would" + ("" if more_items is not None else "; both are needed")
    return f"{found} If the true difference is the {abs(value):.3f} observed, {by_items}; {by_seeds}."

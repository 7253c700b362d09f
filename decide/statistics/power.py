"""What difference a test set could show, and what it would take to show the one that was seen."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from decide.pair_records import Power
from decide.statistics.intervals import quantile
from decide.statistics.variance import Components, SeedTerm

POWER = 0.8
MOST_ITEMS = 1_000_000
MOST_SEEDS = 100
MOST_FACTOR = 100
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


def planned(variance: Components) -> Components:
    """The variance to plan with: what seeds add is raised to be as often too large as too small.

    A variance measured on few seeds is right on average but too small more often than too large: with ``m``
    degrees of freedom its median is ``median(chi2_m) / m`` of the truth. Without this, the difference stated
    for 3 seeds would be found in 72 to 80% of cases, not 78 to 80% (normal theory, by the share of seeds).
    """
    from scipy.stats import chi2

    degrees = sum(term.degrees for term in variance.terms)
    if not degrees:
        return variance
    factor = degrees / float(chi2.ppf(0.5, degrees))
    raised = (SeedTerm(t.between * factor, t.inside * factor, t.degrees) for t in variance.terms)
    return replace(variance, terms=tuple(raised))


def detectable(variance: Components, alpha: float, power: float = POWER) -> float:
    """Smallest true difference that the test finds with probability ``power``; at most 1.

    The variance is taken as that of a larger difference, too, though it may be a little larger there. What
    seeds add is raised as :func:`planned` says.
    """
    from scipy.optimize import brentq

    variance = planned(variance)
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
    open_question = bool(value) and not settled
    plan = planned(variance)
    more_items = _items_needed(value, plan, alpha, items) if open_question else None
    more_seeds = _seeds_needed(value, plan, alpha, seeds) if open_question and seeds > 1 else None
    neither = open_question and seeds > 1 and more_items is None and more_seeds is None
    found = Power(
        power=POWER,
        alpha=alpha,
        detectable=detectable(variance, alpha),
        error_items=math.sqrt(variance.items + variance.interaction),
        error_seeds=math.sqrt(variance.seeds) if seeds > 1 else None,
        items=items,
        groups=variance.units if grouped else None,
        seeds=seeds,
        items_needed=more_items,
        seeds_needed=more_seeds,
        statement="",
    )
    both = _both_needed(value, plan, alpha) if neither else None
    return found.model_copy(update={"statement": _statement(value, found, both, settled)})


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
    return low + bisect.bisect_left(range(low, high), True, key=enough)


def _both_needed(value: float, variance: Components, alpha: float) -> int | None:
    """How many times as many items and seeds together would show ``value``; ``None`` if out of reach."""
    return _least(
        lambda f: power_of(value, variance.scaled(variance.units * f, f), alpha) >= POWER, 2, MOST_FACTOR
    )


def _statement(value: float, found: Power, both: int | None, settled: bool) -> str:
    groups = f" in {found.groups:,} groups" if found.groups else ""
    runs = f"{found.seeds} seeds" if found.seeds > 1 else "one run each"
    could = (
        f"With {found.items:,} test documents{groups} and {runs}, a true difference of "
        f"{found.detectable:.3f} would be found four times in five."
    )
    if settled:
        return could
    if not value:
        return f"{could} The scores observed are equal, so no number of documents would tell them apart."
    return f"{could} If the true difference is the {abs(value):.3f} observed, {_remedy(found, both)}."


def _remedy(found: Power, both: int | None) -> str:
    """What it would take, in words."""
    if found.items_needed is not None:
        more = _about(found.items_needed)
        share = found.items_needed / found.items
        groups = f" in {_about(math.ceil(share * found.groups))} groups" if found.groups else ""
        by_items = f"about {more} test documents in all{groups} would show it"
        if found.seeds_needed is not None:
            return f"{by_items}, and so would {found.seeds_needed} seeds in all"
        if found.seeds > 1:
            return f"{by_items}; no number of seeds alone would"
        return f"{by_items}; what more seeds would do is not known, since each approach ran once"
    none = f"no number of test documents up to {MOST_ITEMS:,} alone would show it"
    if found.seeds_needed is not None:
        return f"{none}, but {found.seeds_needed} seeds in all would"
    if found.seeds == 1:
        return none
    none += ", and no number of seeds alone"
    if both is None:
        return f"{none}; {MOST_FACTOR} times as many of both would not, either"
    return f"{none}; about {_about(found.items * both)} test documents with {found.seeds * both} seeds would"


def _about(count: int) -> str:
    """A count rounded up to two significant digits, since it is no more certain than that."""
    step = 10 ** max(0, len(str(count)) - 2)
    return f"{math.ceil(count / step) * step:,}"

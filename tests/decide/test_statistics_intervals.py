"""Exact values of intervals, one-sided bounds and Holm's correction."""

from __future__ import annotations

import gc
import math
from typing import Any

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import beta, t

from decide.statistics import (
    difference_interval,
    intervals,
    mcnemar_p,
    non_inferiority,
    score_interval,
    t_test_p,
    wilson,
)
from decide.statistics.holm import holm
from decide.statistics.scored import Scored
from decide.statistics.variance import Components, SeedTerm
from evalsets import TextClassification

ACCURACY = TextClassification(("a", "b", "c"), metric="accuracy")


def hits(*runs: list[int]) -> Scored:
    """An arm by the right (1) and wrong (0) answers of each seed."""
    return Scored("x", tuple(np.stack([run, np.ones(len(run))], axis=1).astype(float) for run in runs))


def test_quantiles_are_those_of_student() -> None:
    assert intervals.quantile(0.975, 10) == pytest.approx(2.2281, abs=1e-4)
    assert intervals.quantile(0.95, 2.5) == pytest.approx(float(t(2.5).ppf(0.95)))


@pytest.mark.parametrize("level", [0.95, 0.9])
def test_wilson_by_its_formula(level: float) -> None:
    rate, n = 0.3, 20
    z = {0.95: 1.959964, 0.9: 1.644854}[level]
    middle = (rate + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * math.sqrt(rate * (1 - rate) / n + z**2 / (4 * n**2))
    assert wilson(rate, n, level) == pytest.approx((middle - half, middle + half), abs=1e-6)


@pytest.mark.parametrize("units", [3, 10, 49, 1000])
def test_wilson_stays_within_0_and_1(units: int) -> None:
    low, high = wilson(0.0, units)
    assert low == 0.0
    assert high == pytest.approx(1.959964**2 / (units + 1.959964**2))
    low, high = wilson(1.0, units)
    assert high == 1.0
    assert low == pytest.approx(units / (units + 1.959964**2))


def test_half_width_by_hand() -> None:
    items = Components(4e-4, 101)
    assert intervals.half_width(items, 0.975) == pytest.approx(1.98397 * 0.02, abs=1e-6)
    # One arm's seeds against items: the mean of the squares of Satterthwaite and of both parts added.
    one = Components(3e-4, 5, (SeedTerm(9e-4, 0.0, 2),))
    degrees = 12e-4**2 / (3e-4**2 / 4 + 9e-4**2 / 2)
    satterthwaite = float(t(degrees).ppf(0.975)) ** 2 * 12e-4
    added = 2.776445**2 * 3e-4 + 4.302653**2 * 9e-4
    assert intervals.half_width(one, 0.975) == pytest.approx(math.sqrt((satterthwaite + added) / 2))


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_of_a_score_on_the_logit_scale(level: float) -> None:
    found = score_interval(ACCURACY, hits([1] * 16 + [0] * 4), level=level)
    error = math.sqrt(0.8 * 0.2 / 19)
    half = float(t(19).ppf((1 + level) / 2)) * error / (0.8 * 0.2)
    assert found.value == pytest.approx(0.8)
    assert found.level == level
    assert (found.low, found.high) == pytest.approx(
        (expit(math.log(4) - half), expit(math.log(4) + half)), abs=1e-12
    )


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_without_an_error_or_anything_right_the_interval_is_clopper_and_pearsons(level: float) -> None:
    tail = (1 - level) / 2
    none = score_interval(ACCURACY, hits([0] * 30), level=level)
    assert (none.value, none.level) == (0.0, level)
    assert (none.low, none.high) == pytest.approx((0.0, beta(1, 30).ppf(1 - tail)))
    all_right = score_interval(ACCURACY, hits([1] * 30), level=level)
    assert (all_right.value, all_right.level) == (1.0, level)
    assert (all_right.low, all_right.high) == pytest.approx((beta(30, 1).ppf(tail), 1.0))


def test_two_units_have_an_interval_and_one_has_none() -> None:
    assert score_interval(ACCURACY, hits([1, 0])).low is not None
    alone = score_interval(ACCURACY, hits([1]), level=0.9)
    assert (alone.value, alone.low, alone.high, alone.level) == (1.0, None, None, 0.9)
    assert difference_interval(0.1, Components(1e-4, 2)).low is not None
    single = difference_interval(0.1, Components(1e-4, 1), 0.9)
    assert (single.value, single.low, single.high, single.level) == (0.1, None, None, 0.9)
    assert non_inferiority(0.1, Components(1e-4, 2), 0.1) is not None
    assert non_inferiority(0.1, Components(1e-4, 1), 0.1) is None


def test_groups_are_the_units_of_a_score_if_there_are_enough() -> None:
    arm = hits([1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0])
    groups = list("aabbccddeeff")
    by_group = score_interval(ACCURACY, arm, groups, min_clusters=6)
    # Sums of right answers by group: 2, 2, 1, 1, 2, 0 of 2 each.
    shares = np.array([1, 1, 0.5, 0.5, 1, 0])
    half = float(t(5).ppf(0.975)) * shares.std(ddof=1) / math.sqrt(6) / (2 / 3 * 1 / 3)
    assert by_group.low == pytest.approx(expit(math.log(2) - half))
    assert score_interval(ACCURACY, arm, groups) == score_interval(ACCURACY, arm)
    assert score_interval(ACCURACY, arm, groups, min_clusters=7) == score_interval(ACCURACY, arm)


@pytest.mark.parametrize("level", [0.95, 0.8])
def test_the_interval_of_a_difference_is_symmetric_and_within_bounds(level: float) -> None:
    found = difference_interval(0.1, Components(4e-4, 101), level)
    half = float(t(100).ppf((1 + level) / 2)) * 0.02
    assert found.level == level
    assert (found.value, found.low, found.high) == pytest.approx((0.1, 0.1 - half, 0.1 + half))
    wide = Components(0.25, 101)
    assert difference_interval(0.9, wide).high == 1.0
    assert difference_interval(-0.9, wide).low == -1.0


def test_bounds_of_non_inferiority_stay_within_a_difference_of_1() -> None:
    wide = Components(0.25, 101)
    up, down = non_inferiority(0.9, wide, 0.1), non_inferiority(-0.9, wide, 0.1)
    assert up is not None
    assert down is not None
    reach = 1.66023 * 0.5
    assert (up.low, up.high) == pytest.approx((0.9 - reach, 1.0), abs=1e-5)
    assert (down.low, down.high) == pytest.approx((-1.0, -0.9 + reach), abs=1e-5)
    assert (up.margin, up.level) == (0.1, 0.95)


def test_a_bound_at_the_margin_itself_does_not_suffice() -> None:
    variance = Components(4e-4, 101)
    reach = intervals.half_width(variance, 0.975)
    at = non_inferiority(0.0, variance, reach, level=0.975)
    assert at is not None
    assert (at.first_not_inferior, at.second_not_inferior, at.equivalent) == (False, False, False)
    assert (at.low, at.high, at.level) == (-reach, reach, 0.975)


def test_the_t_test_is_the_interval_turned_round() -> None:
    variance = Components(4e-4, 101)
    assert t_test_p(0.03, variance) == pytest.approx(2 * float(t(100).sf(1.5)))
    assert t_test_p(-0.03, variance) == pytest.approx(2 * float(t(100).sf(1.5)))
    assert t_test_p(1e-5, variance) == pytest.approx(2 * float(t(100).sf(5e-4)))
    assert t_test_p(0.5, variance) == pytest.approx(1e-9)
    assert t_test_p(0.3, Components(1e-4, 1)) == 1.0
    assert t_test_p(0.3, Components(1e-4, 2)) == pytest.approx(2 * float(t(1).sf(30)))


def test_mcnemar_by_hand() -> None:
    first, second = np.array([1.0] * 6 + [0] * 6), np.array([1.0] + [0] * 10 + [1])
    # 5 against 1 of 6 discordant pairs: 2 * (1 + 6) / 64.
    assert mcnemar_p(first, second) == pytest.approx(14 / 64)
    assert mcnemar_p(second, first) == pytest.approx(14 / 64)


def test_holm_by_hand() -> None:
    # 3 * 0.01; then 2 * 0.03; the largest is no smaller than the one before it.
    assert holm([0.01, 0.04, 0.03]).tolist() == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.5, 0.6]).tolist() == [1.0, 1.0]


def test_holm_spares_the_garbage_collection_and_undoes_only_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = []

    def spy(p_values: list[float], **_: Any) -> tuple[None, list[float]]:
        frozen.append(gc.get_freeze_count() > 0)
        return None, p_values

    monkeypatch.setattr("statsmodels.stats.multitest.multipletests", spy)
    gc.unfreeze()
    holm([0.5])
    assert gc.get_freeze_count() == 0
    gc.freeze()
    try:
        holm([0.5])
        assert gc.get_freeze_count() > 0
    finally:
        gc.unfreeze()
    assert frozen == [True, True]

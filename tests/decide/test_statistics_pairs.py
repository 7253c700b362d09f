"""Tests, power and non-inferiority of pairs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ttest_rel

from decide import statistics
from decide.statistics import inferiority, intervals, power, significance
from decide.statistics.scored import Scored, distinct_rows, in_units
from decide.statistics.variance import Components, SeedTerm
from evalsets import TextClassification

F1 = TextClassification(("a", "b", "c"), metric="macro_f1")
ACCURACY = TextClassification(("a", "b", "c"), metric="accuracy")


def runs(
    accuracies: tuple[float, ...], n: int = 300, seed: int = 0, task: TextClassification = ACCURACY
) -> Scored:
    """An arm with one run for each accuracy on the same gold."""
    gold = [str(g) for g in np.random.default_rng(99).choice(["a", "b", "c"], n)]
    rng = np.random.default_rng(seed)
    predicted = [
        [g if rng.random() < accuracy else {"a": "b", "b": "c", "c": "a"}[g] for g in gold]
        for accuracy in accuracies
    ]
    return statistics.scored(f"arm {seed}", task, gold, predicted)


def test_accuracy_of_one_run_each_is_tested_by_mcnemar() -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    a, b = runs((0.8,)), runs((0.7,), seed=1)
    pair = statistics.compare_pairs(ACCURACY, [a, b])[0]
    x, y = (arm.statistics[0][:, 0] > 0 for arm in (a, b))
    table = [[(x & y).sum(), (x & ~y).sum()], [(~x & y).sum(), (~x & ~y).sum()]]
    assert pair.test.startswith(significance.MCNEMAR)
    assert pair.p_value == pytest.approx(float(mcnemar(table, exact=True).pvalue))


@pytest.mark.parametrize(
    ("task", "accuracies", "groups", "test"),
    [
        (F1, (0.8,), None, significance.RANDOMISATION),
        (ACCURACY, (0.8, 0.8), None, significance.WITH_SEEDS),
        (ACCURACY, (0.8,), 20, significance.RANDOMISATION + " of whole groups"),
        (ACCURACY, (0.8,), 3, significance.MCNEMAR),
    ],
)
def test_the_test_fits_metric_seeds_and_groups(
    task: TextClassification, accuracies: tuple[float, ...], groups: int | None, test: str
) -> None:
    arms = [runs(accuracies, seed=s, task=task) for s in (0, 1)]
    clusters = None if groups is None else [str(i % groups) for i in range(300)]
    pair = statistics.compare_pairs(task, arms, clusters, permutations=99)[0]
    assert pair.test == f"{test}, Holm"


def test_mcnemar_only_where_the_metric_is_a_mean_of_right_and_wrong() -> None:
    micro = TextClassification(("a", "b", "c"), metric="micro_f1")
    assert significance.right_or_wrong(micro, runs((0.8,), task=micro).statistics[0]) is not None
    assert significance.right_or_wrong(F1, runs((0.8,), task=F1).statistics[0]) is None
    unanswered = statistics.scored("x", micro, ["a", "b", "c"], [["a", None, "b"]])
    assert significance.right_or_wrong(micro, unanswered.statistics[0]) is None


def test_whole_groups_are_swapped() -> None:
    # One arm is better in 6 of 12 groups of 30 and worse in 6: by items 30 against 30 times 6.
    groups = np.repeat(np.arange(12), 30)
    first = np.where(groups < 8, 1.0, 0.0)
    arms = [Scored(n, (np.stack([x, np.ones(360)], 1),)) for n, x in (("a", first), ("b", 1 - first))]
    by_item, by_group = (
        statistics.compare_pairs(ACCURACY, arms, c)[0].p_value for c in (None, [str(g) for g in groups])
    )
    assert by_item < 1e-6
    assert 0.2 < by_group < 0.6  # sign test of 8 against 4 groups: 0.39


def test_seeds_that_disagree_forbid_what_items_alone_would_show() -> None:
    steady = statistics.compare_pairs(ACCURACY, [runs((0.85,) * 3, 800), runs((0.75,) * 3, 800, 1)])[0]
    shaky = statistics.compare_pairs(
        ACCURACY, [runs((0.7, 0.9, 0.95), 800), runs((0.65, 0.75, 0.85), 800, 1)]
    )[0]
    assert steady.different
    assert shaky.difference.value == pytest.approx(0.1, abs=0.03)
    assert not shaky.different
    assert shaky.p_value > 0.05


def test_one_seed_gives_the_paired_t_interval() -> None:
    a, b = runs((0.8,)), runs((0.7,), seed=1)
    theirs = ttest_rel(a.statistics[0][:, 0], b.statistics[0][:, 0]).confidence_interval(0.95)
    ours = statistics.compare_pairs(ACCURACY, [a, b])[0].difference
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=1e-9)


def test_seeds_alone_give_welch() -> None:
    # So many items that only seeds matter: the interval is that of Welch's t test of the seed scores.
    from scipy.stats import ttest_ind

    scores = ((0.70, 0.80, 0.90), (0.50, 0.60, 0.55))
    measured = [statistics.Measured(np.array(s), np.tile(s, (50, 1))) for s in scores]
    variance = statistics.difference(*measured)
    theirs = ttest_ind(*scores, equal_var=False)
    assert variance.degrees == pytest.approx(theirs.df)
    value = float(np.mean(scores[0]) - np.mean(scores[1]))
    assert statistics.t_test_p(value, variance) == pytest.approx(theirs.pvalue)


def test_variance_parts_are_those_of_a_crossed_analysis_of_variance() -> None:
    rng = np.random.default_rng(0)
    table = rng.random((40, 1)) + rng.normal(0, 0.4, (1, 4)) + rng.normal(0, 0.3, (40, 4))
    found = statistics.components([(1.0, statistics.Measured(table.mean(axis=0), table))])
    n, s = table.shape
    rest = table - table.mean(1, keepdims=True) - table.mean(0) + table.mean()
    items = s * table.mean(1).var(ddof=1)
    seeds = n * table.mean(0).var(ddof=1)
    error = (rest**2).sum() / ((n - 1) * (s - 1))
    assert found.total == pytest.approx((items + seeds - error) / (n * s))
    assert found.seeds == pytest.approx((seeds - error) / (n * s))


def test_jackknife_of_accuracy_is_the_answers_themselves() -> None:
    arm = runs((0.8,))
    np.testing.assert_allclose(statistics.measure(ACCURACY, arm).pseudo, arm.statistics[0][:, :1], atol=1e-9)


def test_shared_seeds_are_paired() -> None:
    a = runs((0.6, 0.75, 0.9), 2000)
    b = runs((0.65, 0.8, 0.95), 2000, 1)
    apart, paired = (
        statistics.compare_pairs(ACCURACY, [a, b], shared_seeds=shared, permutations=999)[0]
        for shared in (False, True)
    )
    assert paired.p_value < 0.05 < apart.p_value


VARIANCE = Components(4e-4, 200, (SeedTerm(1.5e-4, 0.5e-4, 2),) * 2)


def test_detectable_difference_has_the_power_it_promises() -> None:
    least = statistics.detectable(VARIANCE, 0.05)
    assert statistics.power_of(least, power.planned(VARIANCE), 0.05) == pytest.approx(0.8, abs=1e-4)
    assert power.planned(VARIANCE).seeds == pytest.approx(VARIANCE.seeds * 4 / 3.357, rel=1e-3)
    only_items = Components(4e-4, 200)
    assert statistics.detectable(only_items, 0.05) == pytest.approx(0.02 * (1.972 + 0.843), abs=2e-4)


def test_power_far_out_is_one_and_a_hopeless_test_detects_nothing_below_one() -> None:
    assert statistics.power_of(1.0, Components(1e-8, 100_000), 0.05) == pytest.approx(1)
    assert statistics.detectable(Components(0.5, 4), 0.01) == 1.0


def record(value: float, variance: Components = VARIANCE, seeds: int = 3, **changes: object) -> power.Power:
    options = {"alpha": 0.05, "items": 200, "grouped": False, "settled": False, **changes}
    found = power.power_record(value, variance, seeds=seeds, **options)  # type: ignore[arg-type]
    assert found is not None
    return found


def test_more_items_needed_reach_the_power() -> None:
    only_items = Components(4e-4, 200)
    found = record(0.03, only_items, seeds=1)
    assert found.items_needed == pytest.approx(200 * (2.8 * 0.02 / 0.03) ** 2, rel=0.02)
    assert found.seeds_needed is None
    assert "ran once" in found.statement


def test_no_number_of_seeds_alone() -> None:
    found = record(0.03, Components(4e-4, 200, (SeedTerm(2e-5, 0.0, 2),) * 2))
    assert found.items_needed is not None
    assert found.seeds_needed is None
    assert "no number of seeds alone would" in found.statement


def test_no_number_of_items_alone() -> None:
    shaky = Components(1e-5, 200, (SeedTerm(2e-4, 0.0, 2),) * 2)
    found = record(0.03, shaky)
    assert found.items_needed is None
    assert found.seeds_needed is not None
    assert found.seeds_needed > 3
    assert "alone would show it, but" in found.statement


def test_where_neither_alone_would_do_both_are_named() -> None:
    found = record(0.03, Components(4e-4, 200, (SeedTerm(4e-4, 0.0, 2),) * 2))
    assert found.items_needed is None
    assert found.seeds_needed is None
    assert "test documents with" in found.statement


def test_counts_are_rounded_up_to_what_is_known_of_them() -> None:
    assert [power._about(n) for n in (7, 99, 101, 67_834)] == ["7", "99", "110", "68,000"]


def test_groups_are_counted_where_they_are_the_units() -> None:
    found = record(0.03, Components(4e-4, 20), seeds=1, grouped=True)
    assert found.groups == 20
    assert found.items_needed is not None
    assert found.items_needed % 10 == 0
    assert "groups" in found.statement


def test_settled_and_equal_pairs_need_nothing() -> None:
    assert record(0.2, settled=True).items_needed is None
    assert "equal" in record(0.0).statement
    same = runs((0.8,))
    pair = statistics.compare_pairs(ACCURACY, [same, same], margin=0.01)[0]
    assert pair.power is None
    assert not pair.different
    assert pair.p_value == 1.0


@pytest.mark.parametrize(
    ("value", "margin", "first", "second"),
    [
        (0.0, 0.05, True, True),
        (0.03, 0.05, True, False),
        (-0.03, 0.05, False, True),
        (0.0, 0.01, False, False),
        (0.06, 0.0, True, False),
    ],
)
def test_non_inferiority_by_one_sided_bounds(value: float, margin: float, first: bool, second: bool) -> None:
    found = inferiority.non_inferiority(value, Components(4e-4, 500), margin)
    assert found is not None
    assert (found.first_not_inferior, found.second_not_inferior) == (first, second)
    assert found.equivalent == (first and second)
    assert found.low == pytest.approx(value - 1.648 * 0.02, abs=1e-4)


def test_score_intervals_stay_within_bounds_and_have_width_without_errors() -> None:
    perfect = statistics.score_interval(ACCURACY, runs((1.0,), 50))
    assert (perfect.low, perfect.high) == pytest.approx((0.025 ** (1 / 50), 1.0))
    high = statistics.score_interval(ACCURACY, runs((0.97,), 60))
    assert high.low is not None
    assert high.high is not None
    assert high.low < high.value < high.high < 1
    single = statistics.score_interval(ACCURACY, runs((1.0,), 1))
    assert single.low is None


def test_distinct_rows_keep_every_item() -> None:
    tables = [runs((0.7, 0.8), seed=s, task=F1).statistics[0] for s in (0, 1)]
    rows, counts = distinct_rows(tables)
    assert counts.sum() == 300
    assert len(rows) == len(np.unique(np.hstack(tables), axis=0))
    for table in tables:
        np.testing.assert_allclose(counts @ table[rows], table.sum(axis=0))


def test_units_are_sums_over_groups() -> None:
    arm = runs((0.8,), 12)
    codes = np.array([2, 0, 1] * 4)
    found = in_units(arm, codes).statistics[0]
    np.testing.assert_array_equal(found[1], arm.statistics[0][codes == 1].sum(axis=0))


def test_few_seeds_reach_far_in_the_draws() -> None:
    arm = Scored("x", tuple(np.tile([[a, 1.0]], (200, 1)) for a in (0.75, 0.80, 0.85)))
    draws = statistics.bootstrap(ACCURACY, [arm], resamples=40_000)[:, 0]
    low, high = np.quantile(draws, [0.025, 0.975])
    # Items add nothing here: the mean ± t(2 degrees) * 0.05 / sqrt(3).
    assert (low, high) == pytest.approx((0.8 - 0.1242, 0.8 + 0.1242), abs=0.005)
    assert draws.max() == 1.0


def test_one_arm_with_few_seeds_widens_the_interval_and_the_p_value_alike() -> None:
    one = Components(1e-4, 400, (SeedTerm(9e-4, 0.0, 2),))
    two = Components(1e-4, 400, (SeedTerm(4.5e-4, 0.0, 2),) * 2)
    assert one.total == pytest.approx(two.total)
    plain = intervals.quantile(0.975, one.degrees) * one.error
    widened = intervals.half_width(one, 0.975)
    assert plain < widened < np.hypot(1.966 * 1e-2, 4.303 * 3e-2)
    assert intervals.half_width(two, 0.975) == pytest.approx(
        intervals.quantile(0.975, two.degrees) * two.error
    )
    for variance in (one, two):
        reach = intervals.half_width(variance, 0.975)
        assert statistics.t_test_p(reach, variance) == pytest.approx(0.05, abs=1e-6)


def test_p_values_at_the_ends() -> None:
    variance = Components(1e-4, 400)
    assert statistics.t_test_p(0.0, variance) == 1.0
    assert 0 < statistics.t_test_p(0.9, variance) < 1e-8
    assert statistics.t_test_p(0.3, Components(0.0, 400)) == 1.0

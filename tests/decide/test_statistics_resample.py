"""Exact values of the parts that resamples are put together from."""

from __future__ import annotations

import numpy as np
import pytest

from decide import statistics
from decide.statistics import resample
from decide.statistics.resample import (
    drawn_by_seed,
    estimate,
    expected_regret,
    item_tails,
    over_seeds,
    probability_best,
    seed_directions,
)
from decide.statistics.scored import Scored
from evalsets import TextClassification

ACCURACY = TextClassification(("a", "b"), metric="accuracy")


def arm(name: str, *shares: float, n: int = 40) -> Scored:
    """An arm with one seed for each share of right answers, on other items each."""
    rng = np.random.default_rng([len(name), *name.encode()])
    rows = [rng.permutation(np.arange(n) < share * n).astype(float) for share in shares]
    return Scored(name, tuple(np.stack([row, np.ones(n)], axis=1) for row in rows))


def test_tails_of_items() -> None:
    found = item_tails(7, 5, np.random.default_rng(3))
    np.testing.assert_allclose(found, np.sqrt(7 / np.random.default_rng(3).chisquare(6, (5, 1))))
    assert item_tails(1, 3, np.random.default_rng(0)).tolist() == [[1.0]] * 3
    assert item_tails(2, 3, np.random.default_rng(0)).std() > 0


def test_directions_of_seeds() -> None:
    rng = np.random.default_rng(3)
    found = seed_directions(4, 5, np.random.default_rng(3))
    normal = rng.standard_normal((5, 4))
    np.testing.assert_allclose(found, normal * np.sqrt(3 / rng.chisquare(3, (5, 1))) / np.sqrt(4 * 3))
    assert seed_directions(1, 3, np.random.default_rng(0)).tolist() == [[0.0]] * 3
    assert seed_directions(2, 3, np.random.default_rng(0)).std() > 0


def test_a_single_seed_moves_with_its_items_only() -> None:
    drawn = np.array([0.5, 0.7, 0.9]).reshape(3, 1, 1)
    tails = np.array([[1.0], [2.0], [0.5]])
    found = over_seeds(drawn, np.array([[0.7]]), tails, np.ones((3, 1)))
    np.testing.assert_allclose(found, [[0.5], [0.7], [0.8]])


def test_seeds_are_shrunk_by_what_items_explain_of_their_spread() -> None:
    points = np.array([[0.6], [0.8]])
    drawn = np.array([[[0.55], [0.75]], [[0.65], [0.75]]])  # two resamples of two seeds
    tails, directions = np.array([[1.0], [2.0]]), np.array([[1.0, 0.0], [0.5, 1.0]])
    between = 0.02 / 2
    # The seeds' deviations from their mean are ∓0.1 and ∓0.05 in the two resamples: variance 0.025².
    inside = 0.025**2 / 1
    kept = np.sqrt(1 - inside / between)
    expected = [[0.7 - 0.05 - 0.1 * kept], [0.7 + 0.0 + (-0.05 + 0.1) * kept]]
    np.testing.assert_allclose(over_seeds(drawn, points, tails, directions), expected)
    # Seeds that score alike on all items add nothing of their own, whatever they do in resamples.
    alike = over_seeds(drawn, np.array([[0.7], [0.7]]), tails, directions)
    np.testing.assert_allclose(alike, [[0.65], [0.7]])


def test_quantities_are_put_together_each_by_itself() -> None:
    rng = np.random.default_rng(0)
    points = np.array([[0.6, 0.1], [0.8, 0.9]])
    drawn = points + rng.normal(0, 0.02, (50, 2, 2))
    tails, directions = item_tails(30, 50, rng), seed_directions(2, 50, rng)
    apart = [over_seeds(drawn[:, :, [i]], points[:, [i]], tails, directions) for i in (0, 1)]
    np.testing.assert_allclose(over_seeds(drawn, points, tails, directions), np.hstack(apart))


def test_three_seeds_divide_by_two_degrees_of_freedom() -> None:
    points = np.array([[0.6], [0.7], [0.8]])
    rng = np.random.default_rng(0)
    drawn = points + rng.normal(0, 0.02, (50, 3, 1))
    apart = drawn - drawn.mean(axis=1, keepdims=True)
    share = 1 - apart.var(axis=0).mean() / 2 / (points.var(ddof=1) / 3)
    directions = rng.normal(size=(50, 3))
    expected = drawn.mean(axis=1) + directions @ ((points - 0.7) * np.sqrt(share))
    np.testing.assert_allclose(over_seeds(drawn, points, np.ones((50, 1)), directions), expected)


def test_an_estimate_is_the_middle_share_of_its_draws() -> None:
    found = estimate(0.4, np.linspace(0, 1, 101), 0.9)
    assert (found.value, found.low, found.high, found.level) == (
        0.4,
        pytest.approx(0.05),
        pytest.approx(0.95),
        0.9,
    )
    assert estimate(0.4, np.linspace(0, 1, 101)).low == pytest.approx(0.025)
    nothing = estimate(0.4, np.zeros(0), 0.9)
    assert (nothing.value, nothing.low, nothing.high, nothing.level) == (0.4, None, None, 0.9)


def test_ties_up_to_rounding_are_shared_and_what_is_not_allowed_is_never_best() -> None:
    draws = np.array([[0.5, 0.5 + 1e-12, 0.1], [0.9, 0.5, 0.1], [0.2, 0.3, 0.3 + 1e-6], [0.1, 0.2, 0.3]])
    np.testing.assert_allclose(probability_best(draws), [1.5 / 4, 0.5 / 4, 2 / 4])
    allowed = np.array([[True, True, True], [False, True, True], [True, True, False], [True, False, False]])
    np.testing.assert_allclose(probability_best(draws, allowed), [1.5 / 4, 2.5 / 4, 0])


def test_without_draws_nothing_is_best_and_nothing_is_lost() -> None:
    assert probability_best(np.zeros((0, 3))).tolist() == [0.0] * 3
    assert expected_regret(np.zeros((0, 3))).tolist() == [0.0] * 3


def test_without_arms_there_are_columns_of_nothing() -> None:
    found = statistics.bootstrap_together([(ACCURACY, []), (ACCURACY, [])], resamples=7)
    assert [draws.shape for draws in found] == [(7, 0), (7, 0)]


def test_draws_depend_on_the_seed_and_stay_within_0_and_1() -> None:
    arms = [arm("low", 0.02, 0.1, 0.0), arm("high", 0.98, 0.9, 1.0)]
    draws = statistics.bootstrap(ACCURACY, arms, resamples=500)
    assert draws.shape == (500, 2)
    assert (draws.min(), draws.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(draws, statistics.bootstrap(ACCURACY, arms, resamples=500, seed=0))
    assert (draws != statistics.bootstrap(ACCURACY, arms, resamples=500, seed=1)).any()


def test_seeds_are_paired_between_arms_only_where_they_are_shared() -> None:
    twins = [arm("x", 0.5, 0.7, 0.9), arm("x", 0.5, 0.7, 0.9)]
    shared = statistics.bootstrap(ACCURACY, twins, resamples=100, shared_seeds=True)
    np.testing.assert_array_equal(shared[:, 0], shared[:, 1])
    apart = statistics.bootstrap(ACCURACY, twins, resamples=100)
    assert (apart[:, 0] != apart[:, 1]).mean() > 0.9
    # Arms with other numbers of seeds stand between them.
    three = [twins[0], arm("y", 0.5, 0.6), twins[1]]
    shared = statistics.bootstrap(ACCURACY, three, resamples=100, shared_seeds=True)
    np.testing.assert_array_equal(shared[:, 0], shared[:, 2])


def test_groups_are_drawn_whole_from_the_least_number_on() -> None:
    one = arm("x", 0.5)
    groups = [str(i // 4) for i in range(40)]
    by_item = statistics.bootstrap(ACCURACY, [one], resamples=50)
    np.testing.assert_array_equal(
        statistics.bootstrap(ACCURACY, [one], groups, resamples=50, min_clusters=11), by_item
    )
    by_group = statistics.bootstrap(ACCURACY, [one], groups, resamples=50)
    np.testing.assert_array_equal(
        by_group, statistics.bootstrap(ACCURACY, [one], groups, resamples=50, min_clusters=10)
    )
    assert (by_group != by_item).any()


def test_scores_of_each_seed_under_the_same_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    arms = [arm("x", 0.5, 0.75), arm("y", 1.0)]
    for few in (0, 400):
        monkeypatch.setattr(resample, "FEW_KINDS", few)
        (found,) = drawn_by_seed([(ACCURACY, arms)], 3000, np.random.default_rng(0))
        assert [x.shape for x in found] == [(3000, 2), (3000, 1)]
        assert found[0].mean(axis=0) == pytest.approx([0.5, 0.75], abs=0.01)
        assert found[0].std(axis=0) == pytest.approx([0.0791, 0.0685], rel=0.05)
        assert (found[1] == 1.0).all()


def test_as_many_kinds_as_are_few_are_drawn_by_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("drawn as many kinds")

    monkeypatch.setattr(resample, "_drawn_of_many", refuse)
    monkeypatch.setattr(resample, "FEW_KINDS", 2)
    one = arm("x", 0.5)
    ((found,),) = drawn_by_seed([(ACCURACY, [one])], 9, np.random.default_rng(0))
    counts = np.random.default_rng(0).multinomial(40, [0.5, 0.5], 9)
    np.testing.assert_allclose(found[:, 0], counts[:, 1] / 40)

"""Which test is made of a pair, exact p-values, and what is recorded of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decide import statistics
from decide.comparison import PairResult
from decide.records import Estimate
from decide.statistics import pairs, significance
from decide.statistics.scored import Scored
from decide.statistics.significance import randomisation_p, right_or_wrong
from decide.statistics.variance import Components
from evalsets import TextClassification

ACCURACY = TextClassification(("a", "b"), metric="accuracy")
ITEMS = Components(4e-4, 101)


def hits(*runs: Any, name: str = "x") -> Scored:
    """An arm by the right (1) and wrong (0) answers of each seed."""
    return Scored(name, tuple(np.stack([run, np.ones(len(run))], axis=1).astype(float) for run in runs))


def coins(name: str, seeds: int, share: float = 0.7, n: int = 60) -> Scored:
    rng = np.random.default_rng([seeds, *name.encode()])
    return hits(*(rng.random((seeds, n)) < share), name=name)


@pytest.mark.parametrize(("by_swaps", "by_t"), [(0.02, 0.3), (0.3, 0.02)])
def test_with_seeds_the_larger_p_value_counts(
    by_swaps: float, by_t: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    monkeypatch.setattr(significance, "randomisation_p", lambda *a: asked.append(a) or by_swaps)
    monkeypatch.setattr(significance, "t_test_p", lambda *a: asked.append(a) or by_t)
    first, second = hits([1, 1, 0, 1], [1, 1, 1, 1]), hits([1, 0, 0, 1], [0, 0, 0, 1])
    found = significance.significance(ACCURACY, first, second, ITEMS, 77, seed=5)
    assert found == (
        0.3,
        "approximate randomisation and t test over items and seeds, the larger p-value",
    )
    assert asked == [(ACCURACY, first, second, 77, 5), (0.875 - 0.375, ITEMS)]
    grouped = significance.significance(ACCURACY, first, second, ITEMS, 77, grouped=True)
    assert grouped == (
        0.3,
        "approximate randomisation of whole groups and t test over items and seeds, the larger p-value",
    )
    # Groups that ran once are swapped whole, and no t test is made.
    once = significance.significance(ACCURACY, hits([1, 0]), hits([0, 0]), ITEMS, 77, grouped=True)
    assert once == (by_swaps, "approximate randomisation of whole groups")
    assert asked[-1][3:] == (77, 0)
    # One arm with several seeds is enough for the t test, whichever it is.
    for arms in ((first, hits([1, 0, 0, 1])), (hits([1, 0, 0, 1]), first)):
        assert significance.significance(ACCURACY, *arms, ITEMS)[1] == significance.WITH_SEEDS


def test_one_run_each_is_tested_by_mcnemar_only_if_both_are_right_or_wrong() -> None:
    first, second = hits([1] * 6 + [0] * 6), hits([1] + [0] * 10 + [1])
    assert significance.significance(ACCURACY, first, second, ITEMS) == (
        pytest.approx(14 / 64),
        "McNemar's exact test",
    )
    half = hits([1] * 6 + [0] * 5 + [0.5])
    for arms in ((first, half), (half, first)):
        assert significance.significance(ACCURACY, *arms, ITEMS, 99)[1] == "approximate randomisation"


def test_right_or_wrong_gives_the_score_of_each_item() -> None:
    found = right_or_wrong(ACCURACY, hits([1, 0, 1]).statistics[0])
    assert found is not None
    assert found.tolist() == [1, 0, 1]
    assert right_or_wrong(ACCURACY, hits([1, 0.5, 1]).statistics[0]) is None


class Weighed:
    """Right over all, but with a term that is seen only where items count unequally (or always)."""

    def __init__(self, always: float = 0.0, unequal: float = 0.0) -> None:
        self.always, self.unequal = always, unequal

    def score_from_statistics(self, totals: Any) -> Any:
        share = totals[..., 0] / totals[..., 1]
        several = totals[..., 1] > 1
        uneven = totals[..., 1] != 4
        return share + several * (self.always + uneven * self.unequal)


@pytest.mark.parametrize(("always", "unequal", "plain"), [(0, 0, True), (1e-3, 0, False), (0, 1e-3, False)])
def test_a_metric_is_a_mean_if_it_is_one_under_two_weightings(
    always: float, unequal: float, plain: bool
) -> None:
    task: Any = Weighed(always, unequal)
    assert (right_or_wrong(task, hits([1, 0, 1, 1]).statistics[0]) is not None) == plain


def test_the_observed_arrangement_counts_as_one_permutation() -> None:
    better, worse = hits([1] * 60), hits([0] * 60)
    assert randomisation_p(ACCURACY, better, worse, 99) == pytest.approx(1 / 100)
    assert randomisation_p(ACCURACY, worse, better, 99) == pytest.approx(1 / 100)
    assert randomisation_p(ACCURACY, better, better, 99) == 1.0


def test_all_arrangements_of_a_few_rows() -> None:
    # 4 rows for the one, 1 for the other: of 32 arrangements 2 * (1 + 5) are as uneven.
    first, second = hits([1, 1, 1, 1, 0, 1, 0]), hits([0, 0, 0, 0, 1, 1, 0])
    assert randomisation_p(ACCURACY, first, second, 20_000) == pytest.approx(12 / 32, abs=0.012)


def test_permutations_do_not_depend_on_how_many_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = coins("a", 1), coins("b", 1, 0.6)
    whole = randomisation_p(ACCURACY, first, second, 500)
    for cells in (1, 30, 4 * 500 - 1):
        monkeypatch.setattr(significance, "CHUNK_CELLS", cells)
        assert randomisation_p(ACCURACY, first, second, 500) == whole
        assert randomisation_p(ACCURACY, first, first, 500) == 1.0
    assert randomisation_p(ACCURACY, first, second, 500, seed=0) == whole
    assert {randomisation_p(ACCURACY, first, second, 500, seed) for seed in range(4)} != {whole}


def test_seeds_of_other_number_are_repeated_until_they_match() -> None:
    two, three = coins("a", 2), coins("b", 3, 0.6)
    both = [Scored(arm.name, arm.statistics * by) for arm, by in ((two, 3), (three, 2))]
    found = randomisation_p(ACCURACY, two, three, 300)
    assert found == randomisation_p(ACCURACY, *both, 300)
    assert 1 / 301 < found < 1


def test_seeds_are_swapped_together() -> None:
    # Over seeds, the first is right on 2 of 2 for 3 rows: 2 of 8 arrangements are as uneven.
    first, second = hits([1, 1, 1], [1, 1, 1]), hits([0, 0, 0], [0, 0, 0])
    assert randomisation_p(ACCURACY, first, second, 8000) == pytest.approx(0.25, abs=0.02)


def test_a_pair_records_what_it_was_compared_by() -> None:
    arms = [coins("a", 3, n=240), coins("b", 1, n=240), coins("c", 2, 0.4, n=240)]
    groups = [str(i % 12) for i in range(240)]
    found = statistics.compare_pairs(ACCURACY, arms, groups, margin=0.1, permutations=99)
    assert [(p.first, p.second) for p in found] == [("a", "b"), ("a", "c"), ("b", "c")]
    assert [p.power.seeds for p in found if p.power] == [3, 3, 2]
    for p in found:
        assert p.power is not None
        assert p.non_inferiority is not None
        assert (p.power.alpha, p.power.items, p.power.groups) == (pytest.approx(0.05 / 3), 240, 12)
        assert p.non_inferiority.margin == 0.1
        assert p.test.endswith(", Holm")
        assert p.p_adjusted <= 1
        assert (p.p_value * 100) == pytest.approx(round(p.p_value * 100)) or "t test" in p.test
    scores = [float(statistics.point_score(ACCURACY, arm)) for arm in arms]
    assert found[0].difference.value == pytest.approx(scores[0] - scores[1])
    assert found[2].difference.value == pytest.approx(scores[1] - scores[2])
    assert found[1].power is not None
    assert found[1].different
    assert found[1].power.items_needed is None  # settled
    fewer = statistics.compare_pairs(ACCURACY, arms, groups, min_clusters=13, permutations=99)[0]
    assert fewer.non_inferiority is None
    assert fewer.power is not None
    assert fewer.power.groups is None


def judged(monkeypatch: pytest.MonkeyPatch, p: float, low: float | None, high: float | None) -> PairResult:
    monkeypatch.setattr(pairs, "significance", lambda *_, **__: (p, "made up"))
    monkeypatch.setattr(
        pairs, "difference_interval", lambda value, _: Estimate(value=value, low=low, high=high)
    )
    return statistics.compare_pairs(ACCURACY, [coins("a", 1), coins("b", 1)])[0]


@pytest.mark.parametrize(
    ("p", "low", "high", "different"),
    [
        (0.049, 0.01, 0.2, True),
        (0.049, -0.2, -0.01, True),
        (0.05, 0.01, 0.2, False),
        (0.2, 0.01, 0.2, False),
        (0.01, -0.1, 0.2, False),
        (0.01, 0.0, 0.2, False),
        (0.01, -0.2, 0.0, False),
        (0.01, None, None, False),
    ],
)
def test_arms_differ_where_test_and_interval_agree(
    p: float, low: float | None, high: float | None, different: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = judged(monkeypatch, p, low, high)
    assert (found.different, found.p_value, found.p_adjusted) == (different, p, pytest.approx(p))
    assert (found.difference.low, found.difference.high) == (low, high)
    assert found.test == "made up, Holm"


def test_shared_seeds_of_pairs_are_those_of_the_variance() -> None:
    arms = [coins("a", 3), coins("b", 3, 0.6)]
    measured = [statistics.measure(ACCURACY, arm) for arm in arms]
    by_default = statistics.compare_pairs(ACCURACY, arms, permutations=9)
    assert by_default == statistics.compare_pairs(ACCURACY, arms, shared_seeds=False, permutations=9)
    for shared in (False, True):
        found = statistics.compare_pairs(ACCURACY, arms, shared_seeds=shared, permutations=9)[0]
        value = found.difference.value
        expected = statistics.difference_interval(
            value, statistics.difference(*measured, shared_seeds=shared)
        )
        assert found.difference == expected

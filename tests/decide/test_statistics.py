import numpy as np
import pytest

from decide import statistics
from evalsets import TextClassification

TASK = TextClassification(("a", "b", "c"), metric="macro_f1")
ACCURACY = TextClassification(("a", "b", "c"), metric="accuracy")


def answers(gold: list[str], accuracy: float, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [g if rng.random() < accuracy else str(rng.choice(["a", "b", "c"])) for g in gold]


@pytest.fixture
def gold() -> list[str]:
    return list(np.random.default_rng(0).choice(["a", "b", "c"], 400, p=[0.5, 0.3, 0.2]))


def test_bootstrap_is_paired(gold: list[str]) -> None:
    same = answers(gold, 0.7, 1)
    arms = [statistics.scored(n, TASK, gold, [same]) for n in ("one", "two")]
    draws = statistics.bootstrap(TASK, arms)
    np.testing.assert_array_equal(draws[:, 0], draws[:, 1])


def test_bootstrap_agrees_with_scipy_for_accuracy(gold: list[str]) -> None:
    from scipy.stats import bootstrap

    predicted = answers(gold, 0.7, 1)
    hits = ACCURACY.item_scores(gold, predicted)
    theirs = bootstrap((hits,), np.mean, n_resamples=4000, method="percentile", rng=1).confidence_interval
    draws = statistics.bootstrap(ACCURACY, [statistics.scored("x", ACCURACY, gold, [predicted])])
    ours = statistics.estimate(float(hits.mean()), draws[:, 0])
    assert ours.low == pytest.approx(theirs.low, abs=0.01)
    assert ours.high == pytest.approx(theirs.high, abs=0.01)


def test_seeds_that_disagree_widen_the_interval(gold: list[str]) -> None:
    steady = statistics.scored("steady", TASK, gold, [answers(gold, 0.7, 1)] * 3)
    shaky = statistics.scored("shaky", TASK, gold, [answers(gold, a, 1) for a in (0.5, 0.7, 0.9)])
    draws = statistics.bootstrap(TASK, [steady, shaky])
    assert np.std(draws[:, 1]) > 2 * np.std(draws[:, 0])


def test_few_groups_are_not_resampled_many_are(gold: list[str]) -> None:
    few = [str(i % 3) for i in range(len(gold))]
    many = [str(i % 20) for i in range(len(gold))]
    assert statistics.cluster_codes(few) is None
    codes = statistics.cluster_codes(many)
    assert codes is not None
    assert codes[0] == codes[20]
    assert codes.max() == 19


def test_randomisation_sees_a_real_difference_and_not_a_shuffled_one(gold: list[str]) -> None:
    good, bad = answers(gold, 0.9, 1), answers(gold, 0.6, 2)
    a, b = (statistics.scored(n, TASK, gold, [p]) for n, p in (("a", good), ("b", bad)))
    assert statistics.randomisation_p(TASK, a, b) < 0.01
    assert statistics.randomisation_p(TASK, a, a) == 1.0
    c = statistics.scored("c", TASK, gold, [answers(gold, 0.9, 3)])
    assert statistics.randomisation_p(TASK, a, c) > 0.05


def test_randomisation_close_to_exact_mcnemar(gold: list[str]) -> None:
    from statsmodels.stats.contingency_tables import mcnemar

    first, second = answers(gold, 0.75, 1), answers(gold, 0.68, 2)
    x, y = ACCURACY.item_scores(gold, first) > 0, ACCURACY.item_scores(gold, second) > 0
    table = [[int((x & y).sum()), int((x & ~y).sum())], [int((~x & y).sum()), int((~x & ~y).sum())]]
    a, b = (statistics.scored(n, ACCURACY, gold, [p]) for n, p in (("a", first), ("b", second)))
    ours = statistics.randomisation_p(ACCURACY, a, b, resamples=20000)
    assert ours == pytest.approx(float(mcnemar(table, exact=True).pvalue), abs=0.01)


def test_pairs_are_signed_corrected_and_judged(gold: list[str]) -> None:
    arms = [
        statistics.scored(n, TASK, gold, [answers(gold, a, s)])
        for s, (n, a) in enumerate((("good", 0.9), ("twin", 0.9), ("bad", 0.3)))
    ]
    pairs = {(p.first, p.second): p for p in statistics.compare_pairs(TASK, arms)}
    assert len(pairs) == 3
    assert not pairs["good", "twin"].different
    assert pairs["good", "bad"].different
    assert pairs["good", "bad"].difference.value > 0.3
    assert all(p.p_adjusted >= p.p_value for p in pairs.values())


def test_probability_best_shares_ties_and_regret_is_nonnegative() -> None:
    draws = np.array([[0.5, 0.5, 0.1], [0.9, 0.5, 0.1]])
    np.testing.assert_allclose(statistics.probability_best(draws), [0.75, 0.25, 0])
    np.testing.assert_allclose(statistics.expected_regret(draws), [0, 0.2, 0.6])


def test_no_arms_no_pairs() -> None:
    assert statistics.bootstrap(TASK, []).shape[1] == 0
    assert statistics.compare_pairs(TASK, []) == []

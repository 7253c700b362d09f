"""Statistics: symmetric, within bounds, the same again, and those of the libraries where these have them."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decide.statistics import bootstrap, compare_pairs, scored
from decide.statistics.inferiority import non_inferiority
from decide.statistics.intervals import difference_interval, score_interval
from decide.statistics.resample import expected_regret, probability_best
from decide.statistics.scored import Scored, point_score
from decide.statistics.significance import mcnemar_p, randomisation_p
from decide.statistics.variance import difference, measure
from evalsets import TextClassification

LABELS = ("a", "b", "c")


@st.composite
def answers(
    draw: st.DrawFn, arms: int = 2
) -> tuple[TextClassification, list[str], list[list[list[str | None]]]]:
    """A task, gold labels, and for each arm the answers of one to three seeds."""
    n = draw(st.integers(4, 25))
    gold = draw(st.lists(st.sampled_from(LABELS), min_size=n, max_size=n))
    given_ = st.lists(st.sampled_from([*LABELS, None]), min_size=n, max_size=n)
    found = [draw(st.lists(given_, min_size=1, max_size=3)) for _ in range(arms)]
    metric: Any = draw(st.sampled_from(["macro_f1", "accuracy"]))
    return TextClassification(LABELS, metric=metric), gold, found


def measured(made: Any) -> tuple[TextClassification, list[Scored]]:
    task, gold, found = made
    return task, [scored(f"arm {i}", task, gold, seeds) for i, seeds in enumerate(found)]


@given(answers())
def test_scores_are_those_of_scikit_learn(made: Any) -> None:
    from sklearn.metrics import accuracy_score, f1_score

    task, gold, found = made
    for arm, seeds in zip(measured(made)[1], found, strict=True):
        plain = [[a or "no answer" for a in seed] for seed in seeds]
        if task.metric == "accuracy":
            wanted = [accuracy_score(gold, seed) for seed in plain]
        else:
            there = [sorted({*gold, *seed} - {"no answer"}) for seed in plain]
            pairs = zip(plain, there, strict=True)
            wanted = [f1_score(gold, p, labels=t, average="macro", zero_division=0) for p, t in pairs]
        assert point_score(task, arm) == pytest.approx(np.mean(wanted))


@given(answers())
def test_intervals_hold_their_estimate(made: Any) -> None:
    task, arms = measured(made)
    first, second = (measure(task, arm) for arm in arms)
    for arm in arms:
        found = score_interval(task, arm)
        if found.low is not None and found.high is not None:
            assert 0 <= found.low <= found.value + 1e-12
            assert found.value - 1e-12 <= found.high <= 1
    value = point_score(task, arms[0]) - point_score(task, arms[1])
    there = difference_interval(value, difference(first, second))
    back = difference_interval(-value, difference(second, first))
    if there.low is not None and there.high is not None:
        assert there.low <= value <= there.high
        assert (back.low, back.high) == (pytest.approx(-there.high), pytest.approx(-there.low))


@given(answers())
def test_permutation_does_not_mind_the_order_of_arms(made: Any) -> None:
    task, (first, second) = measured(made)
    p = randomisation_p(task, first, second, 200, seed=1)
    assert 0 < p <= 1
    assert p == randomisation_p(task, first, second, 200, seed=1)
    assert randomisation_p(task, first, first, 200) == 1
    # Swapping the arms turns every permutation into its complement, so p differs by chance alone.
    assert randomisation_p(task, second, first, 200, seed=1) == pytest.approx(p, abs=0.2)


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=40))
def test_mcnemar_is_symmetric(rows: list[tuple[bool, bool]]) -> None:
    a, b = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    assert 0 < mcnemar_p(a, b) <= 1
    assert mcnemar_p(a, b) == pytest.approx(mcnemar_p(b, a))
    assert mcnemar_p(a, a) == 1


@settings(max_examples=20)
@given(answers(3), st.integers(0, 3))
def test_resamples_are_the_same_again_and_paired(made: Any, seed: int) -> None:
    task, arms = measured(made)
    draws = bootstrap(task, arms, resamples=200, seed=seed)
    assert draws.shape == (200, 3)
    assert ((draws >= 0) & (draws <= 1)).all()
    assert np.array_equal(draws, bootstrap(task, arms, resamples=200, seed=seed))
    best, regret = probability_best(draws), expected_regret(draws)
    assert best.sum() == pytest.approx(1)
    assert (regret >= -1e-12).all()
    assert regret.min() <= regret[int(best.argmax())] + 1e-12
    same = bootstrap(
        task, [Scored("x", arms[0].statistics[:1]), Scored("y", arms[0].statistics[:1])], resamples=99
    )
    assert np.array_equal(same[:, 0], same[:, 1])


@settings(max_examples=10)
@given(answers(4))
def test_holm_is_monotone_and_never_smaller(made: Any) -> None:
    task, arms = measured(made)
    pairs = compare_pairs(task, arms)
    assert len(pairs) == 6
    by_raw = sorted((pair.p_value, pair.p_adjusted) for pair in pairs)
    assert all(0 < raw <= adjusted <= 1 for raw, adjusted in by_raw)
    assert all(a[1] <= b[1] + 1e-12 for a, b in itertools.pairwise(by_raw))
    assert by_raw[0][1] == pytest.approx(min(1, 6 * by_raw[0][0]))


@given(answers(), st.floats(0, 0.5))
def test_non_inferiority_grows_easier_with_the_margin(made: Any, margin: float) -> None:
    task, arms = measured(made)
    first, second = (measure(task, arm) for arm in arms)
    value = point_score(task, arms[0]) - point_score(task, arms[1])
    variance = difference(first, second)
    strict, loose = (non_inferiority(value, variance, m) for m in (margin, margin + 0.1))
    back = non_inferiority(-value, difference(second, first), margin)
    assert strict is not None
    assert loose is not None
    assert back is not None
    assert strict.low <= value <= strict.high
    assert not strict.first_not_inferior or loose.first_not_inferior
    assert not strict.second_not_inferior or loose.second_not_inferior
    assert back.first_not_inferior == strict.second_not_inferior

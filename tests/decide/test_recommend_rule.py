from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decide.comparison import ArmResult, PairResult
from decide.recommend import Evidence, recommend
from decide.recommend.evidence import Array
from decide.recommend.right import draws_with_right
from decide.recommend.rule import COST_TIE
from decide.records import Estimate
from decide.statistics import bootstrap, compare_pairs, scored
from decide.workload import Workload
from evalsets import TextClassification
from tests.decide.test_recommend import arm, draws

TASK = TextClassification(labels=("a", "b"), metric="accuracy")


def measured(
    wrong: dict[str, set[int]], items: int, **costs: float
) -> tuple[list[ArmResult], Array, list[PairResult]]:
    """Arms that are right on all of ``items`` documents but those named, with bootstrap and tests."""
    gold = ["a", "b"] * (items // 2)
    answers = {
        name: [("b" if g == "a" else "a") if i in off else g for i, g in enumerate(gold)]
        for name, off in wrong.items()
    }
    parts = [scored(name, TASK, gold, [given]) for name, given in answers.items()]
    resamples = bootstrap(TASK, parts)
    arms = [arm(name, 1 - len(off) / items, unit=costs.get(name, 1.0)) for name, off in wrong.items()]
    return arms, resamples, compare_pairs(TASK, parts)


def test_fifty_items_and_one_that_differs_name_no_winner() -> None:
    arms, resamples, pairs = measured({"one": {1, 2}, "two": {1, 2, 3}}, 50)
    result = recommend(arms, resamples, pairs, Workload(), items=50)
    assert result.outcome == "cannot_tell"
    assert "two" in result.headline
    assert any("Label more test documents" in step and "50 are there" in step for step in result.next_steps)


def test_a_dearer_arm_is_not_shipped_for_one_item_in_fifty() -> None:
    arms, resamples, pairs = measured({"dear": {1, 2}, "cheap": {1, 2, 3}}, 50, dear=40.0)
    result = recommend(arms, resamples, pairs, Workload(), items=50)
    assert result.outcome == "cannot_tell"
    assert any("cheap is not shown to be worse than dear" in step for step in result.next_steps)


def test_equal_arms_are_decided_by_cost_where_the_test_set_can_show_it() -> None:
    wrong = {"dear": {1, 2, 3}, "cheap": {1, 2, 3}}
    for items, outcome in ((50, "cannot_tell"), (600, "ship")):
        arms, resamples, pairs = measured(wrong, items, dear=40.0)
        result = recommend(arms, resamples, pairs, Workload(), items=items)
        assert result.outcome == outcome
        assert items == 50 or result.arm == "cheap"
    assert result.probability_best == pytest.approx(1.0, abs=0.02)


def test_a_wide_margin_lets_fifty_items_decide_by_cost() -> None:
    arms, resamples, pairs = measured({"dear": {1, 2, 3}, "cheap": {1, 2, 3}}, 50, dear=40.0)
    result = recommend(arms, resamples, pairs, Workload(margin=0.1), items=50)
    assert (result.outcome, result.arm) == ("ship", "cheap")


def test_a_clear_winner_on_fifty_items_is_one() -> None:
    arms, resamples, pairs = measured({"good": {1}, "bad": set(range(20))}, 50, good=40.0)
    result = recommend(arms, resamples, pairs, Workload(), items=50)
    assert (result.outcome, result.arm) == ("ship", "good")


def test_a_much_cheaper_leader_needs_no_proof_of_being_ahead() -> None:
    arms = [arm("cheap", 0.80, unit=1.0), arm("dear", 0.79, unit=1.0 / (1 - 2 * COST_TIE))]
    sample = draws(0.80, 0.79, spread=0.012)
    assert (sample[:, 0] > sample[:, 1]).mean() < 0.8
    assert recommend(arms, sample, [], Workload()).outcome == "ship"
    same = [arms[0], arm("dear", 0.79, unit=1.0)]
    assert recommend(same, sample, [], Workload()).outcome == "cannot_tell"


def test_the_paired_test_can_hold_back_what_resamples_are_sure_of() -> None:
    pair = PairResult(
        first="worse",
        second="better",
        difference=Estimate(value=-0.03),
        p_value=0.9,
        p_adjusted=0.9,
        test="",
        different=False,
    )
    arms = [arm("worse", 0.77), arm("better", 0.80)]
    sample = draws(0.77, 0.80, spread=0.002)
    assert recommend(arms, sample, [], Workload()).outcome == "ship"
    assert recommend(arms, sample, [pair], Workload()).outcome == "cannot_tell"


def test_widening_vanishes_as_the_test_set_grows() -> None:
    sample = draws(0.7, 0.8)
    spreads = [float(np.std(Evidence.of([], sample, [], items=n).draws - sample)) for n in (50, 500, 50_000)]
    assert spreads == pytest.approx([np.sqrt(0.5) / n for n in (50, 500, 50_000)], rel=0.1)
    assert Evidence.of([], sample, []).draws is sample


def test_with_a_price_of_errors_score_is_weighed_in_money() -> None:
    arms = [arm("cheap", 0.80, unit=1.0), arm("dear", 0.85, unit=101.0)]
    sample = draws(0.80, 0.85, spread=0.001, shared=0.0)
    documents = Workload().documents
    extra = 100 * documents / 1000
    even = extra / (0.05 * documents)  # the price of an error at which five points pay the extra cost
    for price, name in ((even * 0.8, "cheap"), (even * 1.25, "dear")):
        result = recommend(arms, sample, [], Workload(error_usd=price, margin=0.0))
        assert (result.outcome, result.arm) == ("ship", name)
        assert result.expected_regret_usd == pytest.approx(0.0, abs=1.0)
    (flip,) = [
        f
        for f in recommend(arms, sample, [], Workload(error_usd=even * 0.8, margin=0.0)).flip_details
        if f.parameter == "error_usd"
    ]
    assert flip.arm == "dear"
    assert flip.threshold == pytest.approx(even, rel=0.06)  # where it is sure enough


def test_a_worth_of_a_point_says_the_same_as_the_price_of_an_error() -> None:
    arms = [arm("cheap", 0.80, unit=1.0), arm("dear", 0.85, unit=101.0)]
    sample = draws(0.80, 0.85, spread=0.005)
    by_error = recommend(arms, sample, [], Workload(error_usd=3.0))
    by_point = recommend(arms, sample, [], Workload(usd_per_point=3.0 * Workload().documents / 100))
    assert by_error.arm == by_point.arm
    assert by_error.expected_regret_usd == pytest.approx(by_point.expected_regret_usd)


def test_regret_in_money_is_that_of_the_errors() -> None:
    arms = [arm("one", 0.80), arm("two", 0.80)]
    sample = draws(0.80, 0.80, spread=0.01, shared=0.0)
    result = recommend(arms, sample, [], Workload(error_usd=0.5))
    assert result.expected_regret is not None
    assert result.expected_regret_usd == pytest.approx(result.expected_regret * 0.5 * Workload().documents)


@pytest.mark.parametrize("metric", ["accuracy", "macro_f1"])
def test_right_answers_follow_the_resamples_of_the_scores(metric: str) -> None:
    gold = ["a", "b"] * 30
    answers = [["a"] * 60, ["b", *gold[1:]]]
    task = TextClassification(labels=("a", "b"), metric=metric)
    parts = [scored(str(i), task, gold, [given]) for i, given in enumerate(answers)]
    scores, right = draws_with_right(task, gold, parts, [[given] for given in answers], None)
    if metric == "accuracy":
        assert np.allclose(scores, right)
    # Where the one document that the second arm gets wrong was not drawn, both are whole.
    assert ((scores[:, 1] == 1) == (right[:, 1] == 1)).all()
    assert 0 < (right[:, 1] == 1).mean() < 1


@pytest.mark.parametrize(
    ("workload", "changes"),
    [
        (Workload(max_p95_ms=100), {"p95": 900.0}),
        (Workload(min_score=0.95), {}),
        (Workload(max_cost_per_1000_usd=0.5), {}),
        (Workload(max_p95_ms=100, max_cost_per_1000_usd=0.5), {"p95": 900.0}),
        (Workload(), {"leaves": True}),
    ],
)
def test_none_eligible_says_what_would_have_to_give(workload: Workload, changes: dict[str, Any]) -> None:
    result = recommend([arm("only", 0.9, **changes)], draws(0.9), [], workload)
    assert result.outcome == "none_eligible"
    (flip,) = result.flip_details
    assert (flip.arm, flip.outcome) == ("only", "ship")
    assert "only (score 0.900) comes nearest; it could be shipped if" in result.next_steps[0]


@pytest.mark.parametrize("dearer", [1.0, 2.0])
def test_an_arm_is_named_for_its_score_only_where_that_is_sure(dearer: float) -> None:
    arms = [arm("cheap", 0.80, unit=1.0), arm("good", 0.82, unit=dearer)]
    sample = draws(0.80, 0.82, spread=0.012)
    assert 0.8 < float((sample[:, 1] > sample[:, 0]).mean()) < 0.95
    result = recommend(arms, sample, [], Workload())
    assert result.outcome == "cannot_tell"
    assert "95% is asked" in result.headline
    surer = recommend(arms, draws(0.80, 0.82, spread=0.004), [], Workload())
    assert (surer.outcome, surer.arm) == ("ship", "good")

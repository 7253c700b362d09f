"""The rule and what it is applied to, at its boundaries."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decide.comparison import PairResult
from decide.economics.reprice import Amount
from decide.recommend.evidence import Evidence
from decide.recommend.right import _Share, draws_with_right
from decide.recommend.rule import Rival, Verdict, apply
from decide.records import Estimate
from decide.statistics import bootstrap, scored
from decide.workload import Workload
from evalsets import TextClassification
from tests.decide.test_recommend import arm

Gap = float | tuple[float, int]


def sample(*columns: list[Gap]) -> np.ndarray[Any, Any]:
    """Columns of 100 resamples, each from values and how often they occur, in order."""
    return np.stack(
        [
            np.concatenate([np.full(n, v) for v, n in ((g if isinstance(g, tuple) else (g, 100)) for g in c)])
            for c in columns
        ],
        axis=1,
    )


def judged(
    draws: np.ndarray[Any, Any], *costs: float, pairs: list[PairResult] | None = None, **workload: Any
) -> Verdict:
    """The rule on arms a, b, c with costs over the horizon, at the scores drawn on average."""
    names = "abc"[: len(costs)]
    arms = [arm(name, float(draws[:, i].mean())) for i, name in enumerate(names)]
    amounts = {name: Amount(0.0, 1.0, cost) for name, cost in zip(names, costs, strict=True)}
    return apply(Evidence.of(arms, draws, pairs or []), Workload(**workload), amounts)


def pair(first: str, second: str, value: float, p: float) -> PairResult:
    return PairResult(
        first=first, second=second, difference=Estimate(value=value), p_value=p, p_adjusted=p, test="",
        different=False,
    )  # fmt: skip


def test_the_cheaper_arm_replaces_the_leader_if_it_is_near_in_19_of_20_resamples() -> None:
    for near, chosen in ((95, "a"), (94, "b")):
        draws = sample([(0.79, near), (0.5, 100 - near)], [0.8])
        found = judged(draws, 10.0, 20.0, margin=0.01)
        assert (found.arm, found.leader) == (chosen, "b")
        assert found.within == pytest.approx(near / 100 if chosen == "a" else 1.0)
        assert found.safe == pytest.approx(near / 100 if chosen == "a" else 1.0)
    # Of no use if it costs as much.
    assert judged(sample([0.79], [0.8]), 20.0, 20.0, margin=0.01).arm == "b"


def test_the_cheapest_of_all_that_are_near_is_chosen() -> None:
    draws = sample([0.79], [0.795], [0.8])
    assert judged(draws, 5.0, 10.0, 20.0, margin=0.01).arm == "a"
    assert judged(draws, 10.0, 5.0, 20.0, margin=0.01).arm == "b"
    assert judged(draws, 5.0, 10.0, 20.0, margin=0.005).arm == "b"
    assert judged(draws, 5.0, 10.0, 20.0, margin=0.0).arm == "c"
    assert judged(draws, 5.0, 5.0, 20.0, margin=0.01).arm == "b"  # the higher score at the same cost


def test_equal_scores_are_led_by_the_cheaper_arm() -> None:
    found = judged(sample([0.8], [0.8 + 1e-12]), 10.0, 20.0, margin=0.0)
    assert (found.outcome, found.arm, found.leader) == ("ship", "a", "a")
    assert judged(sample([0.8], [0.8]), 20.0, 10.0, margin=0.0).leader == "b"


def test_probability_best_goes_to_the_cheapest_within_the_margin() -> None:
    draws = sample([(0.795, 60), (0.7, 40)], [0.8])
    found = judged(draws, 10.0, 20.0, margin=0.01)
    assert found.best == {"a": pytest.approx(0.6), "b": pytest.approx(0.4)}
    assert found.highest == {"a": 0.0, "b": 1.0}
    assert found.regret == {"a": pytest.approx(0.6 * 0.005 + 0.4 * 0.1), "b": 0.0}
    assert found.regret_usd == {}
    same_cost = judged(draws, 20.0, 20.0, margin=0.01)
    assert same_cost.best == {"a": 0.0, "b": 1.0}


@pytest.mark.parametrize(("safe", "outcome"), [(80, "ship"), (79, "cannot_tell")])
def test_four_resamples_in_five_have_to_be_safe(safe: int, outcome: str) -> None:
    # The dearer arm is seldom far better, so that it is no rival, but keeps the answer from being safe.
    draws = sample([0.8], [(0.7, safe), (0.85, 100 - safe)])
    found = judged(draws, 10.0, 20.0, margin=0.01)
    assert (found.arm, found.safe, found.rivals) == ("a", pytest.approx(safe / 100), ())
    assert found.outcome == outcome


@pytest.mark.parametrize(("ahead", "rivals"), [(95, 0), (94, 1)])
def test_an_arm_at_the_same_cost_is_a_rival_until_it_is_surely_behind(ahead: int, rivals: int) -> None:
    draws = sample([0.8], [(0.7, ahead), (0.82, 100 - ahead)])
    found = judged(draws, 10.0, 10.0, margin=0.01)
    assert len(found.rivals) == rivals
    assert found.outcome == ("cannot_tell" if rivals else "ship")
    if rivals:
        assert found.rivals == (Rival("b", pytest.approx(0.94), 0.0),)


@pytest.mark.parametrize(("within", "rivals"), [(95, 0), (94, 1)])
def test_an_arm_that_is_surely_equal_at_the_same_cost_is_no_rival(within: int, rivals: int) -> None:
    draws = sample([0.8], [(0.795, 50), (0.805, within - 50), (0.7, 100 - within)])
    found = judged(draws, 10.0, 10.0, margin=0.01)
    assert [(r.name, r.within) for r in found.rivals] == [("b", pytest.approx(0.94))] * rivals


def test_a_cheaper_arm_that_may_be_equal_is_a_rival_even_if_it_is_surely_near() -> None:
    # Near in 94 of 100, so that it does not replace the leader; and at least 5% cheaper, or not.
    draws = sample([0.8], [(0.8, 94), (0.78, 6)])
    for cost, rivals in ((9.4, 1), (9.6, 1)):
        assert len(judged(draws, 10.0, cost, margin=0.01).rivals) == rivals
    dearer = judged(draws, 10.0, 10.0 / 0.94, margin=0.01)
    assert dearer.rivals == ()


@pytest.mark.parametrize(("cost", "rivals"), [(10.5, 1), (10.6, 0)])
def test_costs_within_a_twentieth_are_the_same(cost: float, rivals: int) -> None:
    draws = sample([0.8], [(0.78, 90), (0.82, 10)])
    assert len(judged(draws, 10.0, cost, margin=0.0).rivals) == rivals


def test_rivals_stand_by_how_little_one_is_ahead_of_them() -> None:
    draws = sample([0.8], [(0.7, 90), (0.81, 10)], [(0.81, 20), (0.7, 80)])
    found = judged(draws, 10.0, 10.0, 10.0, margin=0.0)
    assert [(r.name, r.ahead) for r in found.rivals] == [("c", pytest.approx(0.8)), ("b", pytest.approx(0.9))]


def test_the_paired_test_counts_if_it_is_less_sure() -> None:
    draws = sample([0.8], [0.7])
    for p, rivals in ((0.1, 0), (0.12, 1)):
        for told in (pair("a", "b", 0.1, p), pair("b", "a", -0.1, p)):
            assert len(judged(draws, 10.0, 10.0, pairs=[told]).rivals) == rivals
    assert judged(draws, 10.0, 10.0, pairs=[pair("a", "b", -0.1, 0.5)]).rivals[0].ahead == 0.25


def test_with_a_price_of_errors_money_is_what_is_lost() -> None:
    draws = sample([0.8], [(0.9, 50), (0.8, 50)])
    documents = Workload().documents
    usd = 1.0
    found = judged(draws, 0.0, 0.02 * documents, error_usd=usd, margin=0.0)
    # The second gains a tenth in half of the cases, and costs two hundredths of the documents' number.
    assert (found.arm, found.leader) == ("b", "b")
    assert found.regret_usd["a"] == pytest.approx(0.5 * 0.08 * documents)
    assert found.regret_usd["b"] == pytest.approx(0.5 * 0.02 * documents)
    assert found.regret == {"a": pytest.approx(0.05), "b": 0.0}
    assert found.best == {"a": 0.5, "b": 0.5}
    assert found.safe == 0.5
    assert [(r.name, r.ahead, r.within) for r in found.rivals] == [("a", 0.5, 0.0)]
    wide = judged(draws, 0.0, 0.02 * documents, error_usd=usd, margin=0.02)
    assert (wide.safe, wide.rivals[0].within) == (1.0, 0.5)


def test_a_cheaper_arm_that_is_surely_as_good_in_money_is_no_rival() -> None:
    draws = sample([0.8], [0.9])
    documents = Workload().documents
    found = judged(draws, 0.0, 0.1 * documents, error_usd=1.0, margin=0.01)
    assert found.rivals == ()
    assert found.outcome == "ship"


def test_right_answers_are_what_errors_are_counted_by() -> None:
    draws, right = sample([0.9], [0.8]), sample([0.7], [0.8])
    arms = [arm("a", 0.9), arm("b", 0.8)]
    costs = {name: Amount(0.0, 1.0, 1.0) for name in "ab"}
    evidence = Evidence.of(arms, draws, [], right=right)
    assert apply(evidence, Workload(error_usd=1.0), costs).arm == "b"
    assert apply(evidence, Workload(usd_per_point=1e4), costs).arm == "a"  # points are of the score
    assert apply(evidence, Workload(), costs).arm == "a"


def test_an_excluded_arm_is_out_of_every_figure() -> None:
    arms = [arm("a", 0.9, p95=500.0), arm("b", 0.8), arm("c", 0.7)]
    costs = {name: Amount(0.0, 1.0, 1.0) for name in "abc"}
    found = apply(Evidence.of(arms, sample([0.9], [0.8], [0.7]), []), Workload(max_p95_ms=100), costs)
    assert (found.arm, set(found.best), found.safe) == ("b", {"b", "c"}, 1.0)
    assert found.excluded == {"a": ["p95 latency of 500 ms is over the limit of 100 ms"], "b": [], "c": []}
    none = apply(Evidence.of(arms, sample([0.9], [0.8], [0.7]), []), Workload(min_score=0.95), costs)
    assert none.answer == ("none_eligible", None)
    assert (none.leader, none.costs) == (None, costs)
    assert len(none.excluded["a"]) == 1


def test_running_costs_under_other_prices_are_held_against_the_limit() -> None:
    costs = {"a": Amount(0.0, 5.0, 1.0)}
    evidence = Evidence.of([arm("a", 0.9)], sample([0.9]), [])
    assert apply(evidence, Workload(max_cost_per_1000_usd=4.0), costs).arm is None
    assert apply(evidence, Workload(max_cost_per_1000_usd=5.0), costs).arm == "a"


def test_the_widening_is_the_same_for_scores_and_right_answers() -> None:
    draws, right = np.full((50, 2), 0.8), np.full((50, 2), 0.6)
    found = Evidence.of([], draws, [], items=20, right=right)
    noise = (np.random.default_rng(0).poisson(0.5, (50, 2)) - 0.5) / 20
    assert found.items == 20
    np.testing.assert_allclose(found.draws, 0.8 + noise)
    assert found.right is not None
    np.testing.assert_allclose(found.right, 0.6 + noise)
    assert Evidence.of([], draws, [], right=right).right is right


def test_pairs_are_found_either_way_round() -> None:
    known = pair("a", "b", 0.1, 0.04)
    evidence = Evidence.of([], sample([0.1]), [pair("a", "c", 0.1, 0.5), known])
    assert evidence.pair("a", "b") == (known, 1)
    assert evidence.pair("b", "a") == (known, -1)
    assert evidence.pair("b", "c") is None
    assert evidence.one_sided("a", "b") == pytest.approx(0.98)
    assert evidence.one_sided("b", "a") == pytest.approx(0.02)
    assert evidence.one_sided("b", "c") == 1.0
    equal = Evidence.of([], sample([0.1]), [pair("a", "b", 0.0, 1.0)])
    assert equal.one_sided("a", "b") == equal.one_sided("b", "a") == 0.5


def test_shares_of_right_answers_are_drawn_with_groups() -> None:
    task = TextClassification(labels=("a", "b"), metric="accuracy")
    gold = ["a", "b"] * 20
    runs = [[["a"] * 40, gold], [["b"] * 30 + gold[30:]]]
    groups = [str(i // 4) for i in range(40)]
    parts = [scored(str(i), task, gold, run) for i, run in enumerate(runs)]
    scores, right = draws_with_right(task, gold, parts, runs, groups)
    np.testing.assert_array_equal(scores, bootstrap(task, parts, groups))
    np.testing.assert_allclose(scores, right)
    assert _Share().score_from_statistics(np.array([[3.0, 4.0], [0.0, 0.0]])).tolist() == [0.75, 0.0]

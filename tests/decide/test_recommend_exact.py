"""The rule and what it is applied to, at its boundaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from decide.comparison import ArmResult, Cost, CostLine, PairResult
from decide.economics.reprice import Amount
from decide.recommend.case import Case, Lever
from decide.recommend.constraints import Violation, exclusions, relaxed, violations
from decide.recommend.evidence import Evidence
from decide.recommend.right import _Share, draws_with_right
from decide.recommend.rule import Rival, Verdict, apply
from decide.recommend.search import first_change, implied
from decide.records import Estimate
from decide.statistics import bootstrap, scored
from decide.workload import Prices, Workload
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


def test_each_limit_that_is_not_met_is_told() -> None:
    slow = arm("x", 0.8, p95=900.0, leaves=True, unit=3.0)
    workload = Workload(max_p95_ms=100, min_score=0.9, max_cost_per_1000_usd=2.0)
    assert violations(slow, workload) == [
        Violation(
            "text_may_leave", None, None, "",
            "sends text to api.example.com, and text may not leave", "text may go to api.example.com",
        ),
        Violation(
            "max_p95_ms", 100, 900, "ms",
            "p95 latency of 900 ms is over the limit of 100 ms", "p95 latency may be 900 ms (now 100 ms)",
        ),
        Violation(
            "min_score", 0.9, 0.8, "score",
            "score 0.800 is below the required 0.900", "a score of 0.800 is enough (now 0.900)",
        ),
        Violation(
            "max_cost_per_1000_usd", 2.0, 3.0, "US$ per 1,000 documents",
            "costs US$3.00 per 1,000 documents, over the limit of US$2.00",
            "1,000 documents may cost US$3.00 (now US$2.00)",
        ),
    ]  # fmt: skip
    met = relaxed(workload, violations(slow, workload))
    assert (met.text_may_leave, met.max_p95_ms, met.min_score) == (True, 900, 0.8)
    assert met.max_cost_per_1000_usd == 3.0
    assert violations(slow, met) == []
    assert exclusions(slow, met) == []


def test_a_limit_that_is_just_met_is_met() -> None:
    exact = arm("x", 0.8, p95=100.0, unit=2.0)
    workload = Workload(max_p95_ms=100, min_score=0.8, max_cost_per_1000_usd=2.0)
    assert violations(exact, workload) == []
    assert [v.field for v in violations(exact, workload, 2.5)] == ["max_cost_per_1000_usd"]
    assert violations(arm("x", 0.8, unit=9.0), Workload(max_cost_per_1000_usd=2.0), 0.0) == []


def test_what_was_not_measured_breaks_no_limit() -> None:
    bare = ArmResult(name="x", kind="x", summary="", config={})
    workload = Workload(max_p95_ms=1, min_score=0.99, max_cost_per_1000_usd=0.01)
    assert violations(bare, workload) == []
    assert [v.needed for v in violations(bare, workload, 0.5)] == [0.5]
    for failure, why in (("no memory", "no memory"), ("", "failed")):
        failed = bare.model_copy(update={"status": "failed", "failure": failure})
        assert exclusions(failed, workload) == [why]
    several = arm("x", 0.8, leaves=True)
    assert several.data_flow is not None
    flow = several.data_flow.model_copy(update={"destinations": ["one.example", "two.example"]})
    (found,) = violations(several.model_copy(update={"data_flow": flow}), Workload())
    assert found.relaxed == "text may go to one.example, two.example"


def line(driver: str, quantity: float, price: float) -> CostLine:
    return CostLine(
        name=driver, usd=quantity * price, basis="", driver=driver, quantity=quantity, price=price
    )


def a_case() -> Case:
    workload = Workload(
        documents_per_month=1000,
        horizon_months=10,
        margin=0.02,
        error_usd=0.5,
        prices=Prices(utilisation=0.4),
    )
    once, running = [line("machine_hour", 100, 2.0), line("label", 50, 0.0)], [line("machine_hour", 3, 2.0)]
    cost = Cost(one_off_usd=200, per_1000_usd=6, horizon_usd=260, one_off=once, running=running)
    return Case(Evidence.of([arm("a", 0.8).model_copy(update={"cost": cost})], sample([0.8]), []), workload)


def test_levers_have_their_value_name_and_unit() -> None:
    case = a_case()
    assert case.lever("machine_hour") == Lever("machine_hour", "price of the machine", "US$/hour", 2.0)
    assert case.lever("label") == Lever("label", "price of a label", "US$/document", 0.0)
    assert case.lever("engineering_day") is None
    assert case.lever("utilisation") == Lever(
        "utilisation", "utilisation of rented machines", "share of time", 0.4
    )
    assert case.lever("margin") == Lever("margin", "margin that does not matter", "score", 0.02)
    assert case.lever("error_usd") == Lever("error_usd", "cost of a wrong answer", "US$", 0.5)
    assert case.lever("usd_per_point") is None


@pytest.mark.parametrize(
    ("parameter", "value", "once", "per_1000", "horizon"),
    [
        ("machine_hour", 4.0, 400, 12, 520),
        ("label", 1.0, 250, 6, 310),
        ("utilisation", 0.8, 200, 3, 230),
        ("documents_per_month", 5000, 200, 6, 500),
        ("horizon_months", 20, 200, 6, 320),
        ("margin", 0.1, 200, 6, 260),
    ],
)
def test_a_lever_moves_the_cost(
    parameter: Any, value: float, once: float, per_1000: float, horizon: float
) -> None:
    case = a_case()
    lever = case.lever(parameter)
    assert lever is not None
    found = case.at(lever, value).costs["a"]
    assert (found.once, found.per_1000, found.horizon) == pytest.approx((once, per_1000, horizon))
    assert case.verdict.costs["a"] == Amount(200, 6, 260)


def verdict(name: str | None, outcome: Any = "ship") -> Verdict:
    return Verdict(outcome, name, name, {}, {})


def probe(*edges: tuple[float, Verdict]) -> Callable[[float], Verdict]:
    """``a`` from below the first edge on, then what the edges say from their value on."""

    def at(value: float) -> Verdict:
        found = verdict("a")
        for edge, then in edges:
            if value >= edge:
                found = then
        return found

    return at


@pytest.mark.parametrize("geometric", [True, False])
def test_the_edge_is_found_to_four_digits(geometric: bool) -> None:
    found = first_change(probe((3.3, verdict("b"))), verdict("a"), 1.0, [2, 4, 8], geometric=geometric)
    assert found is not None
    assert found[1].arm == "b"
    assert 3.3 <= found[0] <= 3.3 + 1e-4 * (3.3 if geometric else 1.0)
    down = first_change(probe((3.3, verdict("b"))), verdict("b"), 8.0, [4, 2, 1], geometric=geometric)
    assert down is not None
    assert 3.3 * (1 - 1e-4) - 1e-6 <= down[0] < 3.3
    assert down[1].arm == "a"


def test_few_probes_find_the_edge() -> None:
    asked = []

    def at(value: float) -> Verdict:
        asked.append(value)
        return probe((3.3, verdict("b")))(value)

    first_change(at, verdict("a"), 1.0, [2, 4, 8])
    assert asked[:3] == [2, 4, pytest.approx(8**0.5)]
    assert len(asked) == 2 + 13  # a factor of 2 is halved to 1e-4: ln 2 / 2**13
    asked.clear()
    first_change(at, verdict("a"), 0.0, [4])
    assert asked[:2] == [4, 2]  # no ratio to 0


def test_another_arm_counts_before_a_doubt() -> None:
    doubt = verdict("b", "cannot_tell")
    both = probe((2.0, doubt), (5.0, verdict("b")))
    found = first_change(both, verdict("a"), 1.0, [1.5, 3, 6, 12])
    assert found is not None
    assert (found[0], found[1].outcome) == (pytest.approx(5, rel=1e-4), "ship")
    only = first_change(probe((2.0, doubt)), verdict("a"), 1.0, [1.5, 3, 6])
    assert only is not None
    assert (only[0], only[1].outcome) == (pytest.approx(2, rel=1e-4), "cannot_tell")
    assert first_change(probe((9.0, doubt)), verdict("a"), 1.0, [2, 4]) is None
    # An arm that is shipped now and then only leads is a change, too.
    same = first_change(probe((2.0, verdict("a", "cannot_tell"))), verdict("a"), 1.0, [4])
    assert same is not None
    assert same[0] == pytest.approx(2, rel=1e-4)


def test_the_range_in_which_an_answer_holds() -> None:
    asked = []

    def at(value: float) -> Verdict:
        asked.append(value)
        return probe((0.2, verdict("b")), (30.0, verdict("c")))(value)

    below, above = implied(at, verdict("b"), 1e-3, 1e3)
    assert below is not None
    assert above is not None
    assert asked[:19] == pytest.approx(np.logspace(-3, 3, 19).tolist())
    assert (below[0], below[1].arm) == (pytest.approx(0.2, rel=1e-4), "a")
    assert below[0] < 0.2
    assert (above[0], above[1].arm) == (pytest.approx(30, rel=1e-4), "c")
    assert above[0] >= 30
    assert implied(at, verdict("d"), 1e-3, 1e3) == (None, None)
    below, above = implied(at, verdict("a"), 1e-3, 1e3)
    assert below is None
    assert above is not None
    assert above[0] == pytest.approx(0.2, rel=1e-4)
    below, above = implied(at, verdict("c"), 1e-3, 1e3)
    assert above is None
    assert below is not None
    assert implied(lambda _: verdict("a"), verdict("a"), 1e-3, 1e3) == (None, None)


def test_two_verdicts_are_the_same_answer_by_outcome_and_arm() -> None:
    now = verdict("a")
    assert verdict("b").other_than(now)
    assert verdict("a").other_than(verdict("a", "cannot_tell"))
    assert not verdict("a").other_than(now)
    assert not verdict("b", "cannot_tell").other_than(now)

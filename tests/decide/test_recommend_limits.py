"""Limits, levers and the search for the value at which an answer changes, at their boundaries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from decide.comparison import ArmResult, Cost, CostLine
from decide.economics.reprice import Amount
from decide.recommend.case import Case, Lever
from decide.recommend.constraints import Violation, exclusions, relaxed, violations
from decide.recommend.evidence import Evidence
from decide.recommend.rule import Verdict
from decide.recommend.search import first_change, implied
from decide.workload import Prices, Workload
from tests.decide.test_recommend import arm
from tests.decide.test_recommend_exact import sample


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

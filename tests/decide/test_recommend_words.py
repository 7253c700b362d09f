"""What is said of a recommendation, word for word: figures made up so that each can be worked out by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from decide.comparison import ArmResult, PairResult, Recommendation
from decide.pair_records import Power
from decide.recommend import Case, Evidence, recommendation
from decide.recommend.next_steps import next_steps
from decide.recommend.reasons import failed, headline, reasons
from decide.records import Estimate
from decide.workload import Workload
from tests.decide.test_recommend import arm
from tests.decide.test_recommend_exact import Gap, sample


def case(
    arms: list[ArmResult],
    *columns: list[Gap],
    pairs: list[PairResult] | None = None,
    items: int | None = None,
    **workload: Any,
) -> Case:
    """A case whose draws are exactly those given."""
    return Case(Evidence(arms, sample(*columns), None, pairs or [], items), Workload(**workload))


def pair(
    first: str,
    second: str,
    value: float,
    p: float = 0.04,
    *,
    different: bool = False,
    needed: int | None = None,
) -> PairResult:
    power = Power(
        power=0.8, alpha=0.05, detectable=0.1, error_items=0.1, error_seeds=None, items=100, seeds=1,
        items_needed=needed, statement="",
    )  # fmt: skip
    return PairResult(
        first=first,
        second=second,
        difference=Estimate(value=value, low=value - 0.02, high=value + 0.01),
        p_value=p,
        p_adjusted=p,
        test="",
        different=different,
        power=power,
    )


def texts(found: Case) -> list[str]:
    return [reason.text for reason in reasons(found)]


# 1.2 million documents: US$120 and US$60,000 over the horizon.
CHEAP_AND_DEAR = [arm("cheap", 0.795, unit=0.1), arm("dear", 0.80, unit=50.0)]


def test_an_arm_that_replaces_the_leader() -> None:
    found = case(CHEAP_AND_DEAR, [0.795], [0.8], pairs=[pair("dear", "cheap", 0.005)], margin=0.02)
    assert headline(found) == (
        "Ship cheap: score 0.795, US$0.10 per 1,000 documents; dear scores 0.800, a difference within the "
        "margin of 0.02."
    )
    told = reasons(found)
    assert [reason.text for reason in told] == [
        "cheap scores 0.795; among 2 eligible arms it is the best choice with probability over 99% and the "
        "best or within the margin of 0.02 of it with over 99%.",
        "Shipping it is expected to lose 0.0050 of score to the highest-scoring eligible arm.",
        "dear scores higher (0.800), but cheap is within the margin of it with probability over 99% and "
        "costs US$59,880 less over 12 months.",
        "Against dear: -0.005 (-0.015 to +0.015, adjusted p 0.040), not distinguishable.",
    ]
    assert [reason.value for reason in told] == pytest.approx([1.0, 0.005, 59_880, -0.005])
    assert next_steps(found) == []


def test_an_arm_that_leads_and_is_shipped() -> None:
    arms = [arm("good", 0.9, unit=0.009), arm("bad", 0.7), arm("near", 0.85, unit=0.01)]
    pairs = [pair("bad", "good", -0.2, different=True), pair("near", "bad", 0.15), pair("good", "near", 0.05)]
    found = case(arms, [0.9], [0.7], [0.85], pairs=pairs)
    assert headline(found) == "Ship good: score 0.900, under US$0.01 per 1,000 documents."
    assert texts(found)[2:] == [
        "Against near: +0.050 (+0.030 to +0.060, adjusted p 0.040), not distinguishable.",
        "Against bad: +0.200 (+0.190 to +0.220, adjusted p 0.040), different.",
    ]
    unbounded = pairs[2].model_copy(update={"difference": Estimate(value=0.05)})
    assert texts(case(arms, [0.9], [0.7], [0.85], pairs=[unbounded]))[2:] == [
        "Against near: +0.050 (adjusted p 0.040), not distinguishable."
    ]
    assert headline(case(arms[2:], [0.85])) == "Ship near: score 0.850, US$0.01 per 1,000 documents."


def test_an_arm_without_any_other_result() -> None:
    lost = arm("lost", 0.9).model_copy(
        update={"status": "failed", "score": None, "timing": None, "cost": None}
    )
    found = case([arm("floor", 0.2, unit=0.009), lost], [0.2])
    assert headline(found) == (
        "Cannot tell yet: floor scores 0.200, and no other arm has a result to compare it with."
    )
    assert texts(found)[0] == (
        "floor scores 0.200; it is the only eligible arm, so this is no finding that it is good."
    )


def test_arms_that_are_not_told_apart() -> None:
    arms = [arm("a", 0.8), arm("b", 0.78), arm("c", 0.77)]
    behind: list[Gap] = [(0.7, 90), (0.81, 10)]
    further: list[Gap] = [(0.7, 92), (0.81, 8)]
    found = case(arms[:2], [0.8], behind, margin=0.0)
    start = (
        "Cannot tell yet: a leads with 0.800, but it is ahead of b with a probability of only 90% (95% is "
        "asked)"
    )
    assert headline(found) == f"{start}."
    found = case(arms, [0.8], behind, further, margin=0.0)
    assert headline(found) == f"{start}, and c may be better too."
    found = case([*arms, arm("d", 0.76)], [0.8], behind, further, [(0.7, 93), (0.81, 7)], margin=0.0)
    assert headline(found) == f"{start}, and c and d may be better too."
    unsafe = case([arm("a", 0.8), arm("b", 0.73, unit=2.0)], [0.8], [(0.7, 75), (0.85, 25)])
    assert headline(unsafe) == (
        "Cannot tell yet: a leads with 0.800, but it is the best or within the margin of it with a "
        "probability of only 75%."
    )


def test_no_arm_that_meets_the_constraints() -> None:
    broken = ArmResult(name="c", kind="x", summary="", config={}, status="failed", failure="no memory")
    arms = [arm("a", 0.8, p95=900.0), arm("b", 0.9, p95=500.0, unit=3.0), broken]
    found = case(arms, [0.8], [0.9], max_p95_ms=100, max_cost_per_1000_usd=2.0)
    assert headline(found) == "No arm meets the constraints of the workload."
    assert texts(found) == [
        "a: p95 latency of 900 ms is over the limit of 100 ms.",
        "b: p95 latency of 500 ms is over the limit of 100 ms; costs US$3.00 per 1,000 documents, over the "
        "limit of US$2.00.",
        "c: no memory.",
    ]
    assert next_steps(found) == [
        "Relax a constraint, or add an arm that meets them. a (score 0.800) comes nearest; it could be "
        "shipped if p95 latency may be 900 ms (now 100 ms).",
        "c did not run: no memory",
    ]
    result = recommendation(found)
    assert (result.probability_best, result.expected_regret, result.probability_highest) == (None, None, None)
    assert [s.eligible for s in result.standings] == [False] * 3
    # Of those that miss as many, the one that scores higher.
    both = case([arm("a", 0.8, p95=900.0), arm("b", 0.9, p95=500.0)], [0.8], [0.9], max_p95_ms=100)
    assert "b (score 0.900) comes nearest" in next_steps(both)[0]
    two = case([arm("b", 0.9, p95=500.0, leaves=True)], [0.9], max_p95_ms=100)
    assert next_steps(two)[0].endswith(
        "if text may go to api.example.com and p95 latency may be 500 ms (now 100 ms)."
    )
    nothing = Case(Evidence([broken], np.zeros((100, 0)), None, [], None), Workload())
    assert next_steps(nothing) == ["No arm has a result; see above why.", "c did not run: no memory"]
    assert failed(arms) == ["c did not run: no memory"]


def test_what_errors_and_costs_lose_together() -> None:
    arms = [arm("cheap", 0.80, unit=1.0), arm("dear", 0.85, unit=101.0)]
    found = case(arms, [0.8], [(0.85, 95), (1.0, 5)], error_usd=1.0, margin=0.0)
    # Five points of 1.2 million documents are US$60,000; the dear arm costs US$120,000 more.
    told = reasons(found)
    assert [reason.text for reason in told[1:]] == [
        "Shipping it is expected to lose 0.0575 of score to the highest-scoring eligible arm.",
        "Errors and costs together, it is expected to lose US$6,000 over 12 months to the best eligible arm.",
        "dear scores higher (0.850), but costs US$120,000 more over 12 months, which its fewer errors do not "
        "pay back.",
    ]
    assert [reason.value for reason in told[1:]] == pytest.approx([0.0575, 6000, 120_000])
    assert "dear scores higher" not in " ".join(texts(case(arms[:1], [0.8], error_usd=1.0)))
    result = recommendation(found)
    assert result.expected_regret_usd == pytest.approx(6000)
    assert [s.expected_regret_usd for s in result.standings] == pytest.approx([6000, 0.95 * 60_000], rel=0.1)


SPREAD: list[Gap] = [(0.78, 50), (0.82, 50)]


def test_how_many_documents_would_settle_it() -> None:
    arms = [arm("a", 0.8, unit=1.0), arm("b", 0.8, unit=1.0)]

    def steps(**more: Any) -> list[str]:
        return next_steps(case(arms, [0.8], SPREAD, **more))

    seeds = "Run at least 3 seeds: the luck of a single training run is not in these intervals."
    start = "Label more test documents: the difference to b is known to about ±0.039"
    assert steps() == [f"{start}; four times the documents would halve that.", seeds]
    # 100 * (1.96 * 0.02 / 0.01)**2 = 1536.6 documents, and 6146.6 for half a point.
    matters = ", the difference that matters."
    assert steps(items=100)[0] == (
        f"{start} on 100 documents; about 1,540 in all would narrow that to ±0.01{matters}"
    )
    assert steps(items=100, margin=0.0)[0] == (
        f"{start} on 100 documents; about 6,150 in all would narrow that to ±0.005{matters}"
    )
    planned = [pair("b", "a", 0.0, needed=1234)]
    assert steps(items=100, pairs=planned)[0] == f"{start}; about 1,230 in all are needed, 100 are there."
    assert steps(pairs=planned)[0] == f"{start}; about 1,230 in all are needed, n are there."
    assert "narrow that" in steps(items=100, pairs=[pair("a", "b", 0.0)])[0]
    without = [pair("a", "b", 0.0).model_copy(update={"power": None})]
    assert "narrow that" in steps(items=100, pairs=without)[0]
    for score, planned_for in (
        (0.83, "about 171 in all would narrow that to ±0.03,"),
        (0.85, "about 101 in all"),
    ):
        apart = [arm("a", score), arm("b", 0.8)]
        assert planned_for in next_steps(case(apart, [0.8], SPREAD, items=100, margin=0.0))[0]


def test_three_seeds_of_any_eligible_arm_are_enough() -> None:
    for seeds, steps in (([1, 2], 2), ([1, 2, 3], 1)):
        arms = [arm("a", 0.8).model_copy(update={"seeds": seeds}), arm("b", 0.8)]
        assert len(next_steps(case(arms, [0.8], SPREAD))) == steps
    slow = arm("slow", 0.8, p95=900.0).model_copy(update={"seeds": [1, 2, 3]})
    excluded = [arm("a", 0.8), arm("b", 0.8), slow]
    assert len(next_steps(case(excluded, [0.8], SPREAD, [0.8], max_p95_ms=100))) == 2


def test_the_cheapest_of_those_not_told_apart_is_offered() -> None:
    arms = [arm("a", 0.8, unit=2.0), arm("b", 0.78, unit=1.9), arm("c", 0.78, unit=1.0)]
    behind: list[Gap] = [(0.7, 90), (0.81, 10)]
    found = case(arms, [0.8], behind, behind, margin=0.0)
    assert next_steps(found)[-1] == (
        "If no more can be labelled: c is not shown to be worse than a and costs US$1,200 less over 12 "
        "months."
    )
    same = case([arms[0], arm("b", 0.78, unit=2.0)], [0.8], behind, margin=0.0)
    assert next_steps(same)[-1].startswith("Run at least")


def test_without_rivals_the_closest_score_is_labelled_for() -> None:
    arms = [arm("a", 0.8), arm("far", 0.7, unit=2.0), arm("close", 0.79, unit=2.0)]
    found = case(arms, [0.8], [(0.7, 75), (0.85, 25)], [0.7])
    assert found.verdict.rivals == ()
    assert next_steps(found)[0].startswith("Label more test documents: the difference to close is known")


def test_a_recommendation_holds_all_of_it() -> None:
    found = recommendation(case(CHEAP_AND_DEAR, [0.795], [(0.8, 60), (0.79, 40)], margin=0.02))
    assert isinstance(found, Recommendation)
    assert (found.outcome, found.arm) == ("ship", "cheap")
    assert (found.probability_best, found.probability_highest) == (1.0, pytest.approx(0.4))
    assert found.expected_regret == pytest.approx(0.003)
    assert found.expected_regret_usd is None
    assert found.flips == [flip.text for flip in found.flip_details]
    assert len(found.failure_modes) == 2
    assert [(s.name, s.eligible, s.exclusions) for s in found.standings] == [
        ("cheap", True, []),
        ("dear", True, []),
    ]
    assert [s.probability_best for s in found.standings] == [1.0, 0.0]
    assert [s.probability_highest for s in found.standings] == pytest.approx([0.4, 0.6])
    assert [s.expected_regret for s in found.standings] == pytest.approx([0.003, 0.002])

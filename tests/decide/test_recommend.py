from typing import Any

import numpy as np
import pytest

from decide.comparison import ArmResult, Cost, DataFlow, PairResult
from decide.economics.break_even import documents_at
from decide.latency import Latency, Timing
from decide.recommend import recommend
from decide.records import Estimate
from decide.workload import Workload


def arm(name: str, score: float, **changes: Any) -> ArmResult:
    options: dict[str, Any] = {
        "unit": 1.0,
        "once": 0.0,
        "p95": 10.0,
        "leaves": False,
        "kind": name,
        **changes,
    }
    months = Workload().horizon_months * Workload().documents_per_month / 1000
    return ArmResult(
        name=name,
        kind=options["kind"],
        summary="",
        config={},
        score=Estimate(value=score),
        timing=Timing(
            latency=Latency(p50_ms=5, p95_ms=options["p95"], p99_ms=20, calls=100),
            documents_per_second=10,
            documents_timed=100,
            hardware="test",
        ),
        cost=Cost(
            one_off_usd=options["once"],
            per_1000_usd=options["unit"],
            horizon_usd=options["once"] + options["unit"] * months,
            one_off=[],
            running=[],
        ),
        data_flow=DataFlow(
            destinations=["api.example.com" if options["leaves"] else "this machine"],
            leaves=options["leaves"],
        ),
    )


def draws(*scores: float, spread: float = 0.01, shared: float = 0.03) -> np.ndarray[Any, Any]:
    rng = np.random.default_rng(0)
    common = rng.normal(0, shared, (2000, 1))
    return np.array(scores) + common + rng.normal(0, spread, (2000, len(scores)))


def test_the_clear_winner_is_shipped() -> None:
    arms = [arm("weak", 0.6), arm("strong", 0.8)]
    result = recommend(arms, draws(0.6, 0.8), [], Workload())
    assert (result.outcome, result.arm) == ("ship", "strong")
    assert result.probability_best == 1.0
    assert "0.800" in result.headline


def test_a_cheaper_arm_within_the_margin_replaces_the_leader() -> None:
    arms = [arm("cheap", 0.795, unit=0.1), arm("dear", 0.80, unit=50)]
    result = recommend(arms, draws(0.795, 0.80, spread=0.002), [], Workload(margin=0.02))
    assert (result.outcome, result.arm) == ("ship", "cheap")
    assert any("US$" in r.text and "less over" in r.text for r in result.reasons)
    assert any("the answer would be dear" in flip for flip in result.flips)


def test_without_the_margin_the_better_arm_stays() -> None:
    arms = [arm("cheap", 0.795, unit=0.1), arm("dear", 0.80, unit=50)]
    assert recommend(arms, draws(0.77, 0.80, spread=0.002), [], Workload(margin=0.0)).arm == "dear"


def test_a_coin_toss_is_called_one() -> None:
    arms = [arm("one", 0.70), arm("two", 0.705)]
    result = recommend(arms, draws(0.70, 0.705, spread=0.05), [], Workload())
    assert result.outcome == "cannot_tell"
    assert result.headline.startswith("Cannot tell yet")
    assert any("Label more test documents" in step for step in result.next_steps)


@pytest.mark.parametrize(
    ("workload", "changes", "why"),
    [
        (Workload(max_p95_ms=100), {"p95": 900.0}, "p95 latency of 900 ms"),
        (Workload(), {"leaves": True}, "text may not leave"),
        (Workload(max_cost_per_1000_usd=2), {"unit": 3.0}, "over the limit of US\\$2.00"),
        (Workload(min_score=0.95), {}, "below the required 0.950"),
    ],
)
def test_constraints_exclude_and_say_why(workload: Workload, changes: dict[str, Any], why: str) -> None:
    result = recommend([arm("only", 0.9, **changes)], draws(0.9), [], workload)
    assert result.outcome == "none_eligible"
    assert result.arm is None
    with pytest.raises(AssertionError, match=why):
        raise AssertionError(result.standings[0].exclusions[0])


def test_an_excluded_better_arm_is_a_flip() -> None:
    arms = [arm("fast", 0.7), arm("slow", 0.9, p95=5000.0)]
    result = recommend(arms, draws(0.7, 0.9), [], Workload(max_p95_ms=100))
    assert result.arm == "fast"
    (flip,) = [f for f in result.flip_details if f.parameter == "max_p95_ms"]
    assert (flip.current, flip.threshold, flip.unit, flip.arm) == (100, 5000, "ms", "slow")
    assert flip.text.startswith(
        "If p95 latency may be 5,000 ms (now 100 ms), the answer would be slow (score 0.900"
    )
    assert flip.text in result.flips


def test_failed_arms_stand_with_their_reason() -> None:
    broken = ArmResult(name="broken", kind="x", summary="", config={}, status="failed", failure="no memory")
    result = recommend([arm("fine", 0.9), broken], draws(0.9), [], Workload())
    assert result.arm == "fine"
    assert result.standings[1].exclusions == ["no memory"]


@pytest.mark.parametrize(
    ("value", "different", "says"),
    [(0.05, True, "Adaptation pays"), (-0.05, True, "Adaptation hurts"), (0.01, False, "over-investment")],
)
def test_both_failure_modes_of_adaptation_are_named(value: float, different: bool, says: str) -> None:
    arms = [arm("base", 0.8, kind="fine_tuned"), arm("adapted", 0.8 + value, kind="domain_adapted")]
    pair = PairResult(
        first="base",
        second="adapted",
        difference=Estimate(value=-value, low=-value - 0.01, high=-value + 0.01),
        p_value=0.01,
        p_adjusted=0.01,
        test="",
        different=different,
    )
    reasons = [r.text for r in recommend(arms, draws(0.8, 0.8 + value), [pair], Workload()).reasons]
    assert any(says in text and f"{100 * abs(value):.1f} points" in text for text in reasons)


def test_break_even_in_closed_form() -> None:
    cheap_to_run, cheap_to_build = (
        arm("a", 0.8, unit=1.0, once=100.0).cost,
        arm("b", 0.8, unit=3.0, once=20.0).cost,
    )
    assert cheap_to_run is not None
    assert cheap_to_build is not None
    documents = documents_at(cheap_to_run, cheap_to_build)
    assert documents == pytest.approx(40_000)
    assert 100 + documents / 1000 * 1 == pytest.approx(20 + documents / 1000 * 3)
    assert documents_at(cheap_to_run, cheap_to_run) is None

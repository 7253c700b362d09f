from __future__ import annotations

from typing import Any

import pytest

from decide.comparison import ArmResult, Cost, CostLine, PairResult
from decide.decision_records import FailureMode, Flip, Sensitivity
from decide.economics import break_even
from decide.economics.cost import total
from decide.recommend import Case, Evidence, recommend, recommendation, sensitivity
from decide.records import Estimate
from decide.workload import TEXT_STAYS, Prices, Workload
from tests.decide.test_recommend import arm, draws


def tokens(usd_per_1000: float, workload: Workload) -> Cost:
    line = CostLine(
        name="input tokens",
        usd=usd_per_1000,
        basis="",
        driver="input_million_tokens",
        quantity=0.4,
        price=usd_per_1000 / 0.4,
    )
    return total([], [line], workload)


def machine(once_hours: float, hours_per_1000: float, workload: Workload, labels: float = 0.0) -> Cost:
    """At a dollar an hour."""

    def line(name: str, hours: float) -> CostLine:
        return CostLine(name=name, usd=hours, basis="", driver="machine_hour", quantity=hours, price=1.0)

    paid = CostLine(name="labels", usd=labels, basis="", driver="label", quantity=1000, price=labels / 1000)
    return total([line("training", once_hours), paid], [line("machine", hours_per_1000)], workload)


def two_equal(workload: Workload) -> tuple[list[ArmResult], Any]:
    """A rented and a trained arm of the same score: the cheaper one is the answer."""
    rented = arm("rented", 0.80, kind="prompted").model_copy(update={"cost": tokens(0.2, workload)})
    trained = arm("trained", 0.80, kind="fine_tuned").model_copy(
        update={"cost": machine(100.0, 0.01, workload, labels=500.0)}
    )
    return [rented, trained], draws(0.80, 0.80, spread=0.001)


def flip(flips: list[Flip], parameter: str) -> Flip:
    (found,) = [f for f in flips if f.parameter == parameter]
    return found


def test_the_flip_of_volume_is_the_break_even() -> None:
    workload = Workload()
    arms, sample = two_equal(workload)
    result = recommend(arms, sample, [], workload)
    found = flip(result.flip_details, "documents_per_month")
    even = break_even(*arms, workload)
    assert result.arm == "rented"
    assert (found.arm, found.outcome, found.current) == ("trained", "ship", 100_000)
    assert found.threshold == pytest.approx(even.per_month, rel=0.002)
    assert found.text.startswith("Above 263,000 documents a month (now 100,000) the answer would be trained")


def test_applying_the_rule_beyond_each_threshold_gives_the_arm_of_the_flip() -> None:
    workload = Workload()
    arms, sample = two_equal(workload)
    case = Case(Evidence.of(arms, sample, []), workload)
    flips = [f for f in recommend(arms, sample, [], workload).flip_details if f.threshold and f.current]
    assert {f.parameter for f in flips} >= {"documents_per_month", "input_million_tokens", "label"}
    for found in [f for f in flips if f.parameter != "margin"]:  # found to an absolute width instead
        lever = case.lever(found.parameter)  # type: ignore[arg-type]
        assert lever is not None
        assert found.threshold is not None
        beyond = found.threshold * (1.001 if found.threshold > lever.base else 0.999)
        before = found.threshold * (0.998 if found.threshold > lever.base else 1.002)
        told = (found.outcome, found.arm)
        assert case.at(lever, beyond).answer == told
        assert case.at(lever, before).answer != told


def test_a_price_that_would_change_the_answer_is_named_with_its_unit() -> None:
    workload = Workload()
    arms, sample = two_equal(workload)
    found = flip(recommend(arms, sample, [], workload).flip_details, "input_million_tokens")
    # 0.2 a thousand must become what training costs over the horizon: (600 + 0.01 * 1200) / 1200.
    assert found.threshold == pytest.approx(0.51 / 0.4, rel=0.002)
    assert found.unit == "US$/million"
    assert "above US$1.2" in found.text
    assert "(now 0.5;" in found.text


def test_a_price_of_labels_that_nobody_gave_is_tried_as_well() -> None:
    workload = Workload()
    arms = [
        arm("learns", 0.80).model_copy(update={"cost": machine(0.0, 0.001, workload)}),
        arm("rented", 0.80).model_copy(update={"cost": tokens(0.2, workload)}),
    ]
    result = recommend(arms, draws(0.80, 0.80, spread=0.001), [], workload)
    found = flip(result.flip_details, "label")
    assert (result.arm, found.arm, found.current) == ("learns", "rented", None)
    assert found.threshold == pytest.approx((240 - 1.2) / 1000, rel=0.001)
    assert "above US$0.239/document (not counted now)" in found.text


def test_where_no_error_has_a_price_the_prices_at_which_the_answer_holds_are_told() -> None:
    arms = [arm("cheap", 0.70, unit=1.0), arm("dear", 0.80, unit=101.0)]
    sample = draws(0.70, 0.80, spread=0.001)
    result = recommend(arms, sample, [], Workload())
    assert result.arm == "dear"
    found = flip(result.flip_details, "error_usd")
    assert found.current is None
    assert found.threshold == pytest.approx(1.0, rel=0.15)  # US$0.1 more a document for a tenth fewer errors
    assert "If a wrong answer cost less than US$" in found.text
    assert "(no price is given)" in found.text


def test_text_that_has_to_stay_is_a_flip_of_an_arm_that_sends_it() -> None:
    arms = [arm("hosted", 0.9, leaves=True), arm("local", 0.8)]
    result = recommend(arms, draws(0.9, 0.8), [], Workload(text_may_leave=True))
    found = flip(result.flip_details, "text_may_leave")
    assert (result.arm, found.arm) == ("hosted", "local")
    assert found.text.startswith("If text had to stay on the machine, the answer would be local")


def test_an_arm_that_was_not_run_because_text_stays_is_named_as_not_measured() -> None:
    refused = ArmResult(
        name="hosted", kind="prompted", summary="", config={}, status="refused", failure=f"No: {TEXT_STAYS}."
    )
    result = recommend([arm("local", 0.8), refused], draws(0.8), [], Workload())
    found = flip(result.flip_details, "text_may_leave")
    assert (found.arm, found.outcome) == (None, "not measured")
    assert "hosted could be compared" in found.text


def test_two_limits_that_both_have_to_give_are_told_together() -> None:
    arms = [arm("fast", 0.7), arm("slow", 0.9, p95=900.0, leaves=True)]
    result = recommend(arms, draws(0.7, 0.9), [], Workload(max_p95_ms=100))
    (found,) = [f for f in result.flip_details if f.arm == "slow"]
    assert found.parameter == "text_may_leave+max_p95_ms"
    assert "If text may go to api.example.com and p95 latency may be 900 ms (now 100 ms)" in found.text


def test_an_excluded_arm_that_would_lose_anyway_is_no_flip() -> None:
    arms = [arm("good", 0.9), arm("slow", 0.7, p95=900.0)]
    assert not [
        f
        for f in recommend(arms, draws(0.9, 0.7), [], Workload(max_p95_ms=100)).flip_details
        if f.parameter == "max_p95_ms"
    ]


def rows(workload: Workload) -> dict[str, Sensitivity]:
    arms, sample = two_equal(workload)
    found = sensitivity(Case(Evidence.of(arms, sample, []), workload))
    assert [row.swing for row in found] == sorted((row.swing for row in found), reverse=True)
    return {row.parameter: row for row in found}


def test_each_assumption_is_varied_by_itself() -> None:
    found = rows(Workload())
    volume = found["documents_per_month"]
    assert (volume.low.value, volume.high.value) == (50_000, 200_000)
    assert (volume.base_usd, volume.low.usd, volume.high.usd) == pytest.approx((240, 120, 480))
    assert found["machine_hour"].swing == 0  # the chosen arm rents no machine
    assert found["utilisation"].low.value == 0.1
    assert not volume.changes
    assert "the answer stays" in volume.statement
    assert "output_million_tokens" not in found  # nothing is charged by it


def test_a_range_of_the_users_is_taken_and_changes_the_answer() -> None:
    found = rows(Workload(ranges={"documents_per_month": (1e5, 1e6), "label": (0.0, 0.1)}))
    volume, label = found["documents_per_month"], found["label"]
    assert volume.source == "range given in the workload"
    assert volume.changes
    assert (volume.high.outcome, volume.high.arm) == ("ship", "trained")
    assert volume.statement.endswith("at 1 million the answer would be trained.") or (
        "the answer would be trained" in volume.statement
    )
    assert (label.low.arm, label.high.arm) == ("trained", "trained")


def test_the_worth_of_an_error_is_varied_too() -> None:
    assert "error_usd" not in rows(Workload())
    assert "error_usd" in rows(Workload(error_usd=0.1))
    assert "usd_per_point" in rows(Workload(usd_per_point=10))


def test_nothing_is_varied_where_no_arm_is_eligible() -> None:
    workload = Workload(min_score=0.99)
    assert sensitivity(Case(Evidence.of([arm("a", 0.9)], draws(0.9), []), workload)) == []


def modes(
    arms: list[ArmResult], sample: Any, pairs: list[PairResult], **more: Any
) -> tuple[FailureMode, ...]:
    workload = more.pop("workload", Workload())
    return tuple(recommend(arms, sample, pairs, workload, **more).failure_modes)


def pair(value: float, different: bool) -> PairResult:
    return PairResult(
        first="adapted",
        second="base",
        difference=Estimate(value=value, low=value - 0.01, high=value + 0.01),
        p_value=0.01 if different else 0.3,
        p_adjusted=0.01 if different else 0.3,
        test="",
        different=different,
    )


def encoders(adapted: float, **more: Any) -> list[ArmResult]:
    return [
        arm("base", 0.80, kind="fine_tuned"),
        arm("adapted", adapted, kind="domain_adapted", unit=2.0, **more),
    ]


def test_adaptation_that_pays_and_is_chosen_avoids_both_mistakes() -> None:
    skipped, over = modes(encoders(0.85), draws(0.80, 0.85, spread=0.002), [pair(0.05, True)])
    assert (skipped.risk, skipped.value) == ("avoided", 0.05)
    assert "5.0 points" in skipped.text
    assert over.risk == "avoided"
    assert over.value == pytest.approx(1200)  # a dollar more for each of 1.2 million documents in thousands


def test_adaptation_that_pays_and_is_passed_over_is_the_first_mistake() -> None:
    workload = Workload(max_p95_ms=100)
    skipped, _ = modes(
        encoders(0.85, p95=500.0), draws(0.80, 0.85, spread=0.002), [pair(0.05, True)], workload=workload
    )
    assert skipped.risk == "present"
    assert "p95 latency of 500 ms" in skipped.text


def test_adaptation_that_shows_no_gain_and_is_chosen_is_the_second_mistake() -> None:
    arms = [arm("base", 0.80, kind="fine_tuned"), arm("adapted", 0.82, kind="domain_adapted", unit=2.0)]
    _, over = modes(arms, draws(0.80, 0.82, spread=0.012), [pair(0.02, False)])
    assert over.risk == "present"
    assert "US$1,200 more than base" in over.text
    assert "the paired test does not tell from none" in over.text


def test_a_plain_arm_that_suffices_says_what_more_would_have_cost() -> None:
    arms = [arm("plain", 0.85, kind="fine_tuned"), arm("llm", 0.80, kind="lora", unit=5.0)]
    _, over = modes(arms, draws(0.85, 0.80, spread=0.002), [])
    assert (over.risk, over.value) == ("avoided", pytest.approx(4800))
    assert "plain suffices" in over.text


@pytest.mark.parametrize(("level", "risk"), [("marked", "present"), ("mild", "unknown"), (None, "unknown")])
def test_without_an_adapted_arm_a_wide_gap_is_a_risk(level: str | None, risk: str) -> None:
    arms = [arm("base", 0.80, kind="fine_tuned")]
    skipped, _ = modes(arms, draws(0.80), [], gap_level=level)
    assert skipped.risk == risk


def test_prices_without_quantities_of_older_records_still_decide() -> None:
    arms = [arm("a", 0.8), arm("b", 0.9, unit=3.0)]
    case = Case(Evidence.of(arms, draws(0.8, 0.9), []), Workload(prices=Prices()))
    result, found = recommendation(case), sensitivity(case)
    assert result.arm == "b"
    assert {row.parameter for row in found} >= {"documents_per_month", "horizon_months", "margin"}

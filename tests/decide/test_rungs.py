from __future__ import annotations

from typing import Any, Literal

import pytest

from decide.comparison import ArmResult, PairResult
from decide.records import Estimate
from decide.rungs import find_rungs, next_steps, reasons
from tests.reports import fixture_gap

SETTINGS: dict[str, Any] = {"model": "owner/encoder", "epochs": 8, "learning_rate": 5e-5}


def base(name: str = "Plain", **more: Any) -> ArmResult:
    config = {"kind": "fine_tuned", **SETTINGS, **more.pop("config", {})}
    return ArmResult(name=name, kind="fine_tuned", summary="", config=config, **{"seeds": [0, 1], **more})


def adapted(name: str = "Adapted", **more: Any) -> ArmResult:
    config = {"kind": "domain_adapted", **SETTINGS, "rung": "small_corpus", "block_size": 128}
    config |= more.pop("config", {})
    return ArmResult(name=name, kind="domain_adapted", summary="", config=config, **{"seeds": [0, 1], **more})


def pair(
    first: str, second: str, value: float, half: float | None = 0.014, different: bool = True
) -> PairResult:
    ends = {} if half is None else {"low": value - half, "high": value + half}
    return PairResult(
        first=first,
        second=second,
        difference=Estimate(value=value, **ends),
        p_value=0.004,
        p_adjusted=0.012 if different else 0.4,
        test="",
        different=different,
    )


def test_a_gain_is_said_in_points_with_its_interval() -> None:
    (rung,) = find_rungs([base(), adapted()], [pair("Adapted", "Plain", 0.018)])
    assert (rung.verdict, rung.base, rung.rung) == ("gain", "Plain", "small_corpus")
    assert rung.statement == (
        "Adapted gained 1.8 points (95% interval 0.4 to 3.2, adjusted p 0.012) over Plain, "
        "the same encoder as it is."
    )


@pytest.mark.parametrize("value", [0.018, -0.018])
def test_the_sign_is_adapted_minus_base_whatever_the_order_of_the_pair(value: float) -> None:
    arms = [base(), adapted()]
    (one,) = find_rungs(arms, [pair("Adapted", "Plain", value)])
    (other,) = find_rungs(arms, [pair("Plain", "Adapted", -value)])
    assert one == other
    assert one.difference is not None
    assert one.difference.value == value
    assert one.difference.low == pytest.approx(value - 0.014)
    assert one.verdict == ("gain" if value > 0 else "loss")


def test_a_loss_is_said_as_the_size_of_the_loss() -> None:
    (rung,) = find_rungs([base(), adapted()], [pair("Plain", "Adapted", 0.018)])
    assert "Adapted lost 1.8 points (95% interval 0.4 to 3.2, adjusted p 0.012) against Plain" in (
        rung.statement
    )


def test_no_gain_says_what_could_have_been_missed() -> None:
    (rung,) = find_rungs([base(), adapted()], [pair("Plain", "Adapted", 0.003, different=False)])
    assert rung.verdict == "no gain shown"
    assert rung.statement == (
        "Adapted did not beat Plain, the same encoder as it is: \u22120.3 points "
        "(95% interval \u22121.7 to 1.1, adjusted p 0.400); a gain of up to 1.1 points is not ruled "
        "out."
    )
    (rung,) = find_rungs([base(), adapted()], [pair("Plain", "Adapted", 0.02, different=False)])
    assert rung.statement.endswith("adjusted p 0.400).")  # the whole interval is a loss


def test_without_an_interval_nothing_is_said_about_what_was_missed() -> None:
    (rung,) = find_rungs([base(), adapted()], [pair("Adapted", "Plain", 0.003, None, different=False)])
    assert rung.statement.endswith("+0.3 points (adjusted p 0.400).")


@pytest.mark.parametrize(
    ("plain", "why"),
    [
        (None, "no arm fine-tunes owner/encoder as it is; add FineTuned"),
        (base(config={"model": "owner/other"}), "no arm fine-tunes owner/encoder as it is"),
        (base(config={"epochs": 3}), "Plain fine-tunes the same encoder but with other settings (epochs)"),
        (base(status="failed", failure="out of memory"), "Plain, which fine-tunes the same encoder"),
    ],
)
def test_without_its_base_a_rung_is_not_compared_and_says_why(plain: ArmResult | None, why: str) -> None:
    arms = [adapted(), *([plain] if plain else [])]
    (rung,) = find_rungs(arms, [pair("Plain", "Adapted", 0.018)])
    assert (rung.verdict, rung.difference, rung.p_adjusted) == ("not compared", None, None)
    assert why in rung.statement
    assert reasons([rung], "Adapted") == []
    assert next_steps([rung], arms, None) == [rung.statement]


def test_a_missing_pair_is_not_compared() -> None:
    (rung,) = find_rungs([base(), adapted()], [])
    assert rung.verdict == "not compared"


def test_one_rate_and_a_list_of_one_are_the_same_setting() -> None:
    arms = [base(config={"learning_rate": [5e-5]}), adapted()]
    assert find_rungs(arms, [pair("Adapted", "Plain", 0.018)])[0].verdict == "gain"


def test_equal_weights_under_two_paths_are_the_same_encoder() -> None:
    arms = [
        base(config={"model": "/a"}, fingerprint={"/a": "sha256 1"}),
        base("Other", config={"model": "/c"}, fingerprint={"/c": "sha256 2"}),
        adapted(config={"model": "/b"}, fingerprint={"/b": "sha256 1"}),
    ]
    pairs = [pair("Adapted", "Plain", 0.018), pair("Adapted", "Other", -0.1)]
    assert [(r.base, r.verdict) for r in find_rungs(arms, pairs)] == [("Plain", "gain")]


def test_only_finished_adapted_arms_are_rungs() -> None:
    arms = [
        base(),
        adapted(status="failed", failure="broke"),
        adapted("Second", config={"rung": "task_text"}),
    ]
    found = find_rungs(arms, [pair("Second", "Plain", 0.018)])
    assert [(r.arm, r.rung) for r in found] == [("Second", "task_text")]


def test_reasons_name_both_mistakes_and_put_the_chosen_arm_first() -> None:
    arms = [base(), adapted("A"), adapted("B"), adapted("C")]
    pairs = [
        pair("A", "Plain", 0.018),
        pair("B", "Plain", 0.001, different=False),
        pair("C", "Plain", -0.05),
    ]
    found = reasons(find_rungs(arms, pairs), "B")
    assert [value for _, value in found] == [0.001, 0.018, -0.05]
    assert "over-investment" in found[0][0]
    assert "skipping it would have been a mistake" in found[1][0]
    assert "hurts" in found[2][0]


@pytest.mark.parametrize(("level", "expected"), [("marked", 1), ("severe", 1), ("mild", 0), (None, 0)])
def test_a_wide_gap_without_an_adapted_arm_asks_for_one(
    level: Literal["mild", "marked", "severe"] | None, expected: int
) -> None:
    gap = fixture_gap.gap(level)
    assert len(next_steps([], [base()], gap)) == expected
    assert next_steps([], [base(), adapted(status="failed")], gap) == []


def test_one_seed_is_said_to_be_one() -> None:
    (rung,) = find_rungs([base(seeds=[0]), adapted(seeds=[0])], [pair("Adapted", "Plain", 0.018)])
    assert rung.statement.endswith("one seed, so the chance of training is not in the interval.")

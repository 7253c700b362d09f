"""The two expensive mistakes, word for word and at their boundaries."""

from __future__ import annotations

from typing import Any

import pytest

from decide.comparison import ArmResult, PairResult
from decide.decision_records import FailureMode
from decide.recommend.failure_modes import failure_modes
from decide.recommend.reasons import reasons
from tests.decide.test_recommend import arm
from tests.decide.test_recommend_exact import Gap
from tests.decide.test_recommend_words import case, pair

SKIPPED, OVER = "adaptation skipped where it pays", "over-investment where fine-tuning suffices"
WITHOUT = "No adapted arm has a result, so encoders are judged without adaptation."


def mode(kind: str, risk: str, text: str, value: float | None = None, unit: str = "") -> FailureMode:
    expected = None if value is None else pytest.approx(value)
    return FailureMode.model_construct(kind=kind, risk=risk, text=text, value=expected, unit=unit)


def modes(
    arms: list[ArmResult], *columns: list[Gap], gap: str | None = None, **more: Any
) -> tuple[FailureMode, FailureMode]:
    skipped, over = failure_modes(case(arms, *columns, **more), gap)
    return skipped, over


def plain(score: float = 0.8, **changes: Any) -> ArmResult:
    return arm("base", score, kind="fine_tuned", **changes)


def adapted(score: float, **changes: Any) -> ArmResult:
    return arm("adapted", score, kind="domain_adapted", **{"unit": 2.0, **changes})


def gained(value: float, *, different: bool = True) -> list[PairResult]:
    return [pair("adapted", "base", value, different=different)]


ONE_SEED = " It rests on one seed, so the chance of training is not in the interval."
GAIN = (
    "adapted gained 5.0 points (95% interval 3.0 to 6.0, adjusted p 0.040) over base, the same encoder as it "
    "is." + ONE_SEED
)


def test_without_an_adapted_arm_the_gap_says_what_is_known() -> None:
    assert modes([plain()], [0.8])[0] == mode(
        SKIPPED, "unknown", f"{WITHOUT} How wide the domain gap is was not established."
    )
    assert modes([plain()], [0.8], gap="mild")[0] == mode(
        SKIPPED, "unknown", f"{WITHOUT} The domain gap is mild, which makes a large gain unlikely."
    )
    assert modes([plain()], [0.8], gap="severe")[0] == mode(
        SKIPPED,
        "present",
        "The domain gap is severe, and no adapted arm has a result: whatever is said here of encoders may be "
        "wrong for an adapted one.",
    )
    assert modes([arm("llm", 0.8, kind="prompted")], [0.8], gap="severe")[0] == mode(
        SKIPPED, "unknown", "No encoder was compared, neither adapted nor as it is."
    )
    failed = ArmResult(
        name="adapted", kind="domain_adapted", summary="", config={}, status="failed", failure="?"
    )
    assert modes([failed, plain()], [0.8], gap="mild")[0].text.startswith(WITHOUT)
    assert modes([plain(), adapted(0.85)], [0.8], [0.85])[0] == mode(
        SKIPPED,
        "unknown",
        "An adapted arm ran, but none that fine-tunes the same encoder as it is with the same settings.",
    )


def test_what_adaptation_gained_and_which_arm_is_named() -> None:
    arms = [plain(), adapted(0.85)]
    assert modes(arms, [0.8], [0.85], pairs=gained(0.05))[0] == mode(
        SKIPPED, "avoided", f"The adapted arm is the answer. {GAIN}", 0.05, "score"
    )
    tried, _ = modes(arms, [0.8], [0.85], pairs=gained(0.05, different=False))
    assert (tried.risk, tried.value, tried.unit) == ("avoided", 0.05, "score")
    assert tried.text.startswith("Adaptation was tried. adapted did not beat base")
    slow = [plain(), adapted(0.85, p95=500.0, leaves=True)]
    assert modes(slow, [0.8], [0.85], pairs=gained(0.05), max_p95_ms=100)[0] == mode(
        SKIPPED,
        "present",
        f"{GAIN} Still base is named, because it sends text to api.example.com, and text may not leave; p95 "
        "latency of 500 ms is over the limit of 100 ms.",
        0.05,
        "score",
    )
    # A dollar more for each of 1,200 thousands of documents.
    assert modes(arms, [0.8], [0.85], pairs=gained(0.05), margin=0.1)[0].text == (
        f"{GAIN} Still base is named, because adapted costs US$1,200 more over the horizon than that gain is "
        "worth under the workload."
    )
    cheap = [plain(0.8), adapted(0.85, unit=1.0)]
    assert modes(cheap, [0.85], [0.8], pairs=gained(0.05))[0].text == (
        f"{GAIN} Still base is named, because the gain is within the margin of the workload."
    )
    third = [*arms, arm("llm", 0.95, kind="prompted")]
    assert modes(third, [0.8], [0.85], [0.95], pairs=gained(0.05))[0] == mode(
        SKIPPED, "avoided", f"{GAIN} The answer was weighed against the adapted arm.", 0.05, "score"
    )


def test_the_rung_that_gained_most_is_judged() -> None:
    more = arm("further", 0.9, kind="domain_adapted", unit=2.0)
    pairs = [*gained(0.05), pair("further", "base", 0.1, different=True)]
    skipped, _ = modes([plain(), adapted(0.85), more], [0.8], [0.85], [0.9], pairs=pairs)
    assert skipped.value == pytest.approx(0.1)


def test_the_reason_of_the_arm_named_comes_before_larger_gains() -> None:
    more = arm("further", 0.9, kind="domain_adapted", unit=2.0, p95=900.0)
    pairs = [*gained(0.05), pair("further", "base", 0.1, different=True)]
    found = case([plain(), adapted(0.85), more], [0.8], [0.85], [0.9], pairs=pairs, max_p95_ms=100)
    told = [reason.text for reason in reasons(found) if "Adaptation pays here" in reason.text]
    assert found.verdict.arm == "adapted"
    assert ["adapted gained" in text for text in told] == [True, False]
    assert not [reason for reason in reasons(found) if reason.text.startswith("Against")]


def test_a_plain_arm_that_suffices() -> None:
    none = "base needs neither adaptation nor a language model, and no dearer arm of that kind is eligible."
    assert modes([plain()], [0.8])[1] == mode(OVER, "avoided", none)
    for changes in ({"unit": 1.0}, {"unit": 5.0, "p95": 900.0}):
        arms = [plain(), arm("llm", 0.7, kind="prompted", **changes)]
        assert modes(arms, [0.8], [0.7], max_p95_ms=100)[1] == mode(OVER, "avoided", none)
    llm, lora = arm("llm", 0.7, kind="prompted", unit=3.0), arm("lora", 0.75, kind="lora", unit=2.0)
    assert modes([plain(), llm, lora], [0.8], [0.7], [0.75])[1] == mode(
        OVER,
        "avoided",
        "base suffices: dearer adapted arms and language models score no higher and would cost up to "
        "US$2,400 more over 12 months (llm).",
        2400,
        "US$",
    )
    better = arm("lora", 0.81, kind="lora", unit=2.0)
    assert (
        "score at most 1.0 points more and would cost"
        in modes([plain(), llm, better], [0.8], [0.7], [0.805])[1].text
    )
    same = arm("lora", 0.8, kind="lora", unit=2.0)
    assert "score no higher" in modes([plain(), llm, same], [0.8], [0.7], [0.8])[1].text


def test_no_arm_no_investment() -> None:
    assert modes([plain()], [0.8], min_score=0.9)[1] == mode(OVER, "unknown", "No arm is eligible.")


@pytest.mark.parametrize("kind", ["prompted", "lora", "cascade", "domain_adapted"])
def test_more_than_fine_tuning_where_nothing_simpler_is_cheaper(kind: str) -> None:
    told = mode(OVER, "avoided", "No simpler arm that is eligible costs less than big.")
    assert modes([arm("big", 0.8, kind=kind)], [0.8])[1] == told
    arms = [arm("big", 0.9, kind=kind), plain(unit=1.0)]
    assert modes(arms, [0.9], [0.8])[1] == told
    arms = [arm("big", 0.9, kind=kind, unit=5.0), plain(p95=900.0), arm("llm", 0.7, kind="prompted")]
    assert modes(arms, [0.9], [0.8], [0.7], max_p95_ms=100)[1] == told


COSTS = "llm costs US$4,800 more than base over 12 months for 10.0 points"


@pytest.mark.parametrize(("within", "risk"), [(49, "avoided"), (50, "present")])
def test_more_than_fine_tuning_that_has_to_be_worth_it(within: int, risk: str) -> None:
    arms = [arm("llm", 0.9, kind="prompted", unit=5.0), plain(), arm("word", 0.7, kind="majority", unit=0.1)]
    columns: list[list[Gap]] = [[0.9], [(0.889, within), (0.7, 100 - within)], [0.6]]
    found = modes(arms, *columns, margin=0.011)[1]
    assert found == mode(
        OVER,
        risk,
        f"{COSTS}; with probability {within}% its gain is no more than the margin of 0.011.",
        4800,
        "US$",
    )


@pytest.mark.parametrize(
    ("value", "different", "shown"), [(0.1, True, True), (0.1, False, False), (-0.1, True, False)]
)
def test_a_gain_that_the_paired_test_does_not_tell_is_not_worth_it(
    value: float, different: bool, shown: bool
) -> None:
    arms = [arm("llm", 0.9, kind="prompted", unit=5.0), plain()]
    for told in (
        pair("llm", "base", value, different=different),
        pair("base", "llm", -value, different=different),
    ):
        found = modes(arms, [0.9], [0.8], pairs=[told])[1]
        assert found.risk == ("avoided" if shown else "present")
        doubt = "" if shown else ", which the paired test does not tell from none"
        assert found.text == (
            f"{COSTS}{doubt}; with probability under 1% its gain is no more than the margin of 0.01."
        )

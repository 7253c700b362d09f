"""Arms that lost before they had learned all they can."""

from __future__ import annotations

from decide import training_advice
from decide.comparison import ArmResult
from tests.reports.fixture_arms import arm


def trained(name: str, *best_at_the_end: bool) -> ArmResult:
    return arm(name).model_copy(
        update={"seed_facts": [{"best_at_the_end": told} for told in best_at_the_end]}
    )


def test_an_arm_that_lost_in_the_middle_of_training_is_not_given_up() -> None:
    arms = [trained("words"), trained("short", True, False), trained("long", False, False, True)]
    assert training_advice.advice("words", arms) == [
        "Train short longer before concluding that it is worse: with 1 of 2 seeds dev was best after the "
        "last epoch allowed. Raise epochs, or let dev choose among several learning rates."
    ]


def test_the_arm_that_is_recommended_and_those_without_a_score_need_no_such_step() -> None:
    failed = trained("failed", True).model_copy(update={"score": None})
    assert training_advice.advice("first", [trained("first", True), failed]) == []

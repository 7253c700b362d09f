"""What is said to somebody who passes something else than what is asked for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

import decide
from decide.arguments import seeds_from
from decide.events import Event
from evalsets import DecideError, EvalSet


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ("majority", r"arms is 'majority'\. Give a list of arms"),
        (decide.Majority(), r"arms is of type Majority\. Give a list"),
        ({"a": decide.Majority()}, r"arms is of type dict\. Give a list"),
        (["majority"], r"arms holds 'majority', which is no arm\. Give decide\.Majority"),
        (["TfidfLogistic"], r"Give decide\.TfidfLogistic"),
        (["svm"], r"Arms are .*TfidfLogistic.*plugins\.md"),
        ([decide.Majority], r"arms holds the class Majority, .* Make one of it: Majority\("),
        ([decide.Majority(), object()], r"arms holds of type object, which is no arm"),
        ([], "No arm to compare"),
    ],
)
def test_what_is_no_arm_is_refused(toy: EvalSet, arms: Any, message: str) -> None:
    with pytest.raises(decide.ArmError, match=message):
        decide.compare(toy, arms, seeds=1)


def test_data_and_workload_of_another_type(toy: EvalSet) -> None:
    arms = [decide.Majority()]
    for data in ("train.csv", pd.DataFrame({"text": ["a"]})):
        with pytest.raises(DecideError, match=r"data is a \w+, not an EvalSet.*from_files.*from_datasets"):
            decide.compare(data, arms)  # type: ignore[arg-type]
    with pytest.raises(DecideError, match=r"workload is a dict\. Give decide\.Workload"):
        decide.compare(toy, arms, workload={"error_usd": 1})  # type: ignore[arg-type]


def test_seeds() -> None:
    assert seeds_from(2) == seeds_from(np.int64(2)) == seeds_from(np.arange(2)) == (0, 1)  # type: ignore[arg-type]
    assert seeds_from([7, 3]) == (7, 3)
    for none in (0, -1, ()):
        with pytest.raises(decide.ArmError, match="No seed to run with"):
            seeds_from(none)
    for wrong in ("2", 1.5, [1.5], None, ["0"]):
        with pytest.raises(decide.ArmError, match=r"seeds is .*Give how many"):
            seeds_from(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0, -1, (1e-5, -1), ()])
def test_a_learning_rate_is_above_zero(rate: Any) -> None:
    with pytest.raises(ValidationError, match="learning_rate"):
        decide.FineTuned("model", learning_rate=rate)


def test_events_and_comparisons_are_short_to_look_at(toy: EvalSet) -> None:
    lines: list[str] = []
    arms = [decide.Majority(), decide.CRF()]
    result = decide.compare(
        toy, arms, seeds=1, isolate=False, on_event=lambda event: lines.append(str(event))
    )
    assert any(line.startswith("Majority: unit finished (seed 0, main, score 0.") for line in lines)
    assert all(len(line) < 200 for line in lines)
    assert str(Event("arm_cached", "a")) == "a: arm cached"
    assert repr(result) == str(result)
    assert result.recommendation.headline in repr(result)
    assert len(repr(result)) < 300
    row = result.table().set_index("arm")["reason"]
    assert "CRF cannot do text_classification" in row["CRF"]
    assert row["Majority"] == ""
    assert "it is the only eligible arm" in result.recommendation.reasons[0].text


def test_no_constraint_is_blamed_where_nothing_ran(toy: EvalSet) -> None:
    result = decide.compare(toy, [decide.CRF()], seeds=1, isolate=False)
    assert result.recommendation.headline == "No arm has a result: each was refused or failed."

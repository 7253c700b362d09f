from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

import decide
from arms import Arm, FitContext, FittedArm, Location, Predictions, arm_from_config, register_arm
from arms.base import FitRecord
from decide.protocols.mixture import Pair, latency_quantiles, mixed_cost
from decide.protocols.threshold import cuts, pick_threshold, threshold_at
from decide.workload import Prices, Workload
from evalsets import EvalSet, TextClassification
from tests.conftest import WORDS
from tests.decide.test_compare import Fixed
from tests.reports.partial import page_of

TASK = TextClassification(("a", "b"), metric="accuracy")


class Reader(FittedArm):
    """Right where ``knows`` occurs in the text, else a timid guess."""

    def __init__(self, labels: tuple[str, ...], knows: str | None, location: Location) -> None:
        self.record, self.location = FitRecord(seconds={"training": 1.0}), location
        self.labels, self.knows = labels, knows

    def predict(self, texts: Any) -> Predictions:
        values, rows = [], []
        for text in texts:
            truth = next(label for label, words in WORDS.items() if set(words) & set(text.split()))
            sure = self.knows is None or truth == self.knows
            values.append(truth if sure else self.labels[0])
            top = 0.98 if sure else 0.4
            rows.append([top if label == values[-1] else (1 - top) / 2 for label in self.labels])
        return Predictions(values=values, probabilities=np.array(rows), input_tokens=10 * len(texts))


@register_arm
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Knows(Arm):
    kind: ClassVar[str] = "test_knows"
    knows: str | None = None
    host: str = ""
    name: str | None = None

    def default_name(self) -> str:
        return "knows"

    def summary(self) -> str:
        return "Knows one label."

    def destinations(self) -> tuple[Location, ...]:
        return (Location(self.host, remote=True),) if self.host else (Location(),)

    def fit(self, evalset: EvalSet, seed: int, context: FitContext) -> FittedArm:
        return Reader(evalset.task.labels, self.knows, self.destinations()[0])


def remote_workload(**more: Any) -> Workload:
    prices = Prices(input_million_tokens=10_000, output_million_tokens=0, label=1.0)
    return Workload(text_may_leave=True, prices=prices, **more)


def test_a_cascade_is_one_more_arm_measured_from_its_parts(toy: EvalSet, tmp_path: Path) -> None:
    cheap, dear = Knows(knows="network", name="cheap"), Knows(host="api.example.com", name="dear")
    both = decide.Cascade(first="cheap", then="dear", name="both")
    result = decide.compare(
        toy, [both, cheap, dear], workload=remote_workload(), seeds=2, run_dir=tmp_path, isolate=False
    )
    assert [a.name for a in result.arms] == ["both", "cheap", "dear"]
    arm, first, then = (result.arm(n) for n in ("both", "cheap", "dear"))
    assert arm.status == "ok"
    assert arm.seed_scores == [1.0, 1.0] == then.seed_scores
    (found,) = result.cascades
    unknown = sum(label != "network" for label in toy.test.labels) / len(toy.test)
    assert found.deferral_test == pytest.approx(unknown) == found.egress_share
    assert arm.cost is not None
    assert first.cost is not None
    assert then.cost is not None
    assert then.cost.per_1000_usd == pytest.approx(100.0)
    assert arm.cost.per_1000_usd == pytest.approx(first.cost.per_1000_usd + unknown * 100.0)
    # The labels are shared and paid once.
    assert [line.usd for line in arm.cost.one_off if line.name == "labels"] == [84.0]
    assert arm.data_flow is not None
    assert arm.data_flow.leaves
    assert "api.example.com" in arm.data_flow.destinations
    assert arm.timing is not None
    assert first.timing is not None
    assert arm.timing.latency.p95_ms >= first.timing.latency.p50_ms
    assert found.statement.startswith("cheap answers ")
    assert f"{unknown:.0%} of the documents go to api.example.com." in found.statement
    assert (found.curve[0].deferral, found.curve[-1].deferral) == (0.0, 1.0)
    assert found.curve[0].score == first.score.value  # type: ignore[union-attr]
    assert found.curve[-1].score == then.score.value  # type: ignore[union-attr]
    assert len(result.pairs) == 3
    assert "cascades" in result.method
    assert decide.load(result.to_json(tmp_path / "c.json")) == result
    assert "A cheap approach first" in page_of("cascades", of=result).text


def test_a_part_that_may_not_run_takes_the_cascade_along(toy: EvalSet) -> None:
    arms = [
        Knows(knows="network", name="cheap"),
        Knows(host="api.example.com", name="dear"),
        decide.Cascade(first="cheap", then="dear", name="both"),
    ]
    result = decide.compare(toy, arms, seeds=1, isolate=False)
    assert result.arm("both").status == "refused"
    assert "Its part dear has no result: It would send text to api.example.com" in (
        result.arm("both").failure or ""
    )


def test_a_first_part_without_probabilities_is_refused(toy: EvalSet) -> None:
    arms = [Fixed(name="mute"), decide.Majority(), decide.Cascade(first="mute", then="Majority")]
    result = decide.compare(toy, arms, seeds=1, isolate=False)
    why = result.arm("mute, then Majority").failure or ""
    assert "mute states no probabilities" in why


@pytest.mark.parametrize(
    ("first", "then", "message"),
    [
        ("Majority", "nobody", "no arm is called 'nobody'"),
        ("Majority", "Majority", "both parts are 'Majority'"),
        ("Majority", "other", "cannot be cascades themselves"),
    ],
)
def test_parts_must_be_two_other_arms(toy: EvalSet, first: str, then: str, message: str) -> None:
    arms = [
        decide.Majority(),
        decide.Cascade(first=first, then=then, name="c"),
        decide.Cascade(first="Majority", then="x", name="other"),
    ]
    with pytest.raises(decide.ArmError, match=message):
        decide.compare(toy, arms, isolate=False)


def test_a_cascade_can_stand_in_a_file() -> None:
    assert arm_from_config({"kind": "cascade", "first": "a", "then": "b"}) == decide.Cascade("a", "b")


def pair(confidence: list[float], first: list[str], then: list[str], gold: list[str]) -> Pair:
    return Pair(
        np.array(confidence), TASK.item_statistics(gold, first), TASK.item_statistics(gold, then), TASK
    )


def example() -> Pair:
    """The first part is wrong on the two it is least sure of; the second is right but for one."""
    return pair([0.9, 0.8, 0.7, 0.6, 0.55], list("aabbb"), list("aabab"), list("aabaa"))


def test_scores_for_every_cut() -> None:
    assert example().score_when_deferring(np.arange(6)).tolist() == pytest.approx(
        [0.6, 0.6, 0.8, 0.8, 0.8, 0.8]
    )


class Times:
    def __init__(self, *values: float) -> None:
        self.latency_ms = list(values)


@pytest.mark.parametrize(
    ("limits", "deferred"),
    [
        ({}, 2),  # the cheapest cut that reaches the best dev score
        ({"margin": 0.3}, 0),
        ({"max_cost_per_1000_usd": 3.0}, 0),
        ({"min_score": 0.75, "margin": 0.3}, 2),
        ({"max_p95_ms": 5.0}, 0),
        ({"max_p95_ms": 0.5}, 2),  # nothing keeps the limit: the best there is
    ],
)
def test_the_threshold_follows_the_workload(limits: dict[str, float], deferred: int) -> None:
    dev = example()
    threshold, share = pick_threshold(
        dev,
        Times(1.0),
        Times(100.0),
        (1.0, 10.0),
        Workload(**limits),  # type: ignore[arg-type]
    )
    assert int((dev.confidence < threshold).sum()) == deferred
    assert share == deferred / 5


def test_cuts_respect_ties_and_unanswered_documents() -> None:
    tied = pair([0.5, 0.5, 0.9, -np.inf], list("aaaa"), list("aaaa"), list("aaaa"))
    assert cuts(tied).tolist() == [1, 3, 4]
    for count in (1, 3, 4):
        assert int((tied.confidence < threshold_at(tied, count)).sum()) == count
    many = pair(list(np.linspace(0.3, 0.9, 5000)), ["a"] * 5000, ["a"] * 5000, ["a"] * 5000)
    assert 90 <= len(cuts(many)) <= 101


def test_latency_is_a_mixture_of_one_part_and_of_both() -> None:
    first, then = [1.0, 2.0], [100.0]
    assert latency_quantiles(first, then, 0.0, [0.5, 0.95]).tolist() == [1.0, 2.0]
    assert latency_quantiles(first, then, 1.0, [0.5, 0.95]).tolist() == [101.0, 102.0]
    assert latency_quantiles(first, then, 0.1, [0.5, 0.89, 0.93]).tolist() == [2.0, 2.0, 101.0]


def test_costs_add_up(toy: EvalSet) -> None:
    result = decide.compare(toy, [decide.Majority(), decide.TfidfLogistic()], seeds=1, isolate=False)
    one, two = (arm.cost for arm in result.arms)
    assert one is not None
    assert two is not None
    mixed = mixed_cost(one, two, 0.25, result.workload)
    assert mixed.per_1000_usd == pytest.approx(one.per_1000_usd + two.per_1000_usd / 4)
    assert mixed.one_off_usd == pytest.approx(one.one_off_usd + two.one_off_usd)
    assert mixed.per_1000_usd == pytest.approx(sum(line.usd for line in mixed.running))

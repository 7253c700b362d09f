import json
from pathlib import Path

import numpy as np
import pytest

import decide
from decide.orchestrate import Event
from decide.protocols.budgets import check_budgets, nested_order, subset
from decide.protocols.crossings import ahead_from, find_crossing
from decide.workload import Prices
from evalsets import EvalSet
from tests.decide.test_compare import Fixed

BUDGETS = [10, 100, 1000]


def test_subsets_are_nested_stratified_and_the_same_for_a_seed(toy: EvalSet) -> None:
    small, large = subset(toy, 20, 7), subset(toy, 40, 7)
    assert len(small.train) + len(small.dev) == 20
    assert set(small.train.texts) < set(large.train.texts) < set(toy.train.texts)
    assert set(small.dev.texts) < set(large.dev.texts) < set(toy.dev.texts)
    assert small == subset(toy, 20, 7)
    assert small.train != subset(toy, 20, 8).train
    assert small.content_hash != large.content_hash
    assert small.test is toy.test
    assert set(small.train.labels) == set(toy.task.labels)


def test_every_prefix_has_each_label_by_its_share(toy: EvalSet) -> None:
    order = nested_order(toy.train, toy.task, 0)
    assert sorted(order) == list(range(len(toy.train)))
    whole = {label: toy.train.labels.count(label) / len(toy.train) for label in toy.task.labels}
    for size in (12, 24, 48):
        part = [toy.train.labels[i] for i in order[:size]]
        assert all(abs(part.count(label) / size - share) < 0.12 for label, share in whole.items())


@pytest.mark.parametrize(
    ("budgets", "message"),
    [((2,), "too small"), ((84,), "not smaller than the 84"), ((), "is empty"), ((30.5,), "whole numbers")],
)
def test_impossible_budgets_are_refused_before_anything_runs(
    toy: EvalSet, tmp_path: Path, budgets: tuple[int, ...], message: str
) -> None:
    log = tmp_path / "log"
    with pytest.raises(decide.DecideError, match=message):
        decide.compare(toy, [Fixed(log=str(log))], label_budgets=budgets, isolate=False)
    assert not log.exists()


def test_budgets_are_put_in_order(toy: EvalSet) -> None:
    assert check_budgets((40, 20, 40), toy) == (20, 40)


def test_a_lead_that_begins_between_two_budgets_is_interpolated_on_the_logarithm() -> None:
    lead = np.array([[-1.0, -1.0, 1.0], [1.0, -1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, -1.0], [0.0, 3.0, 1.0]])
    found = ahead_from(BUDGETS, lead)
    assert found[0] == pytest.approx(10**2.5)
    assert found[1] == pytest.approx(10**2.5)  # the last change counts
    assert found[2:4].tolist() == [-np.inf, np.inf]
    assert found[4] == pytest.approx(10)


def test_a_crossing_says_who_overtakes_whom_and_what_the_labels_cost() -> None:
    points = np.array([0.2, 0.1, -0.1])
    draws = points + np.random.default_rng(0).normal(0, 0.02, (500, 1))
    found = find_crossing(("Prompted", "Tuned"), BUDGETS, points, draws, 2.0)
    assert (found.winner, found.loser, found.status) == ("Tuned", "Prompted", "crosses")
    assert found.labels == pytest.approx(10**2.5)
    assert found.label_usd == pytest.approx(2 * 10**2.5)
    assert found.low is not None
    assert found.high is not None
    assert 100 < found.low < 10**2.5 < found.high < 1000
    assert found.statement.startswith("Tuned overtakes Prompted at about 316 labels (95% interval ")
    assert found.statement.endswith("which cost US$632.46 at US$2 each.")


def test_an_interval_beyond_the_budgets_says_so() -> None:
    points = np.array([0.2, 0.01, -0.01])
    draws = points + np.random.default_rng(0).normal(0, 0.2, (500, 1))
    found = find_crossing(("A", "B"), BUDGETS, points, draws, 0.0)
    assert (found.low, found.high) == (None, None)
    assert "(95% interval under 10 to over 1,000), priced at nothing here" in found.statement


def test_without_a_crossing_the_ranking_stands_within_the_budgets() -> None:
    points = np.array([0.2, 0.1, 0.1])
    found = find_crossing(("A", "B"), BUDGETS, points, np.tile(points, (9, 1)), 2.0)
    assert (found.status, found.labels, found.low, found.label_usd) == ("ahead throughout", None, None, None)
    assert found.statement == "A is ahead of B at every budget tried (10 to 1,000 labels)."
    level = find_crossing(("A", "B"), BUDGETS, points * 0, np.zeros((9, 3)), 2.0)
    assert level.status == "level"


class Unlabelled(Fixed):
    """Learns from nothing."""

    def labels_used(self, evalset: EvalSet) -> int:
        return 0


def test_arms_that_use_no_labels_run_once_and_others_at_every_budget(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    zero = Unlabelled(name="zero", log=str(log))
    events: list[Event] = []
    result = decide.compare(
        toy,
        [decide.TfidfLogistic(name="linear"), zero],
        label_budgets=(12, 40),
        workload=decide.Workload(prices=Prices(label=0.5)),
        run_dir=tmp_path,
        isolate=False,
        on_event=events.append,
    )
    curve = result.learning_curve
    assert curve is not None
    assert curve.budgets == [12, 40, 84]
    linear, flat = curve.curves
    assert [(p.budget, p.labels, p.label_usd) for p in linear.points] == [
        (12, 12, 6.0), (40, 40, 20.0), (84, 84, 42.0),
    ]  # fmt: skip
    assert [len(p.seed_scores) for p in linear.points] == [3, 3, 1]
    assert linear.points[-1].score.value == result.arm("linear").seed_scores[0]
    assert flat.flat
    assert len(flat.points) == 1
    assert log.read_text().split() == ["0", "1", "2"]
    assert [s.leader for s in curve.standings] == ["linear"] * 3
    assert len(curve.standings[0].pairs) == 1
    assert "learning_curve" in result.method
    assert events[-1].message == "2 label budgets"
    assert decide.load(result.to_json(tmp_path / "c.json")) == result

    again: list[Event] = []
    decide.compare(
        toy,
        [decide.TfidfLogistic(name="linear"), zero],
        label_budgets=(12, 40),
        run_dir=tmp_path,
        isolate=False,
        on_event=again.append,
    )
    assert {e.kind for e in again} == {"arm_cached"}


class FailsOnLittle(Fixed):
    def fit(self, evalset, seed, context):  # type: ignore[no-untyped-def]
        if len(evalset.train) < 20:
            raise decide.ArmError("too little to learn from")
        return super().fit(evalset, seed, context)


def test_an_arm_that_fails_at_a_budget_keeps_its_result_and_says_why(toy: EvalSet) -> None:
    arms = [FailsOnLittle(name="fussy"), decide.Majority()]
    result = decide.compare(toy, arms, label_budgets=(12,), isolate=False, seeds=1)
    assert result.arm("fussy").status == "ok"
    assert result.learning_curve is not None
    fussy = result.learning_curve.curves[0]
    assert (fussy.failure, fussy.flat, len(fussy.points)) == ("too little to learn from", False, 1)


def test_budgets_can_stand_in_an_engagement_file(tmp_path: Path) -> None:
    from decide.engagement import read_engagement

    file = tmp_path / "e.yaml"
    settings = {
        "data": {"train": "a", "test": "b"},
        "arms": [{"kind": "majority"}],
        "label_budgets": [50, 100],
    }
    file.write_text(json.dumps(settings))
    assert read_engagement(file).label_budgets == [50, 100]

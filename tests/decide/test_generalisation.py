from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import decide
from decide.protocols.domains import MIN_CLUSTERS, over_folds
from decide.protocols.held_out import hold_out
from evalsets import EvalSet
from tests.conftest import toy_split
from tests.decide.test_compare import Fixed


def test_a_held_out_group_is_in_test_alone(toy: EvalSet) -> None:
    fold = hold_out(toy, "south")
    assert set(fold.train.groups or ()) == set(fold.dev.groups or ()) == {"north"}
    splits = (toy.train, toy.dev, toy.test)
    south = sum((s.groups or ()).count("south") for s in splits)
    assert (fold.test.groups or ()).count("south") == south
    assert (fold.test.groups or ()).count("west") == (toy.test.groups or ()).count("west")
    assert len(fold.test.texts) == len(fold.test.labels) == len(fold.test.groups or ())
    assert fold.content_hash != toy.content_hash


def test_texts_that_the_group_shares_leave_train(toy: EvalSet) -> None:
    i = (toy.train.groups or ()).index("north")
    j = (toy.train.groups or ()).index("south")
    texts = list(toy.train.texts)
    texts[i] = texts[j]
    fold = hold_out(replace(toy, train=replace(toy.train, texts=tuple(texts))), "south")
    assert texts[j] in fold.test.texts
    assert texts[j] not in fold.train.texts


def test_the_drop_to_groups_that_train_lacks_is_always_measured(toy: EvalSet, tmp_path: Path) -> None:
    arms = [decide.Majority(), decide.TfidfLogistic(name="linear")]
    result = decide.compare(toy, arms, run_dir=tmp_path, isolate=False)
    (found,) = result.generalisation
    assert (found.source, found.held_out, found.in_domain_from) == ("test set", ["west"], "test")
    assert (found.best, found.smallest_drop) == ("linear", "linear")
    majority, linear = found.arms
    assert majority.probability_smallest_drop is None
    assert linear.probability_smallest_drop == 1.0
    gold = list(zip(toy.test.labels, toy.test.groups or (), strict=True))
    run = result.arm("linear")
    west = next(g for g in run.groups if g.group == "west")
    assert linear.out_of_domain.value == pytest.approx(west.score.value)
    assert linear.drop.value == pytest.approx(linear.in_domain.value - linear.out_of_domain.value)
    assert linear.drop.low is not None
    assert linear.drop.low <= linear.drop.value <= (linear.drop.high or 0)
    assert linear.groups[0].items == sum(g == "west" for _, g in gold)
    assert "On groups that training lacks (west), linear scores highest" in found.statement
    assert "generalisation" in result.method
    assert decide.load(result.to_json(tmp_path / "c.json")) == result


def test_each_group_is_held_out_in_turn(toy: EvalSet, tmp_path: Path) -> None:
    log = tmp_path / "log"
    arms = [decide.TfidfLogistic(name="linear"), Fixed(log=str(log))]
    result = decide.compare(toy, arms, held_out_groups="each", seeds=2, run_dir=tmp_path, isolate=False)
    assert len(log.read_text().split()) == 2 + 2 * 2
    found = result.generalisation[1]
    assert (found.source, found.held_out, found.in_domain_from) == (
        "held out in turn", ["north", "south"], "test",
    )  # fmt: skip
    linear = found.arms[0]
    assert [g.group for g in linear.groups] == ["north", "south"]
    assert linear.out_of_domain.value == pytest.approx(
        np.mean([g.out_of_domain.value for g in linear.groups])
    )
    assert found.statement.startswith("On 2 groups held out in turn, linear scores highest")


def test_without_other_test_groups_dev_is_in_domain(toy: EvalSet) -> None:
    data = replace(toy, test=toy_split(30, 9, ("south",)))
    result = decide.compare(data, [decide.TfidfLogistic()], held_out_groups=("south",), isolate=False)
    (found,) = result.generalisation
    assert found.in_domain_from == "dev"


class FailsWithoutSouth(Fixed):
    def fit(self, evalset, seed, context):  # type: ignore[no-untyped-def]
        if "south" not in (evalset.train.groups or ()):
            raise decide.ArmError("no south, no result")
        return super().fit(evalset, seed, context)


def test_an_arm_that_fails_without_a_group_says_why(toy: EvalSet) -> None:
    arms = [FailsWithoutSouth(name="fussy"), decide.Majority()]
    result = decide.compare(toy, arms, held_out_groups=("south",), seeds=1, isolate=False)
    found = result.generalisation[1]
    assert found.failures == {"fussy": "no south, no result"}
    assert [a.arm for a in found.arms] == ["Majority"]
    assert found.smallest_drop is None


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (("east",), "'east' of held_out_groups does not occur. Groups to learn from are: north, south"),
        (("west",), "only in test"),
        ("north", r"Give 'each' or names, such as \('north',\)"),
        ((), "is empty"),
    ],
)
def test_groups_that_cannot_be_held_out_are_refused(toy: EvalSet, wanted: object, message: str) -> None:
    with pytest.raises(decide.DecideError, match=message):
        decide.compare(toy, [decide.Majority()], held_out_groups=wanted, isolate=False)  # type: ignore[arg-type]


def test_without_groups_there_is_nothing_to_hold_out(toy: EvalSet) -> None:
    bare = replace(toy, **{k: replace(getattr(toy, k), groups=None) for k in ("train", "dev", "test")})
    with pytest.raises(decide.DecideError, match="needs a group for each row"):
        decide.compare(bare, [decide.Majority()], held_out_groups="each", isolate=False)
    assert decide.compare(bare, [decide.Majority()], isolate=False).generalisation == []


def test_a_group_without_which_nothing_is_left_cannot_be_spared(toy: EvalSet) -> None:
    one = replace(toy, train=toy_split(30, 8, ("south",)), dev=toy_split(9, 7, ("south", "north")))
    with pytest.raises(decide.DecideError, match="Without group 'south' nothing is left in train"):
        decide.compare(one, [decide.Majority()], held_out_groups=("south",), isolate=False)


def test_many_folds_are_resampled_themselves() -> None:
    apart = [np.full((400, 1, 2), float(i)) for i in range(MIN_CLUSTERS)]
    assert over_folds(apart).std() > 0.3
    assert over_folds(apart[:-1]).std() == 0

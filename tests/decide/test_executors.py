"""Executors: where units are made, and what is heard of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import decide
from arms.base import ArmError
from decide.executors import Executor, Local, Site
from decide.executors.base import Tell
from decide.executors.remote import Order, make_unit, own_folder, tidy
from decide.privacy.network import Access
from decide.run import run_key
from decide.runner import Event
from decide.store import RunStore
from decide.terms import Terms
from decide.units import Place, here
from decide.worker import Job
from evalsets import EvalSet
from tests.decide.test_compare import Fixed


class Recorded(Executor, Site):
    """Does as the local one does, and notes what it is told."""

    ahead = True

    def __init__(self) -> None:
        self.started: list[tuple[str, str, int]] = []
        self.closed = False

    @contextmanager
    def open(self, store: RunStore, tell: Tell) -> Iterator[Site]:
        with Local(isolate=False).open(store, tell) as self.local:
            yield self
        self.closed = True

    def place(self, arm: Any) -> Place:
        return here()

    def start(self, job: Job, access: Access) -> None:
        self.started += [(job.arm.label, unit.part.name, unit.part.seed) for unit in job.units]

    def finish(self, job: Job, access: Access) -> None:
        self.local.finish(job, access)

    def note(self) -> str:
        return "Somewhere else."

    def hosts(self) -> list[str]:
        return ["gpu-7.example"]


def test_everything_is_said_ahead_of_time(toy: EvalSet, tmp_path: Path) -> None:
    executor = Recorded()
    wanted = {"label_budgets": (20,), "held_out_groups": ("north",), "repeats": 2, "seeds": 2}
    result = decide.compare(toy, [Fixed()], executor=executor, run_dir=tmp_path, **wanted)
    names = {name for _, name, _ in executor.started}
    assert names == {"main", "20 labels", "without north", "repetition 1"}
    assert executor.closed
    assert result.method["executor"] == "Somewhere else."
    html = result.to_html(tmp_path / "report.html").read_text()
    assert html.count("gpu-7.example") >= 2  # first page and privacy
    assert "No text left the machine" not in html
    made = len(list((tmp_path / "runs").iterdir()))
    assert len(set(executor.started)) == len(executor.started) == made


@pytest.mark.parametrize("isolate", [True, False])
def test_each_unit_is_heard_of_as_it_ends(toy: EvalSet, tmp_path: Path, isolate: bool) -> None:
    events: list[Event] = []
    arms = [decide.Majority(), Fixed(fails="1")] if not isolate else [decide.Majority()]
    result = decide.compare(
        toy, arms, seeds=2, run_dir=tmp_path, isolate=isolate, label_budgets=(20,), on_event=events.append
    )
    finished = [e for e in events if e.kind == "unit_finished"]
    keys = {file.stem for file in (tmp_path / "runs").iterdir()}
    assert {e.key for e in finished} == keys
    main = next(e for e in finished if e.arm == "Majority" and e.unit == "main")
    score = result.arm("Majority").score
    assert score is not None
    assert (main.seed, main.score) == (0, score.value)
    assert main.seconds > 0
    assert {e.unit for e in finished} == {"main", "20 labels"}
    assert [e.seed for e in events if e.kind == "unit_failed"] == ([] if isolate else [1])
    kinds = [e.kind for e in events if e.arm == "Majority"][:4]
    assert kinds == ["arm_started", "unit_started", "unit_finished", "arm_finished"]


def order(folder: Path, data: EvalSet, arm: Any, token: str = ".ray-0") -> Order:
    key = run_key(arm, data, 0)
    return Order(Job(arm, (), folder), 0, "main", key, Access(), {}, token)


def test_a_unit_made_elsewhere_is_the_unit_made_here(toy: EvalSet, tmp_path: Path) -> None:
    (tmp_path / ".ray-0").touch()
    arm = decide.TfidfLogistic()
    made = make_unit(order(tmp_path, toy, arm), toy)
    assert RunStore(tmp_path).get(run_key(arm, toy, 0)) is not None  # a folder that is shared
    result = decide.compare(toy, [arm], run_dir=tmp_path)
    assert result.arms[0].cached
    assert json.loads(made["run"])["values"]
    assert made["score"] == result.arms[0].seed_scores[0]


def test_without_a_shared_folder_the_run_comes_back_alone(toy: EvalSet, tmp_path: Path) -> None:
    token = f".ray-{tmp_path.name}"
    try:
        made = make_unit(order(tmp_path / "nowhere", toy, decide.Majority(), token), toy)
        assert not (tmp_path / "nowhere").exists()
        assert json.loads(made["run"])["key"] == run_key(decide.Majority(), toy, 0)
        assert own_folder(token).is_dir()
    finally:
        tidy(token)
    assert not own_folder(token).exists()


def test_a_budget_needs_the_shared_folder(toy: EvalSet, tmp_path: Path) -> None:
    token = f".ray-{tmp_path.name}"
    free = order(tmp_path / "nowhere", toy, decide.Majority(), token)
    asked = replace(free, job=replace(free.job, terms=Terms(decide.Budget(tokens=10))))
    try:
        assert "A budget is kept in the run directory" in make_unit(asked, toy)["failed"]
    finally:
        tidy(token)


def test_a_unit_that_fails_elsewhere_says_why(toy: EvalSet, tmp_path: Path) -> None:
    (tmp_path / ".ray-0").touch()
    arm = decide.FineTuned("no-such-model-here")
    broken = Order(Job(arm, (), tmp_path), 0, "main", "0" * 64, Access(), {}, ".ray-0")
    assert "no-such-model-here" in make_unit(broken, toy)["failed"]


def test_place_is_part_of_the_key(toy: EvalSet) -> None:
    arm = decide.Majority()
    keys = {
        run_key(arm, toy, 0, place=place)
        for place in (here(), Place("another machine"), Place(here().hardware, {"OMP_NUM_THREADS": "7"}))
    }
    assert len(keys) == 3
    assert run_key(arm, toy, 0) in keys


def test_needs_are_found_by_name_then_kind(toy: EvalSet) -> None:
    ray = decide.Ray(needs={"majority": {"cpus": 2}, "Mine": {"gpus": 0.5}, "*": {"cpus": 4}})
    assert ray.need_of(decide.Majority()).cpus == 2
    assert ray.need_of(decide.Majority(name="Mine")).gpus == 0.5
    assert ray.need_of(decide.TfidfLogistic()).cpus == 4
    with pytest.raises(ValueError, match="cpus"):
        decide.Ray(needs={"*": {"cpus": 0}})
    assert issubclass(ArmError, decide.DecideError)

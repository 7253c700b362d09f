"""Units on a Ray cluster, with a stand-in for Ray that does its tasks here; Ray itself is in test_ray.py."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

import decide
from arms.base import Arm, ArmError
from decide.environment import versions
from decide.executors.cluster import Cluster
from decide.privacy.network import NOWHERE, own_addresses
from decide.run import run_key
from decide.store import RunStore
from decide.units import Part, Unit
from decide.worker import OOM_HINT, Job
from evalsets import DecideError, EvalSet
from tests.decide.test_compare import Fixed

HERE = own_addresses()[0]


class OutOfMemoryError(Exception):
    pass


class WorkerCrashedError(Exception):
    pass


class NodeDiedError(Exception):
    pass


@dataclass
class Task:
    """What ``ray.remote`` gives: options are noted, and the call is put off until it is asked for."""

    ray: FakeRay
    function: Callable[..., Any]
    said: dict[str, Any] = field(default_factory=dict)

    def options(self, **said: Any) -> Task:
        return Task(self.ray, self.function, said)

    def remote(self, *arguments: Any) -> Reference:
        self.ray.tasks.append((self.function.__name__, self.said))
        return Reference(self, arguments)


@dataclass(eq=False)
class Reference:
    task: Task
    arguments: tuple[Any, ...]

    def value(self) -> Any:
        function, ray = self.task.function, self.task.ray
        if function.__name__ == "describe":
            return ray.told[self.task.said["scheduling_strategy"].node]
        if function.__name__ == "make_unit" and ray.broken is not None:
            raise ray.broken
        return function(*self.arguments)


class FakeRay(ModuleType):
    """The part of Ray that is used, with nodes that are all this process."""

    exceptions = SimpleNamespace(
        OutOfMemoryError=OutOfMemoryError, WorkerCrashedError=WorkerCrashedError, NodeDiedError=NodeDiedError
    )

    def __init__(self) -> None:
        super().__init__("ray")
        self.machines: list[dict[str, Any]] = []
        self.told: dict[str, dict[str, Any]] = {}
        self.tasks: list[tuple[str, dict[str, Any]]] = []
        self.cancelled: list[Any] = []
        self.broken: Exception | None = None
        self.connected, self.asked = False, {}

    def add(
        self, address: str = HERE, cpus: float = 2, gpus: float = 0, alive: bool = True, **told: Any
    ) -> None:
        name = f"node {len(self.machines)}"
        resources = {"CPU": cpus, **({"GPU": gpus} if gpus else {})}
        self.machines.append(
            {"NodeID": name, "NodeManagerAddress": address, "Alive": alive, "Resources": resources}
        )
        self.told[name] = {"hardware": "a CPU", "cores": 2, "versions": versions(), **told}

    def nodes(self) -> list[dict[str, Any]]:
        return self.machines

    def is_initialized(self) -> bool:
        return self.connected

    def init(self, **asked: Any) -> None:
        if self.broken is not None:
            raise self.broken
        self.connected, self.asked = True, asked

    def shutdown(self) -> None:
        self.connected = False

    def remote(self, function: Callable[..., Any]) -> Task:
        return Task(self, function)

    def put(self, value: Any) -> Any:
        return value

    def wait(self, references: list[Any], num_returns: int, timeout: float) -> tuple[list[Any], list[Any]]:
        return references[:num_returns], references[num_returns:]

    def get(self, reference: Any, timeout: float | None = None) -> Any:
        return [r.value() for r in reference] if isinstance(reference, list) else reference.value()

    def cancel(self, reference: Any, force: bool) -> None:
        self.cancelled.append(reference)


@dataclass
class On:
    node: str
    soft: bool


@pytest.fixture
def ray(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeRay]:
    fake, strategies = FakeRay(), ModuleType("ray.util.scheduling_strategies")
    strategies.NodeAffinitySchedulingStrategy = On  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "ray", fake)
    monkeypatch.setitem(sys.modules, "ray.util", ModuleType("ray.util"))
    monkeypatch.setitem(sys.modules, "ray.util.scheduling_strategies", strategies)
    yield fake
    assert not fake.connected


@pytest.mark.usefixtures("in_process")
def test_a_comparison_on_a_cluster_is_the_one_made_here(ray: FakeRay, toy: EvalSet, tmp_path: Path) -> None:
    ray.add()
    ray.add(cpus=4)
    ray.add(alive=False)
    arms = [Fixed(), decide.Majority()]
    needs = {"*": {"cpus": 1, "memory_gb": 0.5, "custom": {"disk": 1.0}}, "Majority": {}}
    executor = decide.Ray(needs=needs)
    there = decide.compare(toy, arms, seeds=2, run_dir=tmp_path / "there", executor=executor)
    here = decide.compare(toy, arms, seeds=2, run_dir=tmp_path / "here", isolate=False)
    assert [(a.name, a.status, a.seed_scores) for a in there.arms] == [
        (a.name, a.status, a.seed_scores) for a in here.arms
    ]
    assert there.method["executor"] == "On a Ray cluster of 2 nodes (a CPU). All are this machine."
    assert ray.asked["include_dashboard"] is False
    made = [said for name, said in ray.tasks if name == "make_unit"]
    assert {said["name"].split(" · ")[0]: said["num_cpus"] for said in made} == {
        arms[0].label: 1,
        "Majority": 2,
    }
    fixed = next(said for said in made if said["num_cpus"] == 1)
    assert (fixed["memory"], fixed["resources"], fixed["num_gpus"]) == (5e8, {"disk": 1.0}, 0.0)
    assert not list((tmp_path / "there").glob(".ray-*"))


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OutOfMemoryError(), OOM_HINT),
        (WorkerCrashedError(), "died 4 times (WorkerCrashedError)"),
        (NodeDiedError(), "died 4 times (NodeDiedError)"),
        (ValueError("no such thing"), "On the cluster: ValueError: no such thing"),
    ],
)
def test_a_task_that_is_lost_fails_its_arm_and_says_why(
    ray: FakeRay, toy: EvalSet, tmp_path: Path, error: Exception, says: str
) -> None:
    ray.add()
    with decide.Ray().open(RunStore(tmp_path), lambda job, said: told.append(said)) as site:
        told: list[dict[str, Any]] = []
        ray.broken = error
        with pytest.raises(ArmError, match="") as failed:
            site.finish(job_of(Fixed(), toy, tmp_path), NOWHERE)
        ray.broken = None
    assert says in str(failed.value)
    assert [(said["kind"], said["message"]) for said in told] == [("unit_failed", str(failed.value))]


@pytest.mark.usefixtures("in_process")
def test_an_arm_that_fails_there_leaves_the_others(ray: FakeRay, toy: EvalSet, tmp_path: Path) -> None:
    ray.add()
    arms = [Fixed(), Fixed(fails="now", name="burning"), decide.Majority()]
    executor = decide.Ray(needs={"test_fixed": {"cpus": 1}, "Fixed billing": {"cpus": 64}})
    result = decide.compare(toy, arms, seeds=1, run_dir=tmp_path, executor=executor)
    assert [arm.status for arm in result.arms] == ["failed", "failed", "ok"]
    assert "no machine of the cluster has them" in (result.arms[0].failure or "")
    assert "the disk is on fire" in (result.arms[1].failure or "")


def job_of(arm: Arm, data: EvalSet, folder: Path) -> Job:
    return Job(arm, (Unit(Part(data, 0, "main"), run_key(arm, data, 0)),), folder)


def test_what_was_begun_is_cancelled_on_leaving(ray: FakeRay, toy: EvalSet, tmp_path: Path) -> None:
    ray.add()
    with decide.Ray().open(RunStore(tmp_path), lambda job, said: None) as site:
        assert site.ahead
        site.start(job_of(Fixed(), toy, tmp_path), NOWHERE)
        site.start(job_of(Fixed(), toy, tmp_path), NOWHERE)  # not begun twice
    assert len(ray.cancelled) == 1
    assert [name for name, _ in ray.tasks] == ["describe", "make_unit", "tidy"]


def cluster_of(ray: FakeRay, settings: decide.Ray, folder: Path) -> Cluster:
    with Cluster.of(ray, settings, RunStore(folder), lambda job, said: None) as found:
        return found


@pytest.mark.parametrize(
    ("hardware", "settings", "says"),
    [
        (["A", "A"], {}, "A"),
        (["B", "A"], {}, "cluster of ['A', 'B']"),
        (["B", "A"], {"machine": "ours"}, "ours"),
    ],
)
def test_the_kind_of_machine_is_part_of_the_place(
    ray: FakeRay, tmp_path: Path, hardware: list[str], settings: dict[str, Any], says: str
) -> None:
    for kind in hardware:
        ray.add(hardware=kind)
    place = cluster_of(ray, decide.Ray(**settings), tmp_path).place(Fixed())
    assert place.hardware == says


def test_threads_are_part_of_the_place_where_a_unit_shares_its_machine(
    ray: FakeRay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    ray.add(cores=8)
    assert cluster_of(ray, decide.Ray(), tmp_path)._variables(Fixed())["OMP_NUM_THREADS"] == "2"
    alone = FakeRay()
    alone.add(cores=2)
    assert "OMP_NUM_THREADS" not in cluster_of(alone, decide.Ray(), tmp_path)._variables(Fixed())


def test_arms_that_gain_from_a_gpu_get_one_where_there_is_one(
    ray: FakeRay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ray.add()
    ray.add(gpus=2)
    monkeypatch.setattr(Fixed, "wants_gpu", lambda self: True)
    found = cluster_of(ray, decide.Ray(), tmp_path)
    assert found._resources(Fixed())["num_gpus"] == 1.0
    assert found._gpus(decide.Majority()) == 0.0
    half = cluster_of(ray, decide.Ray(needs={"*": {"gpus": 0.5}}), tmp_path)
    assert half._resources(Fixed())["num_gpus"] == 0.5


def test_what_no_machine_can_hold_is_refused(ray: FakeRay, tmp_path: Path) -> None:
    ray.add(cpus=2)
    found = cluster_of(ray, decide.Ray(needs={"*": {"cpus": 3}}), tmp_path)
    with pytest.raises(ArmError, match=rf"needs 3 cores and 0 GPUs.*{HERE} has 2 cores, 0 GPUs"):
        found.place(Fixed())


def test_texts_go_to_other_machines_only_where_that_is_said(ray: FakeRay, tmp_path: Path) -> None:
    ray.add()
    ray.add("203.0.113.7")
    with pytest.raises(DecideError, match=r"Texts would go to 203\.0\.113\.7.*text_may_go=True"):
        cluster_of(ray, decide.Ray(), tmp_path)
    found = cluster_of(ray, decide.Ray(text_may_go=True), tmp_path)
    assert found.hosts() == ["203.0.113.7"]
    assert found.note().endswith("The texts were sent to these machines.")


def test_machines_that_would_give_other_results_are_refused(ray: FakeRay, tmp_path: Path) -> None:
    with pytest.raises(DecideError, match="no machine with a core"):
        cluster_of(ray, decide.Ray(), tmp_path)
    ray.add(versions={**versions(), "torch": "0.1", "other": "2"})
    with pytest.raises(DecideError, match=r"other versions: other 2 there, none here, torch 0\.1 there"):
        cluster_of(ray, decide.Ray(), tmp_path)
    ray.told.clear()
    with pytest.raises(DecideError, match=r"cannot run decide \(KeyError.*Install the same version there"):
        cluster_of(ray, decide.Ray(), tmp_path)


def opened(settings: decide.Ray, folder: Path) -> None:
    with settings.open(RunStore(folder), lambda job, said: None):
        pass


def test_a_connection_of_the_users_own_is_used_and_left(ray: FakeRay, tmp_path: Path) -> None:
    ray.add()
    ray.connected = True
    opened(decide.Ray(address="auto"), tmp_path)
    assert ray.connected
    with pytest.raises(DecideError, match="Ray is connected already"):
        opened(decide.Ray(address="ray://head:10001"), tmp_path)
    ray.shutdown()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "ray://head:port", None])
def test_where_nobody_answers_that_is_said_with_the_remedy(
    ray: FakeRay, tmp_path: Path, address: str | None
) -> None:
    ray.broken = ConnectionError("nobody")
    place = address or "this machine"
    with pytest.raises(DecideError, match=f"No Ray cluster answers at {place}.*ray start --head"):
        opened(decide.Ray(address=address), tmp_path)


def test_without_ray_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(DecideError, match=r"decide-nlp\[ray\]"):
        opened(decide.Ray(), tmp_path)

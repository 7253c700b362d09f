"""A connected Ray cluster at work on one comparison."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

from arms.base import Arm, ArmError
from decide.conditions import variables
from decide.environment import versions
from decide.executors.base import Site, Tell
from decide.executors.remote import Order, describe, make_unit, tidy
from decide.privacy.network import Access, own_addresses
from decide.run import Run
from decide.store import RunStore
from decide.units import Place, Unit
from decide.worker import OOM_HINT, Job
from evalsets import DecideError

if TYPE_CHECKING:
    from decide.executors.ray import Ray

THREADS = "OMP_NUM_THREADS"
ANSWER_SECONDS = 120.0
"""How long a machine may take to describe itself; the first time it imports all libraries."""


@dataclass(frozen=True)
class Machine:
    """A machine of the cluster.

    Args:
        id: Ray's name for it.
        address: Its address.
        cpus: Cores that Ray gives out there.
        gpus: GPUs that Ray gives out there.
        told: What it says of itself (see :func:`decide.executors.remote.describe`).
    """

    id: str
    address: str
    cpus: int
    gpus: float
    told: Mapping[str, Any]


@dataclass
class Cluster(Site):
    """Submits units as tasks, and takes in whichever finishes first."""

    ahead: ClassVar[bool] = True
    ray: Any
    settings: Ray
    store: RunStore
    tell: Tell
    machines: list[Machine]
    token: str = field(default_factory=lambda: f".ray-{secrets.token_hex(8)}")
    _waiting: dict[Any, tuple[Job, Unit]] = field(default_factory=dict)
    _failed: dict[str, str] = field(default_factory=dict)
    _data: dict[str, Any] = field(default_factory=dict)

    @classmethod
    @contextmanager
    def of(cls, ray: Any, settings: Ray, store: RunStore, tell: Tell) -> Iterator[Cluster]:
        """The cluster that ray is connected to, while the context is open.

        Raises:
            DecideError: If a machine has other versions, or texts may not go there.
        """
        cluster = cls(ray, settings, store, tell, _machines(ray))
        _check(cluster.machines, settings)
        mark = store.folder / cluster.token
        mark.touch()
        try:
            yield cluster
        finally:
            cluster._stop()
            mark.unlink(missing_ok=True)

    def place(self, arm: Arm) -> Place:
        kinds = sorted({str(m.told["hardware"]) for m in self._able(arm)})
        hardware = self.settings.machine or (kinds[0] if len(kinds) == 1 else f"cluster of {kinds}")
        return Place(hardware, self._variables(arm))

    def start(self, job: Job, access: Access) -> None:
        under_way = {unit.key for _, unit in self._waiting.values()} | self._failed.keys()
        for unit in job.units:
            if unit.key not in under_way:
                self._waiting[self._submit(job, unit, access)] = (job, unit)

    def finish(self, job: Job, access: Access) -> None:
        self.start(job, access)
        wanted = {unit.key for unit in job.units}
        while any(unit.key in wanted for _, unit in self._waiting.values()):
            # Returns now and then, so that an interrupt gets through.
            done, _ = self.ray.wait(list(self._waiting), num_returns=1, timeout=1.0)
            for reference in done:
                self._take(reference)
        failed = [self._failed[key] for key in (unit.key for unit in job.units) if key in self._failed]
        if failed:
            raise ArmError(failed[0])

    def hosts(self) -> list[str]:
        return _strangers(self.machines)

    def note(self) -> str:
        count = len(self.machines)
        kinds = ", ".join(sorted({str(m.told["hardware"]) for m in self.machines}))
        texts = (
            "The texts were sent to these machines." if _strangers(self.machines) else "All are this machine."
        )
        return f"On a Ray cluster of {count} node{'s' * (count > 1)} ({kinds}). {texts}"

    def _submit(self, job: Job, unit: Unit, access: Access) -> Any:
        part = unit.part
        if part.evalset.content_hash not in self._data:
            self._data[part.evalset.content_hash] = self.ray.put(part.evalset)
        order = Order(
            replace(job, units=(), run_dir=self.store.folder.resolve()),
            part.seed,
            part.name,
            unit.key,
            access,
            self._variables(job.arm),
            self.token,
        )
        task = self.ray.remote(make_unit).options(
            name=f"{job.arm.label} · {part.name} · seed {part.seed}",
            max_retries=self.settings.retries,
            **self._resources(job.arm),
        )
        return task.remote(order, self._data[part.evalset.content_hash])

    def _take(self, reference: Any) -> None:
        """Store what a task made, or keep why it failed."""
        job, unit = self._waiting.pop(reference)
        try:
            made = self.ray.get(reference)
        except Exception as error:
            made = {"failed": self._explained(error), "seconds": 0.0}
        said = {"kind": "unit_failed", "key": unit.key, "seconds": made["seconds"]}
        if "failed" in made:
            self._failed[unit.key] = made["failed"]
            said["message"] = made["failed"]
        else:
            if self.store.get(unit.key) is None:
                self.store.put(Run.model_validate_json(made["run"]))
            said |= {"kind": "unit_finished", "score": made["score"]}
        self.tell(job, said)

    def _explained(self, error: Exception) -> str:
        faults = self.ray.exceptions
        if isinstance(error, faults.OutOfMemoryError):
            return OOM_HINT
        if isinstance(error, faults.WorkerCrashedError | faults.NodeDiedError):
            return (
                f"Its worker on the cluster died {self.settings.retries + 1} times ({type(error).__name__}). "
                "See Ray's logs there; a unit that needs more memory than a machine has dies like this."
            )
        cause = getattr(error, "cause", None) or error
        return f"On the cluster: {type(cause).__name__}: {str(cause)[:500]}"

    def _able(self, arm: Arm) -> list[Machine]:
        """Machines that can hold a unit of the arm.

        Raises:
            ArmError: If there are none, for Ray would wait for one for ever.
        """
        need = self.settings.need_of(arm)
        able = [m for m in self.machines if m.cpus >= (need.cpus or 1) and m.gpus >= self._gpus(arm)]
        if not able:
            has = "; ".join(f"{m.address} has {m.cpus} cores, {m.gpus:g} GPUs" for m in self.machines)
            raise ArmError(
                f"{arm.label} needs {need.cpus or 1} cores and {self._gpus(arm):g} GPUs, and no machine of "
                f"the cluster has them ({has}). Change Ray(needs=…)."
            )
        return able

    def _gpus(self, arm: Arm) -> float:
        said = self.settings.need_of(arm).gpus
        if said is not None:
            return said
        return 1.0 if arm.wants_gpu() and any(m.gpus >= 1 for m in self.machines) else 0.0

    def _cpus(self, arm: Arm) -> int:
        return self.settings.need_of(arm).cpus or min(m.cpus for m in self._able(arm))

    def _variables(self, arm: Arm) -> dict[str, str]:
        """Ours, and the number of threads where a unit does not have a machine for itself."""
        found = variables()
        cpus = self._cpus(arm)
        whole = all(m.told["cores"] == cpus for m in self._able(arm))
        return found if whole else {THREADS: str(cpus), **found}

    def _resources(self, arm: Arm) -> dict[str, Any]:
        need = self.settings.need_of(arm)
        found: dict[str, Any] = {"num_cpus": self._cpus(arm), "num_gpus": self._gpus(arm)}
        if need.memory_gb is not None:
            found["memory"] = int(need.memory_gb * 1e9)
        if need.custom:
            found["resources"] = need.custom
        return found

    def _stop(self) -> None:
        """Cancel what still goes on, and remove what machines kept for themselves."""
        for reference in self._waiting:
            with suppress(Exception):
                self.ray.cancel(reference, force=True)
        with suppress(Exception):
            _everywhere(self.ray, [m.id for m in self.machines], tidy, 10.0, self.token)


def _machines(ray: Any) -> list[Machine]:
    alive = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU", 0) >= 1]
    if not alive:
        raise DecideError("The Ray cluster has no machine with a core to give. Add nodes to it.")
    try:
        told = _everywhere(ray, [node["NodeID"] for node in alive], describe, ANSWER_SECONDS)
    except Exception as error:
        raise DecideError(
            f"A machine of the Ray cluster cannot run decide ({type(error).__name__}: {str(error)[:500]}). "
            "Install the same version there as here, or give it by Ray(runtime_env=…)."
        ) from error
    return [
        Machine(
            node["NodeID"],
            node["NodeManagerAddress"],
            int(node["Resources"]["CPU"]),
            float(node["Resources"].get("GPU", 0)),
            of,
        )
        for node, of in zip(alive, told, strict=True)
    ]


def _everywhere(ray: Any, nodes: list[str], function: Any, seconds: float, *arguments: Any) -> list[Any]:
    """Call a function on every machine."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy as On

    task = ray.remote(function)
    pinned = [task.options(num_cpus=0, scheduling_strategy=On(node, soft=False)) for node in nodes]
    found: list[Any] = ray.get([one.remote(*arguments) for one in pinned], timeout=seconds)
    return found


def _check(machines: list[Machine], settings: Ray) -> None:
    """Refuse machines on which results would be others, or texts may not be.

    Raises:
        DecideError: Naming the machine.
    """
    for machine in machines:
        theirs: Mapping[str, str] = machine.told["versions"]
        names = sorted({*versions(), *theirs})
        differ = [name for name in names if theirs.get(name) != versions().get(name)]
        if differ:
            listed = ", ".join(
                f"{n} {theirs.get(n, 'none')} there, {versions().get(n, 'none')} here" for n in differ
            )
            raise DecideError(
                f"{machine.address} of the Ray cluster has other versions: {listed}. Install the same."
            )
    strangers = _strangers(machines)
    if strangers and not settings.text_may_go:
        raise DecideError(
            f"Texts would go to {', '.join(strangers)} of the Ray cluster. "
            "Say Ray(text_may_go=True) if they may."
        )


def _strangers(machines: list[Machine]) -> list[str]:
    return sorted({m.address for m in machines} - set(own_addresses()))

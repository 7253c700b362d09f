"""Units on the machines of a Ray cluster (extra ``ray``)."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import field
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from arms.base import Arm
from decide.executors.base import Executor, Site, Tell
from decide.store import RunStore
from evalsets import DecideError

EXTRA = 'pip install "decide-nlp[ray]"'


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Need:
    """What a unit of an arm takes of a machine while it runs.

    Args:
        cpus: Cores; by default all of the smallest machine, so that nothing else disturbs its timings. Arms
            then compute with that many threads.
        gpus: GPUs, also parts of one; by default 1 for arms that gain from one, if the cluster has any.
        memory_gb: Memory in GB that must be free; by default not looked at.
        custom: Resources that the cluster defines itself.
    """

    cpus: Annotated[int, Field(ge=1)] | None = None
    gpus: Annotated[float, Field(ge=0)] | None = None
    memory_gb: Annotated[float, Field(gt=0)] | None = None
    custom: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Ray(Executor):
    """Make units on a Ray cluster, as many at once as its machines hold.

    Each unit is a task that starts a process of its own, guarded as on one machine. Finished runs come back
    to this machine's run directory. A unit whose worker or machine dies is made again elsewhere.

    Args:
        address: Of the cluster, such as ``ray://head:10001`` or ``auto``; by default a cluster of this
            machine alone.
        needs: What units take, by name or kind of arm; ``*`` for all others.
        text_may_go: Whether the texts may go to the cluster's machines. Not needed while they are this one.
        machine: What stands for the machines in the keys of runs, if they are of several kinds that you
            take for equal. By default the hardware of all of them does.
        retries: How often a unit is made again whose worker died.
        runtime_env: Given to Ray: packages, working folder and environment variables of its workers.
    """

    address: str | None = None
    needs: dict[str, Need] = field(default_factory=dict)
    text_may_go: bool = False
    machine: str | None = None
    retries: Annotated[int, Field(ge=0)] = 3
    runtime_env: dict[str, Any] = field(default_factory=dict, repr=False)

    def need_of(self, arm: Arm) -> Need:
        """What a unit of ``arm`` takes, as far as it was said."""
        names = (arm.label, arm.kind, "*")
        return next((self.needs[name] for name in names if name in self.needs), Need())

    @contextmanager
    def open(self, store: RunStore, tell: Tell) -> Iterator[Site]:
        """Connect, look at every machine, and leave no task behind.

        Raises:
            DecideError: If Ray is not installed or does not answer, machines have other versions than this
                one, or texts may not go there.
        """
        ray = _imported()
        from decide.executors.cluster import Cluster

        began = _connect(ray, self)
        try:
            with Cluster.of(ray, self, store, tell) as cluster:
                yield cluster
        finally:
            if began:
                ray.shutdown()


def _imported() -> Any:
    # Ray reports its use to its makers unless told not to.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise DecideError(f"Ray is not installed. Install it with: {EXTRA}") from error
    return ray


def _connect(ray: Any, settings: Ray) -> bool:
    """Connect unless that was done before; whether it was done now."""
    if ray.is_initialized():
        if settings.address not in (None, "auto"):
            raise DecideError(
                "Ray is connected already, so Ray(address=…) cannot choose a cluster. Leave the address out, "
                "or call ray.shutdown() first."
            )
        return False
    _knock(settings.address)
    more: Mapping[str, Any] = {"include_dashboard": False} if settings.address is None else {}
    try:
        ray.init(
            address=settings.address,
            runtime_env=settings.runtime_env or None,
            log_to_driver=False,
            logging_level="error",
            **more,
        )
    except Exception as error:
        raise _nobody(settings.address, error) from error
    return True


def _knock(address: str | None) -> None:
    """See at once whether anybody listens, where Ray itself would try for minutes."""
    place = urlsplit(address if "://" in (address or "") else f"//{address}")
    try:
        port = place.port
    except ValueError as error:
        raise _nobody(address, error) from error
    if place.hostname and port:
        try:
            socket.create_connection((str(place.hostname), port), timeout=10).close()
        except OSError as error:
            raise _nobody(address, error) from error


def _nobody(address: str | None, error: Exception) -> DecideError:
    return DecideError(
        f"No Ray cluster answers at {address or 'this machine'} "
        f"({type(error).__name__}: {str(error)[:300]}). Start one with `ray start --head`, or leave the "
        "address out for one of this machine alone."
    )

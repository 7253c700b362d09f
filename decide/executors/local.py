"""One unit after another on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from arms.base import Arm
from decide.executors.base import Executor, Site, Tell
from decide.privacy import network
from decide.store import RunStore
from decide.units import Place, here
from decide.worker import Job, work_isolated


@dataclass(frozen=True)
class Local(Executor):
    """Make units here, so that no other work disturbs their timings.

    Args:
        isolate: Whether each arm runs in a process of its own.
    """

    isolate: bool = True

    @contextmanager
    def open(self, store: RunStore, tell: Tell) -> Iterator[Site]:
        """Nothing to get ready."""
        yield _Here(self.isolate, tell)


class _Here(Site):
    def __init__(self, isolate: bool, tell: Tell) -> None:
        self._isolate, self._tell = isolate, tell

    def place(self, arm: Arm) -> Place:
        return here()

    def finish(self, job: Job, access: network.Access) -> None:
        if self._isolate:
            work_isolated(job, access, lambda said: self._tell(job, said))
            return
        with network.scoped(access):
            job.work(lambda said: self._tell(job, said))

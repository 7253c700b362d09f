"""The contract of an executor: it makes the units that a comparison lacks, somewhere."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from arms.base import Arm
from decide.privacy.network import Access
from decide.store import RunStore
from decide.units import Place
from decide.worker import Job

Tell = Callable[[Job, dict[str, Any]], None]
"""Called with a job and what it says of one of its units (see :meth:`decide.worker.Job.work`)."""


class Site(ABC):
    """An executor at work on one comparison."""

    ahead: ClassVar[bool] = False
    """Whether it gains from knowing early what will be wanted."""

    @abstractmethod
    def place(self, arm: Arm) -> Place:
        """Where units of an arm are made, as far as that determines results."""

    def start(self, job: Job, access: Access) -> None:
        """Told what will be wanted, so that it may begin; only where :attr:`ahead` is true.

        Args:
            job: An arm with units that are missing.
            access: Which other machines the arm may reach.
        """
        return None

    @abstractmethod
    def finish(self, job: Job, access: Access) -> None:
        """Make the units of a job, or wait for those that were started; each is in the store on return.

        Args:
            job: An arm with units that are missing.
            access: Which other machines the arm may reach.

        Raises:
            ArmError: If a unit fails; those that do not are in the store nevertheless.
        """

    def hosts(self) -> list[str]:
        """Other machines that the texts went to."""
        return []

    def note(self) -> str:
        """A sentence for the report on where units were made; empty if on this machine."""
        return ""


class Executor(ABC):
    """Says where units are made: plain data, given to ``compare(executor=…)``."""

    @abstractmethod
    def open(self, store: RunStore, tell: Tell) -> AbstractContextManager[Site]:
        """Get ready for one comparison; leaving the context stops whatever still goes on.

        Args:
            store: The run directory.
            tell: Told of units as they start, finish or fail.

        Raises:
            DecideError: If it cannot be had, with the remedy.
        """

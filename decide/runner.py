"""Getting the runs of an arm: from the run directory where they are, else made now."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from arms.base import Arm, ArmError
from decide.overwrite import Overwrite, not_there
from decide.privacy import network
from decide.run import DEFAULT, Measure, Run, run_key
from decide.store import RunStore
from decide.worker import Job, work_isolated
from evalsets import DecideError, EvalSet


@dataclass(frozen=True)
class Event:
    """Something that happened in a comparison, for progress displays and hooks.

    ``arm`` is the name of an arm; in an event on the domain gap it is that of the encoder.
    """

    kind: Literal[
        "arm_started",
        "arm_cached",
        "arm_finished",
        "arm_failed",
        "arm_refused",
        "gap_started",
        "gap_cached",
        "gap_finished",
        "gap_failed",
    ]
    arm: str
    message: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Runner:
    """Gives runs, from a run directory or made now.

    Args:
        store: The run directory.
        isolate: Whether each arm runs in a process of its own.
        on_event: Called as arms start and finish.
        hour_usd: Price of an hour of this machine, for arms that state their cost before it arises.
        text_may_leave: Whether arms may reach the other machines they declare; none may reach any more.
        overwrite: With ``never`` nothing is made; what is older than the store's ``since`` is made again.
    """

    store: RunStore
    isolate: bool = True
    on_event: Callable[[Event], None] = lambda event: None
    hour_usd: float = 0.0
    text_may_leave: bool = False
    overwrite: Overwrite = "only-missing"

    def runs_of(
        self,
        arm: Arm,
        parts: Sequence[tuple[EvalSet, int]],
        measure: Measure = DEFAULT,
        purpose: str = "",
    ) -> tuple[list[Run], bool]:
        """The runs of an arm in the order of ``parts``, and whether all were there.

        Args:
            arm: The arm.
            parts: Data and seed of each run.
            measure: What is measured beside the predictions.
            purpose: What the runs are for, in a few words for progress displays.

        Raises:
            ArmError: If a run fails for a reason the user can mend.
        """
        keys = [run_key(arm, evalset, seed, measure) for evalset, seed in parts]
        found = [self.store.get(key) for key in keys]
        missing = tuple(part for part, run in zip(parts, found, strict=True) if run is None)
        if not missing:
            self.on_event(Event("arm_cached", arm.label, purpose))
            return [run for run in found if run is not None], True
        if self.overwrite == "never":
            raise ArmError(not_there(len(missing), len(parts), self.store.folder))
        count = f"{len(missing)} of {len(parts)} runs to do"
        self.on_event(Event("arm_started", arm.label, f"{purpose}, {count}" if purpose else count))
        started = time.perf_counter()
        job = Job(arm, missing, self.store.folder, measure, self.hour_usd, self.store.since)
        access = network.access_of(arm, self.text_may_leave)
        if self.isolate:
            work_isolated(job, access)
        else:
            with network.scoped(access):
                job.work()
        # Whatever is there now will do: the clock of where the job ran may be another.
        made = RunStore(self.store.folder)
        found = [made.get(key) for key in keys]
        lost = [seed for (_, seed), run in zip(parts, found, strict=True) if run is None]
        if lost:
            raise ArmError(f"The run with seed {lost[0]} was not written to {self.store.folder}.")
        self.on_event(Event("arm_finished", arm.label, purpose, time.perf_counter() - started))
        return [run for run in found if run is not None], False


def seeds_of(arm: Arm, seeds: Sequence[int]) -> tuple[int, ...]:
    """The seeds an arm runs with: all, or the first where chance has no part in it."""
    return tuple(seeds) if arm.stochastic() else (seeds[0],)


def explain(error: Exception) -> str:
    """Why something failed, in words."""
    return str(error) if isinstance(error, DecideError) else f"{type(error).__name__}: {error}"

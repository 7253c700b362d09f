"""Getting the runs of an arm: from the run directory where they are, else made now."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from arms.base import Arm, ArmError
from decide.events import Event, Hook, ignore
from decide.executors import Executor, Local, Site
from decide.overwrite import Overwrite, not_there
from decide.privacy import network
from decide.run import DEFAULT, Measure, Run, run_key
from decide.store import RunStore
from decide.terms import PLAIN, Terms
from decide.units import Part, Unit
from decide.worker import Job
from evalsets import DecideError

__all__ = ["Event", "OpenRunner", "Runner", "explain", "seeds_of"]


@dataclass(frozen=True)
class Runner:
    """Gives runs, from a run directory or made now.

    Args:
        store: The run directory.
        executor: Where missing runs are made.
        on_event: Called as arms and units start and finish.
        hour_usd: Price of an hour of this machine, for arms that state their cost before it arises.
        text_may_leave: Whether arms may reach the other machines they declare; none may reach any more.
        terms: Budget and prices of the answers of language models.
        overwrite: With ``never`` nothing is made; what is older than the store's ``since`` is made again.
    """

    store: RunStore
    executor: Executor = field(default_factory=Local)
    on_event: Hook = ignore
    hour_usd: float = 0.0
    text_may_leave: bool = False
    terms: Terms = PLAIN
    overwrite: Overwrite = "only-missing"

    @contextmanager
    def open(self) -> Iterator[OpenRunner]:
        """Get the executor ready; leaving the context stops what still goes on.

        Raises:
            DecideError: If the executor cannot be had.
        """
        with self.executor.open(self.store, self._tell) as site:
            yield OpenRunner(self, site)

    def _tell(self, job: Job, said: dict[str, Any]) -> None:
        """Pass on what is heard of a unit."""
        unit = next((u for u in job.units if u.key == said.get("key")), None)
        if unit is not None:
            self.on_event(
                Event(
                    said["kind"],
                    job.arm.label,
                    said.get("message", ""),
                    said.get("seconds", 0.0),
                    seed=unit.part.seed,
                    unit=unit.part.name,
                    score=said.get("score"),
                    key=unit.key,
                )
            )


@dataclass(frozen=True)
class OpenRunner:
    """A runner whose executor is ready."""

    runner: Runner
    site: Site

    @property
    def text_may_leave(self) -> bool:
        """Whether arms may reach the other machines they declare."""
        return self.runner.text_may_leave

    @property
    def ahead(self) -> bool:
        """Whether it helps to say early what will be wanted."""
        return self.site.ahead and self.runner.overwrite != "never"

    def on_event(self, event: Event) -> None:
        """Pass an event on."""
        self.runner.on_event(event)

    def start(self, arm: Arm, parts: Sequence[Part], measure: Measure = DEFAULT) -> None:
        """Say early what will be wanted; only where :attr:`ahead` is true.

        Args:
            arm: The arm.
            parts: Data and seed of each run.
            measure: What is measured beside the predictions.
        """
        with suppress(ArmError):  # raised again when the runs are asked for
            job = self._look(arm, parts, measure)[-1]
            if job.units:
                self.site.start(job, network.access_of(arm, self.text_may_leave))

    def runs_of(
        self, arm: Arm, parts: Sequence[Part], measure: Measure = DEFAULT, purpose: str = ""
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
        store = self.runner.store
        keys, found, job = self._look(arm, parts, measure)
        if not job.units:
            self.on_event(Event("arm_cached", arm.label, purpose))
            return [found[key] for key in keys], True
        if self.runner.overwrite == "never":
            raise ArmError(not_there(len(job.units), len(parts), store.folder))
        count = f"{len(job.units)} of {len(parts)} runs to do"
        self.on_event(Event("arm_started", arm.label, f"{purpose}, {count}" if purpose else count))
        started = time.perf_counter()
        self.site.finish(job, network.access_of(arm, self.text_may_leave))
        self.on_event(Event("arm_finished", arm.label, purpose, time.perf_counter() - started))
        # Whatever is there now will do: the clock of where the job ran may be another.
        made = RunStore(store.folder)
        for unit in job.units:
            run = made.get(unit.key)
            if run is None:
                raise ArmError(f"The run with seed {unit.part.seed} was not written to {store.folder}.")
            found[unit.key] = run
        return [found[key] for key in keys], False

    def _look(
        self, arm: Arm, parts: Sequence[Part], measure: Measure
    ) -> tuple[list[str], dict[str, Run], Job]:
        """The keys of an arm's runs, those that are there, and the job of making the others."""
        store, place = self.runner.store, self.site.place(arm)
        keys = [run_key(arm, part.evalset, part.seed, measure, place) for part in parts]
        found = {key: run for key in keys if (run := store.get(key)) is not None}
        missing = [Unit(part, key) for part, key in zip(parts, keys, strict=True) if key not in found]
        terms, hour = self.runner.terms, self.runner.hour_usd
        return keys, found, Job(arm, tuple(missing), store.folder, measure, hour, terms, store.since)


def seeds_of(arm: Arm, seeds: Sequence[int]) -> tuple[int, ...]:
    """The seeds an arm runs with: all, or the first where chance has no part in it."""
    return tuple(seeds) if arm.stochastic() else (seeds[0],)


def explain(error: Exception) -> str:
    """Why something failed, in words."""
    return str(error) if isinstance(error, DecideError) else f"{type(error).__name__}: {error}"

"""What of a comparison is in the run directory already, and what is to do."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from arms.base import Arm
from arms.cascade import Cascade
from decide.orchestrate import refusal
from decide.run import Measure, run_key
from decide.runner import seeds_of
from decide.store import RunStore
from decide.workload import Workload
from evalsets import EvalSet
from evalsets.wording import counted


@dataclass(frozen=True)
class Outlook:
    """Main runs of each arm that can run: those that are kept, of how many."""

    kept: dict[str, tuple[int, int]]

    def lines(self) -> list[str]:
        """What is kept and what is to do, for people."""
        have, want = (sum(pair[i] for pair in self.kept.values()) for i in (0, 1))
        if not have:
            return [f"To do: {counted(want, 'run')} of {counted(len(self.kept), 'arm')}."]
        names = [f"{name} ({a} of {b})" for name, (a, b) in self.kept.items() if a]
        told = [f"Kept from before: {have} of {counted(want, 'run')}: {', '.join(names)}."]
        left = [f"{name} ({b - a})" for name, (a, b) in self.kept.items() if a < b]
        return [
            *told,
            f"To do: {counted(want - have, 'run')}: {', '.join(left)}." if left else "No main run is to do.",
        ]


def outlook(
    data: EvalSet,
    arms: Sequence[Arm],
    workload: Workload,
    seeds: Sequence[int],
    run_dir: Path,
    measure: Measure,
) -> Outlook:
    """Look for the main runs of a comparison; those of budgets, groups and repetitions come on top.

    Args:
        data: The evaluation set.
        arms: The arms; cascades and arms that are refused have no runs.
        workload: What production needs.
        seeds: Seeds of the comparison.
        run_dir: The run directory, which need not be there.
        measure: What main runs measure.
    """
    store = RunStore(run_dir) if run_dir.is_dir() else None
    kept = {}
    for arm in arms:
        if isinstance(arm, Cascade) or refusal(arm, data, workload) is not None:
            continue
        numbers = seeds_of(arm, seeds)
        keys: list[str] = []
        with contextlib.suppress(Exception):  # the comparison itself says why the arm cannot run
            keys = [run_key(arm, data, seed, measure) for seed in numbers]
        if keys:
            have = sum(store is not None and store.path(key).is_file() for key in keys)
            kept[arm.label] = (have, len(keys))
    return Outlook(kept)

"""What a machine of a cluster does, whoever asks it: describe itself, make one unit, tidy up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from decide.conditions import VARIABLES
from decide.privacy.network import Access
from decide.store import RunStore
from decide.units import Part, Unit
from decide.worker import Job, work_isolated
from evalsets import EvalSet

ALONE = (
    "A budget is kept in the run directory, which this machine of the cluster does not see under the same "
    "path. Put it on a file system that all of them share, or leave the budget out."
)


@dataclass(frozen=True)
class Order:
    """A unit to be made elsewhere; its data come apart, since many units share them.

    Args:
        job: The arm and all that holds for each of its units, without units of its own.
        seed: The seed.
        name: What the run is for.
        key: Its key in the run directory.
        access: Which other machines the arm may reach.
        variables: Environment variables that determine the result.
        token: Name of a file in the run directory, by which another machine sees that it is the same there.
    """

    job: Job
    seed: int
    name: str
    key: str
    access: Access
    variables: Mapping[str, str]
    token: str

    def folder(self) -> Path:
        """The run directory if this machine shares it, else a folder of this machine's own."""
        shared = self.job.run_dir
        return shared if (shared / self.token).is_file() else own_folder(self.token)


def own_folder(token: str) -> Path:
    """Where a machine that does not share the run directory keeps its files for one comparison."""
    return Path(tempfile.gettempdir()) / f"decide{token}"


def make_unit(order: Order, evalset: EvalSet) -> dict[str, Any]:
    """Make a unit in a process of its own, sealed as it would be at home.

    Returns:
        ``run``, the record as JSON, with ``seconds`` and ``score``; or ``failed``, why not.
    """
    store = RunStore(order.folder())
    if order.job.terms.budget is not None and store.folder != order.job.run_dir:
        return {"failed": ALONE, "seconds": 0.0}
    unit = Unit(Part(evalset, order.seed, order.name), order.key)
    job = replace(order.job, units=(unit,), run_dir=store.folder)
    heard: dict[str, Any] = {}
    environ = {k: v for k, v in os.environ.items() if k not in VARIABLES} | dict(order.variables)
    try:
        work_isolated(job, order.access, heard.update, environ)
        run = store.get(order.key)
        if run is None:
            raise OSError(f"the run was not written to {store.folder}")
    except Exception as error:
        return {"failed": str(error) or type(error).__name__, "seconds": heard.get("seconds", 0.0)}
    return {"run": run.model_dump_json(), "seconds": heard.get("seconds", 0.0), "score": run.score}


def describe() -> dict[str, Any]:
    """What has to be known of a machine before units are made there."""
    from arms.device import cores, hardware
    from decide.environment import versions

    return {
        "hardware": hardware(),
        "cores": cores(),
        "versions": versions(),
    }


def tidy(token: str) -> None:
    """Remove what this machine kept for one comparison."""
    shutil.rmtree(own_folder(token), ignore_errors=True)

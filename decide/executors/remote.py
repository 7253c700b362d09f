"""What a machine of a cluster does, whoever asks it: describe itself, make one unit, tidy up."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from arms.base import Arm
from decide.conditions import VARIABLES
from decide.privacy.network import Access, own_addresses
from decide.run import Measure
from decide.store import RunStore
from decide.terms import Terms
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
        arm: The arm.
        seed: The seed.
        name: What the run is for.
        key: Its key in the run directory.
        measure: What is measured beside the predictions.
        hour_usd: Price of an hour of the machine.
        terms: Budget and prices of the answers of language models.
        since: What was made before this time does not count.
        access: Which other machines the arm may reach.
        variables: Environment variables that determine the result.
        run_dir: The run directory, as the machine that ordered it names it.
        token: Name of a file in it, by which another machine sees that it is the same folder there.
    """

    arm: Arm
    seed: int
    name: str
    key: str
    measure: Measure
    hour_usd: float
    terms: Terms
    since: float
    access: Access
    variables: Mapping[str, str]
    run_dir: Path
    token: str

    def folder(self) -> Path:
        """The run directory if this machine shares it, else a folder of this machine's own."""
        return self.run_dir if (self.run_dir / self.token).is_file() else own_folder(self.token)


def own_folder(token: str) -> Path:
    """Where a machine that does not share the run directory keeps its files for one comparison."""
    return Path(tempfile.gettempdir()) / f"decide{token}"


def make_unit(order: Order, evalset: EvalSet) -> dict[str, Any]:
    """Make a unit in a process of its own, sealed as it would be at home.

    Returns:
        ``run``, the record as JSON, with ``seconds`` and ``score``; or ``failed``, why not.
    """
    store = RunStore(order.folder())
    if order.terms.budget is not None and store.folder != order.run_dir:
        return {"failed": ALONE, "seconds": 0.0}
    unit = Unit(Part(evalset, order.seed, order.name), order.key)
    job = Job(order.arm, (unit,), store.folder, order.measure, order.hour_usd, order.terms, order.since)
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
        "addresses": own_addresses(),
        "host": os.uname().nodename if hasattr(os, "uname") else "",
    }


def tidy(token: str) -> None:
    """Remove what this machine kept for one comparison."""
    shutil.rmtree(own_folder(token), ignore_errors=True)

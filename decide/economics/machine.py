"""The price of the machine that runs the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from arms.device import accelerators, cores
from decide.workload import Prices

MONTH_HOURS = 730.0
"""Hours of a month: 24 × 365 ÷ 12."""


def machine_hour(prices: Prices, conditions: Mapping[str, Any] | None = None) -> tuple[float, str]:
    """US dollars for an hour of a machine, and how that comes about.

    Args:
        prices: Prices of cores and GPUs.
        conditions: Of a run, which say what its machine had (``cores``, ``accelerators``); by default this
            machine.
    """
    gpus, cpus = _parts(conditions)
    if gpus:
        return gpus * prices.gpu_hour, f"{gpus} accelerators × US${prices.gpu_hour:g}/h"
    return cpus * prices.cpu_core_hour, f"{cpus} cores × US${prices.cpu_core_hour:g}/h"


def machine_origin(prices: Prices, conditions: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """Source and date of that price."""
    return prices.origin("gpu_hour" if _parts(conditions)[0] else "cpu_core_hour")


def _parts(conditions: Mapping[str, Any] | None) -> tuple[int, int]:
    """Accelerators and cores."""
    if conditions is not None and "cores" in conditions:
        return int(conditions.get("accelerators", 0)), int(conditions["cores"])
    return accelerators(), cores()

"""The price of the machine that runs the comparison."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from arms.device import accelerators, cores
from decide.workload import Prices

MONTH_HOURS = 730.0
"""Hours of a month: 24 × 365 ÷ 12."""


class Machine(NamedTuple):
    """What a machine is priced by.

    Args:
        cores: CPU cores.
        accelerators: GPUs; where there are any, they alone are priced.
    """

    cores: int
    accelerators: int

    @classmethod
    def here(cls) -> Machine:
        """This machine."""
        return cls(cores(), accelerators())

    @classmethod
    def of(cls, conditions: Mapping[str, Any]) -> Machine:
        """The machine of a run, by the run's conditions; this one where they do not say."""
        if "cores" not in conditions:
            return cls.here()
        return cls(int(conditions["cores"]), int(conditions.get("accelerators", 0)))


def machine_hour(prices: Prices, machine: Machine | None = None) -> tuple[float, str]:
    """US dollars for an hour of a machine, by default this one, and how that comes about.

    Example:
        >>> machine_hour(Prices(cpu_core_hour=0.05), Machine(cores=8, accelerators=0))
        (0.4, '8 cores × US$0.05/h')
    """
    there = machine or Machine.here()
    if there.accelerators:
        hour = there.accelerators * prices.gpu_hour
        return hour, f"{there.accelerators} accelerators × US${prices.gpu_hour:g}/h"
    return there.cores * prices.cpu_core_hour, f"{there.cores} cores × US${prices.cpu_core_hour:g}/h"


def machine_origin(prices: Prices, machine: Machine) -> tuple[str, str]:
    """Source and date of that price."""
    return prices.origin("gpu_hour" if machine.accelerators else "cpu_core_hour")

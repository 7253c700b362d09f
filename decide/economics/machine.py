"""The price of the machine that runs the comparison."""

from __future__ import annotations

from arms.device import cores
from decide.workload import Prices

MONTH_HOURS = 730.0
"""Hours of a month: 24 × 365 ÷ 12."""


def accelerators() -> int:
    """Number of accelerators of this machine."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def machine_hour(prices: Prices) -> tuple[float, str]:
    """US dollars for an hour of this machine, and how that comes about."""
    count = accelerators()
    if count:
        return count * prices.gpu_hour, f"{count} accelerators × US${prices.gpu_hour:g}/h"
    return cores() * prices.cpu_core_hour, f"{cores()} cores × US${prices.cpu_core_hour:g}/h"


def machine_origin(prices: Prices) -> tuple[str, str]:
    """Source and date of that price."""
    return prices.origin("gpu_hour" if accelerators() else "cpu_core_hour")

"""How far a computation is from what the hardware can do: its FLOP/s over those of a plain matrix product."""

from __future__ import annotations

import math
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.flop_counter import FlopCounterMode

SIZE, TRIES = 2048, 8


def _packed_product(given: Any, *others: Any, out_shape: Any = None, **options: Any) -> int:
    """Operations of a product with weights laid out for oneDNN, which torch does not count by itself."""
    return 2 * math.prod(out_shape) * int(given[-1])


def _counter() -> FlopCounterMode:
    packed = getattr(torch.ops.mkldnn, "_linear_pointwise", None)
    return FlopCounterMode(display=False, custom_mapping={packed: _packed_product} if packed else {})


@dataclass(frozen=True)
class Utilisation:
    """What a piece of work made of the hardware.

    Args:
        what: The work.
        flops: Floating-point operations of its matrix products and attention.
        seconds: Wall time.
        limit: FLOP/s of a plain matrix product in the same process and number format.
        shares: Share of the time in each kind of operation, the largest first.
    """

    what: str
    flops: float
    seconds: float
    limit: float
    shares: dict[str, float]

    def __str__(self) -> str:
        achieved = self.flops / self.seconds
        shares = ", ".join(f"{name} {share:.0%}" for name, share in self.shares.items())
        return (
            f"{self.what}: {achieved / 1e9:.0f} of {self.limit / 1e9:.0f} GFLOP/s of a plain product, "
            f"{achieved / self.limit:.0%}; time in operations: {shares}"
        )


def plain_product(dtype: Any = torch.float32, size: int = SIZE) -> float:
    """The best FLOP/s of a square matrix product over a few tries."""
    a, b = (torch.randn(size, size).to(dtype) for _ in range(2))
    times = []
    for _ in range(TRIES):
        started = time.perf_counter()
        a @ b
        times.append(time.perf_counter() - started)
    return 2 * size**3 / min(times)


def utilisation(
    what: str, work: Callable[[], Any], dtype: Any = torch.float32, most: int = 8, tries: int = 3
) -> Utilisation:
    """Run ``work`` a few times: to count, to time and to profile it.

    Args:
        what: Its name.
        work: The work, the same at every call.
        dtype: Number format of its products.
        most: Kinds of operation told apart; the others are summed.
        tries: Times it is timed; the fastest counts.
    """
    with _counter() as counter:
        work()
    seconds = []
    for _ in range(tries):
        started = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - started)
    with profile(activities=[ProfilerActivity.CPU]) as recorded:
        work()
    spent: Counter[str] = Counter()
    for event in recorded.key_averages():
        spent[event.key.removeprefix("aten::")] += event.self_cpu_time_total
    total = sum(spent.values())
    shares = {name: value / total for name, value in spent.most_common(most)}
    shares["others"] = 1 - sum(shares.values())
    return Utilisation(what, counter.get_total_flops(), min(seconds), plain_product(dtype), shares)

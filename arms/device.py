"""Which device and number format to compute in: detected, never assumed."""

from __future__ import annotations

import functools
import math
import time
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

WORTH_BFLOAT16 = 1.5
"""How many times as fast products must be for the casts around them to pay."""
PRODUCTS = 25


@functools.cache
def device() -> torch.device:
    """The accelerator if there is one, else the CPU."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda")
    if torch.backends.mps.is_available():
        return torch.device("mps")
    return torch.device("cpu")


@functools.cache
def cpu_features() -> frozenset[str]:
    """CPU flags that matter for bfloat16, empty where the system does not tell."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(flags.split()) & {"avx2", "avx512f", "avx512_bf16", "amx_bf16", "amx_tile"}


@functools.cache
def has_fast_bfloat16() -> bool:
    """Whether matrix products in bfloat16 are much faster here than in float32.

    On a CPU that has instructions for them this is measured, once in a process and in some milliseconds:
    the instructions do not tell, for with AVX-512-BF16 one processor took 0.45 times as long as in float32,
    another 1.8 times.
    """
    import torch

    if device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    if device().type != "cpu" or not cpu_features() & {"avx512_bf16", "amx_bf16"}:
        return False
    return _bfloat16_gain() >= WORTH_BFLOAT16


def _bfloat16_gain() -> float:
    """How many times as fast a product of a small encoder is in bfloat16."""
    import torch

    best = {torch.float32: math.inf, torch.bfloat16: math.inf}
    factors = {d: (torch.ones(512, 384, dtype=d), torch.ones(1536, 384, dtype=d)) for d in best}
    with torch.inference_mode():
        # In turns, so that other work on the machine disturbs both; the first try gets the kernels ready.
        for _ in range(PRODUCTS):
            for dtype, (values, weights) in factors.items():
                started = time.perf_counter()
                torch.nn.functional.linear(values, weights)
                best[dtype] = min(best[dtype], time.perf_counter() - started)
    return best[torch.float32] / best[torch.bfloat16]


def autocast() -> AbstractContextManager[Any]:
    """Mixed precision where the hardware has it; otherwise nothing changes."""
    import torch

    if has_fast_bfloat16():
        return torch.autocast(device().type, dtype=torch.bfloat16)
    return nullcontext()


def hardware() -> str:
    """The machine in one line, for records: model, cores, number formats, accelerators."""
    import platform

    import psutil

    name = platform.processor() or platform.machine()
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    memory = psutil.virtual_memory().total / 2**30
    special = ", ".join(sorted(cpu_features()))
    return f"{name}, {cores()} cores, {memory:.0f} GiB" + (f" ({special})" if special else "") + _gpus()


def _gpus() -> str:
    """Names of NVIDIA's GPUs as their driver gives them, without loading torch for it."""
    names: Counter[str] = Counter()
    for file in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        names.update(line.split(":", 1)[1].strip() for line in lines if line.startswith("Model:"))
    return "".join(f", {count} × {name}" for name, count in sorted(names.items()))


def accelerators() -> int:
    """Number of GPUs this process may use."""
    import torch

    return torch.cuda.device_count() if torch.cuda.is_available() else 0


def cores() -> int:
    """CPU cores this process may use."""
    import os

    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1

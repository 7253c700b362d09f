"""Which device and number format to compute in: detected, never assumed."""

from __future__ import annotations

import functools
from collections import Counter
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


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
    """Whether matrix products in bfloat16 run on their own instructions here."""
    import torch

    if device().type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    # AVX-512-BF16 alone saves less in products than the casts cost:
    # a training step of a small encoder took 1.4 times as long with it.
    return device().type == "cpu" and "amx_bf16" in cpu_features()


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

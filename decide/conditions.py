"""Under what numerical conditions a run computed: threads, number formats, libraries of linear algebra."""

from __future__ import annotations

import os
import platform
import sys
from typing import Any

VARIABLES = (
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "CUBLAS_WORKSPACE_CONFIG",
    "NVIDIA_TF32_OVERRIDE",
    "TORCH_ALLOW_TF32_CUBLAS_OVERRIDE",
)
"""Environment variables that change the order or the precision of sums, hence results."""


def variables() -> dict[str, str]:
    """Those of :data:`VARIABLES` that are set, with their values."""
    return {name: os.environ[name] for name in VARIABLES if name in os.environ}


def conditions() -> dict[str, Any]:
    """What this process computes under, of the libraries it has loaded so far.

    Returns:
        By name: ``python``, ``platform``, ``variables``, ``threads_of_…`` each library of linear algebra
        (which of them are loaded depends on what else the process did), with torch ``torch_threads``,
        ``device``, ``number_format`` and ``deterministic_algorithms``, with CUDA ``cuda`` and ``cudnn``.
    """
    from threadpoolctl import threadpool_info

    found: dict[str, Any] = {"python": platform.python_version(), "platform": platform.platform()}
    found["variables"] = variables()
    for pool in threadpool_info():
        found[f"threads_of_{pool['internal_api']}"] = pool["num_threads"]
    # Arms without torch must not load it for this.
    torch = sys.modules.get("torch")
    return found | (_torch(torch) if torch is not None else {})


def _torch(torch: Any) -> dict[str, Any]:
    from arms.device import device, has_fast_bfloat16

    found = {
        "torch_threads": torch.get_num_threads(),
        "device": device().type,
        "number_format": _number_format(device().type, has_fast_bfloat16()),
        "deterministic_algorithms": torch.are_deterministic_algorithms_enabled(),
    }
    if torch.cuda.is_available():
        found |= {"cuda": torch.version.cuda, "cudnn": torch.backends.cudnn.version()}
    return found


def _number_format(device: str, fast_bfloat16: bool) -> str:
    if not fast_bfloat16:
        return "float32"
    when = "in training, " if device == "cpu" else ""
    return f"bfloat16 {when}where autocast allows it"

"""Knowing that memory ran out, on whatever device."""

from __future__ import annotations

import gc


def ran_out(error: BaseException) -> bool:
    """Whether ``error`` says that a device or this machine has no memory left for a tensor."""
    if isinstance(error, MemoryError):
        return True
    text = str(error).lower()
    return isinstance(error, RuntimeError) and (
        "out of memory" in text or "can't allocate memory" in text or "not enough memory" in text
    )


def release() -> None:
    """Give back what failed work left behind."""
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()

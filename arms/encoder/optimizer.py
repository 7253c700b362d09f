"""The optimiser that all training here shares."""

from __future__ import annotations

import math
from typing import Any

from arms.device import device


def optimizer_for(model: Any, rate: float, weight_decay: float, steps: int, warmup: float) -> tuple[Any, Any]:
    """Fused AdamW without decay on biases and norms, and linear warm-up and decay over ``steps``."""
    import torch
    from transformers import get_linear_schedule_with_warmup

    trainable = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate, fused=device().type in ("cpu", "cuda"))
    return optimizer, get_linear_schedule_with_warmup(optimizer, math.ceil(warmup * steps), steps)

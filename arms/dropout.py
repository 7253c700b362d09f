"""Dropout whose masks are drawn quickly on a CPU, of the same distribution."""

from __future__ import annotations

import functools
import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from arms.device import device

_BITS = 16
"""Random bits of each value, which divide 64."""


def quick_dropout() -> AbstractContextManager[Any]:
    """While this context is open, dropout on a CPU draws its masks quickly.

    The library's own draws each value from a distribution by itself, which took a sixth of a training step
    of a small encoder here. Four values share a random number of 64 bits instead. The numbers come from
    torch's generator, so a seed gives the same masks each time; a probability is rounded to a multiple of
    2^-16.
    """
    if device().type != "cpu":
        return nullcontext()
    mode: AbstractContextManager[Any] = _mode()()
    return mode


def dropped(values: Any, p: float) -> Any:
    """``values`` with a share ``p`` set to zero at random, the others scaled to keep the expectation.

    Args:
        values: A floating-point tensor.
        p: Probability in (0, 1).
    """
    import torch

    n = values.numel()
    # From the lowest number, without an end: all 64 bits are random.
    drawn = torch.empty(math.ceil(n * _BITS / 64), dtype=torch.int64).random_(-(2**63), None)
    threshold = round(p * 2**_BITS)
    kept = drawn.view(torch.int16)[:n].view(values.shape) >= threshold - 2 ** (_BITS - 1)
    return values * kept.to(values.dtype).mul_(2**_BITS / (2**_BITS - threshold))


@functools.cache
def _mode() -> Any:
    import torch
    from torch.nn import functional

    class Quick(torch.overrides.TorchFunctionMode):
        """Calls what is here where dropout would be called, by itself or within attention."""

        def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
            settings = kwargs or {}
            if func is functional.dropout:
                return _dropout(*args, **settings)
            if func is functional.scaled_dot_product_attention and settings.get("dropout_p"):
                return _attention(*args, **settings)
            return func(*args, **settings)

    return Quick


def _dropout(input: Any, p: float = 0.5, training: bool = True, inplace: bool = False) -> Any:
    from torch.nn import functional

    # What rounds to never or to always is left to the library.
    if not training or not 1 <= round(p * 2**_BITS) < 2**_BITS:
        return functional.dropout(input, p, training, inplace)
    return dropped(input, p)


def _attention(
    query: Any,
    key: Any,
    value: Any,
    attn_mask: Any = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    scale: float | None = None,
    enable_gqa: bool = False,
) -> Any:
    """Scaled dot-product attention as it is defined, where the library's would draw masks slowly."""
    import torch
    from torch.nn import functional

    if is_causal or enable_gqa or not 1 <= round(dropout_p * 2**_BITS) < 2**_BITS:
        return functional.scaled_dot_product_attention(
            query,
            key,
            value,
            attn_mask,
            dropout_p,
            is_causal,
            scale=scale,
            enable_gqa=enable_gqa,
        )
    scores = (query * (query.shape[-1] ** -0.5 if scale is None else scale)) @ key.transpose(-2, -1)
    if attn_mask is not None and attn_mask.dtype == torch.bool:
        scores = scores.masked_fill(~attn_mask, float("-inf"))
    elif attn_mask is not None:
        scores = scores + attn_mask
    return dropped(scores.softmax(-1), dropout_p) @ value

"""Products with weights that do not change: laid out once for oneDNN's kernels where the CPU has them."""

from __future__ import annotations

from typing import Any

import torch
from torch.nn import functional

Tensor = torch.Tensor


def linear(weight: Tensor, bias: Tensor, dtype: torch.dtype, gelu: bool = False) -> torch.nn.Module:
    """A linear layer for prediction, called with its input and optionally with what is added to the result.

    Args:
        weight: Shape ``(out, in)``.
        bias: Shape ``(out,)``.
        dtype: Number format of the product and its result.
        gelu: Whether the exact GELU of the result is taken.
    """
    weight, bias = weight.detach().to(dtype), bias.detach().to(dtype)
    return PackedLinear(weight, bias, gelu) if packs(weight) else PlainLinear(weight, bias, gelu)


def plain_linear(weight: Tensor, bias: Tensor, dtype: torch.dtype, gelu: bool = False) -> torch.nn.Module:
    """The same by torch's own product, which shares weights that are in ``dtype`` already."""
    return PlainLinear(weight.detach().to(dtype), bias.detach().to(dtype), gelu)


def packs(weight: Tensor) -> bool:
    """Whether torch was built with oneDNN's kernels for such weights, and nothing better is at hand."""
    onednn: Any = torch.backends.mkldnn
    if weight.device.type != "cpu" or not onednn.is_available():
        return False
    operators = ("_linear_pointwise", "_reorder_linear_weight")
    if not all(hasattr(torch.ops.mkldnn, name) for name in operators):
        return False
    if weight.dtype == torch.bfloat16:
        return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
    return bool(weight.dtype == torch.float32)


class PlainLinear(torch.nn.Module):
    """A linear layer by torch's own product."""

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool) -> None:
        super().__init__()
        self.weight, self.bias, self.gelu = weight, bias, gelu

    def forward(self, given: Tensor, added: Tensor | None = None) -> Tensor:
        """The product, with bias, function and ``added``."""
        made = functional.linear(given.to(self.weight.dtype), self.weight, self.bias)
        if self.gelu:
            made = functional.gelu(made)
        return made if added is None else made + added


class PackedLinear(torch.nn.Module):
    """A linear layer whose weights are laid out for oneDNN, with function and sum in the same kernel."""

    def __init__(self, weight: Tensor, bias: Tensor, gelu: bool) -> None:
        super().__init__()
        operators: Any = torch.ops.mkldnn
        self.weight, self.bias, self.dtype = operators._reorder_linear_weight(weight), bias, weight.dtype
        self.product = operators._linear_pointwise
        self.function = "gelu" if gelu else "none"

    def forward(self, given: Tensor, added: Tensor | None = None) -> Tensor:
        """The product, with bias, function and ``added``."""
        given = given.to(self.dtype)
        if added is not None and added.dtype == self.dtype:
            both: Tensor = self.product.binary(given, added, self.weight, self.bias, "add")
            return both
        made: Tensor = self.product(given, self.weight, self.bias, self.function, [], "none")
        return made if added is None else made + added

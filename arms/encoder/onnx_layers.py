"""A layer of BERT or a relative in the operators that ONNX Runtime computes at once."""

from __future__ import annotations

from typing import Any

import torch

from arms.encoder.fused import Parts

Tensor = torch.Tensor


def _microsoft(name: str, inputs: tuple[Tensor | None, ...], like: Tensor, **attributes: Any) -> Tensor:
    made: Tensor = torch.onnx.ops.symbolic(
        f"com.microsoft::{name}", inputs, attributes, dtype=like.dtype, shape=like.shape, version=1
    )
    return made


class OnnxLayer(torch.nn.Module):
    """What :class:`arms.encoder.fused.FusedLayer` computes, for export alone.

    Args:
        parts: The layer's weights.
        first: Whether only the first token's state is computed.
    """

    qkv_weight: Tensor
    qkv_bias: Tensor
    attended_weight: Tensor
    attended_bias: Tensor
    inner_weight: Tensor
    inner_bias: Tensor
    outer_weight: Tensor
    outer_bias: Tensor

    def __init__(self, parts: Parts, first: bool) -> None:
        super().__init__()
        self.heads, self.scale, self.first = parts.heads, parts.scale, first
        self.attended_norm, self.outer_norm, self.act = parts.attended_norm, parts.outer_norm, parts.act
        self.exact_gelu = parts.exact_gelu
        # Quantising needs products with a constant on the right.
        weights = {
            "qkv": (parts.qkv_weight, parts.qkv_bias),
            "attended": (parts.attended.weight, parts.attended.bias),
            "inner": (parts.inner.weight, parts.inner.bias),
            "outer": (parts.outer.weight, parts.outer.bias),
        }
        for name, (weight, bias) in weights.items():
            self.register_buffer(f"{name}_weight", weight.detach().t().contiguous())
            self.register_buffer(f"{name}_bias", bias.detach())

    def forward(self, hidden: Tensor, mask: Tensor, *others: Any, **options: Any) -> Tensor:
        """States of the tokens, shape ``(batch, length, width)``, after the layer.

        ``mask`` is ``True`` where a token is read, shape ``(batch, 1, 1, length)``.
        """
        query, key, value = (hidden @ self.qkv_weight).chunk(3, dim=-1)
        if self.first:
            query = query[:, :1]
        padding = mask[:, 0, 0, :].to(torch.int32)
        seen = _microsoft(
            "MultiHeadAttention",
            (query, key, value, self.qkv_bias, padding),
            query,
            num_heads=self.heads,
            scale=self.scale,
        )
        if self.first:
            # Matrices of one row a text are multiplied by another operator, which is not quantised: these
            # products take hardly any time, and the answer is read off them.
            return self._rest(seen[:, 0], hidden[:, 0])[:, None]
        return self._rest(seen, hidden)

    def _rest(self, seen: Tensor, hidden: Tensor) -> Tensor:
        hidden = self.attended_norm(_product(seen, self.attended_weight, self.attended_bias) + hidden)
        if self.exact_gelu and seen.dim() == 3:
            product = hidden @ self.inner_weight
            inner = _microsoft("BiasGelu", (product, self.inner_bias), product)
        else:
            inner = self.act(_product(hidden, self.inner_weight, self.inner_bias))
        normed: Tensor = self.outer_norm(_product(inner, self.outer_weight, self.outer_bias) + hidden)
        return normed


def _product(given: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.addmm(bias, given, weight) if given.dim() == 2 else given @ weight + bias

"""An encoder that answers the same in fewer steps, for prediction alone.

BERT and its relatives are built of the same parts under the same names. Their layers are replaced by ones
that multiply by queries, keys and values at once, leave out what only training or text generation needs, and
read the first token alone behind the last attention where no other is read. Whether a model is built like
that is not stated anywhere, so its answers are compared, and a model that differs is used as it is.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from arms.base import ArmError
from arms.encoder.packed_linear import linear, plain_linear

Tensor = torch.Tensor


class Parts:
    """The weights of a layer of BERT or a relative, by what they do.

    Args:
        layer: A layer as transformers builds it.

    Raises:
        AttributeError: If it is built in another way.
        TypeError: Likewise.
    """

    def __init__(self, layer: Any) -> None:
        attention, output = layer.attention.self, layer.attention.output
        three = (attention.query, attention.key, attention.value)
        self.heads = int(attention.num_attention_heads)
        self.scale = float(attention.scaling)
        self.qkv_weight = torch.cat([one.weight for one in three]).detach()
        self.qkv_bias = torch.cat([one.bias for one in three]).detach()
        self.attended, self.attended_norm = output.dense, output.LayerNorm
        self.inner, self.act = layer.intermediate.dense, layer.intermediate.intermediate_act_fn
        self.outer, self.outer_norm = layer.output.dense, layer.output.LayerNorm

    @property
    def exact_gelu(self) -> bool:
        """Whether the feed-forward network's function is the usual one, by the error function."""
        values = torch.linspace(-6, 6, 1001)
        return bool(torch.allclose(self.act(values), functional.gelu(values), atol=1e-6))


class FusedLayer(torch.nn.Module):
    """A layer that predicts.

    Args:
        parts: Its weights.
        first: Whether only the first token's state is computed.
        dtype: Number format of products and attention; sums and norms are in float32.
        product: Makes a product: :func:`linear`, or :func:`plain_linear` for a layer that is only compared.
    """

    def __init__(
        self,
        parts: Parts,
        first: bool,
        dtype: torch.dtype = torch.float32,
        product: Callable[..., torch.nn.Module] = linear,
    ) -> None:
        super().__init__()
        self.heads, self.scale, self.first = parts.heads, parts.scale, first
        self.qkv = product(parts.qkv_weight, parts.qkv_bias, dtype)
        self.attended = product(parts.attended.weight, parts.attended.bias, dtype)
        self.inner = product(parts.inner.weight, parts.inner.bias, dtype, gelu=parts.exact_gelu)
        self.act = None if parts.exact_gelu else parts.act
        self.outer = product(parts.outer.weight, parts.outer.bias, dtype)
        self.attended_norm, self.outer_norm = parts.attended_norm, parts.outer_norm

    def forward(self, hidden: Tensor, mask: Tensor | None = None, *others: Any, **options: Any) -> Tensor:
        """States of the tokens, shape ``(batch, length, width)``, after the layer.

        ``mask`` is ``True`` where a token is read, shape ``(batch, 1, 1, length)``.
        """
        batch, length, width = hidden.shape
        query, key, value = (
            self.qkv(hidden).view(batch, length, 3, self.heads, -1).permute(2, 0, 3, 1, 4).unbind(0)
        )
        if self.first:
            query, hidden = query[:, :, :1], hidden[:, :1].contiguous()
        seen = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, scale=self.scale)
        seen = seen.transpose(1, 2).reshape(batch, -1, width)
        hidden = self.attended_norm(self.attended(seen, hidden))
        inner = self.inner(hidden)
        if self.act is not None:
            inner = self.act(inner)
        normed: Tensor = self.outer_norm(self.outer(inner, hidden))
        return normed


class Fused(torch.nn.Module):
    """A model whose layers are replaced.

    Args:
        model: What it is a copy of; weights that stay as they are are shared.
        layers: Makes each layer from its parts and whether it is read at the first token alone.
        first: Whether the last layer is.

    Raises:
        AttributeError, TypeError, IndexError: If the model is not built of the known parts.
    """

    def __init__(self, model: Any, layers: Callable[[Parts, bool], torch.nn.Module], first: bool) -> None:
        super().__init__()
        # Before copying, hooks on the last attention would be copied too; they go with the old layers.
        shared = {id(p): p for p in model.parameters()}
        old = model.base_model.encoder.layer
        made = [layers(Parts(layer), first and layer is old[-1]) for layer in old]
        self.model = copy.deepcopy(model, {**shared, id(old): torch.nn.ModuleList(made)})
        self.model.config._attn_implementation = "sdpa"
        self.device = model.device

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        """What the model says of tokens; both arguments have the shape ``(batch, length)``."""
        # A mask of four dimensions is taken as it is; without padding none is needed.
        padded = torch.onnx.is_in_onnx_export() or not bool(attention_mask.all())
        mask = attention_mask[:, None, None, :].bool() if padded else None
        return SimpleNamespace(logits=self.model(input_ids=input_ids, attention_mask=mask).logits)


def fused(model: Any, first: bool, dtype: torch.dtype = torch.float32) -> Any:
    """The model for prediction: with fused layers where its answers stay the same, else as it is.

    Args:
        model: A model of transformers with a head, on its device.
        first: Whether its head may read the first token alone.
        dtype: Number format of its products; another than float32 changes answers a little.

    Raises:
        ArmError: If products cannot be in ``dtype`` as the model is built of other parts.
    """
    was_training = model.training
    model.eval()
    try:
        quick = Fused(model, lambda parts, last: FusedLayer(parts, last, dtype), first).eval()
        if same_answers(model, quick if dtype == torch.float32 else _exact(model, first)):
            return quick
    except (AttributeError, TypeError, IndexError, RuntimeError, ValueError):
        pass
    finally:
        model.train(was_training)
    if dtype != torch.float32:
        raise ArmError(
            "Only BERT and models built like it can be computed in bfloat16 here. Use runtime='torch'."
        )
    return model


def _exact(model: Any, first: bool) -> Fused:
    """The model in float32 to be compared only: it shares the weights that it can."""
    return Fused(model, lambda parts, last: FusedLayer(parts, last, product=plain_linear), first).eval()


def same_answers(model: Any, other: Any, tolerance: float = 1e-4) -> bool:
    """Whether two models agree on arbitrary tokens, one row of them shorter, and on a single row."""
    size = int(model.get_input_embeddings().weight.shape[0])
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, size, (3, 9))).to(model.device)
    mask = torch.ones_like(ids)
    mask[0, 6:] = 0
    with torch.inference_mode():
        for rows in (slice(0, 3), slice(1, 2)):
            a = model(input_ids=ids[rows], attention_mask=mask[rows]).logits.float().cpu()
            b = other(input_ids=ids[rows], attention_mask=mask[rows]).logits.float().cpu()
            if a.shape != b.shape:
                return False
            # What is said of padding is not read.
            read = mask[rows].bool().cpu() if a.dim() == 3 else slice(None)
            if not torch.allclose(a[read], b[read], rtol=1e-3, atol=tolerance):
                return False
    return True

"""The last layer computed for the first token alone, where nothing else of it is read."""

from __future__ import annotations

from typing import Any

import numpy as np


def read_first_token(model: Any) -> bool:
    """Let the last layer's feed-forward network see only the first token, if the answer is the same.

    A classifier that reads the first token has no use for the others behind the last attention; two thirds
    of the last layer's products are saved, in training as well, where the gradients of what is left out
    would be zero. Whether a model is built like that is not stated anywhere, so its answers are compared.

    Args:
        model: A model that classifies whole texts. It is changed in place where that is right.

    Returns:
        Whether it was.
    """
    attention = _last_attention(model.base_model)
    if attention is None:
        return False
    before = _logits(model)
    hook = attention.register_forward_hook(lambda module, inputs, output: _first(output))
    try:
        same = bool(np.allclose(before, _logits(model), rtol=1e-3, atol=1e-4))
    except (RuntimeError, TypeError, ValueError, IndexError, AttributeError):
        same = False
    if not same:
        hook.remove()
    return same


def _first(output: Any) -> Any:
    return (output[0][:, :1], *output[1:]) if isinstance(output, tuple) else output[:, :1]


def _last_attention(encoder: Any) -> Any:
    """The attention of the last layer, where the layers are called as BERT's and its relatives' are."""
    import torch

    stacks = [
        module
        for name, module in encoder.named_modules()
        if isinstance(module, torch.nn.ModuleList) and name.rpartition(".")[2] == "layer" and len(module)
    ]
    return getattr(stacks[0][-1], "attention", None) if len(stacks) == 1 else None


def _logits(model: Any) -> Any:
    """Answers to arbitrary tokens, one row of them shorter."""
    import torch

    was_training = model.training
    model.eval()
    size = int(model.get_input_embeddings().weight.shape[0])
    ids = torch.from_numpy(np.random.default_rng(0).integers(0, size, (3, 9))).to(model.device)
    mask = torch.ones_like(ids)
    mask[0, 6:] = 0
    try:
        with torch.inference_mode():
            return model(input_ids=ids, attention_mask=mask).logits.float().cpu().numpy()
    finally:
        model.train(was_training)

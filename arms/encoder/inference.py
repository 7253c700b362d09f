"""What a fine-tuned encoder says of texts: batches of similar length, cut where memory asks for it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np

from arms.device import autocast
from arms.encoder.batching import inference_order, pad
from arms.encoder.heads import Head, Logits
from arms.encoder.windows import Windows
from arms.memory import Room

CPU_TOKENS, ACCELERATOR_TOKENS = 512, 8192
"""Tokens put through a model at once: on a CPU as many as its caches hold the states of."""
PREDICTION = "prediction"


def logits_of(model: Any, head: Head, windows: Windows, pad_id: int, room: Room | None = None) -> Logits:
    """What the model says of every text, its windows put together.

    ``room`` remembers from call to call how much memory there is for.
    """
    import torch

    room, lengths = room or Room(PREDICTION), windows.lengths()

    def say(part: Any) -> tuple[Any, Any]:
        ids, mask = pad([windows.rows[i] for i in part], pad_id)
        said = head.forward(model, ids.to(model.device), mask.to(model.device))
        of_texts, of_tokens = (None if one is None else one.float().cpu().numpy() for one in said)
        return of_texts, of_tokens

    pooled: list[Any] = [None] * len(windows.rows)
    tokens: list[Any] = [None] * len(windows.rows)
    # On a CPU the format is a choice of the user's, with a score of its own (arms/encoder/deployment.py).
    on_cpu = torch.device(model.device).type == "cpu"
    at_once = CPU_TOKENS if on_cpu else ACCELERATOR_TOKENS
    with torch.inference_mode(), nullcontext() if on_cpu else autocast():
        for batch in inference_order(lengths, at_once):
            parts = room.put(batch, int(lengths[batch].max()), say)
            for logits, kept in zip(zip(*parts, strict=True), (pooled, tokens), strict=True):
                if logits[0] is not None:
                    for i, values in zip(batch, (row for part in logits for row in part), strict=True):
                        kept[i] = values
    per_text = [p for p in pooled if p is not None]
    return Logits(
        texts=windows.mean(np.asarray(per_text, dtype=np.float64)) if per_text else np.zeros((0, 0)),
        tokens=windows.joined(tokens) if tokens and tokens[0] is not None else [],
    )

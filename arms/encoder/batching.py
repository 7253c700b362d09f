"""Batches of texts of similar length, so that little is spent on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

POOL = 50
"""Batches sorted together in training: long enough to bucket well, short enough to stay random."""


def max_length_of(tokenizer: Any, model_config: Any, wanted: int | None) -> int:
    """The longest input, in tokens: the user's wish, never beyond what the model can take."""
    limit = getattr(model_config, "max_position_embeddings", None) or 512
    if getattr(model_config, "model_type", "") in ("roberta", "xlm-roberta", "camembert", "longformer"):
        limit -= 2  # these count positions from the padding index onwards
    limit = min(limit, tokenizer.model_max_length or limit)
    return min(wanted or 512, limit)


def encode(tokenizer: Any, texts: Sequence[str], max_length: int) -> list[list[int]]:
    """Token ids of each text, special tokens included; texts longer than ``max_length`` tokens are cut."""
    if not texts:
        return []
    encoded = tokenizer(list(texts), truncation=True, max_length=max_length, return_attention_mask=False)
    return [list(row) for row in encoded["input_ids"]]


def training_order(lengths: np.ndarray, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Shuffled batches of indices, texts of one batch close in length."""
    order = rng.permutation(len(lengths))
    batches: list[np.ndarray] = []
    for start in range(0, len(order), batch_size * POOL):
        pool = order[start : start + batch_size * POOL]
        pool = pool[np.argsort(lengths[pool], kind="stable")]
        batches += [pool[i : i + batch_size] for i in range(0, len(pool), batch_size)]
    return [batches[i] for i in rng.permutation(len(batches))]


def inference_order(lengths: np.ndarray, max_tokens: int) -> Iterator[np.ndarray]:
    """Batches of indices, longest first, each within ``max_tokens`` tokens after padding."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < len(order):
        size = max(1, max_tokens // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def pad(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Any, Any]:
    """Token ids and attention mask as tensors of shape ``(batch, longest)``, padded on the right."""
    import torch

    longest = max(len(row) for row in rows)
    ids = torch.full((len(rows), longest), pad_id, dtype=torch.long)
    mask = torch.zeros((len(rows), longest), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row)] = torch.tensor(row, dtype=torch.long)
        mask[i, : len(row)] = 1
    return ids, mask

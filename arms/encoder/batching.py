"""Batches of texts of similar length, so that little is spent on padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

POOL = 50
"""Batches sorted together in training: long enough to bucket well, short enough to stay random."""


@dataclass(frozen=True)
class Encoded:
    """Token ids of each text, special tokens included, and how many texts were cut."""

    ids: list[list[int]]
    truncated: int

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> np.ndarray:
        """Tokens of each text, shape ``(n,)``."""
        return np.fromiter((len(i) for i in self.ids), dtype=np.int64, count=len(self.ids))


def max_length_of(tokenizer: Any, model_config: Any, wanted: int | None) -> int:
    """The longest input, in tokens: the user's wish, never beyond what the model can take."""
    limit = getattr(model_config, "max_position_embeddings", None) or 512
    if getattr(model_config, "model_type", "") in ("roberta", "xlm-roberta", "camembert", "longformer"):
        limit -= 2  # these count positions from the padding index onwards
    limit = min(limit, tokenizer.model_max_length or limit)
    return min(wanted or 512, limit)


def encode(tokenizer: Any, texts: Sequence[str], max_length: int) -> Encoded:
    """Tokenise once, without padding; texts longer than ``max_length`` tokens are cut and counted."""
    if not texts:
        return Encoded([], 0)
    ids = tokenizer(list(texts), truncation=True, max_length=max_length, return_attention_mask=False)[
        "input_ids"
    ]
    # Only a row as long as the limit can have been cut; whether it was, its full length tells.
    suspects = [text for text, row in zip(texts, ids, strict=True) if len(row) == max_length]
    whole = tokenizer(suspects, return_attention_mask=False, verbose=False)["input_ids"] if suspects else []
    return Encoded([list(row) for row in ids], sum(len(row) > max_length for row in whole))


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

"""Log-probabilities of every step of every label, for batches of prompts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from arms.llm.prefix_cache import PrefixCache
from arms.llm.trie import Trie

Steps = dict[tuple[int, int], float]
"""Log-probability of each (node, next token) of the trie."""


@torch.inference_mode()
def score_batch(
    model: Any, rows: Sequence[Sequence[int]], trie: Trie, prefix: PrefixCache, skip: int
) -> torch.Tensor:
    """Logits of the model at the end of each prompt and at each inner node of the trie behind it.

    Prompts are padded on the left, so that all tries stand at the end and only those places are
    projected to the vocabulary. A node attends to its prompt and its ancestors, to nothing else.

    Args:
        model: A causal language model.
        rows: Token ids of the prompts, prefix included.
        trie: The labels.
        prefix: Holds the first ``skip`` tokens of all rows.
        skip: How many tokens to take from there.

    Returns:
        Shape ``(rows, 1 + nodes, vocabulary)``.
    """
    nodes, device = len(trie.tokens), model.device
    lengths = torch.tensor([len(row) - skip for row in rows])
    width = int(lengths.max())
    total = width + nodes
    ids = torch.zeros((len(rows), total), dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, width - len(row) + skip : width] = torch.tensor(row[skip:])
    if nodes:
        ids[:, width:] = torch.tensor(trie.tokens)
    places = torch.arange(total)
    padding = width - lengths
    positions = (places[None, :] - padding[:, None]).clamp(min=0) + skip
    if nodes:
        positions[:, width:] = (skip + lengths - 1)[:, None] + torch.tensor(trie.depths)[None, :]
    with _one_projection(model):
        out = model(
            input_ids=ids.to(device),
            position_ids=positions.to(device),
            attention_mask=_mask(padding, width, trie, skip, model).to(device),
            past_key_values=prefix.view(skip),
            use_cache=skip > 0,
            logits_to_keep=nodes + 1,
        )
    logits: torch.Tensor = out.logits
    return logits


@contextmanager
def _one_projection(model: Any) -> Iterator[None]:
    """Project the places of all prompts to the vocabulary by one product.

    The places kept are a slice of a larger tensor. As they lie there, torch would take a product for each
    prompt and copy the whole projection every time, a third of the time of a small model.
    """

    def joined(module: Any, arguments: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        return (arguments[0].contiguous(), *arguments[1:])

    handle = model.get_output_embeddings().register_forward_pre_hook(joined)
    try:
        yield
    finally:
        handle.remove()


def _mask(padding: torch.Tensor, width: int, trie: Trie, skip: int, model: Any) -> torch.Tensor:
    """Which place attends to which, as ``(rows, 1, places, prefix + places)``."""
    nodes = len(trie.tokens)
    total = width + nodes
    allowed = torch.tril(torch.ones((total, total), dtype=torch.bool))
    if nodes:
        allowed[width:, width:] = torch.tensor(trie.ancestors(), dtype=torch.bool)
    real = torch.arange(total)[None, :] >= padding[:, None]
    mask = allowed[None] & real[:, None, :]
    mask |= torch.eye(total, dtype=torch.bool)  # a place that attends to nothing would give NaN
    mask = torch.cat([torch.ones((len(padding), total, skip), dtype=torch.bool), mask], dim=2)[:, None]
    if model.config._attn_implementation == "sdpa":
        return mask
    # Other implementations add the mask to the scores.
    return torch.zeros(mask.shape, dtype=model.dtype).masked_fill(~mask, torch.finfo(model.dtype).min)


@torch.inference_mode()
def score_alone(model: Any, row: Sequence[int], labels: Sequence[Sequence[int]], trie: Trie) -> Steps:
    """The same, by the plain way: each label behind the whole prompt, nothing shared, nothing clever.

    Slow, and right for every causal model; the reference for :func:`score_batch` and the way for models
    that do not take its masks.
    """
    keep = max(len(label) for label in labels)
    longest = len(row) + keep
    ids = torch.tensor([[*row, *label] + [0] * (longest - len(row) - len(label)) for label in labels])
    real = torch.tensor([[1] * (len(row) + len(label)) + [0] * (keep - len(label)) for label in labels])
    out = model(
        input_ids=ids.to(model.device),
        attention_mask=real.to(model.device),
        use_cache=False,
        logits_to_keep=keep + 1,
    )
    logprobs = out.logits[:, :-1].float().log_softmax(-1).cpu()
    return {
        step: float(logprobs[i, j, step[1]])
        for i, path in enumerate(trie.paths)
        for j, step in enumerate(path)
    }


@torch.inference_mode()
def steps_of(logits: torch.Tensor, trie: Trie) -> list[Steps]:
    """The log-probability of each step of the trie, for each prompt of a batch."""
    steps = sorted({step for path in trie.paths for step in path})
    nodes = torch.tensor([node for node, _ in steps], device=logits.device)
    tokens = torch.tensor([token for _, token in steps], device=logits.device)
    logits = logits.float()
    picked = (logits[:, nodes, tokens] - logits.logsumexp(-1)[:, nodes]).cpu().tolist()
    return [dict(zip(steps, row, strict=True)) for row in picked]

"""Greedy text from a local model, in batches, free or held to a grammar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch

from arms.llm.templates import end_of_turn
from arms.memory import Room, ran_out, release

Holder = Callable[[int], Any]
"""Makes a ``transformers.LogitsProcessor`` for so many texts, which holds them to a grammar."""


class Written(NamedTuple):
    """Text, how many tokens it took, whether it was cut before its end, and why there is none."""

    text: str | None
    tokens: int
    cut: bool = False
    error: str | None = None


def write(
    model: Any,
    tokenizer: Any,
    rows: Sequence[Sequence[int]],
    max_new_tokens: int,
    max_batch_tokens: int,
    holder: Holder | None = None,
    *,
    room: Room | None = None,
    before: Callable[[], None] = lambda: None,
    after: Callable[[int, Written], None] = lambda place, written: None,
) -> list[Written]:
    """What the model writes after each prompt, up to its end of turn or ``max_new_tokens``.

    ``room`` remembers from call to call how much memory there is for. ``before`` is called before each batch,
    ``after`` with the place and text of each prompt after it.
    """
    room = room or Room("writing")
    budget = max_batch_tokens if room.tokens is None else min(max_batch_tokens, room.tokens)
    results = [Written(None, 0, error="not written")] * len(rows)
    order = sorted(range(len(rows)), key=lambda i: -len(rows[i]))
    queue: list[list[int]] = []
    while order:
        size = max(1, budget // (len(rows[order[0]]) + max_new_tokens))
        queue.append(order[:size])
        order = order[size:]
    while queue:
        batch = queue.pop(0)
        before()
        try:
            written = _generate(model, tokenizer, [rows[i] for i in batch], max_new_tokens, holder)
            for i, one in zip(batch, written, strict=True):
                results[i] = one
        except (RuntimeError, MemoryError) as error:
            if not ran_out(error):
                raise
            if len(batch) == 1:
                what = f"out of memory on a prompt of {len(rows[batch[0]])} tokens"
                results[batch[0]] = Written(None, 0, error=what)
                after(batch[0], results[batch[0]])
            else:
                middle = len(batch) // 2
                queue[:0] = [batch[:middle], batch[middle:]]
                room.divided(len(batch), middle)
                room.tokens = middle * (len(rows[batch[0]]) + max_new_tokens)
        else:
            for i in batch:
                after(i, results[i])
            continue
        release()
    return results


@torch.inference_mode()
def _generate(
    model: Any, tokenizer: Any, rows: Sequence[Sequence[int]], max_new_tokens: int, holder: Holder | None
) -> list[Written]:
    from transformers import GenerationConfig

    width = max(len(row) for row in rows)
    ids = torch.zeros((len(rows), width), dtype=torch.long)
    mask = torch.zeros_like(ids)
    for i, row in enumerate(rows):
        ids[i, width - len(row) :] = torch.tensor(row)
        mask[i, width - len(row) :] = 1
    ends = sorted(ends_of(model, tokenizer))
    # A configuration of our own: the model's may ask for sampling, penalties or another length.
    settings = GenerationConfig(
        do_sample=False,
        max_new_tokens=max_new_tokens,
        eos_token_id=ends or None,
        pad_token_id=ends[0] if ends else 0,
    )
    out = model.generate(
        input_ids=ids.to(model.device),
        attention_mask=mask.to(model.device),
        generation_config=settings,
        logits_processor=None if holder is None else [holder(len(rows))],
    )
    texts = []
    for row in out[:, width:].tolist():
        end = next((i + 1 for i, token in enumerate(row) if token in ends), None)
        length = len(row) if end is None else end
        text = tokenizer.decode(row[:length], skip_special_tokens=True)
        texts.append(Written(text, length, cut=end is None))
    return texts


def ends_of(model: Any, tokenizer: Any) -> set[int]:
    """Every token that ends an answer, by template, tokenizer or model."""
    ends = {end_of_turn(tokenizer), tokenizer.eos_token_id}
    configured = getattr(model.generation_config, "eos_token_id", None)
    ends |= set(configured) if isinstance(configured, list | tuple) else {configured}
    return {int(end) for end in ends if end is not None}

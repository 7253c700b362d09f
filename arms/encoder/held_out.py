"""How well a masked language model predicts documents that it was not trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.device import autocast
from arms.encoder.batching import encode, inference_order, max_length_of, pad
from arms.encoder.masking import MASKED, as_tensors, mask_tokens, masked_loss
from arms.memory import Room
from arms.progress import track
from evalsets.words import words_of

BATCH_TOKENS = 4096
RESAMPLES = 1000

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DocumentLosses:
    """What predicting masked tokens of each document cost, every array of shape ``(n,)``.

    Args:
        losses: Sum over masked tokens, in nats.
        masked: Masked tokens.
        tokens: Tokens read, special tokens left out.
        words: Words read.
    """

    losses: Array
    masked: Array
    tokens: Array
    words: Array

    def per_word(self) -> float:
        """Nats a word, which compares between tokenizers: loss a token × tokens a word."""
        return float(_ratio(self.losses.sum(), self.masked.sum(), self.tokens.sum(), self.words.sum()))


def score_documents(
    model: Any,
    tokenizer: Any,
    documents: Sequence[str],
    *,
    max_length: int,
    max_tokens: int,
    seed: int,
    description: str,
) -> DocumentLosses:
    """Mask 15% of the tokens of each document once and predict them.

    Documents are read in order until ``max_tokens`` tokens are reached; each is cut at ``max_length``
    tokens. Equal tokenizers and seeds give equal masks, so two models can be compared in pairs.
    """
    limit = max_length_of(tokenizer, model.config, max_length)
    rows: list[list[int]] = []
    words: list[int] = []
    total = 0
    for document in documents:
        if total >= max_tokens:
            break
        row = encode(tokenizer, [document], limit)[0]
        total += len(row)
        rows.append(row)
        words.append(_words_read(tokenizer, document, row, limit))
    lengths = np.array([len(r) for r in rows], dtype=np.int64)
    losses, masked = _losses(model, tokenizer, rows, lengths, seed, description)
    special = len(tokenizer("")["input_ids"])
    return DocumentLosses(
        losses, masked, np.maximum(lengths - special, 0).astype(np.float64), np.array(words, dtype=np.float64)
    )


def _words_read(tokenizer: Any, document: str, row: list[int], limit: int) -> int:
    """Words of the part of a document that was read."""
    if len(row) < limit:
        return max(1, len(words_of(document)))
    if not tokenizer.is_fast:
        return max(1, len(words_of(tokenizer.decode(row, skip_special_tokens=True))))
    places = tokenizer(document, truncation=True, max_length=limit, return_offsets_mapping=True)
    return max(1, len(words_of(document[: max(end for _, end in places["offset_mapping"])])))


def _losses(
    model: Any, tokenizer: Any, rows: Sequence[list[int]], lengths: Any, seed: int, description: str
) -> tuple[Array, Array]:
    """Sum of losses over masked tokens, and masked tokens, of each document."""
    import torch

    rng = np.random.default_rng(seed)
    losses, masked = np.zeros(len(rows)), np.zeros(len(rows))
    pad_id = tokenizer.pad_token_id or 0
    loss_of = masked_loss(model.eval(), tokenizer)
    batches = list(inference_order(lengths, BATCH_TOKENS)) if len(rows) else []
    room = Room("measuring losses")
    with torch.inference_mode(), autocast():
        for batch in track(batches, description, len(batches)):
            ids, attention = pad([rows[i] for i in batch], pad_id)
            changed, places = mask_tokens(tokenizer, ids.numpy(), MASKED, rng)
            places &= attention.numpy().astype(bool)
            if not places.any():
                continue

            def score(part: Any, read: Any = (ids, attention, changed, places)) -> Array:
                ids, attention, changed, places = (one[part] for one in read)
                inputs, where, targets = as_tensors(ids.numpy(), changed, places, model.device)
                cost = loss_of(inputs, attention.to(model.device), where, targets)
                owner = torch.from_numpy(np.nonzero(places)[0]).to(model.device)
                sums = torch.zeros(len(part), device=model.device).index_add_(0, owner, cost.float())
                return np.asarray(sums.cpu().numpy(), dtype=np.float64)

            sums = room.put(np.arange(len(batch)), ids.shape[1], score)
            losses[batch], masked[batch] = np.concatenate(sums), places.sum(axis=1)
    return losses, masked


def change(before: DocumentLosses, after: DocumentLosses) -> tuple[float, float, float]:
    """Change in nats a word with its 95% interval, paired: the same documents are resampled on both sides.

    Percentile bootstrap over documents (scipy.stats.bootstrap). A pair of models with different tokenizers
    may have read different numbers of the documents; those that both read are compared.
    """
    from scipy.stats import bootstrap

    n = min(len(before.losses), len(after.losses))
    columns = [
        column[:n]
        for side in (before, after)
        for column in (side.losses, side.masked, side.tokens, side.words)
    ]

    def difference(*resampled: Array, axis: int = -1) -> Array:
        sums = [column.sum(axis=axis) for column in resampled]
        return np.asarray(_ratio(*sums[4:]) - _ratio(*sums[:4]))

    value = float(difference(*columns))
    if n < 2:
        return value, value, value
    found = bootstrap(
        columns, difference, paired=True, n_resamples=RESAMPLES, method="percentile", vectorized=True,
        rng=np.random.default_rng(0), batch=max(1, 2_000_000 // n),
    )  # fmt: skip
    return value, float(found.confidence_interval.low), float(found.confidence_interval.high)


def _ratio(losses: Any, masked: Any, tokens: Any, words: Any) -> Array:
    return np.asarray(losses / np.maximum(masked, 1.0) * tokens / np.maximum(words, 1.0))

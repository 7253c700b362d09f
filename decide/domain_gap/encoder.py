"""One pass of the frozen encoder over a sample: document features and vectors of chosen words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.base import ArmError
from arms.device import autocast, device
from arms.encoder.batching import encode, inference_order, max_length_of, pad
from arms.models import quiet
from arms.progress import track
from evalsets.words import WORD

MAX_TOKENS = 128
"""Tokens of a document that the encoder reads; equal on all sides, so that length is no difference."""
BATCH_TOKENS = 4096
MOST_OF_A_WORD = 100
CONTEXT = 60

Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class Encoder:
    """A loaded encoder with its tokenizer."""

    tokenizer: Any
    model: Any
    max_length: int


@dataclass(frozen=True)
class Occurrences:
    """Contextual vectors of one word, shape ``(n, dimensions)``, with the text around each."""

    vectors: list[Vectors]
    contexts: list[str]


def load_encoder(folder: Path, tokenizer: Any) -> Encoder:
    """The model without any head, in float32, ready to read.

    Raises:
        ArmError: If the weights cannot be loaded as an encoder.
    """
    import torch
    from transformers import AutoModel

    try:
        with quiet():
            model = AutoModel.from_pretrained(
                folder, use_safetensors=True, trust_remote_code=False, dtype=torch.float32
            )
    except (ValueError, OSError, RuntimeError, KeyError) as error:
        raise ArmError(
            f"{folder} cannot be loaded as an encoder ({error}). Give an encoder model."
        ) from error
    if getattr(model.config, "is_encoder_decoder", False):
        model = model.get_encoder()
    model.to(device()).eval()
    return Encoder(tokenizer, model, max_length_of(tokenizer, model.config, MAX_TOKENS))


def read(
    encoder: Encoder, documents: Sequence[str], description: str, words: frozenset[str] = frozenset()
) -> tuple[Vectors, dict[str, Occurrences]]:
    """Mean of the last hidden states of each document, and the vectors of ``words`` in context.

    The vector of a word is the mean over its tokens. Words are only found with a fast tokenizer.

    Args:
        encoder: What reads.
        documents: Texts; what exceeds the encoder's length is not read.
        description: For the progress bar.
        words: Lower-case words to collect, at most :data:`MOST_OF_A_WORD` occurrences each.
    """
    import torch

    tokenizer, model = encoder.tokenizer, encoder.model
    rows = encode(tokenizer, documents, encoder.max_length)
    lengths = np.array([len(r) for r in rows], dtype=np.int64)
    features: Vectors = np.zeros((len(documents), model.config.hidden_size), dtype=np.float32)
    found: dict[str, Occurrences] = {}
    pad_id = tokenizer.pad_token_id or 0
    batches = list(inference_order(lengths, BATCH_TOKENS)) if len(rows) else []
    with torch.inference_mode(), autocast():
        for batch in track(batches, description, len(batches)):
            ids, mask = pad([rows[i] for i in batch], pad_id)
            ids, mask = ids.to(model.device), mask.to(model.device)
            hidden = model(input_ids=ids, attention_mask=mask)[0].float()
            weights = mask.unsqueeze(-1).float()
            mean = (hidden * weights).sum(1) / weights.sum(1).clamp(min=1)
            features[batch] = mean.cpu().numpy()
            if words:
                states = hidden.cpu().numpy()
                for place, i in enumerate(batch):
                    _collect(encoder, documents[i], states[place], words, found)
    return features, found


def _collect(
    encoder: Encoder, text: str, states: Vectors, words: frozenset[str], found: dict[str, Occurrences]
) -> None:
    """Add the vectors of the words of one document."""
    places = encoder.tokenizer(
        text, truncation=True, max_length=encoder.max_length, return_offsets_mapping=True
    )["offset_mapping"]
    starts, ends = np.array(places).reshape(-1, 2).T
    last = int(ends.max(initial=0))
    for match in WORD.finditer(text, 0, last):
        word = match.group().lower()
        if word not in words or match.end() > last:
            continue
        known = found.setdefault(word, Occurrences([], []))
        if len(known.vectors) >= MOST_OF_A_WORD:
            continue
        tokens = np.flatnonzero((starts < match.end()) & (ends > match.start()))
        if len(tokens):
            known.vectors.append(states[tokens].mean(axis=0))
            known.contexts.append(_context(text, match.start(), match.end()))


def _context(text: str, start: int, end: int) -> str:
    left, right = max(0, start - CONTEXT), min(len(text), end + CONTEXT)
    inside = " ".join(text[left:right].split())
    return f"{'…' if left else ''}{inside}{'…' if right < len(text) else ''}"

"""How well a masked language model predicts a domain, where the checkpoint has a trained head for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arms.device import autocast, device
from arms.encoder.batching import encode, inference_order, max_length_of, pad
from arms.encoder.masked_lm import HEAD_NAMES, mask_tokens
from arms.models import quiet
from arms.progress import track
from decide.domain_gap.bootstrap import Array, Resampler
from decide.domain_gap.report import Measure
from decide.records import Estimate
from evalsets.words import words_of

MASKED = 0.15
TOKENS = 60_000
"""Tokens read of each corpus; about 9,000 of them are predicted."""
MAX_LENGTH = 128
BATCH_TOKENS = 4096
NO_REFERENCE = "not measured: give reference="
DEVLIN = 'Devlin et al. 2019, "BERT", section 3.1'
SALAZAR = 'after Salazar et al. 2020, "Masked Language Model Scoring"'


def language_model_measures(
    folder: Path,
    tokenizer: Any,
    documents: Sequence[str],
    reference: Sequence[str] | None,
    reference_name: str,
    seed: int,
) -> list[Measure]:
    """Masked-LM loss a token, and pseudo-perplexity a word, of the domain and of the reference."""
    model, why = _load(folder, tokenizer)
    domain: list[Estimate | None] = [None, None]
    general: list[Estimate | None] = [None, None]
    if model is not None:
        domain = _assess(model, tokenizer, documents, "domain", seed)
        if reference is not None:
            general = _assess(model, tokenizer, reference, "reference", seed)
    missing = why or ("" if domain[0] else "too little text to mask anything")
    reference_missing = "" if general[0] else (why if reference is not None and why else NO_REFERENCE)
    how = (
        f"{MASKED:.0%} of the tokens of up to {TOKENS:,} tokens are masked once (80% mask token, 10% random, "
        f"10% unchanged), documents cut at {MAX_LENGTH} tokens"
    )
    return [
        Measure(
            id="masked_lm_loss",
            family="language model",
            name="Masked-LM loss",
            unit="nats/masked token",
            value=domain[0],
            missing=missing,
            reference=general[0],
            reference_name=reference_name if general[0] else "",
            reference_missing=reference_missing,
            method=f"{how}. Depends on the tokenizer: do not compare models by it.",
            source=DEVLIN,
        ),
        Measure(
            id="pseudo_perplexity",
            family="language model",
            name="Pseudo-perplexity per word",
            unit="per word",
            value=domain[1],
            missing=missing,
            reference=general[1],
            reference_name=reference_name if general[1] else "",
            reference_missing=reference_missing,
            method=f"exp(loss × tokens / words), so that tokenizers compare. {how}; scoring each token in "
            f"turn "
            "would take a pass a token and is estimated by this.",
            source=SALAZAR,
        ),
    ]


def _load(folder: Path, tokenizer: Any) -> tuple[Any, str]:
    """The model with its head, or why there is none to speak of."""
    import torch
    from transformers import AutoModelForMaskedLM

    if tokenizer.mask_token_id is None:
        return None, "not measured: the tokenizer has no mask token, so this is no masked language model"
    try:
        with quiet():
            model, loading = AutoModelForMaskedLM.from_pretrained(
                folder, output_loading_info=True, use_safetensors=True, dtype=torch.float32
            )
    except (ValueError, KeyError, OSError, RuntimeError):
        return None, "not measured: the architecture has no masked-LM head"
    if any(key.startswith(HEAD_NAMES) for key in loading["missing_keys"]):
        return None, "not measured: the checkpoint has no trained masked-LM head"
    return model.to(device()).eval(), ""


def _assess(
    model: Any, tokenizer: Any, documents: Sequence[str], name: str, seed: int
) -> list[Estimate | None]:
    """Loss a masked token and pseudo-perplexity a word, with intervals over documents."""
    limit = max_length_of(tokenizer, model.config, MAX_LENGTH)
    rows: list[list[int]] = []
    words: list[int] = []
    total = 0
    for document in documents:
        row = encode(tokenizer, [document], limit).ids[0]
        if total >= TOKENS:
            break
        total += len(row)
        rows.append(row)
        words.append(_words_read(tokenizer, document, row, limit))
    lengths = np.array([len(r) for r in rows], dtype=np.int64)
    losses, masked = _losses(model, tokenizer, rows, lengths, name, seed)
    if not masked.sum():
        return [None, None]
    resampler = Resampler(len(rows), seed)
    special = len(tokenizer("")["input_ids"])
    tokens = np.maximum(lengths - special, 0).astype(np.float64)
    rate = tokens.sum() / max(1, sum(words))
    loss = resampler.ratio(losses, masked)
    perplexity = resampler.ratio(losses, masked, lambda values: np.exp(np.minimum(values * rate, 700.0)))
    return [loss, perplexity]


def _words_read(tokenizer: Any, document: str, row: list[int], limit: int) -> int:
    """Words of the part of a document that was read."""
    if len(row) < limit:
        return max(1, len(words_of(document)))
    return max(1, len(words_of(tokenizer.decode(row, skip_special_tokens=True))))


def _losses(
    model: Any, tokenizer: Any, rows: Sequence[list[int]], lengths: Any, name: str, seed: int
) -> tuple[Array, Array]:
    """Sum of losses over masked tokens, and masked tokens, of each document."""
    import torch

    rng = np.random.default_rng(seed)
    losses, masked = np.zeros(len(rows)), np.zeros(len(rows))
    pad_id = tokenizer.pad_token_id or 0
    batches = list(inference_order(lengths, BATCH_TOKENS)) if len(rows) else []
    with torch.inference_mode(), autocast():
        for batch in track(batches, f"{name} · masked LM", len(batches)):
            ids, attention = pad([rows[i] for i in batch], pad_id)
            changed, places = mask_tokens(tokenizer, ids.numpy(), MASKED, rng)
            places &= attention.numpy().astype(bool)
            where = torch.from_numpy(places).to(model.device)
            output = model(
                input_ids=torch.from_numpy(changed).to(model.device),
                attention_mask=attention.to(model.device),
            )
            cost = torch.nn.functional.cross_entropy(
                output.logits[where].float(), ids.to(model.device)[where], reduction="none"
            )
            owner = torch.from_numpy(np.nonzero(places)[0]).to(model.device)
            sums = torch.zeros(len(batch), device=model.device).index_add_(0, owner, cost)
            losses[batch], masked[batch] = sums.cpu().numpy(), places.sum(axis=1)
    return losses, masked


def excess(measure: Measure) -> float | None:
    """Loss on the domain beyond that on the reference, in nats a masked token."""
    if measure.value is None or measure.reference is None:
        return None
    difference = measure.value.value - measure.reference.value
    return difference if math.isfinite(difference) else None

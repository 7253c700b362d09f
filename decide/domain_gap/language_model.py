"""How well a masked language model predicts a domain, where the checkpoint has a trained head for it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from arms.device import device
from arms.encoder.held_out import score_documents
from arms.encoder.masking import MASKED, load_masked_lm
from decide.domain_gap.bootstrap import Resampler
from decide.domain_gap.report import Measure
from decide.records import Estimate

TOKENS = 60_000
"""Tokens read of each corpus; about 9,000 of them are predicted."""
MAX_LENGTH = 128
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
    if tokenizer.mask_token_id is None:
        return None, "not measured: the tokenizer has no mask token, so this is no masked language model"
    try:
        model, fresh = load_masked_lm(folder)
    except (ValueError, KeyError, OSError, RuntimeError):
        return None, "not measured: the architecture has no masked-LM head"
    if fresh:
        return None, "not measured: the checkpoint has no trained masked-LM head"
    return model.to(device()).eval(), ""


def _assess(
    model: Any, tokenizer: Any, documents: Sequence[str], name: str, seed: int
) -> list[Estimate | None]:
    """Loss a masked token and pseudo-perplexity a word, with intervals over documents."""
    found = score_documents(
        model,
        tokenizer,
        documents,
        max_length=MAX_LENGTH,
        max_tokens=TOKENS,
        seed=seed,
        description=f"{name} · masked LM",
    )
    if not found.masked.sum():
        return [None, None]
    resampler = Resampler(len(found.losses), seed)
    rate = found.tokens.sum() / max(1.0, found.words.sum())
    loss = resampler.ratio(found.losses, found.masked)
    perplexity = resampler.ratio(
        found.losses, found.masked, lambda values: np.exp(np.minimum(values * rate, 700.0))
    )
    return [loss, perplexity]


def excess(measure: Measure) -> float | None:
    """Loss on the domain beyond that on the reference, in nats a masked token."""
    if measure.value is None or measure.reference is None:
        return None
    difference = measure.value.value - measure.reference.value
    return difference if math.isfinite(difference) else None

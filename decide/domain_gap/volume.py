"""How much there is to read and how fast this machine reads it: what costs are estimated from."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from arms.encoder.batching import encode, max_length_of
from decide.domain_gap.encoder import Encoder, read
from decide.domain_gap.report import Volume
from decide.domain_gap.sources import Sample
from evalsets import EvalSet

MOST_COUNTED = 500
"""Documents whose tokens are counted."""
TIMED_SECONDS = 3.0
"""Reading is timed for about so long."""
CHUNK = 4
"""Documents timed at once; few, so that little memory is needed."""
TRAINING_LENGTH = 512
"""Documents are cut here when an encoder is fine-tuned, as the arms do by default."""


def measure_volume(encoder: Encoder, domain: Sample, data: EvalSet | None) -> Volume:
    """Documents, tokens a document and the encoder's speed on this text."""
    limit = max_length_of(encoder.tokenizer, encoder.model.config, TRAINING_LENGTH)
    documents = domain.documents[:MOST_COUNTED]
    whole = _tokens(encoder, documents)
    rate, timed, share = _speed(replace(encoder, max_length=limit), documents)
    train = None
    if data is not None:
        rng = np.random.default_rng(0)
        some = rng.permutation(len(data.train))[:MOST_COUNTED]
        train = float(np.minimum(_tokens(encoder, [data.train.texts[i] for i in some]), limit).mean())
    embeddings = encoder.model.get_input_embeddings()
    return Volume(
        task=data.task.kind if data is not None else None,
        labels=len(getattr(data.task, "labels", ())) or None if data is not None else None,
        train_documents=len(data.train) if data is not None else None,
        dev_documents=len(data.dev) if data is not None else None,
        test_documents=len(data.test) if data is not None else None,
        train_tokens_read=train,
        domain_documents=domain.seen,
        tokens_per_document=float(whole.mean()),
        tokens_read_per_document=float(np.minimum(whole, limit).mean()),
        max_length=limit,
        tokens_per_second=rate,
        timed_tokens=timed,
        cpu_share=share,
        parameters=sum(p.numel() for p in encoder.model.parameters()),
        embedding_parameters=int(embeddings.weight.numel()),
    )


def _tokens(encoder: Encoder, documents: Sequence[str]) -> np.ndarray:
    """Tokens of each document, uncut."""
    rows = encoder.tokenizer(list(documents), return_attention_mask=False, verbose=False)["input_ids"]
    return np.array([len(row) for row in rows], dtype=np.float64)


def _speed(encoder: Encoder, documents: Sequence[str]) -> tuple[float, int, float | None]:
    """Tokens a second of a forward pass, once warm, the tokens timed, and the share of the cores it had."""
    import torch

    read(encoder, documents[:CHUNK], "timing")
    tokens, seconds, busy = 0, 0.0, 0.0
    for start in range(0, len(documents), CHUNK):
        chunk = documents[start : start + CHUNK]
        tokens += sum(map(len, encode(encoder.tokenizer, chunk, encoder.max_length)))
        started, used = time.perf_counter(), time.process_time()
        read(encoder, chunk, "timing")
        seconds += time.perf_counter() - started
        busy += time.process_time() - used
        if seconds >= TIMED_SECONDS:
            break
    seconds = max(seconds, 1e-9)
    on_cpu = encoder.model.device.type == "cpu"
    return tokens / seconds, tokens, min(1.0, busy / seconds / torch.get_num_threads()) if on_cpu else None

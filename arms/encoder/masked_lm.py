"""Continued pretraining by masked language modelling on packed domain text."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arms.base import ArmError
from arms.device import autocast, device
from arms.encoder.batching import max_length_of
from arms.encoder.classifier import optimizer_for
from arms.models import quiet
from arms.progress import track

HEAD_NAMES = ("cls", "lm_head", "predictions", "generator_lm_head")
EVALUATION_BLOCKS = 256


@dataclass(frozen=True)
class MaskedLM:
    """Settings of continued pretraining.

    Args:
        epochs: Passes over the packed text.
        max_steps: Most optimiser steps, or ``None``.
        learning_rate: Peak learning rate.
        block_size: Tokens of a packed block.
        batch_size: Blocks a step.
        mask_probability: Share of tokens predicted (Devlin et al. 2019 use 0.15).
        held_out: Share of documents kept out to measure the loss on.
        head_steps: Steps that train only a fresh head, where the checkpoint has none.
    """

    epochs: float
    max_steps: int | None
    learning_rate: float
    block_size: int
    batch_size: int
    mask_probability: float = 0.15
    held_out: float = 0.05
    head_steps: int = 100


@dataclass(frozen=True)
class AdaptationRecord:
    """What continued pretraining did. Losses are nats a masked token on held-out documents."""

    loss_before: float
    loss_after: float
    loss_as_loaded: float
    fresh_head: bool
    documents: int
    held_out_documents: int
    tokens: int
    steps: int
    seconds: float

    def facts(self) -> dict[str, Any]:
        """The record as facts of a run."""
        return {f"adaptation_{k}": v for k, v in asdict(self).items() if k != "seconds"}


def adapt(
    folder: Path, texts: Iterable[str], settings: MaskedLM, seed: int, out: Path, description: str
) -> AdaptationRecord:
    """Continue masked-LM training of the model in ``folder`` on ``texts``; save the encoder to ``out``.

    A checkpoint without a trained masked-LM head gets a fresh one whose output weights are tied to
    the input embeddings; only that head is trained for the first ``head_steps`` steps, because its
    random gradients would otherwise damage the encoder, and the loss before adaptation is measured
    after those steps.

    Raises:
        ArmError: If there is too little text.
    """
    import torch
    from transformers import AutoModelForMaskedLM, AutoTokenizer

    started = time.perf_counter()
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with quiet():
        model, loading = AutoModelForMaskedLM.from_pretrained(
            folder, output_loading_info=True, use_safetensors=True, dtype=torch.float32
        )
    fresh_head = any(key.startswith(HEAD_NAMES) for key in loading["missing_keys"])
    model.to(device())
    block = max_length_of(tokenizer, model.config, settings.block_size)
    documents = list(dict.fromkeys(texts))
    order = rng.permutation(len(documents))
    kept_out = max(1, round(len(documents) * settings.held_out))
    held_out = pack(tokenizer, [documents[i] for i in order[:kept_out]], block)[:EVALUATION_BLOCKS]
    blocks = pack(tokenizer, [documents[i] for i in order[kept_out:]], block)
    if len(blocks) < 2 or not len(held_out):
        raise ArmError(
            f"Only {len(documents)} unlabelled documents, too few to adapt to. "
            "Give more text by unlabeled=, or leave the domain-adapted arm out."
        )
    loss_of = selected_loss(model, tokenizer, held_out[:2])
    as_loaded = held_out_loss(loss_of, model, tokenizer, held_out, settings)
    before = as_loaded
    if fresh_head:
        _train_head(model, tokenizer, loss_of, blocks, settings, rng, f"{description} · new head")
        before = held_out_loss(loss_of, model, tokenizer, held_out, settings)
    steps_an_epoch = math.ceil(len(blocks) / settings.batch_size)
    steps = max(1, min(round(settings.epochs * steps_an_epoch), settings.max_steps or 1 << 62))
    optimizer, schedule = optimizer_for(model, settings.learning_rate, 0.01, steps, 0.06)
    model.train()
    for batch in track(
        _batches(len(blocks), settings.batch_size, steps, rng), f"{description} · masked LM", steps
    ):
        _step(model, tokenizer, loss_of, blocks[batch], settings, rng, optimizer, schedule)
    after = held_out_loss(loss_of, model, tokenizer, held_out, settings)
    save_encoder(model, tokenizer, folder, out)
    return AdaptationRecord(
        loss_before=before,
        loss_after=after,
        loss_as_loaded=as_loaded,
        fresh_head=fresh_head,
        documents=len(documents) - kept_out,
        held_out_documents=kept_out,
        tokens=int(blocks.size),
        steps=steps,
        seconds=time.perf_counter() - started,
    )


def save_encoder(model: Any, tokenizer: Any, original: Path, out: Path) -> None:
    """Save the adapted encoder with every other part as ``original`` has it.

    A masked-LM model carries no pooler; saving it as it is would make fine-tuning start from a random
    one, while fine-tuning the original starts from a trained one, and the comparison would be unfair.
    """
    from transformers import AutoModel

    with quiet():
        whole = AutoModel.from_pretrained(original, use_safetensors=True, dtype=model.dtype)
        whole.resize_token_embeddings(model.get_input_embeddings().num_embeddings)
        whole.load_state_dict(model.base_model.state_dict(), strict=False)
        whole.save_pretrained(out)
    tokenizer.save_pretrained(out)


def pack(tokenizer: Any, documents: Sequence[str], block: int) -> np.ndarray:
    """Documents joined by separators and cut into blocks, shape ``(blocks, block)``, nothing padded.

    The rest that does not fill a block is dropped.
    """
    room = block - 2
    stream: list[int] = []
    for start in range(0, len(documents), 1000):
        chunk = list(documents[start : start + 1000])
        for ids in tokenizer(chunk, add_special_tokens=False, return_attention_mask=False, verbose=False)[
            "input_ids"
        ]:
            stream += [*ids, tokenizer.sep_token_id]
    count = len(stream) // room
    body = np.array(stream[: count * room], dtype=np.int64).reshape(count, room)
    edge = np.ones((count, 1), dtype=np.int64)
    return np.hstack([edge * tokenizer.cls_token_id, body, edge * tokenizer.sep_token_id])


def mask_tokens(
    tokenizer: Any, ids: np.ndarray, probability: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Masked ids and the boolean places to predict, both shaped like ``ids``.

    Of the places, 80% become the mask token, 10% a random token and 10% stay, as in Devlin et al.
    2019, "BERT: Pre-training of Deep Bidirectional Transformers", section 3.1.
    """
    special = np.isin(ids, tokenizer.all_special_ids)
    places = (rng.random(ids.shape) < probability) & ~special
    draw = rng.random(ids.shape)
    masked = np.where(places & (draw < 0.8), tokenizer.mask_token_id, ids)
    random_ids = rng.integers(0, len(tokenizer), ids.shape)
    return np.where(places & (draw >= 0.9), random_ids, masked), places


def selected_loss(model: Any, tokenizer: Any, sample: np.ndarray) -> Callable[[Any, Any, Any], Any]:
    """A loss that projects to the vocabulary only where a token is predicted.

    The projection dominates the cost of small encoders, and five of six of its rows are never used.
    Verified on ``sample`` against the model's own loss; where the architecture does not allow it,
    the model's own loss is returned.
    """
    import torch

    def own(ids: Any, places: Any, targets: Any) -> Any:
        labels = torch.full_like(ids, -100)
        labels[places] = targets
        return model(input_ids=ids, labels=labels).loss

    head = next((getattr(model, n) for n in HEAD_NAMES if hasattr(model, n)), None)
    if head is None or model.base_model is model:
        return own

    def selected(ids: Any, places: Any, targets: Any) -> Any:
        hidden = model.base_model(input_ids=ids)[0]
        return torch.nn.functional.cross_entropy(head(hidden[places]).float(), targets)

    masked, places = mask_tokens(tokenizer, sample, 0.15, np.random.default_rng(0))
    ids, where = torch.from_numpy(masked).to(model.device), torch.from_numpy(places).to(model.device)
    targets = torch.from_numpy(sample).to(model.device)[where]
    model.eval()
    with torch.inference_mode():
        try:
            agree = torch.allclose(selected(ids, where, targets), own(ids, where, targets), rtol=1e-3)
        except (RuntimeError, TypeError, ValueError):
            agree = False
    return selected if agree else own


def held_out_loss(
    loss_of: Callable[[Any, Any, Any], Any],
    model: Any,
    tokenizer: Any,
    blocks: np.ndarray,
    settings: MaskedLM,
) -> float:
    """Mean masked-LM loss, in nats a predicted token, with the same masks at every call."""
    import torch

    rng = np.random.default_rng(0)
    total, count = 0.0, 0
    model.eval()
    with torch.inference_mode(), autocast():
        for start in range(0, len(blocks), settings.batch_size):
            chunk = blocks[start : start + settings.batch_size]
            masked, places = mask_tokens(tokenizer, chunk, settings.mask_probability, rng)
            if not places.any():
                continue
            where = torch.from_numpy(places).to(model.device)
            targets = torch.from_numpy(chunk).to(model.device)[where]
            loss = loss_of(torch.from_numpy(masked).to(model.device), where, targets)
            total += float(loss) * int(places.sum())
            count += int(places.sum())
    return total / max(count, 1)


def _batches(n: int, size: int, steps: int, rng: np.random.Generator) -> Iterable[np.ndarray]:
    done = 0
    while done < steps:
        order = rng.permutation(n)
        for start in range(0, n, size):
            if done == steps:
                return
            yield order[start : start + size]
            done += 1


def _step(
    model: Any,
    tokenizer: Any,
    loss_of: Callable[[Any, Any, Any], Any],
    blocks: np.ndarray,
    settings: MaskedLM,
    rng: np.random.Generator,
    optimizer: Any,
    schedule: Any,
) -> None:
    import torch

    masked, places = mask_tokens(tokenizer, blocks, settings.mask_probability, rng)
    if not places.any():
        return
    where = torch.from_numpy(places).to(model.device)
    targets = torch.from_numpy(blocks).to(model.device)[where]
    with autocast():
        loss = loss_of(torch.from_numpy(masked).to(model.device), where, targets)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    schedule.step()
    optimizer.zero_grad(set_to_none=True)


def _train_head(
    model: Any,
    tokenizer: Any,
    loss_of: Callable[[Any, Any, Any], Any],
    blocks: np.ndarray,
    settings: MaskedLM,
    rng: np.random.Generator,
    description: str,
) -> None:
    """Train only the fresh head, the encoder and the tied embeddings held still."""
    encoder = list(model.base_model.parameters())
    for parameter in encoder:
        parameter.requires_grad_(False)
    optimizer, schedule = optimizer_for(model, 1e-3, 0.01, settings.head_steps, 0.1)
    model.eval()  # no dropout in the frozen encoder
    for batch in track(
        _batches(len(blocks), settings.batch_size, settings.head_steps, rng), description, settings.head_steps
    ):
        _step(model, tokenizer, loss_of, blocks[batch], settings, rng, optimizer, schedule)
    for parameter in encoder:
        parameter.requires_grad_(True)

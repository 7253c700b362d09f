"""Everything before continued pretraining: text split and packed, vocabulary extended, losses so far."""

from __future__ import annotations

import functools
import heapq
import json
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from arms.base import ArmError
from arms.device import autocast, device
from arms.encoder.batching import max_length_of
from arms.encoder.held_out import DocumentLosses, change, score_documents
from arms.encoder.masking import as_tensors, load_masked_lm, mask_tokens, masked_loss
from arms.encoder.optimizer import optimizer_for
from arms.encoder.packing import (
    HELD_OUT_DOCUMENTS,
    Blocks,
    Texts,
    distinct,
    pack,
    survey,
    take_held_out,
    unit,
)
from arms.encoder.pretraining import MaskedLM
from arms.encoder.vocabulary import add_rows, add_words, choose_words, fertility, token_ids
from arms.memory import Room
from arms.progress import track
from evalsets import Corpus

SCORED_TOKENS = 30_000
"""Tokens of held-out and of general text that losses are measured on; 15% of them are predicted."""
SCORED_LENGTH = 128
GENERAL_DOCUMENTS = 500
HEAD_DOCUMENTS = 2_000
HEAD_RATE = 1e-3

Losses = tuple[DocumentLosses | None, DocumentLosses | None]
"""On domain text and on general text."""
Step = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Token ids, what is shown of them, and the places to predict."""


@dataclass(frozen=True)
class Plan:
    """What an adaptation is to do.

    Args:
        rung: Name of the rung.
        new_tokens: Most words that get a token of their own; 0 leaves the tokenizer as it is.
        settings: Settings of continued pretraining; ``None`` for none.
        documents: Most documents, drawn at random; ``None`` for all.
        seed: Seed of every random draw, 0 or above.
        processes: Processes that train.
        checkpoint_seconds: Time between checkpoints.
        max_hours: Longest estimated training that is begun, or ``None``.
        hour_usd: Price of an hour of this machine; 0 if unknown.
    """

    rung: str
    new_tokens: int
    settings: MaskedLM | None
    documents: int | None
    seed: int
    processes: int = 1
    checkpoint_seconds: float = 120.0
    max_hours: float | None = None
    hour_usd: float = 0.0


@dataclass(frozen=True)
class Prepared:
    """What preparation found and did."""

    documents: int
    new_tokens: int
    fertility_before: float
    fertility_after: float
    fresh_head: bool
    tokens: int
    seconds: float
    divided: dict[str, list[int]] = field(default_factory=dict)


class _Packed(NamedTuple):
    """The domain text in two: documents held out, and the number of others with that of their tokens."""

    held_out: list[str]
    documents: int
    tokens: int


@dataclass(frozen=True)
class Held:
    """Documents that nothing is trained on, and what predicting them cost.

    Args:
        domain: Held-out documents of the domain.
        general: Documents of the reference text.
        domain_before: Losses of the model as it was given; ``None`` where not measured.
        general_before: The same on general text.
        domain_extended: Losses with an extended vocabulary, before any training.
        general_extended: The same on general text.
    """

    domain: list[str]
    general: list[str]
    domain_before: DocumentLosses | None = None
    general_before: DocumentLosses | None = None
    domain_extended: DocumentLosses | None = None
    general_extended: DocumentLosses | None = None

    def losses(self, model: Any, seed: int, description: str, tokenizer: Any = None) -> Losses:
        """Losses of a model, or of the model in a folder, on domain and on general text."""
        if isinstance(model, Path):
            tokenizer = tokenizer_of(model)
            model = load_masked_lm(model)[0].to(device())
        domain, general = (
            score_documents(
                model,
                tokenizer,
                documents,
                max_length=SCORED_LENGTH,
                max_tokens=SCORED_TOKENS,
                seed=seed,
                description=f"{description} · {name}",
            )
            if documents
            else None
            for name, documents in (("held-out text", self.domain), ("general text", self.general))
        )
        return domain, general

    def write(self, folder: Path) -> None:
        """Keep documents and losses in ``folder``."""
        data = {
            name: value if isinstance(value, list) or value is None else _lists(value)
            for name, value in self.__dict__.items()
        }
        (folder / "held.json").write_text(json.dumps(data), encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Held:
        """What :meth:`write` kept."""
        data: dict[str, Any] = json.loads((folder / "held.json").read_text(encoding="utf-8"))
        for name, value in data.items():
            if isinstance(value, dict):
                data[name] = DocumentLosses(**{k: np.array(v, dtype=np.float64) for k, v in value.items()})
        return cls(**data)


def _lists(losses: DocumentLosses) -> dict[str, list[float]]:
    return {name: column.tolist() for name, column in losses.__dict__.items()}


def per_word(losses: DocumentLosses | None) -> float | None:
    """Nats a word, where measured."""
    return None if losses is None else losses.per_word()


def change_of(
    before: DocumentLosses | None, after: DocumentLosses | None
) -> tuple[float, float, float] | None:
    """Change in nats a word with its interval, where both were measured."""
    return None if before is None or after is None else change(before, after)


def prepare(
    folder: Path, texts: Texts, general: Corpus | None, plan: Plan, work: Path, description: str
) -> Prepared:
    """Leave ``model`` (with its tokenizer), ``blocks.bin`` and ``held.json`` in ``work``.

    A checkpoint without a trained masked-LM head gets a fresh one whose output weights are tied to the
    input embeddings. Before continued pretraining that head alone is trained, because its random gradients
    would otherwise damage the encoder, and losses are measured after that; without continued pretraining
    nothing is trained and no loss is measured.

    Raises:
        ArmError: If there is too little text.
    """
    began = time.perf_counter()
    settings, seed = plan.settings, plan.seed
    tokenizer, extended = tokenizer_of(folder), tokenizer_of(folder)
    found = survey(texts, f"{description} · reading", count_words=plan.new_tokens > 0)
    words = choose_words(tokenizer, found.occurrences, plan.new_tokens) if plan.new_tokens else []
    pieces = _extend(tokenizer, extended, words)
    drawn = functools.partial(_drawn, texts, found.documents, plan, f"{description} · tokenising")
    packed = _pack(drawn(), found.documents, plan, folder, extended, work)
    room = Room("training of a new head")
    model, fresh = load_masked_lm(folder)
    model.to(device())
    if fresh and settings is not None:
        kept = set(packed.held_out)
        sample = heapq.nsmallest(
            HEAD_DOCUMENTS, (t for t in distinct(drawn()) if t not in kept), key=lambda t: unit(t, seed + 2)
        )
        _train_head(model, tokenizer, sample, settings, seed, work, f"{description} · new head", room)
    held = Held(packed.held_out, _sample(general, seed))
    before: Losses = (None, None)
    after: Losses = (None, None)
    if not fresh or settings is not None:
        before = held.losses(model, seed, f"{description} · before", tokenizer)
    if pieces:
        add_rows(model, extended, pieces)
        if before[0] is not None and settings is None:
            after = held.losses(model, seed, f"{description} · after", extended)
    Held(held.domain, held.general, *before, *after).write(work)
    model.save_pretrained(work / "model")
    extended.save_pretrained(work / "model")
    return Prepared(
        documents=packed.documents,
        new_tokens=len(pieces),
        fertility_before=fertility(tokenizer, packed.held_out),
        fertility_after=fertility(extended, packed.held_out),
        fresh_head=fresh,
        tokens=packed.tokens,
        seconds=time.perf_counter() - began,
        divided=room.facts(),
    )


def _drawn(texts: Texts, there: int, plan: Plan, description: str) -> Iterator[str]:
    """The documents, or a random sample of as many as are wanted."""
    every = track(texts(), description)
    wanted = min(there, plan.documents or there)
    if wanted == there:
        return iter(every)
    return (t for t in every if unit(t, plan.seed + 1) < wanted / there)


def _pack(drawn: Iterator[str], there: int, plan: Plan, folder: Path, tokenizer: Any, work: Path) -> _Packed:
    """Split held-out documents off and write the others to ``blocks.bin``, where training will go on.

    Raises:
        ArmError: If there is too little text.
    """
    settings, held_out = plan.settings, list[str]()
    wanted = min(there, plan.documents or there)
    share = min(settings.held_out if settings else 0.05, HELD_OUT_DOCUMENTS / max(1, wanted))
    training = take_held_out(drawn, share, plan.seed, held_out)
    blocks = block = 0
    if settings is None:
        documents = sum(1 for _ in training)
    else:
        block = block_of(folder, settings)
        blocks, documents = pack(tokenizer, training, block, work / "blocks.bin")
    if not held_out or not documents or (settings is not None and blocks < 2):
        raise ArmError(
            f"Only {documents + len(held_out)} documents, too little text to adapt to. "
            "Give more text by unlabeled=, or leave the domain-adapted arm out."
        )
    return _Packed(held_out, documents, blocks * block)


def _extend(tokenizer: Any, extended: Any, words: list[str]) -> dict[int, list[int]]:
    """Add words to ``extended``; id of each new token to the ids that stood for it before."""
    add_words(extended, words)
    old, new = token_ids(tokenizer, words), token_ids(extended, words)
    first = len(tokenizer)
    return {ids[0]: pieces for ids, pieces in zip(new, old, strict=True) if len(ids) == 1 and ids[0] >= first}


def _sample(corpus: Corpus | None, seed: int) -> list[str]:
    """Documents of a corpus drawn at random, read as a stream."""
    return [] if corpus is None else heapq.nsmallest(GENERAL_DOCUMENTS, corpus, key=lambda t: unit(t, seed))


def _train_head(
    model: Any,
    tokenizer: Any,
    documents: Iterable[str],
    settings: MaskedLM,
    seed: int,
    work: Path,
    description: str,
    room: Room,
) -> None:
    """Train only the fresh head, the encoder and the tied embeddings held still."""
    import torch

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    block = max_length_of(tokenizer, model.config, settings.block_size)
    file = work / "head.bin"
    pack(tokenizer, documents, block, file)
    blocks = Blocks(file, tokenizer, block)
    encoder = list(model.base_model.parameters())
    for parameter in encoder:
        parameter.requires_grad_(False)
    optimizer, schedule = optimizer_for(model, HEAD_RATE, 0.01, settings.head_steps, 0.1)
    loss_of = masked_loss(model.eval(), tokenizer)  # no dropout in the frozen encoder
    for _ in track(range(settings.head_steps), description):
        ids = blocks[np.sort(rng.integers(0, len(blocks), settings.batch_size))]
        masked, places = mask_tokens(tokenizer, ids, settings.mask_probability, rng)
        if not places.any():
            continue
        rows = np.flatnonzero(places.any(axis=1))

        def learn(part: NDArray[np.int64], step: Step = (ids, masked, places)) -> None:
            ids, masked, places = (one[part] for one in step)
            inputs, where, targets = as_tensors(ids, masked, places, model.device)
            with autocast():
                costs = loss_of(inputs, None, where, targets)
            (costs.sum() / int(step[2].sum())).backward()

        room.put(rows, block, learn, lambda: optimizer.zero_grad(set_to_none=True))
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    for parameter in encoder:
        parameter.requires_grad_(True)
    file.unlink()


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer of a model folder."""
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False)


def block_of(folder: Path, settings: MaskedLM) -> int:
    """Tokens of a block: what was asked for, never beyond what the model in ``folder`` can take."""
    from transformers import AutoConfig

    return max_length_of(
        tokenizer_of(folder), AutoConfig.from_pretrained(folder, trust_remote_code=False), settings.block_size
    )

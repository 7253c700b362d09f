"""Fine-tuning an encoder with the head of a task; dev chooses rate and epoch."""

from __future__ import annotations

import copy
import functools
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from arms.base import ArmError, FitRecord, FittedArm, Predictions
from arms.device import autocast, device
from arms.dropout import quick_dropout
from arms.encoder.batching import max_length_of, pad, training_order
from arms.encoder.bio import IGNORED
from arms.encoder.deployment import Deployed, Runtime, deploy, deploy_and_compare
from arms.encoder.first_token import read_first_token
from arms.encoder.heads import Batch, Head, Targets, head_class
from arms.encoder.inference import PREDICTION, logits_of
from arms.encoder.optimizer import optimizer_for
from arms.encoder.used_rows import UsedRows
from arms.encoder.windows import LongDocuments, WindowReader, Windows
from arms.memory import Room, random_state, told
from arms.progress import track
from evalsets import EvalSet

TRAINING = "training"


@dataclass(frozen=True)
class FineTuning:
    """Settings of fine-tuning.

    Args:
        epochs: Most passes over train.
        patience: Epochs without a better dev score before stopping.
        learning_rates: Peak learning rates; the one with the best dev score is kept.
        batch_size: Windows a step; most texts are one window.
        weight_decay: Decoupled weight decay, not applied to biases and norms.
        warmup: Share of steps with rising learning rate; it then falls linearly to zero.
        max_length: Tokens of a window; ``None`` for the model's own limit, at most 512.
        stride: Tokens that neighbouring windows share; ``None`` for a quarter of a window.
        long_documents: What is done with texts that are longer than one window.
        runtime: What computes predictions once the model is trained.
    """

    epochs: int
    patience: int
    learning_rates: tuple[float, ...]
    batch_size: int
    weight_decay: float
    warmup: float
    max_length: int | None
    stride: int | None
    long_documents: LongDocuments
    runtime: Runtime = "torch"


class FittedEncoder(FittedArm):
    """A fine-tuned encoder with the head of its task.

    Args:
        model: The trained model of transformers.
        reader: Cuts texts into windows for it.
        head: Turns what it says into answers.
        record: What fitting did.
        room: How much memory there is for prediction.
        deployed: What predicts; by default the model itself, in full precision.
    """

    def __init__(
        self,
        model: Any,
        reader: WindowReader,
        head: Head,
        record: FitRecord,
        room: Room,
        deployed: Deployed | None = None,
    ) -> None:
        self.record, self.room = record, room
        self.model, self.reader, self.head = model.eval(), reader, head
        self.deployed = deployed or deploy(self.model, head, "torch")
        self._tell_divided()

    def predict(self, texts: Sequence[str]) -> Predictions:
        if not texts:
            return Predictions(values=[])
        windows = self.reader.read(texts)
        pad_id = self.reader.tokenizer.pad_token_id
        logits = logits_of(self.deployed.model, self.head, windows, pad_id, self.room)
        self._tell_divided()
        return self.head.predict(logits, windows, texts)

    def _tell_divided(self) -> None:
        """Say in the record which batches were divided; it is read after the last prediction."""
        before = self.record.facts.get("batches_divided", {})
        divided = before | self.room.facts()
        if divided:
            others = [note for note in self.record.notes if note not in told(before)]
            self.record.facts["batches_divided"] = divided
            self.record.notes[:] = [*others, *told(divided)]

    def save(self, folder: Path) -> None:
        """Write model, tokenizer and ``head.json`` to ``folder``.

        The names of the outputs are in the model's configuration; how they become answers (thresholds, which
        fields are read from spans) is in ``head.json``, with the task. For ONNX Runtime there is also
        ``model.onnx``, which is what predicts.
        """
        self.model.save_pretrained(folder)
        self.reader.tokenizer.save_pretrained(folder)
        told = {"task": self.head.task.to_json(), "runtime": self.deployed.runtime, **self.head.facts()}
        (folder / "head.json").write_text(json.dumps(told, indent=1), encoding="utf-8")
        self.deployed.save(folder)

    def close(self) -> None:
        self.deployed.close()
        del self.model


@dataclass(frozen=True)
class _Job:
    """What all trials of one fit share."""

    folder: Path
    settings: FineTuning
    evalset: EvalSet
    head: Head
    pad_id: int
    train: Windows
    targets: Targets
    dev: Windows
    seed: int
    description: str
    room: Room = field(default_factory=lambda: Room(TRAINING))
    reading: Room = field(default_factory=lambda: Room(PREDICTION))

    @functools.cached_property
    def shares(self) -> Any:
        """Weight of each window of train, so that a text counts once however many it is divided into."""
        return 1 / self.train.per_text()[self.train.texts()]


@dataclass
class _Trial:
    """One learning rate: its best model, what dev chose for it and its scores."""

    model: Any
    head: Head
    rate: float
    dev_score: float
    epoch: int
    by_epoch: list[float]


def window_reader(folder: Path, head: type[Head], settings: FineTuning) -> WindowReader:
    """The reader of an encoder for a head.

    Raises:
        ArmError: If the head needs a fast tokenizer and the encoder has none, or windows cannot be cut.
    """
    from transformers import AutoConfig, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    if head.needs_offsets and not tokenizer.is_fast:
        raise ArmError(
            f"{folder} has no fast tokenizer, and only fast ones say which characters a token stands for, "
            f"which {head.kind} needs. Convert it to a tokenizer.json, or choose another encoder."
        )
    max_length = max_length_of(
        tokenizer, AutoConfig.from_pretrained(folder, trust_remote_code=False), settings.max_length
    )
    return WindowReader.of(
        tokenizer, max_length, settings.stride, settings.long_documents, head.needs_offsets
    )


def fine_tune(
    folder: Path, settings: FineTuning, evalset: EvalSet, seed: int, description: str
) -> FittedEncoder:
    """Fine-tune the encoder in ``folder`` on train; dev picks learning rate and epoch.

    Args:
        folder: Model folder with safetensors weights.
        settings: Settings of fine-tuning.
        evalset: A set of a task that has a head.
        seed: Seeds head initialisation, dropout and order.
        description: Shown by the progress bar.

    Raises:
        ArmError: If the task, the tokenizer or the windows do not fit the encoder.
    """
    started = time.perf_counter()
    kind = head_class(evalset.task)
    reader = window_reader(folder, kind, settings)
    train, dev = reader.read(evalset.train.texts), reader.read(evalset.dev.texts)
    head = kind.learn(evalset.task, evalset.train, train)
    targets = head.targets(evalset.train, train).of_rows(train)
    pad_id = reader.tokenizer.pad_token_id
    job = _Job(folder, settings, evalset, head, pad_id, train, targets, dev, seed, description)
    best: _Trial | None = None
    trials: dict[str, float] = {}
    for rate in settings.learning_rates:
        trial = _train(job, rate)
        trials[f"{rate:g}"] = trial.dev_score
        if best is None or trial.dev_score > best.dev_score:
            best = trial
    assert best is not None
    record = FitRecord(
        facts={
            "dev_score": best.dev_score,
            "learning_rate": best.rate,
            "best_epoch": best.epoch,
            "best_at_the_end": best.epoch == settings.epochs,
            "dev_score_by_epoch": best.by_epoch,
            "dev_score_by_learning_rate": trials,
            **best.head.facts(),
        },
        parameters=sum(p.numel() for p in best.model.parameters()),
        model_bytes=sum(p.numel() * p.element_size() for p in best.model.parameters()),
    )
    # Test texts are only counted here: what is cut or divided must be known of them too.
    _tell_long(record, reader, {"train": train, "dev": dev, "test": reader.read(evalset.test.texts)})
    record.notes += best.head.notes()
    if best.epoch == settings.epochs:
        record.notes.append(
            f"Dev was best after the last epoch allowed ({settings.epochs}), so the encoder may not have "
            "learned all it can: raise epochs, or the learning rate."
        )
    record.seconds["training"] = time.perf_counter() - started
    if divided := job.room.facts():
        record.facts["batches_divided"] = divided
    deployed = deploy_and_compare(best.model, best.head, settings.runtime, evalset.dev, dev, pad_id, record)
    return FittedEncoder(best.model, reader, best.head, record, job.reading, deployed)


def _tell_long(record: FitRecord, reader: WindowReader, parts: dict[str, Windows]) -> None:
    """Record how many texts are too long for one window, and what was done with them."""
    cut = sum(windows.cut for windows in parts.values())
    divided = sum(windows.divided for windows in parts.values())
    record.facts |= {
        "max_length_tokens": reader.max_length,
        "truncated_texts": cut,
        "divided_texts": divided,
    }
    longer = f"texts are longer than {reader.max_length} tokens"
    if cut:
        counts = ", ".join(f"{name} {windows.cut}" for name, windows in parts.items())
        record.notes.append(f"{cut} {longer} and were cut there ({counts}).")
    if divided:
        counts = ", ".join(f"{name} {windows.divided}" for name, windows in parts.items())
        record.notes.append(
            f"{divided} {longer} and were read in windows that share {reader.stride} tokens ({counts})."
        )


def _train(job: _Job, rate: float) -> _Trial:
    """Train with one learning rate and keep the epoch that dev likes best."""
    import torch

    settings, dev = job.settings, job.evalset.dev
    torch.manual_seed(job.seed)
    rng = np.random.default_rng(job.seed)
    model = job.head.model(job.folder).to(device())
    if job.head.first_token:
        read_first_token(model)
    embedding = UsedRows(model, [*job.train.rows, [job.pad_id]])
    lengths = job.train.lengths()
    steps = settings.epochs * math.ceil(len(lengths) / settings.batch_size)
    with embedding.training():
        optimizer, schedule = optimizer_for(model, rate, settings.weight_decay, steps, settings.warmup)
    best = _Trial(model, job.head, rate, -1.0, 0, [])
    weights: dict[str, Any] = {}
    for epoch in range(1, settings.epochs + 1):
        model.train()
        batches = training_order(lengths, settings.batch_size, rng)
        with embedding.training():
            for batch in track(batches, f"{job.description} · epoch {epoch}/{settings.epochs}"):
                _gradients(job, model, batch)
                torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
                optimizer.step()
                schedule.step()
                optimizer.zero_grad(set_to_none=True)
        model.eval()
        logits = logits_of(model, job.head, job.dev, job.pad_id, job.reading)
        head = job.head.chosen(logits, job.dev, dev)
        score = job.evalset.task.score(dev.labels, head.predict(logits, job.dev, dev.texts).values)
        best.by_epoch.append(score)
        if score > best.dev_score:
            best.dev_score, best.epoch, best.head = score, epoch, head
            weights = copy.deepcopy(model.state_dict())
        elif epoch - best.epoch >= settings.patience:
            break
    model.load_state_dict(weights)
    return best


def _gradients(job: _Job, model: Any, batch: Any) -> None:
    """Add up the gradients of one batch of windows, in parts where memory asks for it."""
    again = random_state()

    def undo() -> None:
        model.zero_grad(set_to_none=True)
        again()

    longest = max(len(job.train.rows[i]) for i in batch)
    job.room.put(batch, longest, lambda part: _loss(job, model, part, batch).backward(), undo)


def _loss(job: _Job, model: Any, rows: Any, whole: Any) -> Any:
    """The loss of windows as a part of the step that learns from those of ``whole``."""
    import torch

    windows, targets = job.train, job.targets
    ids, mask = pad([windows.rows[i] for i in rows], job.pad_id)
    with autocast(), quick_dropout():
        of_texts, of_tokens = job.head.forward(model, ids.to(model.device), mask.to(model.device))
    shares = job.shares
    of = {"device": model.device}
    weight: Any = None
    learned: int | None = None
    if len(rows) < len(whole):
        weight = torch.tensor(shares[whole], dtype=torch.float32, **of).sum()
        learned = sum(int((targets.tokens[i] != IGNORED).sum()) for i in whole) if targets.tokens else None
    return job.head.loss(
        Batch(
            text_logits=None if of_texts is None else of_texts.float(),
            token_logits=None if of_tokens is None else of_tokens.float(),
            text_targets=None if targets.texts is None else torch.from_numpy(targets.texts[rows]).to(**of),
            token_targets=None
            if targets.tokens is None
            else pad([targets.tokens[i] for i in rows], IGNORED)[0].to(**of),
            weights=torch.tensor(shares[rows], dtype=torch.float32, **of),
            weight=weight,
            learned=learned,
        )
    )

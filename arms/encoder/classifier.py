"""Fine-tuning an encoder with a classification head, with early choice on dev."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.base import FitRecord, FittedArm, Predictions
from arms.device import autocast, device
from arms.encoder.batching import Encoded, encode, inference_order, max_length_of, pad, training_order
from arms.models import quiet
from arms.progress import track
from evalsets import EvalSet, TextClassification

INFERENCE_TOKENS = 8192


@dataclass(frozen=True)
class FineTuning:
    """Settings of fine-tuning.

    Args:
        epochs: Most passes over train.
        patience: Epochs without a better dev score before stopping.
        learning_rates: Peak learning rates; the one with the best dev score is kept.
        batch_size: Texts a step.
        weight_decay: Decoupled weight decay, not applied to biases and norms.
        warmup: Share of steps with rising learning rate; it then falls linearly to zero.
        max_length: Longest input in tokens; ``None`` for the model's own limit, at most 512.
    """

    epochs: int
    patience: int
    learning_rates: tuple[float, ...]
    batch_size: int
    weight_decay: float
    warmup: float
    max_length: int | None


class FittedClassifier(FittedArm):
    """A fine-tuned encoder that predicts labels with probabilities."""

    def __init__(
        self, model: Any, tokenizer: Any, labels: Sequence[str], max_length: int, record: FitRecord
    ) -> None:
        self.record = record
        self._model, self._tokenizer = model.eval(), tokenizer
        self._labels, self._max_length = list(labels), max_length

    def predict(self, texts: Sequence[str]) -> Predictions:
        encoded = encode(self._tokenizer, texts, self._max_length)
        probabilities = predict_probabilities(self._model, self._tokenizer, encoded, len(self._labels))
        values = [self._labels[i] for i in probabilities.argmax(axis=1)]
        return Predictions(values=values, probabilities=probabilities)

    def save(self, folder: Path) -> None:
        """Write model and tokenizer to ``folder`` for deployment."""
        self._model.save_pretrained(folder)
        self._tokenizer.save_pretrained(folder)

    def close(self) -> None:
        del self._model


def predict_probabilities(model: Any, tokenizer: Any, encoded: Encoded, labels: int) -> NDArray[np.float64]:
    """Class probabilities, shape ``(n, labels)``, in the order of ``encoded``."""
    import torch

    result = np.zeros((len(encoded), labels))
    with torch.inference_mode(), autocast():
        for batch in inference_order(encoded.lengths(), INFERENCE_TOKENS):
            ids, mask = pad([encoded.ids[i] for i in batch], tokenizer.pad_token_id)
            logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
            result[batch] = torch.softmax(logits.float(), dim=-1).cpu().numpy()
    return result


def fine_tune(
    folder: Path, settings: FineTuning, evalset: EvalSet, seed: int, description: str
) -> FittedClassifier:
    """Fine-tune the encoder in ``folder`` on train; dev picks learning rate and epoch.

    Args:
        folder: Model folder with safetensors weights.
        settings: Settings of fine-tuning.
        evalset: A text-classification set.
        seed: Seeds head initialisation, dropout and order.
        description: Shown by the progress bar.
    """
    from transformers import AutoConfig, AutoTokenizer

    started = time.perf_counter()
    task = evalset.task
    assert isinstance(task, TextClassification)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    max_length = max_length_of(tokenizer, AutoConfig.from_pretrained(folder), settings.max_length)
    train = encode(tokenizer, evalset.train.texts, max_length)
    dev = encode(tokenizer, evalset.dev.texts, max_length)
    gold = task.encode(evalset.train.labels)
    best: _Trial | None = None
    trials: dict[str, float] = {}
    for rate in settings.learning_rates:
        trial = _train(folder, settings, rate, task, train, gold, dev, evalset.dev.labels, seed, description)
        trials[f"{rate:g}"] = trial.dev_score
        if best is None or trial.dev_score > best.dev_score:
            best = trial
    assert best is not None
    test_lengths = encode(tokenizer, evalset.test.texts, max_length)
    cut = train.truncated + dev.truncated + test_lengths.truncated
    record = FitRecord(
        seconds={"training": time.perf_counter() - started},
        facts={
            "dev_score": best.dev_score,
            "learning_rate": best.rate,
            "best_epoch": best.epoch,
            "dev_score_by_epoch": best.by_epoch,
            "dev_score_by_learning_rate": trials,
            "max_length_tokens": max_length,
            "truncated_texts": cut,
        },
        parameters=sum(p.numel() for p in best.model.parameters()),
        model_bytes=sum(p.numel() * p.element_size() for p in best.model.parameters()),
    )
    if cut:
        record.notes.append(
            f"{cut} texts are longer than {max_length} tokens and were cut there "
            f"(train {train.truncated}, dev {dev.truncated}, test {test_lengths.truncated})."
        )
    return FittedClassifier(best.model, tokenizer, task.labels, max_length, record)


@dataclass
class _Trial:
    model: Any
    rate: float
    dev_score: float
    epoch: int
    by_epoch: list[float]


def _train(
    folder: Path,
    settings: FineTuning,
    rate: float,
    task: TextClassification,
    train: Encoded,
    gold: NDArray[np.int64],
    dev: Encoded,
    dev_gold: Sequence[str],
    seed: int,
    description: str,
) -> _Trial:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    with quiet():
        model = AutoModelForSequenceClassification.from_pretrained(
            folder,
            num_labels=len(task.labels),
            id2label=dict(enumerate(task.labels)),
            label2id=task.index(),
            use_safetensors=True,
            dtype=torch.float32,
        ).to(device())
    steps = settings.epochs * math.ceil(len(train) / settings.batch_size)
    optimizer, schedule = optimizer_for(model, rate, settings.weight_decay, steps, settings.warmup)
    targets, lengths = torch.from_numpy(gold), train.lengths()
    best = _Trial(model, rate, -1.0, 0, [])
    weights: dict[str, Any] = {}
    for epoch in range(1, settings.epochs + 1):
        model.train()
        batches = training_order(lengths, settings.batch_size, rng)
        for batch in track(batches, f"{description} · epoch {epoch}/{settings.epochs}"):
            ids, mask = pad([train.ids[i] for i in batch], tokenizer.pad_token_id)
            with autocast():
                logits = model(input_ids=ids.to(model.device), attention_mask=mask.to(model.device)).logits
            loss = torch.nn.functional.cross_entropy(logits.float(), targets[batch].to(model.device))
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad(set_to_none=True)
        model.eval()
        probabilities = predict_probabilities(model, tokenizer, dev, len(task.labels))
        score = task.score(dev_gold, [task.labels[i] for i in probabilities.argmax(axis=1)])
        best.by_epoch.append(score)
        if score > best.dev_score:
            best.dev_score, best.epoch = score, epoch
            weights = copy.deepcopy(model.state_dict())
        elif epoch - best.epoch >= settings.patience:
            break
    model.load_state_dict(weights)
    return best


def optimizer_for(model: Any, rate: float, weight_decay: float, steps: int, warmup: float) -> tuple[Any, Any]:
    """Fused AdamW without decay on biases and norms, and linear warm-up and decay over ``steps``."""
    import torch
    from transformers import get_linear_schedule_with_warmup

    trainable = [p for p in model.parameters() if p.requires_grad]
    groups = [
        {"params": [p for p in trainable if p.ndim > 1], "weight_decay": weight_decay},
        {"params": [p for p in trainable if p.ndim <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=rate, fused=device().type in ("cpu", "cuda"))
    return optimizer, get_linear_schedule_with_warmup(optimizer, math.ceil(warmup * steps), steps)

"""Fine-tuning a classifier with ``transformers.Trainer``, as its documentation shows."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from arms.device import device, has_fast_bfloat16

Texts = Sequence[str]


@dataclass(frozen=True)
class Settings:
    """How to use it.

    Args:
        best: ``False`` for its defaults and padding to 256 tokens; ``True`` for dynamic padding, batches
            grouped by length, the fused optimiser, and the number format that is fastest here.
        epochs: Passes over train.
        choose: Whether dev chooses the epoch that is kept, which :class:`decide.FineTuned` always does.
    """

    best: bool
    epochs: int
    choose: bool = False


def fine_tune(
    model: Path,
    labels: Sequence[str],
    train: tuple[Texts, Sequence[int]],
    dev: tuple[Texts, Sequence[int]],
    settings: Settings,
    seed: int,
) -> Callable[[Texts], list[int]]:
    """Fine-tune, and give what predicts the place of a label for each text."""
    import torch
    from sklearn.metrics import f1_score
    from transformers import (
        AutoModelForSequenceClassification,
        AutoTokenizer,
        DataCollatorWithPadding,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(model)
    padding: dict[str, Any] = {"max_length": 512}
    if not settings.best:
        padding = {"padding": "max_length", "max_length": 256}

    def rows(texts: Texts, targets: Sequence[int]) -> list[dict[str, Any]]:
        encoded = tokenizer(list(texts), truncation=True, **padding)
        return [
            {"label": target, **{name: encoded[name][i] for name in encoded}}
            for i, target in enumerate(targets)
        ]

    def macro_f1(predicted: Any) -> dict[str, float]:
        chosen = predicted.predictions.argmax(-1)
        return {"macro_f1": f1_score(predicted.label_ids, chosen, average="macro")}

    classifier = AutoModelForSequenceClassification.from_pretrained(
        model, num_labels=len(labels), dtype=torch.float32
    )
    tuned: dict[str, Any] = {}
    if settings.best:
        tuned = {
            "per_device_train_batch_size": 16,
            "per_device_eval_batch_size": 32,
            "train_sampling_strategy": "group_by_length",
            "optim": "adamw_torch_fused",
            "bf16": has_fast_bfloat16(),
            "use_cpu": device().type == "cpu",
            "warmup_steps": 0.1,
            "weight_decay": 0.01,
            "dataloader_pin_memory": False,
        }
    if settings.choose:
        tuned |= {
            "eval_strategy": "epoch",
            "save_strategy": "epoch",
            "load_best_model_at_end": True,
            "metric_for_best_model": "macro_f1",
            "save_total_limit": 1,
        }
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=settings.epochs,
            seed=seed,
            disable_tqdm=True,
            **({"save_strategy": "no"} | tuned),
        )
        trainer = Trainer(
            model=classifier,
            args=arguments,
            train_dataset=rows(*train),
            eval_dataset=rows(*dev) if settings.choose else None,
            data_collator=DataCollatorWithPadding(tokenizer) if settings.best else None,
            processing_class=tokenizer,
            compute_metrics=macro_f1 if settings.choose else None,
        )
        trainer.train()

    def predict(texts: Texts) -> list[int]:
        found = trainer.predict(rows(texts, [0] * len(texts)))
        return [int(i) for i in np.asarray(found.predictions).argmax(-1)]

    return predict

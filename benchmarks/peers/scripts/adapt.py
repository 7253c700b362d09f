"""Continued pretraining, after transformers' guide to masked language modelling; ``fine_tune`` follows it."""

from __future__ import annotations

import argparse
import json
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

from datasets import Dataset
from transformers import (
    AutoModelForMaskedLM,
    AutoTokenizer,
    DataCollatorForLanguageModeling,
    Trainer,
    TrainingArguments,
)


def main() -> None:
    """Train on unlabelled and training texts and save the model."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder of the adapted model")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--block-size", type=int, default=128)
    options = parser.parse_args()
    train = [json.loads(line)["text"] for line in (options.data / "train.jsonl").read_text().splitlines()]
    texts = [*(options.data / "unlabeled.txt").read_text().splitlines(), *train]
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    model = AutoModelForMaskedLM.from_pretrained(options.model, dtype="float32")

    def blocks(batch: dict[str, list[list[int]]]) -> dict[str, Any]:
        joined = {name: list(chain.from_iterable(rows)) for name, rows in batch.items()}
        total = len(joined["input_ids"]) // options.block_size * options.block_size
        return {
            name: [values[i : i + options.block_size] for i in range(0, total, options.block_size)]
            for name, values in joined.items()
        }

    data = Dataset.from_dict({"text": texts}).map(
        lambda batch: tokenizer(batch["text"]), batched=True, remove_columns="text"
    )
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                learning_rate=options.learning_rate,
                per_device_train_batch_size=16,
                num_train_epochs=1,
                weight_decay=0.01,
                save_strategy="no",
                dataloader_pin_memory=False,
                disable_tqdm=True,
            ),
            train_dataset=data.map(blocks, batched=True),
            data_collator=DataCollatorForLanguageModeling(tokenizer=tokenizer, mlm_probability=0.15),
        )
        trainer.train()
    trainer.save_model(str(options.out))
    tokenizer.save_pretrained(options.out)


if __name__ == "__main__":
    main()

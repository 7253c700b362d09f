"""A LoRA adapter with peft and Trainer, after peft's quick tour: prompt and answer, loss on the answer."""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any

from datasets import Dataset
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    DataCollatorForSeq2Seq,
    Trainer,
    TrainingArguments,
)


def main() -> None:
    """Train on prompts with their answers and save the adapter."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=Path, required=True, help="lines of JSON with prompt and answer")
    parser.add_argument("--out", type=Path, required=True, help="folder of the adapter")
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    options = parser.parse_args()
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    base = AutoModelForCausalLM.from_pretrained(options.model, dtype="bfloat16")
    adapter = LoraConfig(r=8, lora_alpha=16, target_modules="all-linear", task_type="CAUSAL_LM")
    model = get_peft_model(base, adapter)

    def row(line: str) -> dict[str, Any]:
        told = json.loads(line)
        prompt = tokenizer(told["prompt"], add_special_tokens=False)["input_ids"]
        answer = tokenizer(told["answer"], add_special_tokens=False)["input_ids"]
        return {
            "input_ids": prompt + answer,
            "attention_mask": [1] * len(prompt + answer),
            "labels": [-100] * len(prompt) + answer,
        }

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                learning_rate=options.learning_rate,
                per_device_train_batch_size=options.batch_size,
                num_train_epochs=options.epochs,
                save_strategy="no",
                dataloader_pin_memory=False,
                disable_tqdm=True,
            ),
            train_dataset=Dataset.from_list([row(line) for line in options.prompts.read_text().splitlines()]),
            data_collator=DataCollatorForSeq2Seq(tokenizer),
        )
        trainer.train()
    model.save_pretrained(options.out)


if __name__ == "__main__":
    main()

"""Fine-tuning with Trainer and answering with a pipeline, after transformers' guide to text classification.

As there: dynamic padding, evaluation and a checkpoint each epoch, the best of which is loaded at the end.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

from datasets import Dataset
from sklearn.metrics import f1_score
from transformers import (
    AutoModelForSequenceClassification,
    AutoTokenizer,
    DataCollatorWithPadding,
    Trainer,
    TrainingArguments,
    pipeline,
)


def main() -> None:
    """Train, predict, time and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--learning-rate", type=float, required=True)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    rows = {
        name: [json.loads(line) for line in (options.data / f"{name}.jsonl").read_text().splitlines()]
        for name in ("train", "dev", "test")
    }
    labels = sorted({row["label"] for row in rows["train"]})
    tokenizer = AutoTokenizer.from_pretrained(options.model, model_max_length=512)
    model = AutoModelForSequenceClassification.from_pretrained(
        options.model, num_labels=len(labels), id2label=dict(enumerate(labels)), dtype="float32"
    )

    def tokenised(part: list[dict[str, Any]]) -> Dataset:
        data = Dataset.from_list([{"text": row["text"], "label": labels.index(row["label"])} for row in part])
        return data.map(lambda batch: tokenizer(batch["text"], truncation=True), batched=True)

    def macro_f1(predicted: Any) -> dict[str, float]:
        chosen = predicted.predictions.argmax(-1)
        return {"macro_f1": f1_score(predicted.label_ids, chosen, average="macro")}

    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(
            model=model,
            args=TrainingArguments(
                output_dir=folder,
                learning_rate=options.learning_rate,
                per_device_train_batch_size=options.batch_size,
                per_device_eval_batch_size=options.batch_size,
                num_train_epochs=options.epochs,
                weight_decay=0.01,
                eval_strategy="epoch",
                save_strategy="epoch",
                load_best_model_at_end=True,
                metric_for_best_model="macro_f1",
                dataloader_pin_memory=False,
                disable_tqdm=True,
            ),
            train_dataset=tokenised(rows["train"]),
            eval_dataset=tokenised(rows["dev"]),
            processing_class=tokenizer,
            data_collator=DataCollatorWithPadding(tokenizer=tokenizer),
            compute_metrics=macro_f1,
        )
        trainer.train()
    classify = pipeline("text-classification", model=trainer.model, tokenizer=tokenizer, device="cpu")
    texts = {name: [row["text"] for row in part] for name, part in rows.items()}
    answers = [one["label"] for one in classify(texts["test"], batch_size=8, truncation=True)]
    times = []
    for text in texts["train"][: options.calls]:
        started = time.perf_counter()
        classify(text, truncation=True)
        times.append(time.perf_counter() - started)
    score = f1_score([row["label"] for row in rows["test"]], answers, average="macro")
    options.out.write_text(json.dumps({"answers": answers, "macro_f1": score, "seconds": times}))


if __name__ == "__main__":
    main()

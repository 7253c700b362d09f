"""Continued pretraining with ``transformers.Trainer``, as the recipe of its language-modelling example does.

Documents are joined and cut into blocks, a collator masks them anew at each reading, and the model projects
every place to the vocabulary.
"""

from __future__ import annotations

import math
import tempfile
from collections.abc import Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from arms.device import device, has_fast_bfloat16


def adapt(model: Path, texts: Sequence[str], block: int, batch: int, epochs: int, seed: int) -> Any:
    """Train on texts and give the model."""
    from transformers import (
        AutoModelForMaskedLM,
        AutoTokenizer,
        DataCollatorForLanguageModeling,
        Trainer,
        TrainingArguments,
        set_seed,
    )

    set_seed(seed)
    tokenizer = AutoTokenizer.from_pretrained(model)
    masked = AutoModelForMaskedLM.from_pretrained(model)
    encoded = tokenizer(list(texts), return_special_tokens_mask=True)
    joined = {name: list(chain.from_iterable(encoded[name])) for name in encoded}
    rows = [
        {name: values[start : start + block] for name, values in joined.items()}
        for start in range(0, len(joined["input_ids"]) // block * block, block)
    ]
    with tempfile.TemporaryDirectory() as folder:
        arguments = TrainingArguments(
            output_dir=folder,
            num_train_epochs=epochs,
            per_device_train_batch_size=batch,
            warmup_steps=math.ceil(0.06 * math.ceil(len(rows) / batch) * epochs),
            weight_decay=0.01,
            learning_rate=5e-5,
            bf16=has_fast_bfloat16(),
            use_cpu=device().type == "cpu",
            dataloader_pin_memory=False,
            seed=seed,
            save_strategy="no",
            disable_tqdm=True,
        )
        trainer = Trainer(
            model=masked,
            args=arguments,
            train_dataset=rows,
            data_collator=DataCollatorForLanguageModeling(tokenizer, mlm_probability=0.15),
        )
        trainer.train()
    return masked

"""Labels scored by a language model in lm-evaluation-harness, with its own environment's interpreter.

The prompts and labels are given as the model reads them, so that nothing of this project is imported.
"""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path
from typing import Any


def main() -> None:
    """Score, time and write."""
    from lm_eval.api.instance import Instance
    from lm_eval.models.huggingface import HFLM

    parser = argparse.ArgumentParser()
    parser.add_argument("--prompts", type=Path, required=True, help="lines of JSON: prompt, split")
    parser.add_argument("--choices", type=Path, required=True, help="JSON: label to what is scored")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--adapter", type=Path, default=None)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    more = {} if options.adapter is None else {"peft": str(options.adapter)}
    model = HFLM(
        pretrained=str(options.model),
        dtype="bfloat16",
        device="cpu",
        batch_size=options.batch_size,
        softmax_dtype="float32",
        **more,
    )
    choices = json.loads(options.choices.read_text())
    rows = [json.loads(line) for line in options.prompts.read_text().splitlines()]
    prompts = {split: [row["prompt"] for row in rows if row["split"] == split] for split in ("train", "test")}

    def answers(some: list[str]) -> list[str]:
        requests: list[Any] = [
            Instance("loglikelihood", {}, (prompt, choice), i)
            for i, prompt in enumerate(some)
            for choice in choices.values()
        ]
        scores = [score for score, _ in model.loglikelihood(requests, disable_tqdm=True)]
        labels = list(choices)
        return [
            labels[max(range(len(labels)), key=scores[i : i + len(labels)].__getitem__)]
            for i in range(0, len(scores), len(labels))
        ]

    found = answers(prompts["test"])
    times: list[float] = []
    began = time.perf_counter()
    for prompt in prompts["train"][: options.calls]:
        started = time.perf_counter()
        answers([prompt])
        times.append(time.perf_counter() - started)
        if len(times) >= 20 and time.perf_counter() - began > 60:
            break
    options.out.write_text(json.dumps({"answers": found, "seconds": times}))


if __name__ == "__main__":
    main()

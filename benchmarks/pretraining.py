"""Continued pretraining against the usual recipe with ``transformers.Trainer``: speed and held-out loss.

Both begin with the same model, whose masked-LM head was trained beforehand, and read the same documents in
blocks of the same length, as often. The time is that of tokenising, loading and training. Run
``python -m benchmarks.pretraining`` with ``DECIDE_DATA``.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch

from arms.device import autocast, has_fast_bfloat16
from arms.dropout import quick_dropout
from arms.encoder.held_out import DocumentLosses, change, score_documents
from arms.encoder.masking import as_tensors, load_masked_lm, mask_tokens, masked_loss
from arms.encoder.optimizer import optimizer_for
from arms.encoder.packing import Blocks, pack
from arms.encoder.preparation import Plan, prepare, tokenizer_of
from arms.encoder.pretraining import Job, MaskedLM, train
from benchmarks import material
from benchmarks.limits import Utilisation, utilisation
from benchmarks.measure import Ratio, in_turns, report
from benchmarks.peers import run_mlm

HELD_OUT = 300
SETTINGS = MaskedLM(epochs=1, max_steps=None, learning_rate=5e-5, block_size=128, batch_size=16)


def documents() -> list[str]:
    """Abstracts of biomedical papers."""
    file = material.shared_data() / "biomedical_corpus" / "unlabeled.txt"
    with file.open(encoding="utf-8") as lines:
        return [line.strip() for line in islice(lines, 20_000) if line.strip()]


def ours(start: Path, texts: Sequence[str], seed: int) -> Any:
    """The model that this library trains."""
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        shutil.copytree(start, work / "model")
        pack(tokenizer_of(start), texts, SETTINGS.block_size, work / "blocks.bin")
        job = Job(work, SETTINGS, SETTINGS.block_size, seed, "ours")
        train(job, lambda cost: None)
        return load_masked_lm(job.trained)[0]


def losses(model: Any, start: Path, texts: Sequence[str]) -> DocumentLosses:
    """What predicting documents that nothing was trained on costs."""
    return score_documents(
        model.eval(),
        tokenizer_of(start),
        texts,
        max_length=SETTINGS.block_size,
        max_tokens=30_000,
        seed=0,
        description="held out",
    )


def speed(start: Path, texts: list[str], held: list[str], repetitions: int) -> Ratio:
    """The ratio over one pass, and held-out losses of the models of every repetition."""
    runs: dict[str, list[tuple[float, Any]]] = {"ours": [], "theirs": []}
    for seed in range(repetitions):
        ways = {
            "ours": partial(ours, start, texts, seed),
            "theirs": partial(run_mlm.adapt, start, texts, SETTINGS.block_size, SETTINGS.batch_size, 1, seed),
        }
        for name, one in in_turns(ways, 1, warm_up=False).items():
            seconds, model = one[0]
            runs[name].append((seconds, losses(model, start, held)))
    tokens = sum(len(row) for row in tokenizer_of(start)(texts, verbose=False)["input_ids"])
    rates = {name: [tokens / seconds for seconds, _ in one] for name, one in runs.items()}
    before = losses(load_masked_lm(start)[0], start, held)
    facts: dict[str, Any] = {"held-out loss before, nats a word": before.per_word()}
    facts |= {
        f"held-out loss, {name}": [round(loss.per_word(), 4) for _, loss in one] for name, one in runs.items()
    }
    pairs = zip(runs["theirs"], runs["ours"], strict=True)
    facts["difference with 95% interval over documents"] = [
        tuple(round(value, 4) for value in change(theirs, mine)) for (_, theirs), (_, mine) in pairs
    ]
    what = f"continued pretraining, tokens of {len(texts)} documents"
    return Ratio(what, "Trainer with the usual recipe", rates["ours"], rates["theirs"], facts)


def limits(start: Path, texts: Sequence[str], steps: int = 4) -> Utilisation:
    """How far training steps are from a plain matrix product."""
    tokenizer = tokenizer_of(start)
    model = load_masked_lm(start)[0].train()
    loss = masked_loss(model, tokenizer)
    optimizer, _ = optimizer_for(model, 5e-5, 0.01, steps, 0.1)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "blocks.bin"
        pack(tokenizer, texts, SETTINGS.block_size, file)
        blocks = Blocks(file, tokenizer, SETTINGS.block_size)
        rng = np.random.default_rng(0)
        batches = [blocks[np.sort(rng.integers(0, len(blocks), SETTINGS.batch_size))] for _ in range(steps)]

    def work() -> None:
        for ids in batches:
            masked, places = mask_tokens(tokenizer, ids, 0.15, np.random.default_rng(1))
            inputs, where, targets = as_tensors(ids, masked, places, "cpu")
            with autocast(), quick_dropout():
                costs = loss(inputs, None, where, targets)
            costs.mean().backward()
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)

    what = f"{steps} steps of {SETTINGS.batch_size} blocks of {SETTINGS.block_size} tokens"
    return utilisation(what, work, torch.bfloat16 if has_fast_bfloat16() else torch.float32)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--documents", type=int, default=150, help="documents of each timed pass")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--profile", action="store_true", help="also measure the distance from the limit")
    parser.add_argument("--json", type=Path, default=None)
    options = parser.parse_args(arguments)
    texts = documents()
    held, texts = texts[:HELD_OUT], texts[HELD_OUT : HELD_OUT + options.documents]
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan("task_text", 0, SETTINGS, None, 0)
        prepare(material.encoder(), partial(iter, texts), None, plan, Path(folder), "head")
        start = Path(folder) / "model"
        if options.profile:
            print(limits(start, texts))
        report([speed(start, texts, held, options.repetitions)] if options.repetitions else [], options.json)


if __name__ == "__main__":
    main()

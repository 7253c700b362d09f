"""Classifying texts with ``transformers.pipeline``, as its documentation shows, at its best batch size."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64)

Classify = Callable[[Sequence[str]], list[str]]


def classifier(model: Path) -> Callable[[Sequence[str], int], list[str]]:
    """What classifies texts in batches of a size, on the CPU.

    Args:
        model: Folder of a trained classifier with its tokenizer.
    """
    from transformers import pipeline

    pipe = pipeline("text-classification", model=str(model), device="cpu")

    def classify(texts: Sequence[str], batch_size: int) -> list[str]:
        return [one["label"] for one in pipe(list(texts), batch_size=batch_size, truncation=True)]

    return classify


def at_its_best(model: Path, texts: Sequence[str], tries: int = 2) -> tuple[Classify, dict[int, float]]:
    """What classifies with the batch size that was fastest, and texts a second with each.

    Args:
        model: Folder of a trained classifier.
        texts: Texts to choose it by.
        tries: Times each size is timed; the fastest counts.
    """
    classify = classifier(model)
    rates: dict[int, float] = {}
    classify(texts[:16], 4)
    for size in BATCH_SIZES:
        seconds = []
        for _ in range(tries):
            started = time.perf_counter()
            classify(texts, size)
            seconds.append(time.perf_counter() - started)
        rates[size] = len(texts) / min(seconds)
    best = max(rates, key=lambda size: rates[size])
    return lambda some: classify(some, best), rates

"""Generated rows of text classification, and arms' answers to them, of any number."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np

from decide.statistics import Scored
from evalsets import TextClassification

WORDS = 4000
"""Made-up words that texts are drawn from."""
LENGTH = 12
"""Words of a text, of which one tells the label."""


def labels_of(count: int) -> tuple[str, ...]:
    """Names of labels."""
    return tuple(f"label{i}" for i in range(count))


def write_rows(path: Path, rows: int, labels: int = 5, seed: int = 0) -> Path:
    """A csv file of distinct texts with a label each."""
    rng = np.random.default_rng(seed)
    words = np.array([f"word{i:04d}" for i in range(WORDS)])
    names = labels_of(labels)
    with path.open("w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(["text", "label"])
        for start in range(0, rows, 10_000):
            size = min(10_000, rows - start)
            drawn = words[rng.integers(WORDS, size=(size, LENGTH))]
            golds = rng.integers(labels, size=size)
            told = np.where(rng.random(size) < 0.8, golds, rng.integers(labels, size=size))
            for i in range(size):
                text = f"Document {seed}-{start + i} says {' '.join(drawn[i])} sign{told[i]}."
                out.writerow([text, names[golds[i]]])
    return path


def scored_arms(
    items: int, labels: int, seeds: int, arms: int = 6, seed: int = 1
) -> tuple[TextClassification, list[Scored]]:
    """Arms that err in 6 to 30 of 100 items, often on the same ones and with the same wrong label.

    An item is wrong where its difficulty, which arms share in part and the seeds of an arm mostly, is above
    the arm's limit.
    """
    rng = np.random.default_rng(seed)
    task = TextClassification(labels_of(labels))
    names = np.array(task.labels)
    gold, tempting = rng.integers(labels, size=items), rng.integers(labels, size=items)
    difficulty = rng.normal(size=items)
    found = []
    for number, share in enumerate(np.linspace(0.70, 0.94, arms)):
        of_arm = difficulty + 0.7 * rng.normal(size=items)
        tables = []
        for _ in range(seeds):
            of_run = of_arm + 0.5 * rng.normal(size=items)
            other = np.where(rng.random(items) < 0.5, tempting, rng.integers(labels, size=items))
            answers = np.where(of_run > np.quantile(of_run, share), other, gold)
            tables.append(task.item_statistics(names[gold].tolist(), names[answers].tolist()))
        found.append(Scored(f"arm {number}", tuple(tables)))
    return task, found

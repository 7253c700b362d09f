"""The most frequent label, after scikit-learn's page on DummyClassifier."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from sklearn.dummy import DummyClassifier
from sklearn.metrics import f1_score


def main() -> None:
    """Fit, predict, time and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    rows = {
        name: [json.loads(line) for line in (options.data / f"{name}.jsonl").read_text().splitlines()]
        for name in ("train", "test")
    }
    texts = {name: [row["text"] for row in part] for name, part in rows.items()}
    labels = {name: [row["label"] for row in part] for name, part in rows.items()}
    model = DummyClassifier(strategy="most_frequent").fit(texts["train"], labels["train"])
    answers = model.predict(texts["test"]).tolist()
    times = []
    for text in texts["train"][: options.calls]:
        started = time.perf_counter()
        model.predict([text])
        times.append(time.perf_counter() - started)
    score = f1_score(labels["test"], answers, average="macro")
    options.out.write_text(json.dumps({"answers": answers, "macro_f1": score, "seconds": times}))


if __name__ == "__main__":
    main()

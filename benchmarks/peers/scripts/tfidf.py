"""TF-IDF and logistic regression, after scikit-learn's page on classification of text documents."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.pipeline import make_pipeline


def main() -> None:
    """Fit with the strength that dev likes best, predict, time and write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--calls", type=int, default=100)
    options = parser.parse_args()
    rows = {
        name: [json.loads(line) for line in (options.data / f"{name}.jsonl").read_text().splitlines()]
        for name in ("train", "dev", "test")
    }
    texts = {name: [row["text"] for row in part] for name, part in rows.items()}
    labels = {name: [row["label"] for row in part] for name, part in rows.items()}
    best, best_score = None, -1.0
    for strength in (0.3, 1.0, 3.0, 10.0, 30.0):
        model = make_pipeline(
            TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True),
            LogisticRegression(C=strength, max_iter=2000, class_weight="balanced"),
        )
        model.fit(texts["train"], labels["train"])
        score = f1_score(labels["dev"], model.predict(texts["dev"]), average="macro")
        if score > best_score:
            best, best_score = model, score
    assert best is not None
    answers = best.predict(texts["test"]).tolist()
    times = []
    for text in texts["train"][: options.calls]:
        started = time.perf_counter()
        best.predict([text])
        times.append(time.perf_counter() - started)
    score = f1_score(labels["test"], answers, average="macro")
    options.out.write_text(json.dumps({"answers": answers, "macro_f1": score, "seconds": times}))


if __name__ == "__main__":
    main()

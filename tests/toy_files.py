"""The toy evaluation set as files, under the names that the documents use."""

from __future__ import annotations

import json
from pathlib import Path

from evalsets import EvalSet
from tests.conftest import toy_texts

NETWORK = "router signal outage wifi modem cable dropped latency".split()
TOY_LABELS = {"billing": "urgent", "account": "routine", "network": "routine"}


def write_toy_files(folder: Path, toy: EvalSet) -> None:
    """Write train, dev and test as .csv and .jsonl, train and test as .conll, and unlabelled notes.txt."""
    import pandas as pd

    for name in ("train", "dev", "test"):
        split = getattr(toy, name)
        labels = [TOY_LABELS[label] for label in split.labels]
        frame = pd.DataFrame({"text": split.texts, "label": labels, "hospital": split.groups})
        frame.to_csv(folder / f"{name}.csv", index=False)
        (folder / f"{name}.jsonl").write_text(
            "\n".join(json.dumps(row) for row in frame.to_dict("records")), encoding="utf-8"
        )
    for name in ("train", "test"):
        rows = [
            "\n".join(f"{word}\t{'B-part' if word in NETWORK else 'O'}" for word in text.split())
            for text in getattr(toy, name).texts
        ]
        (folder / f"{name}.conll").write_text("\n\n".join(rows) + "\n", encoding="utf-8")
    (folder / "notes.txt").write_text("\n".join(toy_texts(50, 9)[0]), encoding="utf-8")

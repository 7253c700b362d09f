from __future__ import annotations

import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from evalsets.options import Options
from evalsets.tasks import Reader, reader_of

Rows = Sequence[dict[str, Any]]
Writer = Callable[[str, Rows], Path]

SUFFIXES = ("jsonl", "csv", "tsv", "parquet")


def rows_of(n: int, start: int = 0, labels: Sequence[str] = ("yes", "no")) -> list[dict[str, Any]]:
    """Distinct rows, labels in turn."""
    return [{"text": f"document {i}", "label": labels[i % len(labels)]} for i in range(start, start + n)]


def reader(**options: Any) -> Reader:
    """What reads rows with these options of ``EvalSet.from_files``."""
    return reader_of(Options.of(options))


@pytest.fixture
def write(tmp_path: Path) -> Writer:
    """Writes rows in the format that the suffix of the name stands for."""

    def write(name: str, rows: Rows) -> Path:
        file = tmp_path / name
        if file.suffix == ".jsonl":
            file.write_text("".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows), encoding="utf-8")
        elif file.suffix in (".csv", ".tsv"):
            with file.open("w", newline="", encoding="utf-8") as stream:
                mark = "," if file.suffix == ".csv" else "\t"
                writer = csv.DictWriter(stream, list(rows[0]), delimiter=mark)
                writer.writeheader()
                writer.writerows(rows)
        else:
            import pandas as pd

            pd.DataFrame(list(rows)).to_parquet(file)
        return file

    return write

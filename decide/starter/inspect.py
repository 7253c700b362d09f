"""What data files look like: columns, kind of task, labels."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from evalsets import DataError
from evalsets.formats import TAGGED, columns_of, read_rows

ROWS = 500
ENCODING = "utf-8"
"""Rows that are looked at."""
MOST_LABELS = 50
TEXT = ("text", "document", "note", "body", "content", "message", "description", "sentence")
SPANS, TAGS = ("spans", "entities"), ("tags", "ner_tags")
RECORDS = ("record", "fields")
LISTS = ("labels",)
LABEL = ("label", "category", "class", "target", "intent", "topic", "sentiment", "status")
GROUP = ("group", "institution", "hospital", "site", "source", "clinic", "department", "country", "year")


@dataclass(frozen=True)
class Found:
    """What was seen in the training file.

    Args:
        task: Kind of task that its columns suggest.
        text: Column of the text; ``None`` where the format needs none.
        label: Column of the gold annotation; ``None`` where the task finds it by itself.
        groups: Columns that may be the group.
        rivals: Columns that may as well be the annotation: only their number of values told them apart.
        labels: Labels among the rows looked at, the most frequent first.
        schema: JSON Schema of the records, for extraction.
    """

    task: str
    text: str | None = None
    label: str | None = None
    groups: tuple[str, ...] = ()
    rivals: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    schema: dict[str, Any] | None = None


def inspect(
    train: Path,
    *,
    task: str | None = None,
    text: str | None = None,
    label: str | None = None,
) -> Found:
    """Look at the first rows of a training file.

    Args:
        train: The file.
        task: Kind of task, if known.
        text: Column of the text, if known.
        label: Column of the gold annotation, if known.

    Raises:
        DataError: If it cannot be read, or has no column that can be the text or the annotation.
    """
    if train.suffix.lower() in TAGGED or (train.suffix.lower() == ".txt" and task == "token_classification"):
        return Found(task or "token_classification")
    there = columns_of(train, ENCODING)
    for name in (text, label):
        if name is not None and name not in there:
            raise DataError(
                f"there is no column {name!r}", file=str(train), remedy=f"Columns are: {', '.join(there)}."
            )
    rows = [dict(zip(there, values, strict=True)) for _, values in _rows(train, there)]
    text = text or _text(there, rows)
    if text is None:
        raise DataError("no column looks like text", file=str(train), remedy="Name it by --text.")
    likely = [label] if label else _annotations(there, rows, text, task)
    if not likely:
        others = ", ".join(name for name in there if name != text)
        raise DataError(
            "no column looks like the annotation",
            file=str(train),
            remedy=f"Name it by --label, of: {others}.",
        )
    label, *rivals = likely
    values = [row[label] for row in rows if row.get(label) not in (None, "")]
    kind = task or _task(label, values)
    return Found(
        task=kind,
        text=text,
        label=label,
        rivals=tuple(rivals),
        groups=tuple(name for name in there if name.lower() in GROUP and name not in (text, label)),
        labels=_labels(kind, values),
        schema=_schema(values) if kind == "extraction" else None,
    )


def _rows(file: Path, columns: Sequence[str]) -> list[Any]:
    return list(islice(read_rows(file, tuple(columns), ENCODING, lambda error: None), ROWS))


def _text(there: Sequence[str], rows: Sequence[dict[str, Any]]) -> str | None:
    """The column that is called so, else the one with the longest strings."""
    named = next((name for name in there if name.lower() in TEXT), None)
    if named is not None:
        return named
    lengths = {
        name: sum(len(v) for v in (row.get(name) for row in rows) if isinstance(v, str)) for name in there
    }
    longest = max(lengths, key=lambda name: lengths[name], default=None)
    return longest if longest is not None and lengths[longest] > 0 else None


def _annotations(
    there: Sequence[str], rows: Sequence[dict[str, Any]], text: str, task: str | None
) -> list[str]:
    """Columns of the annotation, the likeliest first: by its name, else by the fewest values, but several."""
    of_task = {
        "token_classification": (*SPANS, *TAGS),
        "extraction": RECORDS,
        "multi_label": (*LISTS, *LABEL),
        "text_classification": LABEL,
    }
    wanted = of_task.get(task or "", (*SPANS, *TAGS, *RECORDS, *LISTS, *LABEL))
    named = [name for known in wanted for name in there if name.lower() == known and name != text]
    if named:
        return named[:1]
    counts = {
        name: len({str(row.get(name)) for row in rows})
        for name in there
        if name != text and name.lower() not in GROUP
    }
    few = {n: c for n, c in counts.items() if 2 <= c <= MOST_LABELS and 2 * c <= max(len(rows), 4)}
    return sorted(few, key=lambda name: few[name])


def _task(label: str, values: Sequence[Any]) -> str:
    """The kind of task that the annotation's form suggests."""
    first = _parsed(values[0]) if values else None
    if label.lower() in (*SPANS, *TAGS):
        return "token_classification"
    if label.lower() in RECORDS or isinstance(first, dict):
        return "extraction"
    several = isinstance(first, list) or (
        label.lower() in LISTS and any(isinstance(v, str) and (";" in v or "|" in v) for v in values)
    )
    return "multi_label" if several else "text_classification"


def _parsed(value: Any) -> Any:
    """A cell of a table that holds JSON, as what it holds."""
    if isinstance(value, str) and value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value


def _labels(kind: str, values: Sequence[Any]) -> tuple[str, ...]:
    from collections import Counter

    if kind == "text_classification":
        found = Counter(str(value) for value in values)
    elif kind == "multi_label":
        parsed = [_parsed(value) for value in values]
        lists = [v if isinstance(v, list) else str(v).replace("|", ";").split(";") for v in parsed]
        found = Counter(str(part).strip() for part in (p for v in lists for p in v) if str(part).strip())
    elif kind == "token_classification":
        spans = [span for value in values for span in (_parsed(value) or ()) if isinstance(span, dict)]
        found = Counter(str(span["label"]) for span in spans if "label" in span)
    else:
        return ()
    return tuple(name for name, _ in found.most_common(MOST_LABELS))


def _schema(values: Sequence[Any]) -> dict[str, Any] | None:
    """A JSON Schema that the records seen fit: each field by the type of its values."""
    records = [r for r in (_parsed(value) for value in values) if isinstance(r, dict)]
    if not records:
        return None
    names = list(dict.fromkeys(name for record in records for name in record))
    properties = {}
    for name in names:
        seen = [record[name] for record in records if record.get(name) is not None]
        properties[name] = _type(seen)
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _type(seen: Sequence[Any]) -> dict[str, Any]:
    if seen and all(isinstance(value, bool) for value in seen):
        return {"type": "boolean"}
    if seen and all(isinstance(value, int) and not isinstance(value, bool) for value in seen):
        return {"type": "integer"}
    if seen and all(isinstance(value, int | float) and not isinstance(value, bool) for value in seen):
        return {"type": "number"}
    if seen and all(isinstance(value, list) for value in seen):
        return {"type": "array", "items": _type([part for value in seen for part in value])}
    if seen and all(isinstance(value, dict) for value in seen):
        nested = _schema(seen)
        return nested if nested is not None else {"type": "object"}
    return {"type": "string"}

"""Small bundled synthetic data for a first engagement, one set a task."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from evalsets import DecideError
from evalsets.demo import Note, clinical_entities, clinical_fields, clinical_notes, note_splits
from evalsets.evalset import EvalSet

SIZES = {"train": 120, "dev": 40, "test": 105, "unlabeled": 200}


def example(task: str) -> dict[str, str]:
    """Files of the example by name: the splits as JSON lines, domain text, and what else the task needs.

    Raises:
        DecideError: If there is none for the task.
    """
    made = _MAKERS.get(task)
    if made is None:
        raise DecideError(
            f"There is no example for {task}. Give data by --train and --test, or take one of "
            f"{', '.join(sorted(_MAKERS))}."
        )
    rows, documents = made()
    files = {
        f"{name}.jsonl": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in split)
        for name, split in rows.items()
    }
    # A document a line, and notes have several lines.
    files["notes.txt"] = "".join(" ".join(text.split()) + "\n" for text in documents)
    if task == "extraction":
        from evalsets.demo.derived import FIELDS_SCHEMA

        files["fields.json"] = json.dumps(FIELDS_SCHEMA, indent=1) + "\n"
    return files


Rows = dict[str, list[dict[str, Any]]]
Made = tuple[Rows, list[str]]


def _of(data: EvalSet, gold: Callable[[Any], dict[str, Any]]) -> Made:
    def rows(name: str) -> Iterator[dict[str, Any]]:
        split = getattr(data, name)
        for text, label, group in zip(split.texts, split.labels, split.groups or (), strict=True):
            yield {"text": text, **gold(label), "institution": group}

    return {name: list(rows(name)) for name in ("train", "dev", "test")}, _documents()


def _documents() -> list[str]:
    """The domain text, the same for every task."""
    return [note.text for note in note_splits(**SIZES).unlabeled]


def _labels() -> Made:
    return _of(clinical_notes(**SIZES), lambda label: {"label": label})


def _entities() -> Made:
    return _of(
        clinical_entities(**SIZES),
        lambda spans: {"spans": [{"start": s.start, "end": s.end, "label": s.label} for s in spans]},
    )


def _fields() -> Made:
    return _of(clinical_fields(**SIZES), lambda record: {"record": record})


def _statuses() -> Made:
    """Which statuses occur among the problems of a note."""
    notes = note_splits(**SIZES)

    def row(note: Note) -> dict[str, Any]:
        found = sorted({mention.status for mention in note.mentions if mention.asserted})
        return {"text": note.text, "labels": found, "institution": note.institution}

    splits = {name: [row(note) for note in getattr(notes, name)] for name in ("train", "dev", "test")}
    return splits, _documents()


_MAKERS: dict[str, Callable[[], Made]] = {
    "text_classification": _labels,
    "multi_label": _statuses,
    "token_classification": _entities,
    "extraction": _fields,
}

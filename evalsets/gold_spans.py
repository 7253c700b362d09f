"""Gold annotations seen as labelled spans, for what learns from spans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from evalsets.spans import Span
from evalsets.tasks.extraction import Extraction

if TYPE_CHECKING:
    from evalsets.evalset import Split
    from evalsets.tasks.base import Task


def gold_spans(task: Task, split: Split) -> list[tuple[Span, ...]]:
    """The gold spans of each text: entities, or where the text states the fields of its record.

    Args:
        task: ``token_classification`` or ``extraction``.
        split: Texts with their gold annotations, and evidence where the data give it.
    """
    if not isinstance(task, Extraction):
        return [tuple(Span(*span) for span in gold) for gold in split.labels]
    evidence = split.evidence or [None] * len(split)
    return [
        task.spans_of(record, text, stated)
        for record, text, stated in zip(split.labels, split.texts, evidence, strict=True)
    ]

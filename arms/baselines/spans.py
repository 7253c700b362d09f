"""Tasks whose gold can be seen as labelled spans, and answers made of spans."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from evalsets import Span, Split

if TYPE_CHECKING:
    from evalsets.tasks.extraction import Extraction

TASKS = ("token_classification", "extraction")


def gold_spans(task: Any, split: Split) -> list[tuple[Span, ...]]:
    """The gold spans of each text: entities, or where the text states the fields of its record."""
    if task.kind == "token_classification":
        return [tuple(Span(*span) for span in gold) for gold in split.labels]
    extraction: Extraction = task
    evidence: Sequence[Any] = split.evidence or [None] * len(split)
    return [
        extraction.spans_of(record, text, stated)
        for record, text, stated in zip(split.labels, split.texts, evidence, strict=True)
    ]


def answer(task: Any, spans: Iterable[Span], text: str) -> Any:
    """The prediction that spans found in a text amount to."""
    return tuple(spans) if task.kind == "token_classification" else task.record_of(spans, text)


def located_share(task: Any, split: Split, spans: Sequence[Sequence[Span]]) -> float:
    """Share of the gold things that have a span; below 1 where a text does not state a value literally."""
    things = sum(len(task.labels_in(gold)) for gold in split.labels)
    return sum(map(len, spans)) / max(things, 1)

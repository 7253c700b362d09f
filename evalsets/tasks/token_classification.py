"""Entities: labelled spans of characters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from evalsets.spans import Span
from evalsets.tasks.base import LabelScore, LabelTask, Lack, register_task
from evalsets.tasks.counts import item_f1, label_scores, macro_f1, micro_f1
from evalsets.tasks.reader import Reader
from evalsets.tasks.tagged import SpanReader

SpanMetric = Literal["entity_f1", "entity_macro_f1", "partial_f1"]
Spans = Iterable[Sequence[Any]]

_PARTIAL = 0.5
"""What a match with wrong boundaries counts, as in MUC-5."""


@register_task
@dataclass(frozen=True)
class TokenClassification(LabelTask):
    """Entities of each text: a gold annotation and a prediction are tuples of :class:`Span`.

    Gold spans never overlap. Predicted ones may; each is judged for itself, and repeated ones count once.

    Args:
        labels: The entity types.
        descriptions: What each means, shown to language models and in the report.
        metric: ``entity_f1`` (micro-F1 over entities; right are those whose start, end and label are
            in gold, as in CoNLL-2003), ``entity_macro_f1`` (mean over the entity types that occur) or
            ``partial_f1`` (an entity with the right label that overlaps a gold one counts half: precision
            is (exact + 0.5 partial) / predicted, recall the same over gold, each gold entity matched at
            most once. Chinchor and Sundheim (1993), "MUC-5 Evaluation Metrics").
    """

    kind: ClassVar[str] = "token_classification"
    metrics: ClassVar[tuple[str, ...]] = ("entity_f1", "entity_macro_f1", "partial_f1")
    noun: ClassVar[str] = "entity type"
    reader: ClassVar[type[Reader]] = SpanReader
    labels: tuple[str, ...]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    metric: SpanMetric = "entity_f1"

    def counts(
        self, gold: Sequence[Spans], predicted: Sequence[Spans | None], *, partial: bool = False
    ) -> NDArray[np.float64]:
        """Hits, gold and predicted entities of every type, shape ``(n, labels, 3)``.

        Predicted entities of an unknown type count as predicted, under an extra last label.
        """
        index = {label: i for i, label in enumerate(self.labels)}
        other = len(self.labels)
        counts = np.zeros((len(gold), other + 1, 3))
        for i, (there, found) in enumerate(zip(gold, predicted, strict=True)):
            wanted, given = _distinct(there), _distinct(found or ())
            for span in wanted:
                counts[i, index.get(span.label, other), 1] += 1
            for span in given:
                counts[i, index.get(span.label, other), 2] += 1
            exact = wanted & given
            for span in exact:
                counts[i, index.get(span.label, other), 0] += 1
            if partial:
                for label in {s.label for s in wanted - exact} & {s.label for s in given - exact}:
                    pairs = matched(
                        [s for s in wanted - exact if s.label == label],
                        [s for s in given - exact if s.label == label],
                    )
                    counts[i, index.get(label, other), 0] += _PARTIAL * pairs
        return counts

    def item_statistics(
        self, gold: Sequence[Spans], predicted: Sequence[Spans | None]
    ) -> NDArray[np.float64]:
        """Hits, gold and predicted entities; of every type for the macro average."""
        counts = self.counts(gold, predicted, partial=self.metric == "partial_f1")
        if self.metric != "entity_macro_f1":
            return np.asarray(counts.sum(axis=1))
        return counts[:, :-1].reshape(len(gold), -1)

    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = totals.reshape(*totals.shape[:-1], -1, 3)
        return macro_f1(counts) if self.metric == "entity_macro_f1" else micro_f1(counts)

    def item_scores(self, gold: Sequence[Spans], predicted: Sequence[Spans | None]) -> NDArray[np.float64]:
        """F1 of each text; 1 for a text without entities in which none was found."""
        counts = self.counts(gold, predicted, partial=self.metric == "partial_f1")
        return item_f1(counts, [p is None for p in predicted])

    def per_label(self, gold: Sequence[Spans], predicted: Sequence[Spans | None]) -> list[LabelScore]:
        """Scores of every entity type, exact spans."""
        return label_scores(self.labels, self.counts(gold, predicted)[:, :-1])

    @classmethod
    def labels_in(cls, gold: Sequence[Span]) -> tuple[str, ...]:
        return tuple(span.label for span in gold)

    @classmethod
    def lack(cls, golds: Sequence[Sequence[Span]]) -> Lack | None:
        if any(golds):
            return None
        return Lack(
            "no training row has an entity",
            "Annotate some, or name another column than {column!r} with label=.",
        )

    @classmethod
    def to_plain(cls, value: Spans | None) -> Any:
        """Lists of start, end and label, in order of position."""
        return None if value is None else [list(span) for span in sorted(_distinct(value))]

    @classmethod
    def from_plain(cls, value: Any) -> tuple[Span, ...] | None:
        return None if value is None else tuple(Span(*span) for span in value)

    @classmethod
    def show(cls, value: Spans | None, text: str = "") -> str:
        """``breast cancer (disease), tamoxifen (drug)``; offsets where the text is not given."""
        if value is None:
            return "no answer"
        return ", ".join(
            f"{text[start:end] if text else f'{start}–{end}'} ({label})" for start, end, label in value
        ) or ("none")


def _distinct(spans: Spans) -> set[Span]:
    return {Span(*span) for span in spans}


def matched(gold: Sequence[Span], predicted: Sequence[Span]) -> int:
    """How many pairs of overlapping spans there can be at most, each span in one pair.

    Gold spans do not overlap, so each prediction overlaps a run of neighbours, and giving every gold span
    the open prediction that ends first is optimal (Glover 1967, "Maximum matching in a convex bipartite
    graph").

    >>> matched([Span(0, 4, "a"), Span(5, 9, "a")], [Span(3, 6, "a")])
    1
    """
    waiting, pairs = list(predicted), 0
    for span in sorted(gold):
        open_now = [p for p in waiting if p.start < span.end and span.start < p.end]
        if open_now:
            waiting.remove(min(open_now, key=lambda p: (p.end, p.start)))
            pairs += 1
    return pairs

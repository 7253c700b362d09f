"""What the metric modules share: turning labels and missing answers into class indices."""

from __future__ import annotations

from collections.abc import Sequence

NO_ANSWER = -1
"""Index of a prediction that is none of the labels: a miss for gold, a false positive for nobody."""


def class_indices(
    predictions: Sequence[str | None], references: Sequence[str], labels: Sequence[str] | None
) -> tuple[list[int], list[int], list[int]]:
    """Gold and predicted class indices, and the classes that occur in either.

    Args:
        predictions: Predicted labels; ``None`` where there was no answer.
        references: Gold labels.
        labels: The label set; by default every label that occurs.
    """
    known = set(references) | {p for p in predictions if p is not None} if labels is None else labels
    index = {label: i for i, label in enumerate(sorted(known))}
    gold = [index[r] for r in references]
    predicted = [NO_ANSWER if p is None else index.get(p, NO_ANSWER) for p in predictions]
    return gold, predicted, sorted({*gold, *predicted} - {NO_ANSWER})

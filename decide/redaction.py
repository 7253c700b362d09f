"""A comparison without the texts of documents, to hand over where these must not go."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decide.comparison import Comparison, ErrorExample

WITHHELD = "withheld"
LABELLED = ("text_classification", "multi_label")
"""Kinds of task whose answers are labels; those of other kinds quote the text."""
QUOTING_FACTS = ("prompt", "answer")
"""Facts of a run that are made of training texts."""
WINDOW = 5
"""Words in a row that count as a quotation."""
_WORD = re.compile(r"\w+")


def without_texts(comparison: Comparison) -> Comparison:
    """A copy in which no text of a document is left.

    Examples keep their place, group and, where the task gives labels, their labels; their text becomes its
    length. Prompts (they show training texts), answers that quote, and contexts of words are withheld. Any
    other string that has five words in a row of an example is withheld too, wherever it stands.

    Single words, such as those the domain gap lists, and names of labels and groups stay.
    """
    data = comparison.data
    names = {
        *data.labels,
        *(arm.name for arm in comparison.arms),
        *(g for s in data.groups.values() for g in s),
    }
    quotes = _Quotes((e.text for arm in comparison.arms for e in arm.examples), names)
    labelled = comparison.data.task.get("kind") in LABELLED
    arms = [
        arm.model_copy(
            update={
                "examples": [_example(e, labelled) for e in arm.examples],
                "facts": _facts(arm.facts),
                "seed_facts": [_facts(facts) for facts in arm.seed_facts],
            }
        )
        for arm in comparison.arms
    ]
    gap = comparison.gap
    if gap is not None:
        bare: dict[str, list[str]] = {"domain_contexts": [], "reference_contexts": []}
        gap = gap.model_copy(update={"shifted": [word.model_copy(update=bare) for word in gap.shifted]})
    changed = comparison.model_copy(update={"arms": arms, "gap": gap})
    return type(comparison).model_validate(quotes.removed(changed.model_dump()))


def _facts(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: f"({WITHHELD})" if name in QUOTING_FACTS else value for name, value in facts.items()}


def _example(example: ErrorExample, labelled: bool) -> ErrorExample:
    def answer(value: str) -> str:
        return value if labelled else f"({WITHHELD}, {len(value):,} characters)"

    return example.model_copy(
        update={
            "text": f"(text {WITHHELD}, {len(example.text):,} characters)",
            "gold": answer(example.gold),
            "predicted": None if example.predicted is None else answer(example.predicted),
            "reason": None,
        }
    )


class _Quotes:
    """Finds strings that quote one of the texts."""

    def __init__(self, texts: Iterator[str], names: Collection[str]):
        self._names = names
        words = [_WORD.findall(text.lower()) for text in texts]
        self._windows = {window for text in words for window in _windows(text)}
        self._short = {tuple(text) for text in words if 1 < len(text) < WINDOW}

    def removed(self, value: Any) -> Any:
        """``value`` with each string that quotes replaced."""
        if isinstance(value, str):
            return f"({WITHHELD}: it quotes a document)" if self._quoting(value) else value
        if isinstance(value, dict):
            return {self.removed(k): self.removed(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.removed(part) for part in value]
        return value

    def _quoting(self, text: str) -> bool:
        if text in self._names:
            return False
        words = _WORD.findall(text.lower())
        return tuple(words) in self._short or any(w in self._windows for w in _windows(words))


def _windows(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[i : i + WINDOW]) for i in range(len(words) - WINDOW + 1))

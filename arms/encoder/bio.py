"""Spans as tags of tokens for learning, and the best valid tags for what a model says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from evalsets.spans import Offsets, Span
from evalsets.tags import decode, tags_of

Floats = NDArray[np.float64]
IGNORED = -100
"""Target of a token that is not learned from, as torch's cross-entropy has it."""


class Found(NamedTuple):
    """A decoded span and the mean probability of its tags."""

    span: Span
    probability: float


class Units(NamedTuple):
    """What gets one tag each: tokens, or words of several tokens.

    Args:
        first: The first token of each.
        offsets: Characters of each.
    """

    first: NDArray[np.int64]
    offsets: Offsets


def units(offsets: Offsets, words: Sequence[int], by_word: bool) -> Units:
    """The units of a text whose tokens lie at ``offsets`` and belong to ``words``."""
    if not by_word:
        return Units(np.arange(len(offsets)), offsets)
    first = [i for i, word in enumerate(words) if i == 0 or word < 0 or word != words[i - 1]]
    ends = [*first[1:], len(offsets)][: len(first)]
    spans = [(offsets[a][0], offsets[b - 1][1]) for a, b in zip(first, ends, strict=True)]
    return Units(np.array(first, dtype=np.int64), spans)


def on_borders(spans: Sequence[Span], text: str, there: Units) -> bool:
    """Whether every span begins where a unit begins and ends where one ends, white space aside."""
    trimmed = [trim(start, end, text) for start, end in there.offsets]
    starts, ends = {a for a, _ in trimmed}, {b for _, b in trimmed}
    return all(span.start in starts and span.end in ends for span in spans)


def trim(start: int, end: int, text: str) -> tuple[int, int]:
    """The stretch without white space at its edges."""
    inside = text[start:end]
    core = inside.strip()
    start += len(inside) - len(inside.lstrip())
    return start, start + len(core)


class TagSet:
    """O, and B and I of every label, in this order; IOB2.

    Args:
        labels: The labels of spans.
    """

    def __init__(self, labels: Sequence[str]) -> None:
        self.tags = ["O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")]
        self.index = {tag: i for i, tag in enumerate(self.tags)}
        n = len(self.tags)
        inside = np.arange(2, n, 2)
        self.start: Floats = np.zeros(n)
        self.start[inside] = -np.inf
        self.transitions: Floats = np.zeros((n, n))
        """Log of whether a tag (row) may be followed by another (column): I only by its own B or I."""
        self.transitions[:, inside] = -np.inf
        self.transitions[inside - 1, inside] = self.transitions[inside, inside] = 0.0

    def targets(self, spans: Sequence[Span], there: Units, tokens: int) -> NDArray[np.int64]:
        """Tag index of each token, shape ``(tokens,)``; all but the first of a unit are not learned from."""
        result = np.full(tokens, IGNORED, dtype=np.int64)
        result[there.first] = [self.index[tag] for tag in tags_of(spans, there.offsets)]
        return result

    def found(self, logits: Floats, there: Units, text: str) -> list[Found]:
        """The spans of the most probable valid tags.

        Args:
            logits: Of every token of the text, shape ``(tokens, tags)``.
            there: The units of the text.
            text: The text.
        """
        scores = log_softmax(logits[there.first])
        path = self.best(scores)
        result = []
        for first, stop, label in decode([self.tags[i] for i in path]):
            start, end = trim(there.offsets[first][0], there.offsets[stop - 1][1], text)
            if start < end:
                chosen = scores[np.arange(first, stop), path[first:stop]]
                result.append(Found(Span(start, end, label), float(np.exp(chosen).mean())))
        return result

    def best(self, scores: Floats) -> NDArray[np.int64]:
        """The valid sequence of tags with the largest sum of scores, by the Viterbi algorithm.

        Args:
            scores: Shape ``(units, tags)``.
        """
        if not len(scores):
            return np.zeros(0, dtype=np.int64)
        path: NDArray[np.int64] = scores.argmax(axis=1)
        # The best tag of each unit is the best sequence wherever it is a valid one.
        if self.start[path[0]] == 0 and not self.transitions[path[:-1], path[1:]].any():
            return path
        back = np.zeros(scores.shape, dtype=np.int64)
        total = self.start + scores[0]
        for i in range(1, len(scores)):
            ways = total[:, None] + self.transitions
            back[i] = ways.argmax(axis=0)
            total = ways[back[i], np.arange(len(total))] + scores[i]
        path[-1] = total.argmax()
        for i in range(len(scores) - 1, 0, -1):
            path[i - 1] = back[i, path[i]]
        return path


def log_softmax(logits: Floats) -> Floats:
    """Logarithm of the softmax over the last axis."""
    from scipy.special import log_softmax as of_scipy

    return np.asarray(of_scipy(logits, axis=-1), dtype=np.float64)

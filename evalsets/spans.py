"""Labelled stretches of a text, and how they lie on its tokens."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

Offsets = Sequence[tuple[int, int]]
"""Start and end of each token in its text, half-open; ``(0, 0)`` marks a token outside the text."""


class Span(NamedTuple):
    """A stretch of a text: characters ``start`` to ``end`` (half-open), and what it is."""

    start: int
    end: int
    label: str


TokenSpan = tuple[int, int, str]
"""The same in tokens: first token, token after the last, label."""


def overlaps(spans: Iterable[Span]) -> tuple[Span, Span] | None:
    """Two spans that share a character, if any do.

    >>> overlaps([Span(0, 5, "a"), Span(4, 8, "b")])
    (Span(start=0, end=5, label='a'), Span(start=4, end=8, label='b'))
    """
    last: Span | None = None
    for span in sorted(spans):
        if last is not None and span.start < last.end:
            return last, span
        # A long span may reach past several later ones.
        if last is None or span.end > last.end:
            last = span
    return None


def flatten(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The longest of spans that overlap, the first of equally long ones, in order of position.

    >>> flatten([Span(0, 3, "a"), Span(0, 9, "b"), Span(9, 12, "a")])
    (Span(start=0, end=9, label='b'), Span(start=9, end=12, label='a'))
    """
    kept: list[Span] = []
    for span in sorted(spans, key=lambda s: (s.start - s.end, s)):
        if all(span.end <= other.start or other.end <= span.start for other in kept):
            kept.append(span)
    return tuple(sorted(kept))


def to_tokens(spans: Iterable[Span], offsets: Offsets) -> list[TokenSpan]:
    """Spans in tokens: every token that shares a character with a span belongs to it.

    A span in which no token lies is left out.

    >>> to_tokens([Span(3, 8, "drug")], [(0, 2), (3, 5), (5, 8), (9, 12)])
    [(1, 3, 'drug')]
    """
    found = []
    for span in sorted(spans):
        inside = [i for i, (start, end) in enumerate(offsets) if max(start, span.start) < min(end, span.end)]
        if inside:
            found.append((inside[0], inside[-1] + 1, span.label))
    return found


def to_characters(spans: Iterable[TokenSpan], offsets: Offsets) -> tuple[Span, ...]:
    """Spans of tokens in characters, from the start of the first token to the end of the last.

    >>> to_characters([(1, 3, "drug")], [(0, 2), (3, 5), (5, 8), (9, 12)])
    (Span(start=3, end=8, label='drug'),)
    """
    return tuple(Span(offsets[first][0], offsets[stop - 1][1], label) for first, stop, label in spans)


def joined(tokens: Sequence[str]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """Tokens as a text, one space between them, and the offsets of each.

    >>> joined(["No", "fever"])
    ('No fever', ((0, 2), (3, 8)))
    """
    offsets, place = [], 0
    for token in tokens:
        offsets.append((place, place + len(token)))
        place += len(token) + 1
    return " ".join(tokens), tuple(offsets)

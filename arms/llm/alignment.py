"""Finds the places that a model quoted, exactly, loosely, or with a slip."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from evalsets import Span

Place = tuple[int, int]
_EDITS_EACH = 5
"""Letters and digits of a quote for each edit allowed."""
_MOST_EDITS = 3
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Alignment:
    """What quotes became.

    Args:
        spans: The places found, in order, none sharing a character.
        exact: How many were found as they are quoted.
        loose: How many were found but for case, white space, punctuation or forms of a character.
        fuzzy: How many were found but for a few edits.
        repeated: How many named a place once more than it occurs; left out.
        overlapping: How many only occur within, or across, places already taken; left out.
        missing: The quotes that are not in the text; left out.
    """

    spans: tuple[Span, ...] = ()
    exact: int = 0
    loose: int = 0
    fuzzy: int = 0
    repeated: int = 0
    overlapping: int = 0
    missing: tuple[str, ...] = ()


def align(quotes: Sequence[tuple[str, str]], text: str) -> Alignment:
    """Where quotes stand in a text.

    The longest quotes are placed first, equally long ones in their order. Each takes its first place of
    which no character is taken: so the second of two equal quotes takes the second occurrence. Places are
    looked for in turn

    1. as they are quoted, as whole words where there are such,
    2. without regard to case, white space, punctuation and forms of a character,
    3. in runs of whole words that differ by at most one edit for each five letters and digits, three in
       all, but not in a digit.

    Args:
        quotes: Quote and label of each mention.
        text: The text quoted from.
    """
    source = _Source(text)
    kept: list[Span] = []
    counts = {"exact": 0, "loose": 0, "fuzzy": 0, "repeated": 0, "overlapping": 0}
    missing: list[tuple[int, str]] = []
    for i in sorted(range(len(quotes)), key=lambda i: -len(quotes[i][0].strip())):
        quote, label = quotes[i]
        seen: list[Place] = []
        for how, places in source.ways(quote):
            if how == "fuzzy" and seen:
                break  # the text does have these words, so the quote is no slip for others
            seen += places
            free = next((place for place in places if not _taken(place, kept)), None)
            if free is not None:
                kept.append(Span(*free, label))
                counts[how] += 1
                seen.clear()
                break
        else:
            if not seen:
                missing.append((i, quote))
        if seen:
            counts["repeated" if any(span[:2] in seen for span in kept) else "overlapping"] += 1
    return Alignment(tuple(sorted(kept)), missing=tuple(quote for _, quote in sorted(missing)), **counts)


def _taken(place: Place, kept: Sequence[Span]) -> bool:
    return any(place[0] < span.end and span.start < place[1] for span in kept)


class _Source:
    """A text, ready to be searched."""

    def __init__(self, text: str) -> None:
        self._text = text

    def ways(self, quote: str) -> Iterator[tuple[str, list[Place]]]:
        """The places of a quote by each way of looking, in order of the text."""
        quote = quote.strip()
        if not quote:
            return
        yield "exact", self._exact(quote)
        pattern, _ = _folded(quote)
        if pattern:
            yield "loose", self._loose(pattern)
            if most := min(_MOST_EDITS, len(pattern) // _EDITS_EACH):
                yield "fuzzy", self._fuzzy(pattern, len(_WORD.findall(quote)), most)

    def _exact(self, quote: str) -> list[Place]:
        return self._whole(list(_occurrences(quote, self._text)))

    def _loose(self, pattern: str) -> list[Place]:
        folded, origins = self._fold
        places = [
            (origins[start], origins[end - 1] + 1)
            for start, end in _occurrences(pattern, folded)
            # A character such as "½" folds to several; no place begins or ends within one.
            if (start == 0 or origins[start - 1] != origins[start])
            and (end == len(folded) or origins[end] != origins[end - 1])
        ]
        return self._whole(places)

    def _fuzzy(self, pattern: str, words: int, most: int) -> list[Place]:
        """Runs of about as many words whose letters are close, the closest first."""
        from rapidfuzz.distance import Levenshtein

        folded, digits = self._fold[0], [c for c in pattern if c.isdigit()]
        found: list[tuple[int, Place]] = []
        for count in range(max(1, words - 1), words + 2):
            for first, last in zip(self._words, self._words[count - 1 :], strict=False):
                begin, stop = first[2], last[3]  # in the folded text
                if abs(stop - begin - len(pattern)) > most:
                    continue
                piece = folded[begin:stop]
                edits = Levenshtein.distance(pattern, piece, score_cutoff=most)
                if edits <= most and [c for c in piece if c.isdigit()] == digits:
                    found.append((edits, (first[0], last[1])))
        return [place for _, place in sorted(found)]

    def _whole(self, places: list[Place]) -> list[Place]:
        """Those that begin and end where words do; all if none does."""
        return [place for place in places if self._bounded(place)] or places

    def _bounded(self, place: Place) -> bool:
        start, end = place
        text = self._text
        before = start > 0 and text[start - 1].isalnum() and text[start].isalnum()
        after = end < len(text) and text[end].isalnum() and text[end - 1].isalnum()
        return not before and not after

    @cached_property
    def _fold(self) -> tuple[str, list[int]]:
        return _folded(self._text)

    @cached_property
    def _words(self) -> list[tuple[int, int, int, int]]:
        """Start and end of each word, in the text and in the folded text."""
        origins = self._fold[1]
        return [
            (*match.span(), bisect_left(origins, match.start()), bisect_left(origins, match.end()))
            for match in _WORD.finditer(self._text)
        ]


def _occurrences(pattern: str, text: str) -> Iterator[Place]:
    start = text.find(pattern)
    while start >= 0:
        yield start, start + len(pattern)
        start = text.find(pattern, start + 1)


def _folded(text: str) -> tuple[str, list[int]]:
    """Letters and digits alone, in one form and case, and the place in ``text`` that each came from."""
    characters: list[str] = []
    origins: list[int] = []
    for i, c in enumerate(text):
        for folded in unicodedata.normalize("NFKD", c).casefold():
            if folded.isalnum():
                characters.append(folded)
                origins.append(i)
    return "".join(characters), origins


__all__ = ["Alignment", "align"]

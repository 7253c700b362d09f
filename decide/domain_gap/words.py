"""Words: what counts as one, how often each occurs, and which are common in general English."""

from __future__ import annotations

import functools
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from arms.progress import track
from evalsets.words import words_of

GENERAL_WORDS = 50_000
"""Most frequent words that stand for general English in the tokenizer measures."""
MOST_WORDS = 500_000
"""Distinct words that exact counting holds; beyond, the rarest are dropped to bound memory."""


@dataclass(frozen=True)
class Counted:
    """Word counts of each document of a sample.

    Args:
        surfaces: Distinct words as written.
        table: Documents by surfaces, sparse counts.
        words: Distinct words in lower case.
        lowered: Documents by lower-case words, sparse counts.
    """

    surfaces: tuple[str, ...]
    table: Any
    words: tuple[str, ...]
    lowered: Any

    def per_document(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum of ``values`` (one a surface) over the words of each document, shape ``(n,)``."""
        return np.asarray(self.table @ values, dtype=np.float64)

    def lengths(self) -> NDArray[np.float64]:
        """Words of each document, shape ``(n,)``."""
        return np.asarray(self.table.sum(axis=1), dtype=np.float64).ravel()

    def head(self, limit: float) -> Any:
        """Lower-case counts of the first documents that hold ``limit`` words together."""
        return self.lowered[: int(np.searchsorted(np.cumsum(self.lengths()), limit)) + 1]


def count(documents: Sequence[str], description: str) -> Counted:
    """Count the words of every document."""
    from scipy.sparse import csr_matrix

    index: dict[str, int] = {}
    data, columns = array("q"), array("q")  # millions of entries, four times smaller than lists
    ends = [0]
    for document in track(documents, description, len(documents)):
        for word, n in Counter(words_of(document)).items():
            columns.append(index.setdefault(word, len(index)))
            data.append(n)
        ends.append(len(columns))
    counts, places = np.array(data, dtype=np.float64), np.array(columns, dtype=np.int64)
    table = csr_matrix(
        (counts, places, np.array(ends)),
        shape=(len(documents), len(index)),
    )
    lower: dict[str, int] = {}
    to_lower = np.array([lower.setdefault(w.lower(), len(lower)) for w in index], dtype=np.int64)
    merge = csr_matrix(
        (np.ones(len(index)), (np.arange(len(index)), to_lower)), shape=(len(index), len(lower))
    )
    return Counted(tuple(index), table, tuple(lower), (table @ merge).tocsr())


@dataclass
class Tally:
    """Exact counts over a stream: occurrences of surfaces, and documents of lower-case words."""

    surfaces: Counter[str]
    documents: Counter[str]
    pruned: int = 0

    def add(self, document: str) -> None:
        """Count one document."""
        words = words_of(document)
        self.surfaces.update(words)
        self.documents.update({w.lower() for w in words})
        for counter in (self.surfaces, self.documents):
            if len(counter) > MOST_WORDS:
                self._prune(counter)

    def _prune(self, counter: Counter[str]) -> None:
        """Drop the rarest words until a quarter of the room is free, so that pruning stays rare."""
        rarest = 1
        while len(counter) > MOST_WORDS * 3 // 4:
            rare = [word for word, n in counter.items() if n <= rarest]
            for word in rare:
                del counter[word]
            self.pruned += len(rare)
            rarest += 1

    def lowered(self) -> dict[str, float]:
        """Occurrences of lower-case words."""
        found: dict[str, float] = {}
        for word, n in self.surfaces.items():
            found[word.lower()] = found.get(word.lower(), 0.0) + n
        return found


@functools.cache
def general_english() -> dict[str, float]:
    """Relative frequency of every word in general English, most frequent first.

    From package wordfreq (Speer 2022, doi:10.5281/zenodo.7199437), which merges subtitles, web, books,
    news, encyclopaedia and social media up to 2021. Its entries are cut into words as documents are here,
    so that "it's" counts towards "it" and "s".
    """
    from wordfreq import get_frequency_dict

    found: dict[str, float] = {}
    for entry, frequency in get_frequency_dict("en", "best").items():
        for word in words_of(entry.lower()):
            found[word] = found.get(word, 0.0) + frequency
    total = sum(found.values())
    return {w: f / total for w, f in sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))}


@functools.cache
def stop_words() -> frozenset[str]:
    """English function words (the list of scikit-learn)."""
    from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

    return frozenset(ENGLISH_STOP_WORDS)


def counts_as_content(word: str) -> bool:
    """Whether a word enters vocabulary overlap: two characters or more, and no stop word."""
    return len(word) > 1 and word not in stop_words()


def top(frequencies: Iterable[tuple[str, float]], k: int) -> list[str]:
    """The ``k`` most frequent content words; ties go by alphabet, so that the result is one only."""
    kept = [(w, f) for w, f in frequencies if f > 0 and counts_as_content(w)]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    return [w for w, _ in kept[:k]]

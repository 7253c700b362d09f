"""Words of a text and what a conditional random field sees of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from evalsets import Span

Offsets = tuple[tuple[int, int], ...]

TOKENS = {
    "words": re.compile(r"\w+|[^\w\s]"),
    "fine": re.compile(r"[^\W\d_]+|\d+|[^\w\s]|_"),
}
"""Ways to cut a text: runs of letters and digits, or the two apart (``40mg`` is two tokens); other characters
one by one."""

_WINDOW = 2
_AFFIX = 4
_RUNS = re.compile(r"(.)\1+")


def offsets_of(text: str, way: str) -> Offsets:
    """Start and end of each token."""
    return tuple(match.span() for match in TOKENS[way].finditer(text))


def best_way(texts: Sequence[str], gold: Sequence[Sequence[Span]]) -> tuple[str, float]:
    """The way to cut whose tokens begin and end where more of the gold spans do, and the share that do."""
    spans = max(sum(map(len, gold)), 1)
    shares = {}
    for way in TOKENS:
        fit = 0
        for text, there in zip(texts, gold, strict=True):
            if there:
                starts, ends = (set(edges) for edges in zip(*offsets_of(text, way), strict=True))
                fit += sum(span.start in starts and span.end in ends for span in there)
        shares[way] = fit / spans
    way = max(shares, key=lambda name: shares[name])
    return way, shares[way]


def features(text: str, offsets: Offsets) -> list[list[str]]:
    """The features of each token: itself, its form and affixes, and its neighbours up to two away."""
    words = [text[start:end] for start, end in offsets]
    lower = ["<s>"] * _WINDOW + [word.lower() for word in words] + ["</s>"] * _WINDOW
    forms = ["<s>", *(short_shape(word) for word in words), "</s>"]
    rows = []
    for i, word in enumerate(words):
        row = list(_own(word))
        for distance in range(-_WINDOW, _WINDOW + 1):
            row.append(f"w{distance}={lower[i + _WINDOW + distance]}")
        before, here, after = lower[i + _WINDOW - 1 : i + _WINDOW + 2]
        row += [f"w-1|0={before}|{here}", f"w0|1={here}|{after}"]
        row += [f"s-1={forms[i]}", f"s1={forms[i + 2]}", f"s-1|0|1={forms[i]}|{forms[i + 1]}|{forms[i + 2]}"]
        gap = text[offsets[i - 1][1] if i else 0 : offsets[i][0]]
        if not i or "\n" in gap:
            row.append("begins line")
        elif not gap:
            row.append("no space before")
        rows.append(row)
    return rows


@lru_cache(maxsize=100_000)
def _own(word: str) -> tuple[str, ...]:
    lower = word.lower()
    affixes = range(1, min(len(word), _AFFIX) + 1)
    found = ["bias", f"word={word}", f"shape={shape(word)}", f"short={short_shape(word)}"]
    found += [f"p{n}={lower[:n]}" for n in affixes]
    found += [f"e{n}={lower[-n:]}" for n in affixes]
    return tuple(found)


def shape(word: str) -> str:
    """The word with ``A`` for upper-case letters, ``a`` for others and ``0`` for digits: ``Xa00``."""
    return "".join("0" if c.isdigit() else "A" if c.isupper() else "a" if c.isalpha() else c for c in word)


def short_shape(word: str) -> str:
    """The shape with runs of one character as one: ``BRCA12`` is ``A0``."""
    return _RUNS.sub(r"\1", shape(word))

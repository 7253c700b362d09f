"""What counts as a word of a text."""

from __future__ import annotations

import re

WORD = re.compile(r"[^\W_]+")
LONGEST = 200
"""Characters of a word that are kept; longer runs are sequences or encoded data."""


def words_of(text: str) -> list[str]:
    """The words of a text as written: runs of letters and digits that hold a letter.

    >>> words_of("BRCA1 in 3 of 40 cases")
    ['BRCA1', 'in', 'of', 'cases']
    """
    return [w[:LONGEST] for w in WORD.findall(text) if w.isalpha() or any(c.isalpha() for c in w)]

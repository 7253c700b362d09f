"""Slips on the keyboard."""

from __future__ import annotations

import random
import re
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
"""Rows of the QWERTY keyboard."""
_NEIGHBOURS = {
    key: [n for n in (row[i - 1 : i] if i else "", row[i + 1 : i + 2]) if n]
    for row in ROWS
    for i, key in enumerate(row)
}
_WORD = re.compile(r"[A-Za-z]{4,}")


@register_perturbation
@dataclass(frozen=True)
class Typos(Perturbation):
    """One slip in some words of four letters or more: two swapped, one left out, doubled or beside.

    Args:
        rate: Share of those words that get a slip, in (0, 1].
    """

    name: ClassVar[str] = "typos"
    rate: Annotated[float, Field(gt=0, le=1)] = 0.1

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """A slip in a random choice of the words, never on the first letter."""
        found = []
        for m in _WORD.finditer(text):
            if rng.random() < self.rate:
                word, i = m[0], rng.randrange(1, len(m[0]) - 1)
                near = rng.choice(_NEIGHBOURS[word[i].lower()])
                slip = rng.choice(
                    (word[i + 1] + word[i], word[i + 1], word[i] * 2 + word[i + 1], near + word[i + 1])
                )
                found.append(Edit(m.start() + i, m.start() + i + 2, slip))
        return found

    def describe(self) -> str:
        """In a phrase, with the rate."""
        return f"typing errors in {self.rate:.0%} of longer words"

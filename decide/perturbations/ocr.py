"""Scanned pages: characters mistaken for others that look alike."""

from __future__ import annotations

import random
import re
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

CONFUSIONS: dict[str, tuple[str, ...]] = {
    "rn": ("m",),
    "cl": ("d",),
    "vv": ("w",),
    "m": ("rn",),
    "d": ("cl",),
    "w": ("vv",),
    "l": ("1", "I"),
    "I": ("l", "1"),
    "1": ("l", "I"),
    "O": ("0",),
    "0": ("O",),
    "S": ("5",),
    "5": ("S",),
    "B": ("8",),
    "8": ("B",),
    "Z": ("2",),
    "2": ("Z",),
    "G": ("6",),
    "6": ("G",),
    "e": ("c",),
    "c": ("e",),
    "h": ("b",),
    "b": ("h",),
    "u": ("v",),
    "v": ("u",),
    "i": ("j", "l"),
    "f": ("t",),
    "t": ("f",),
    "g": ("q",),
    "q": ("g",),
    "a": ("o",),
    "n": ("ri",),
    ".": (",",),
    ",": (".",),
}
"""Shapes that are alike in print; a choice of this library, not a measured confusion matrix."""
_SHAPES = re.compile("|".join(re.escape(s) for s in sorted(CONFUSIONS, key=lambda s: (-len(s), s))))


@register_perturbation
@dataclass(frozen=True)
class OCRNoise(Perturbation):
    """Shapes that look alike in print are mistaken for one another.

    Args:
        rate: Share of the shapes that have a double which are mistaken, in (0, 1].
    """

    name: ClassVar[str] = "ocr"
    rate: Annotated[float, Field(gt=0, le=1)] = 0.03

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """A random choice of the shapes that have a double."""
        return [
            Edit(m.start(), m.end(), rng.choice(CONFUSIONS[m[0]]))
            for m in _SHAPES.finditer(text)
            if rng.random() < self.rate
        ]

    def describe(self) -> str:
        """In a phrase, with the rate."""
        return f"scanning errors: {self.rate:.0%} of confusable characters mistaken"

"""Line breaks and spaces as exports and copied pages leave them."""

from __future__ import annotations

import random
import re
from typing import Annotated, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

_GAP = re.compile(r"\s+")


@register_perturbation
@dataclass(frozen=True)
class Whitespace(Perturbation):
    """Gaps between words become a line break, several spaces or a tab.

    Args:
        rate: Share of the gaps that change, in (0, 1].
    """

    name: ClassVar[str] = "whitespace"
    rate: Annotated[float, Field(gt=0, le=1)] = 0.15

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """A random choice of the gaps."""
        return [
            Edit(m.start(), m.end(), rng.choice([s for s in ("\n", "  ", "\t", " \n") if s != m[0]]))
            for m in _GAP.finditer(text)
            if rng.random() < self.rate
        ]

    def describe(self) -> str:
        """In a phrase, with the rate."""
        return f"{self.rate:.0%} of the gaps between words turned into line breaks, tabs or several spaces"

"""Upper, lower and title case: forms, headings and systems that know capitals only."""

from __future__ import annotations

import random
import re
from typing import ClassVar

from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

_WORD = re.compile(r"\w+")


def _words(text: str, changed: list[str]) -> list[Edit]:
    return [
        Edit(m.start(), m.end(), new)
        for m, new in zip(_WORD.finditer(text), changed, strict=True)
        if new != m[0]
    ]


@register_perturbation
@dataclass(frozen=True)
class Lowercase(Perturbation):
    """Everything in lower case."""

    name: ClassVar[str] = "lowercase"

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """Every word with a capital."""
        return _words(text, [w.lower() for w in _WORD.findall(text)])

    def describe(self) -> str:
        """In a phrase."""
        return "everything in lower case"


@register_perturbation
@dataclass(frozen=True)
class Uppercase(Perturbation):
    """Everything in capitals."""

    name: ClassVar[str] = "uppercase"

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """Every word with a small letter."""
        return _words(text, [w.upper() for w in _WORD.findall(text)])

    def describe(self) -> str:
        """In a phrase."""
        return "everything in capitals"


@register_perturbation
@dataclass(frozen=True)
class Titlecase(Perturbation):
    """Every word with a capital and small letters after it."""

    name: ClassVar[str] = "titlecase"

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """Every word that is not written so."""
        return _words(text, [w[:1].upper() + w[1:].lower() for w in _WORD.findall(text)])

    def describe(self) -> str:
        """In a phrase."""
        return "every word with a capital first letter"

"""Abbreviations spelled out, and words abbreviated."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Annotated, Any, ClassVar

from pydantic import Field
from pydantic.dataclasses import dataclass

from decide.perturbations.base import Edit, Perturbation, register_perturbation

CLINICAL: Mapping[str, str] = {
    "pt": "patient",
    "pts": "patients",
    "hx": "history",
    "dx": "diagnosis",
    "tx": "treatment",
    "rx": "prescription",
    "sx": "symptoms",
    "fx": "fracture",
    "SOB": "shortness of breath",
    "HTN": "hypertension",
    "DM": "diabetes mellitus",
    "CHF": "congestive heart failure",
    "COPD": "chronic obstructive pulmonary disease",
    "MI": "myocardial infarction",
    "UTI": "urinary tract infection",
    "DVT": "deep vein thrombosis",
    "BP": "blood pressure",
    "HR": "heart rate",
    "CXR": "chest x-ray",
    "ED": "emergency department",
    "ICU": "intensive care unit",
    "f/u": "follow-up",
    "c/o": "complains of",
    "h/o": "history of",
    "s/p": "status post",
    "w/o": "without",
    "bid": "twice daily",
    "prn": "as needed",
}
"""Common in clinical notes. Short forms with other frequent meanings in prose are left out."""
LEGAL: Mapping[str, str] = {
    "plf": "plaintiff",
    "def't": "defendant",
    "agmt": "agreement",
    "K": "contract",
    "cl.": "clause",
    "para.": "paragraph",
    "reg.": "regulation",
    "corp.": "corporation",
    "ltd.": "limited",
    "govt": "government",
    "dept.": "department",
    "aff.": "affirmed",
    "rev'd": "reversed",
    "v.": "versus",
    "i.e.": "that is",
    "e.g.": "for example",
    "w.r.t.": "with respect to",
}
"""Common in contracts and judgments."""
_AMBIGUOUS = ("K",)
"""Short forms too short to be spelled out wherever they stand; words are still abbreviated to them."""


@register_perturbation
@dataclass(frozen=True)
class Abbreviations(Perturbation):
    """Known abbreviations are spelled out and known words abbreviated.

    Args:
        rate: Share of the known forms that change, in (0, 1].
        pairs: Short to long form, in place of the shipped clinical and legal lists; to extend those, give
            ``{**CLINICAL, **LEGAL, ...}``.
    """

    name: ClassVar[str] = "abbreviations"
    rate: Annotated[float, Field(gt=0, le=1)] = 1.0
    pairs: Annotated[dict[str, str], Field(min_length=1)] | None = None

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """A random choice of the known forms, the longest first where they overlap."""
        pairs = {**CLINICAL, **LEGAL} if self.pairs is None else self.pairs
        forms, pattern = _forms(tuple(sorted(pairs.items())))
        return [
            Edit(m.start(), m.end(), _like(m[0], forms[_key(m[0], forms)]))
            for m in pattern.finditer(text)
            if rng.random() < self.rate
        ]

    def describe(self) -> str:
        """In a phrase, with the list and the rate."""
        what = "clinical and legal" if self.pairs is None else f"{len(self.pairs)} given"
        return f"{what} abbreviations spelled out and words abbreviated ({self.rate:.0%} of those found)"

    def config(self) -> dict[str, Any]:
        """With the shipped list, so that a change of it is a change of the settings."""
        pairs = {**CLINICAL, **LEGAL} if self.pairs is None else self.pairs
        return {"name": self.name, "pairs": dict(sorted(pairs.items())), "rate": self.rate}


@lru_cache(maxsize=16)
def _forms(pairs: tuple[tuple[str, str], ...]) -> tuple[dict[str, str], re.Pattern[str]]:
    """Each form with its other, and what finds them as whole words."""
    forms = {short: long for short, long in pairs if short not in _AMBIGUOUS}
    forms |= {long: short for short, long in pairs}
    ordered = sorted(forms, key=lambda form: (-len(form), form))
    # Short forms in capitals must be written so; all others may start a sentence.
    parts = [re.escape(f) if f.isupper() else f"(?i:{re.escape(f[0])}){re.escape(f[1:])}" for f in ordered]
    return forms, re.compile(rf"(?<![\w/])(?:{'|'.join(parts)})(?![\w/])")


def _key(found: str, forms: Mapping[str, str]) -> str:
    return found if found in forms else found[0].swapcase() + found[1:]


def _like(found: str, other: str) -> str:
    """The other form with a capital where the found one had the first of a sentence."""
    capital = found[:1].isupper() and not found.isupper()
    return other[:1].upper() + other[1:] if capital else other

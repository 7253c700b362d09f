"""Damage that texts of a domain meet, one kind a module: seeded, stated, the same for all arms."""

from decide.perturbations.abbreviations import CLINICAL, LEGAL, Abbreviations
from decide.perturbations.base import PERTURBATIONS, Edit, Perturbation, perturb_split, perturbations_from
from decide.perturbations.case import Lowercase, Titlecase, Uppercase
from decide.perturbations.dates import DateFormats
from decide.perturbations.ocr import OCRNoise
from decide.perturbations.redaction import Redacted
from decide.perturbations.typos import Typos
from decide.perturbations.whitespace import Whitespace

__all__ = [
    "CLINICAL",
    "LEGAL",
    "PERTURBATIONS",
    "Abbreviations",
    "DateFormats",
    "Edit",
    "Lowercase",
    "OCRNoise",
    "Perturbation",
    "Redacted",
    "Titlecase",
    "Typos",
    "Uppercase",
    "Whitespace",
    "perturb_split",
    "perturbations_from",
]

"""Personal data replaced by its type: what redaction before a model would cost in score."""

from __future__ import annotations

import random
from typing import Any, ClassVar

from pydantic import ConfigDict
from pydantic.dataclasses import dataclass

from arms.pii import Recognition
from decide.perturbations.base import Edit, Perturbation, register_perturbation


@register_perturbation
@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Redacted(Recognition, Perturbation):
    """Every finding becomes its type, such as ``<EMAIL_ADDRESS>``, by presidio (the extra ``privacy``).

    For arms that do not redact by themselves; the arms are trained on texts as they are. Settings are those
    of :class:`~arms.pii.Recognition`.
    """

    name: ClassVar[str] = "redaction"
    optional: ClassVar[bool] = True

    def config(self) -> dict[str, Any]:
        """Name and settings, and the versions of what finds personal data."""
        versions = self.detector().versions
        return {"name": self.name, **Recognition.config(self), "versions": versions}

    def check(self) -> None:
        """Refuse where presidio or the model is missing."""
        self.detector()

    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """Every finding."""
        return [Edit(f.start, f.end, f"<{f.type}>") for f in self.detector().find(text)]

    def describe(self) -> str:
        """In a phrase."""
        detector = self.detector()
        names = "" if detector.names else "; names of people are not looked for"
        return f"personal data of {len(detector.types)} types replaced by its type{names}"

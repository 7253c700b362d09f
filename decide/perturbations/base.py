"""What a perturbation is: edits of a text, from which the places of spans follow."""

from __future__ import annotations

import hashlib
import importlib
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, NamedTuple, TypeVar

from pydantic import ValidationError

from evalsets import DecideError, Split, plugins
from evalsets.explain import did_you_mean, listed
from evalsets.spans import Span


class Edit(NamedTuple):
    """Characters ``start`` to ``end`` (half-open) of the old text become ``text``."""

    start: int
    end: int
    text: str


class Perturbation(ABC):
    """A kind of damage. Subclasses are frozen pydantic dataclasses in a file of their own.

    They give edits rather than a text, so that gold spans can be moved along.
    """

    name: ClassVar[str]
    """What results and files call it."""
    tasks: ClassVar[tuple[str, ...]] = ("text_classification", "multi_label", "token_classification")
    """Kinds of task whose gold annotation stays right under it."""
    optional: ClassVar[bool] = False
    """Whether it must be asked for by name, being none of ``"all"``."""

    @abstractmethod
    def edits(self, text: str, rng: random.Random) -> list[Edit]:
        """What to change, in order and without overlaps; empty where there is nothing to change."""

    def check(self) -> None:
        """Refuse, before anything slow, what cannot work.

        Raises:
            DecideError: Saying why and what to do.
        """
        return None

    @abstractmethod
    def describe(self) -> str:
        """What it does, with its rate, in a phrase."""

    def config(self) -> dict[str, Any]:
        """Name and settings as JSON-able data."""
        return {"name": self.name, **{k: v for k, v in sorted(vars(self).items()) if not k.startswith("_")}}

    def apply(
        self, text: str, rng: random.Random, spans: Sequence[Span] = ()
    ) -> tuple[str, tuple[Span, ...]]:
        """The text after the edits, and its spans where they are then.

        An edit that would reach across the edge of a span is left out.
        """
        kept = [e for e in self.edits(text, rng) if not any(_crosses(e, s) for s in spans)]
        parts, at = [], 0
        for edit in kept:
            parts += [text[at : edit.start], edit.text]
            at = edit.end
        moved = tuple(
            Span(_moved(s.start, kept, start=True), _moved(s.end, kept, start=False), s.label) for s in spans
        )
        return "".join(parts) + text[at:], moved


def _crosses(edit: Edit, span: Span) -> bool:
    inside = span.start <= edit.start and edit.end <= span.end
    outside = edit.end <= span.start or edit.start >= span.end
    return not (inside or outside)


def _moved(place: int, edits: Sequence[Edit], *, start: bool) -> int:
    """Where a place is after the edits; what is put in at the very edge of a span stays outside of it."""
    shift = 0
    for edit in edits:
        before = edit.end <= place if start else edit.end <= place and edit.start < place
        if before:
            shift += len(edit.text) - (edit.end - edit.start)
    return place + shift


PERTURBATIONS: dict[str, type[Perturbation]] = {}
OPTIONAL: dict[str, type[Perturbation]] = {}
P = TypeVar("P", bound=type[Any])
GROUPS = {"case": ("lowercase", "uppercase", "titlecase")}
Wanted = str | Sequence[str | Perturbation | Mapping[str, Any]] | None


def register_perturbation(kind: P) -> P:
    """Make a perturbation known by its name; usable as a class decorator."""
    (OPTIONAL if kind.optional else PERTURBATIONS)[kind.name] = kind
    return kind


def perturbations_from(wanted: Wanted) -> tuple[Perturbation, ...]:
    """Perturbations from what a user gives.

    Args:
        wanted: ``"all"``; or names, perturbations, or mappings of a ``name`` and settings. ``"case"`` stands
            for lower, upper and title case.

    Raises:
        DecideError: If one is unknown, given twice or wrongly set.
    """
    importlib.import_module("decide.perturbations")
    plugins.load()
    if wanted is None:
        return ()
    if wanted == "all":
        return tuple(kind() for kind in PERTURBATIONS.values())
    if isinstance(wanted, str):
        name = wanted if wanted in PERTURBATIONS else next(iter(PERTURBATIONS))
        raise DecideError(
            f"perturbations is {wanted!r}. Give 'all' or names, such as ({name!r},); known are "
            f"{', '.join(PERTURBATIONS)}."
        )
    found: list[Perturbation] = []
    for item in wanted:
        if isinstance(item, Perturbation):
            found.append(item)
        elif isinstance(item, str):
            found += [_build(name, {}) for name in GROUPS.get(item, (item,))]
        else:
            settings = dict(item)
            found.append(_build(settings.pop("name", None), settings))
    names = [p.name for p in found]
    repeated = [name for name in names if names.count(name) > 1]
    if repeated:
        raise DecideError(f"Perturbation {repeated[0]!r} is given twice. Give it once.")
    if not found:
        raise DecideError("perturbations is empty. Give 'all', names, or None.")
    return tuple(found)


def _build(name: Any, settings: dict[str, Any]) -> Perturbation:
    kinds = PERTURBATIONS | OPTIONAL
    if name not in kinds:
        names = sorted([*kinds, *GROUPS])
        near = did_you_mean(name, names)
        raise DecideError(
            f"Unknown perturbation {name!r}.{near} Known are: {', '.join(names)}.{plugins.lacking()}"
        )
    known = [field.name for field in fields(kinds[name]) if field.init]  # type: ignore[arg-type]
    for setting in settings:
        if setting not in known:
            near = did_you_mean(setting, known)
            raise DecideError(
                f"Perturbation {name} has no setting {setting!r}.{near} Settings are: "
                f"{', '.join(known) or 'none'}."
            )
    try:
        return kinds[name](**settings)
    except ValidationError as error:
        raise DecideError(f"Settings of perturbation {name} are wrong: {listed(error)}.") from None


@dataclass(frozen=True)
class Perturbed:
    """A split after a perturbation; ``changed`` counts the texts that are not what they were."""

    split: Split
    changed: int


def perturb_split(split: Split, perturbation: Perturbation, kind: str, seed: int = 0) -> Perturbed:
    """All texts of a split perturbed, and gold spans moved along.

    The damage to a text depends on nothing but the perturbation, the seed and the text.

    Args:
        split: The split.
        perturbation: What to do.
        kind: Kind of task; gold of ``token_classification`` are spans.
        seed: Seed of the damage.
    """
    texts, labels = [], []
    for text, gold in zip(split.texts, split.labels, strict=True):
        key = hashlib.sha256(f"{seed} {perturbation.config()} {text}".encode()).digest()
        spans = tuple(gold) if kind == "token_classification" else ()
        changed, moved = perturbation.apply(text, random.Random(key), spans)
        texts.append(changed)
        labels.append(moved if kind == "token_classification" else gold)
    count = sum(a != b for a, b in zip(split.texts, texts, strict=True))
    # Offsets of tokens and of evidence would be those of the old texts.
    return Perturbed(
        replace(split, texts=tuple(texts), labels=tuple(labels), tokens=None, evidence=None), count
    )

"""Stretches of a text that may state a field, by their shape, and the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from arms.baselines.crf_features import offsets_of, shape
from arms.baselines.spans import surface
from evalsets import Span
from evalsets.schema import FieldSpec

_BEFORE, _AFTER = 4, 3
_LONGEST = 12
"""Tokens of the longest candidate."""
_REACH, _HEADING = 80, 30
"""Characters before a stretch in which its heading ends, and of the longest heading."""
_SPACES, _RUNS = re.compile(r"\s+"), re.compile(r"(.)\1+")


class Form(NamedTuple):
    """What the stretches that state a field look like in train.

    Args:
        shapes: Their shapes, such as ``0 a`` for ``40 mg``; none where a list of choices says what can be.
        surfaces: How they are written, in lower case.
        lengths: How many tokens they have.
    """

    shapes: frozenset[str]
    surfaces: frozenset[str]
    lengths: tuple[int, ...]


class Stretch(NamedTuple):
    """Consecutive tokens: where they stand, their shape, and how they are written in lower case."""

    start: int
    end: int
    shape: str
    surface: str


class Document:
    """A text cut into tokens once, for all its fields."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.offsets = offsets_of(text, "fine")
        self._classes = shape(text)
        self._words = [text[start:end].lower() for start, end in self.offsets]
        self._stretches: dict[int, list[Stretch]] = {}
        self._starts = {start: i for i, (start, _) in enumerate(self.offsets)}
        self._ends = {end: i + 1 for i, (_, end) in enumerate(self.offsets)}

    def form(self, start: int, end: int) -> str:
        """The shape of a stretch: runs of upper case, lower case and digits as one ``A``, ``a`` and ``0``."""
        return _collapsed(self._classes[start:end])

    def length(self, start: int, end: int) -> int | None:
        """Tokens of a stretch, or ``None`` if it begins or ends within one or is too long."""
        first, stop = self._starts.get(start), self._ends.get(end)
        if first is None or stop is None or not 0 < stop - first <= _LONGEST:
            return None
        return stop - first

    def candidates(self, form: Form) -> list[tuple[int, int]]:
        """Stretches of whole tokens that look as the form says, by position."""
        return sorted(
            (start, end)
            for length in form.lengths
            for start, end, shape, written in self._of_length(length)
            if shape in form.shapes or written in form.surfaces
        )

    def _of_length(self, length: int) -> list[Stretch]:
        """Every stretch of so many tokens; kept, because several fields ask for it."""
        if length not in self._stretches:
            edges = zip(self.offsets, self.offsets[length - 1 :], strict=False)
            self._stretches[length] = [
                Stretch(start, end, self.form(start, end), surface(self.text[start:end]))
                for (start, _), (_, end) in edges
            ]
        return self._stretches[length]

    def context(self, start: int, end: int) -> list[str]:
        """The words around a stretch, near ones with their place, and what its line is headed by."""
        first, stop = self._starts[start], self._ends[end]
        before = self._words[max(first - _BEFORE, 0) : first][::-1]
        after = self._words[stop : stop + _AFTER]
        found = [f"{-i - 1}={word}" for i, word in enumerate(before[:2] or ["<s>"])]
        found += [f"{i + 1}={word}" for i, word in enumerate(after[:2] or ["</s>"])]
        found += [f"before={word}" for word in before] + [f"after={word}" for word in after]
        found.append("2before=" + " ".join(before[:2]))
        if "\n" in self.text[self.offsets[first - 1][1] if first else 0 : start]:
            found.append("begins line")
        if heading := self._heading(start):
            found.append(f"heading={heading}")
        return found

    def _heading(self, start: int) -> str:
        """What stands before the last colon of the line so far: ``dose`` of ``Dose: 40 mg``."""
        line, colon, _ = self.text[max(start - _REACH, 0) : start].rpartition("\n")[2].rpartition(":")
        return surface(line[-_HEADING:].rpartition(".")[2]) if colon else ""


@lru_cache(maxsize=200_000)
def _collapsed(classes: str) -> str:
    return _RUNS.sub(r"\1", _SPACES.sub(" ", classes))


def forms_of(
    documents: Sequence[Document], spans: Sequence[Iterable[Span]], fields: Iterable[FieldSpec]
) -> dict[str, Form]:
    """The form of each field that has spans."""
    forms = {}
    for field in fields:
        shapes, surfaces, lengths = set(), set(), set()
        for document, there in zip(documents, spans, strict=True):
            for start, end, label in there:
                if label == field.path and (length := document.length(start, end)) is not None:
                    shapes.add(document.form(start, end))
                    surfaces.add(surface(document.text[start:end]))
                    lengths.add(length)
        if field.kind in ("enum", "boolean"):
            shapes.clear()
            for choice in map(str, field.choices):
                surfaces.add(surface(choice))
                lengths.add(min(len(offsets_of(choice, "fine")), _LONGEST))
        if lengths:
            forms[field.path] = Form(frozenset(shapes), frozenset(surfaces), tuple(sorted(lengths)))
    return forms

"""Gold spans of a row: from objects or triples, checked against the text."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from evalsets.spans import Span, flatten, overlaps
from evalsets.tasks.reader import Place

_LABELS = ("label", "type", "entity", "tag")


def as_list(value: Any, place: Place, example: str) -> list[Any]:
    """A list, or the JSON of one, as CSV cells hold it.

    Raises:
        DataError: If it is neither.
    """
    if isinstance(value, str) and value.strip():
        try:
            value = json.loads(value)
        except (ValueError, RecursionError) as error:
            problem = f"the value is not JSON ({error})"
            raise place.error(problem, f"Write a list such as {example}.") from None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if value is None or value == "":
        raise place.error("the annotation is missing", "Write [] where there is nothing to annotate.")
    if not isinstance(value, list | tuple):
        raise place.error(f"the annotation is a {type(value).__name__}, not a list", f"Write {example}.")
    return list(value)


def as_spans(value: Any, text: str, place: Place, overlapping: str) -> tuple[Span, ...]:
    """The spans of a row in order of position, white space at their edges cut off.

    Args:
        value: A list of ``{"start": …, "end": …, "label": …}`` or ``[start, end, label]``.
        text: The text they lie in.
        place: Where they stand.
        overlapping: ``error``, or ``longest`` to keep the longer of two spans that overlap.

    Raises:
        DataError: For an offset outside the text, an empty span, a ``text`` that is not what lies
            there, or spans that overlap.
    """
    entries = as_list(value, place, '[{"start": 0, "end": 7, "label": "drug"}]')
    spans = {_trimmed(_span(entry, i, text, place), text, place, i) for i, entry in enumerate(entries)}
    if (pair := overlaps(spans)) is None:
        return tuple(sorted(spans))
    if overlapping == "longest":
        return flatten(spans)
    a, b = pair
    raise place.error(
        f"two spans overlap: {a.start}–{a.end} {a.label!r} ({text[a.start : a.end]!r}) "
        f"and {b.start}–{b.end} {b.label!r} ({text[b.start : b.end]!r})",
        'Spans must not share characters: keep one, or pass overlapping="longest" to keep the longer.',
    )


def _span(entry: Any, index: int, text: str, place: Place) -> Span:
    where = str(index)
    if isinstance(entry, Mapping):
        label = next((entry[k] for k in _LABELS if k in entry), None)
        start, end = entry.get("start"), entry.get("end")
    elif isinstance(entry, Sequence) and not isinstance(entry, str) and len(entry) == 3:
        start, end, label = entry
    else:
        raise place.error(
            f"a span is {entry!r}", 'Write {"start": …, "end": …, "label": …} or [start, end, label].', where
        )
    start, end = _offset(start, "start", place, where), _offset(end, "end", place, where)
    if not isinstance(label, str) or not label.strip():
        raise place.error("a span has no label", 'Name it by "label".', where)
    if not 0 <= start < len(text) or end > len(text):
        raise place.error(
            f"the span {start}–{end} lies outside the text, which has {len(text)} characters",
            "Count characters, not bytes or tokens, from 0.",
            where,
        )
    if end <= start:
        raise place.error(
            f"the span {start}–{end} is empty", "Let end be the place after the last character.", where
        )
    said = entry.get("text") if isinstance(entry, Mapping) else None
    if isinstance(said, str) and said.strip() != text[start:end].strip():
        raise place.error(
            f"the span {start}–{end} is said to be {said!r}, but the text there is {text[start:end]!r}",
            "Count characters, not bytes, from 0, in the text as it is in the file.",
            where,
        )
    return Span(start, end, label.strip())


def _offset(value: Any, name: str, place: Place, where: str) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        problem = f"a span has no {name}" if value is None else f"the {name} of a span is {value!r}"
        raise place.error(problem, f"Give {name} as a whole number of characters.", where)
    return value


def _trimmed(span: Span, text: str, place: Place, index: int) -> Span:
    inside = text[span.start : span.end]
    core = inside.strip()
    if not core:
        raise place.error(
            f"the span {span.start}–{span.end} holds only white space", "Remove it.", str(index)
        )
    start = span.start + inside.index(core[0])
    return Span(start, start + len(core), span.label)

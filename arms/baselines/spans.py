"""Tasks whose gold can be seen as labelled spans, and answers made of spans."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from evalsets import Span, Split, TokenClassification

TASKS = ("token_classification", "extraction")


def located_share(task: Any, split: Split, spans: Sequence[Sequence[Span]]) -> float:
    """Share of the gold things that have a span; below 1 where a text does not state a value literally."""
    things = sum(len(task.labels_in(gold)) for gold in split.labels)
    return sum(map(len, spans)) / max(things, 1)


class Readings:
    """What a stretch of text says of a field, as train shows it: ``F`` is ``female``, ``5mg`` is ``5 mg``.

    Args:
        task: The task; only ``extraction`` needs readings.
        split: Train.
        spans: Its gold spans.
    """

    def __init__(self, task: Any, split: Split, spans: Sequence[Sequence[Span]]) -> None:
        self.task = task
        self._values: dict[tuple[str, str], Any] = {}
        entities = isinstance(task, TokenClassification)
        self._fields = {} if entities else {spec.path: spec for spec in task.fields}
        if self._fields:
            self._learn(split, spans)

    def _learn(self, split: Split, spans: Sequence[Sequence[Span]]) -> None:
        from evalsets.schema import flat

        counts: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for text, record, there in zip(split.texts, split.labels, spans, strict=True):
            values = flat(record)
            for start, end, path in there:
                value = values.get(path)
                # Which element of a longer list a span states is not known.
                if isinstance(value, list | tuple):
                    value = value[0] if len(value) == 1 else None
                if value is not None:
                    counts[path, surface(text[start:end])][json.dumps(value)] += 1
        self._values = {
            key: json.loads(min(seen, key=lambda value: (-seen[value], value)))
            for key, seen in counts.items()
        }

    def value(self, text: str, path: str) -> Any:
        """The value that a stretch of text writes: train's for it, else what can be read, else ``None``."""
        from evalsets.field_values import read_value

        known = self._values.get((path, surface(text)))
        return read_value(text, self._fields[path], day_first=self.task.day_first) if known is None else known

    def answer(self, spans: Iterable[Span], text: str) -> Any:
        """The prediction that spans found in a text amount to; see :meth:`Extraction.record_of`."""
        if not self._fields:
            return tuple(spans)
        return self.task.record_of(spans, text, lambda written, spec: self.value(written, spec.path))


def surface(text: str) -> str:
    """A stretch of text in lower case with single spaces."""
    return " ".join(text.lower().split())

"""How each field of a record can be learned from train: from spans of the text, or from the whole text."""

from __future__ import annotations

import difflib
import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from evalsets import Extraction, Split
from evalsets.field_values import as_number, normal, read_value, same, values_of
from evalsets.schema import FieldSpec, flat
from evalsets.spans import Span

MOST_VALUES = 30
"""Distinct values up to which a field whose values are not in the text is learned as a choice."""
LEAST_TIMES = 5
"""How often each of them must occur, on average."""
MOSTLY_FOUND = 0.5
NEAR = 0.8
"""Similarity, by difflib, from which on unknown writing is taken for known one."""
_NUMBER = re.compile(r"(?<![\w.,])[-+]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")


@dataclass(frozen=True)
class FieldPlan:
    """How one field is learned.

    Args:
        spec: The field.
        stated: Its values in train.
        found: Those of them that a span of their text states.
        written: What train's spans write, normalised, to the value it mostly stands for.
        values: The values that a text is classified into; empty where the field is not.
    """

    spec: FieldSpec
    stated: int
    found: int
    written: Mapping[str, Any]
    values: tuple[Any, ...]

    @property
    def path(self) -> str:
        """Where the field stands in the record."""
        return self.spec.path

    @property
    def tagged(self) -> bool:
        """Whether spans of the field are learned."""
        return self.found > 0

    @property
    def outputs(self) -> int:
        """Logits of the classification: one a value, and one for "not stated" unless it is a list."""
        return len(self.values) + (not self.spec.many) if self.values else 0

    def read(self, text: str, *, day_first: bool) -> Any:
        """The value that a span's text states, or ``None``.

        Tried in turn: what the same writing mostly meant in train; how the field's type is written; the
        only number in it; for a choice, the most similar writing in train or name of a choice.
        """
        key = normal(text)
        if key in self.written:
            return self.written[key]
        value = read_value(text, self.spec, day_first=day_first)
        if value is not None:
            return value
        if self.spec.kind in ("number", "integer"):
            numbers = _NUMBER.findall(text)
            return read_value(numbers[0], self.spec) if len(numbers) == 1 else None
        if self.spec.kind in ("enum", "boolean"):
            known = {**{normal(str(c)): c for c in self.spec.choices}, **self.written}
            near = difflib.get_close_matches(key, list(known), 1, NEAR)
            return known[near[0]] if near else None
        return None


def plan_fields(task: Extraction, train: Split, spans: Sequence[Sequence[Span]]) -> tuple[FieldPlan, ...]:
    """How each field of the schema is learned.

    Args:
        task: The task.
        train: The training texts and records.
        spans: Where each text states its fields.
    """
    stated: Counter[str] = Counter()
    found: Counter[str] = Counter()
    meant: dict[str, dict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    distinct: dict[str, dict[Any, Any]] = defaultdict(dict)
    for text, record, places in zip(train.texts, train.labels, spans, strict=True):
        values = {path: values_of(value) for path, value in flat(record).items()}
        for path, there in values.items():
            stated[path] += len(there)
            distinct[path] |= {_key(v): v for v in there}
        here: Counter[str] = Counter()
        for start, end, path in places:
            here[path] += 1
            value = _meant(task, text[start:end], path, values.get(path, []))
            if value is not None:
                meant[path][normal(text[start:end])].append(value)
        for path, number in here.items():
            found[path] += min(number, len(values.get(path, [])))
    return tuple(
        FieldPlan(
            spec=spec,
            stated=stated[spec.path],
            found=found[spec.path],
            written={key: _mostly(values) for key, values in meant[spec.path].items()},
            values=_choices(spec, stated[spec.path], found[spec.path], list(distinct[spec.path].values())),
        )
        for spec in task.fields
    )


def _meant(task: Extraction, text: str, path: str, values: Sequence[Any]) -> Any:
    """Which of the values of a field a span of it stands for, if that is clear."""
    if len(values) == 1:
        return values[0]
    spec = next(spec for spec in task.fields if spec.path == path)
    read = read_value(text, spec, day_first=task.day_first)
    tolerance = task.tolerance(path)
    return next((v for v in values if same(v, read, spec, tolerance, day_first=task.day_first)), None)


def _key(value: Any) -> tuple[bool, Any]:
    """What identical JSON values share: 1 and 1.0 do, 1 and true do not."""
    return isinstance(value, bool), value


def _mostly(values: Sequence[Any]) -> Any:
    """The most frequent value, the first of equally frequent ones."""
    return Counter(map(_key, values)).most_common(1)[0][0][1]


def _choices(spec: FieldSpec, stated: int, found: int, distinct: Sequence[Any]) -> tuple[Any, ...]:
    """The values a text is classified into: of closed fields always, of others if few and not in the text."""
    closed = spec.kind in ("enum", "boolean")
    few = len(distinct) <= MOST_VALUES and stated >= LEAST_TIMES * len(distinct)
    if not stated or not (closed or (few and found < MOSTLY_FOUND * stated)):
        return ()
    return tuple(sorted(distinct, key=lambda v: (as_number(v) or 0.0, str(v))))

"""Fields of a document: a record under a JSON Schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from evalsets.errors import DecideError
from evalsets.field_values import Tolerance, as_number, identical, read_value, same, values_of
from evalsets.locate import locate
from evalsets.schema import FieldSpec, fields_of, flat, load_schema, local_only, nested
from evalsets.spans import Span
from evalsets.tasks.base import LabelScore, Lack, Task, check_metric, ordered_descriptions, register_task
from evalsets.tasks.counts import item_f1, label_scores, micro_f1
from evalsets.tasks.reader import Reader
from evalsets.tasks.records import RecordReader

FieldMetric = Literal["field_f1", "record_accuracy", "exact_f1"]
Record = Mapping[str, Any]
Read = Callable[[str, FieldSpec], Any]
_SHOWN = 200


@register_task
@dataclass(frozen=True)
class Extraction(Task):
    """A record of each text: gold and predictions are JSON objects, without what the text does not state.

    Null, a blank string and an empty list all mean "not stated". Each element of a list counts as a value
    of its own, in any order. Predicted fields that the schema does not have are ignored, as whoever reads
    the output by the schema would.

    Args:
        schema: JSON Schema of an object, flat or nested; also a path to one, or a pydantic model class.
        descriptions: What fields mean, by path; the schema's own descriptions fill in.
        metric: ``field_f1`` (micro-F1 over fields; right are values that agree after normalisation, numbers
            within tolerance), ``record_accuracy`` (share of records of which every field is right)
            or ``exact_f1`` (micro-F1 where only the very same JSON value is right).
        absolute_tolerance: How far a number may be off.
        relative_tolerance: The same as a share of the gold number; the larger of both counts.
        tolerances: Other tolerances for single fields, ``{"dose": {"absolute": 1, "relative": 0.05}}``.
        day_first: Whether ``3/5/2024`` is the third of May.
    """

    kind: ClassVar[str] = "extraction"
    metrics: ClassVar[tuple[str, ...]] = ("field_f1", "record_accuracy", "exact_f1")
    noun: ClassVar[str] = "field"
    reader: ClassVar[type[Reader]] = RecordReader
    paths: ClassVar[tuple[str, ...]] = ("schema",)
    schema: Mapping[str, Any]
    descriptions: Mapping[str, str] = field(default_factory=dict)
    metric: FieldMetric = "field_f1"
    absolute_tolerance: float = 0.0
    relative_tolerance: float = 0.0
    tolerances: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    day_first: bool = False
    labels: tuple[str, ...] = field(init=False, default=())

    def __post_init__(self) -> None:
        object.__setattr__(self, "schema", load_schema(self.schema))
        object.__setattr__(self, "labels", tuple(spec.path for spec in self.fields))
        check_metric(self)
        said = {spec.path: spec.description for spec in self.fields if spec.description}
        descriptions = ordered_descriptions({**said, **self.descriptions}, self.labels, self.noun)
        object.__setattr__(self, "descriptions", descriptions)
        object.__setattr__(self, "tolerances", {k: dict(v) for k, v in self._checked_tolerances().items()})

    def _checked_tolerances(self) -> Mapping[str, Mapping[str, float]]:
        if not isinstance(self.tolerances, Mapping):
            raise DecideError('tolerances is no mapping. Write {"dose": {"absolute": 1}}.')
        numeric = [spec.path for spec in self.fields if spec.kind in ("number", "integer")]
        overall = {"absolute": self.absolute_tolerance, "relative": self.relative_tolerance}
        for name, given in {"": overall, **self.tolerances}.items():
            if name and name not in numeric:
                raise DecideError(
                    f"tolerances names {name!r}, which is no number of the schema. "
                    f"Numbers are: {', '.join(numeric) or 'none'}."
                )
            usable = isinstance(given, Mapping) and set(given) <= {"absolute", "relative"}
            if not usable or any((as_number(v) or 0) < 0 or as_number(v) is None for v in given.values()):
                raise DecideError(
                    f"The tolerance{f' of {name!r}' if name else ''} is {given!r}. "
                    'Give numbers of at least 0, such as {"absolute": 0.5, "relative": 0.01}.'
                )
        return self.tolerances

    @cached_property
    def fields(self) -> tuple[FieldSpec, ...]:
        """The fields of the schema, in its order."""
        return fields_of(self.schema)

    def tolerance(self, path: str) -> Tolerance:
        """How far a number in a field may be off."""
        own = self.tolerances.get(path, {})
        return Tolerance(
            own.get("absolute", self.absolute_tolerance), own.get("relative", self.relative_tolerance)
        )

    def problems(self, record: Record) -> list[tuple[str, str]]:
        """Where and how a record violates the schema: paths and messages, none if it is valid."""
        import jsonschema

        whole = nested(flat(record))
        for spec in self.fields:
            *parents, name = spec.path.split(".")
            target: Any = whole
            for parent in parents:
                target = target.get(parent) if isinstance(target, dict) else None
            # A schema may ask for a field and let it be null; a record leaves it out.
            if spec.required and spec.nullable and isinstance(target, dict):
                target.setdefault(name, None)
        cls = jsonschema.validators.validator_for(self.schema)
        errors = cls(self.schema, format_checker=cls.FORMAT_CHECKER, registry=local_only()).iter_errors(whole)
        found = [(".".join(str(part) for part in e.absolute_path), str(e.message)) for e in errors]
        return [(path, text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…") for path, text in sorted(found)]

    def counts(
        self, gold: Sequence[Record], predicted: Sequence[Record | None], *, exact: bool = False
    ) -> NDArray[np.float64]:
        """Right, gold and predicted values of every field, shape ``(n, fields, 3)``."""
        counts = np.zeros((len(gold), len(self.fields), 3))
        for i, (there, found) in enumerate(zip(gold, predicted, strict=True)):
            wanted, given = flat(there), flat(found) if isinstance(found, Mapping) else {}
            for j, spec in enumerate(self.fields):
                a, b = values_of(wanted.get(spec.path)), values_of(given.get(spec.path))
                counts[i, j] = self._agreeing(a, b, spec, exact), len(a), len(b)
        return counts

    def _agreeing(self, gold: list[Any], predicted: list[Any], spec: FieldSpec, exact: bool) -> int:
        """How many pairs of equal values there are; in order of size, so that tolerances pair them best."""
        waiting, hits = sorted(predicted, key=_by_size), 0
        tolerance = self.tolerance(spec.path)
        for value in sorted(gold, key=_by_size):
            for k, other in enumerate(waiting):
                if (
                    identical(value, other)
                    if exact
                    else same(value, other, spec, tolerance, day_first=self.day_first)
                ):
                    del waiting[k]
                    hits += 1
                    break
        return hits

    def item_statistics(
        self, gold: Sequence[Record], predicted: Sequence[Record | None]
    ) -> NDArray[np.float64]:
        """Right, gold and predicted values; for records, how many are right and one each."""
        counts = self.counts(gold, predicted, exact=self.metric == "exact_f1")
        if self.metric != "record_accuracy":
            return np.asarray(counts.sum(axis=1))
        right = _whole(counts, predicted)
        return np.stack([right, np.ones_like(right)], axis=1)

    def score_from_statistics(self, totals: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.metric == "record_accuracy":
            return np.asarray(totals[..., 0] / np.maximum(totals[..., 1], 1e-12))
        return micro_f1(totals[..., None, :])

    def item_scores(self, gold: Sequence[Record], predicted: Sequence[Record | None]) -> NDArray[np.float64]:
        """F1 over the fields of each record, or whether all are right where the metric is about records."""
        counts = self.counts(gold, predicted, exact=self.metric == "exact_f1")
        if self.metric == "record_accuracy":
            return _whole(counts, predicted)
        return item_f1(counts, [p is None for p in predicted])

    def per_label(self, gold: Sequence[Record], predicted: Sequence[Record | None]) -> list[LabelScore]:
        """Scores of every field, normalised; of values identical to gold where the metric is ``exact_f1``."""
        return label_scores(self.labels, self.counts(gold, predicted, exact=self.metric == "exact_f1"))

    def spans_of(self, record: Record, text: str, evidence: Iterable[Span] | None = None) -> tuple[Span, ...]:
        """Where the text states the fields: spans labelled with paths, those that overlap left out.

        Args:
            record: A record of the text.
            text: The text.
            evidence: The evidence that the data give (an item of ``Split.evidence``); fields that it does
                not cover are looked for in the text by :func:`evalsets.locate.locate`.
        """
        found = sorted(evidence or ())
        covered = {span.label for span in found}
        for path, value in flat(record).items():
            if path not in covered and path in self.labels:
                places = (locate(v, text, day_first=self.day_first) for v in values_of(value))
                found += [Span(*place, path) for place in places if place is not None]
        kept: list[Span] = []
        for span in dict.fromkeys(found):
            if all(span.end <= other.start or other.end <= span.start for other in kept):
                kept.append(span)
        return tuple(sorted(kept))

    def record_of(self, spans: Iterable[Span], text: str, read: Read | None = None) -> Record:
        """The record that spans labelled with paths state.

        Of several spans of a field the first that can be read counts; of a list all do.

        Args:
            spans: The spans; those of no field are left out.
            text: The text they lie in.
            read: Gives the value that a stretch of text writes of a field, ``None`` if none; by default
                :func:`evalsets.field_values.read_value`.
        """
        read = read or self._read
        values: dict[str, Any] = {}
        specs = {spec.path: spec for spec in self.fields}
        for start, end, path in sorted(spans):
            spec = specs.get(path)
            if spec is None or (path in values and not spec.many):
                continue
            value = read(text[start:end], spec)
            if value is not None:
                values[path] = [*values.get(path, ()), value] if spec.many else value
        return nested({path: values[path] for path in self.labels if path in values})

    def _read(self, text: str, spec: FieldSpec) -> Any:
        return read_value(text, spec, day_first=self.day_first)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "schema": dict(self.schema),
            "descriptions": dict(self.descriptions),
            "metric": self.metric,
            "absolute_tolerance": self.absolute_tolerance,
            "relative_tolerance": self.relative_tolerance,
            "tolerances": {name: dict(given) for name, given in self.tolerances.items()},
            "day_first": self.day_first,
        }

    @classmethod
    def labels_in(cls, gold: Record) -> tuple[str, ...]:
        return tuple(path for path, value in flat(gold).items() for _ in values_of(value))

    @classmethod
    def lack(cls, golds: Sequence[Record]) -> Lack | None:
        if any(flat(gold) for gold in golds):
            return None
        return Lack("no training row states a field", "Fill records in, or name their column with label=.")

    @classmethod
    def to_plain(cls, value: Record | None) -> Any:
        """The record with its keys in alphabetical order and without what is not stated."""
        if value is None:
            return None
        return nested(dict(sorted(flat(value).items()))) if isinstance(value, Mapping) else None

    @classmethod
    def show(cls, value: Record | None, text: str = "") -> str:
        """``age: 67, sex: female``."""
        if value is None:
            return "no answer"
        parts = (
            f"{path}: {'; '.join(str(v) for v in values_of(stated))}" for path, stated in flat(value).items()
        )
        return ", ".join(parts) or "none"


def _by_size(value: Any) -> tuple[float, str]:
    return (as_number(value) or 0.0, str(value))


def _whole(counts: NDArray[np.float64], predicted: Sequence[Record | None]) -> NDArray[np.float64]:
    """1 for records in which every value is right and none is missing or too many."""
    right = (counts == counts[..., :1]).all(axis=(1, 2))
    return np.asarray(right & np.array([p is not None for p in predicted], dtype=bool), dtype=np.float64)
